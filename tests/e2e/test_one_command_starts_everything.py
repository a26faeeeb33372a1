"""`make run`: an own node that is kept, two neighbours that are not, and nothing left over."""

import asyncio
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pexpect
import pytest
from tests.e2e import readme
from tests.unit.web.visiting import Browser

from pcloud.api import Client

ROOT = Path(__file__).parents[2]
RUN = ROOT / "examples/neighbours/run.py"
READY = "Ctrl-C "
WAIT_S = 60


class Run:
    """The command, started without a terminal in a home of its own."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home = home
        self.own = home / "mine"
        self.scratch = home / "scratch"
        self.scratch.mkdir(exist_ok=True)
        environment = {**os.environ, "PCLOUD_DIR": str(self.own), "TMPDIR": str(self.scratch)}
        environment.pop("PCLOUD_PASSPHRASE_FILE", None)
        self.process = subprocess.Popen(
            [sys.executable, str(RUN), "--listen", "127.0.0.1:0", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.told = ""

    def until_ready(self) -> str:
        """What it said until everything runs."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told += line
            if READY in line:
                return self.told
        raise AssertionError(f"it ended with {self.process.wait()} after saying: {self.told}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, and give its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(WAIT_S)
        assert self.process.stdout is not None
        self.told += self.process.stdout.read()
        self.process.stdout.close()
        return code

    @property
    def links(self) -> list[str]:
        return re.findall(r"^  (pcloud:contact/\S+)$", self.told, re.MULTILINE)

    def left_over(self) -> list[str]:
        """Processes that know of this home."""
        found = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:  # it has just ended
                continue
            if str(self.home) in words:
                found.append(words)
        return found


@contextmanager
def running(home: Path, *arguments: str) -> Iterator[Run]:
    run = Run(home, *arguments)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.process.terminate()  # it takes the neighbours with it, where a test has failed before
            run.process.wait(WAIT_S)
        if run.process.stdout is not None:
            run.process.stdout.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def first(home: Path) -> Iterator[Run]:
    with running(home) as run:
        run.until_ready()
        yield run


@pytest.fixture
async def node(first: Run) -> AsyncIterator[Client]:
    async with Client.at(first.own) as client:
        yield client


async def test_it_says_what_to_do_next_and_connects_nothing(first: Run, node: Client) -> None:
    assert len(first.links) == 2
    assert f"pcloud connect --yes '{first.links[0]}'" in first.told
    assert await node.peers() == []
    assert await node.contacts() == []
    assert await node.invitations() == []


async def test_without_a_terminal_the_words_are_shown_once_and_stand_in_no_file(first: Run) -> None:
    shown = re.search(r"^((?:[a-z]+ ){23}[a-z]+)$", first.told, re.MULTILINE)
    assert shown is not None

    kept = [path for path in first.home.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if shown[1].encode() in path.read_bytes()]


async def test_without_a_terminal_the_passphrase_is_in_a_file_for_the_owner_alone(first: Run) -> None:
    kept = first.own.with_name("mine.passphrase")

    assert str(kept) in first.told
    assert kept.stat().st_mode & 0o777 == 0o600
    assert len(kept.read_text().strip()) > 20
    assert kept.read_text().strip() not in first.told


async def test_the_three_are_nodes_of_their_own(first: Run, node: Client) -> None:
    (scratch,) = first.scratch.iterdir()
    shops = [path for path in scratch.iterdir() if (path / "vault").exists()]
    status = await node.status()

    assert len(shops) == 2
    assert status.kind == "person"
    for shop in shops:
        async with Client.at(shop) as other:
            theirs = await other.status()
            assert theirs.kind == "organisation"
            assert theirs.listening != status.listening
            assert theirs.peers == 0


async def test_the_first_ten_minutes_are_as_the_readme_shows_them(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """All that comes after them is looked at in the same run: its order counts."""
    home, elsewhere = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("reader")
    with running(home) as first:
        first.until_ready()
        await asyncio.to_thread(the_reader_types, first, elsewhere)
        async with Client.at(first.own) as node:
            await the_shops_hold_what_they_were_given_and_have_not_deleted(first, node)
            await who_minds_a_shop_may_end_and_start_again(first)
            name, listening = (await node.status()).name, (await node.status()).listening
        at_the_end_nothing_of_the_neighbours_is_left(first, listening)
    await the_own_node_is_kept(home, name)


def the_reader_types(first: Run, elsewhere: Path) -> None:
    reader = readme.Reader({**os.environ, "PCLOUD_DIR": str(first.own)}, elsewhere, first.links)

    typed = [reader.type(shown) for shown in readme.shown()]

    assert len(typed) > 20
    assert not any("Quittenbaum" in answer for answer in typed[-2:]), "what is proven hides what is not shown"


async def the_shops_hold_what_they_were_given_and_have_not_deleted(first: Run, node: Client) -> None:
    held = {}
    (scratch,) = first.scratch.iterdir()
    for name in ("flower-shop", "outdoor-shop"):
        async with Client.at(scratch / name) as shop:
            held[name] = {one.path: one.value for one in (await shop.held()).fields}

    moved = {"streetAddress": "Salbeigasse 3", "postalCode": "28195"}
    assert held == {
        "flower-shop": {"profile.name": "Anna Quittenbaum", "profile.address.home": moved},
        "outdoor-shop": {},
    }
    flower, outdoor = sorted(await node.peers(), key=lambda peer: peer.name or "")
    assert (flower.over_asked, outdoor.over_asked) == (1, 0)
    for peer, word in ((flower, "Tulips"), (outdoor, "Boots")):
        said = [entry.text for entry in await node.log(peer.id, limit=100) if entry.text is not None]
        assert len(said) == 1, "each greets once"
        assert word in said[0]


async def who_minds_a_shop_may_end_and_start_again(first: Run) -> None:
    """It finds the same invitation, and neither asks nor greets twice."""
    minding = runpy.run_path(str(RUN.with_name("neighbour.py")))
    (scratch,) = first.scratch.iterdir()
    flowers = minding["SHOPS"]["flower-shop"]
    async with Client.at(scratch / "flower-shop") as shop:
        (peer,) = await shop.peers()
        before = (await shop.questions(peer=peer.id), await shop.log(peer.id, limit=100))

        assert await minding["invitation"](shop, flowers) == first.links[0]
        await minding["greet"](shop, flowers, peer)
        await minding["ask"](shop, flowers, peer)

        assert (await shop.questions(peer=peer.id), await shop.log(peer.id, limit=100)) == before
        assert len(before[0].questions) == len(flowers["asks"])


def at_the_end_nothing_of_the_neighbours_is_left(first: Run, listening: str) -> None:
    assert first.stop() == 0

    assert first.left_over() == []
    assert list(first.scratch.iterdir()) == []
    address = urlsplit(f"//{listening}")
    with socket.socket() as again, pytest.raises(ConnectionRefusedError):
        again.connect((address.hostname, address.port))
    assert (first.own / "vault").exists()


async def the_own_node_is_kept(home: Path, name: str) -> None:
    with running(home, "--alone") as second:
        told = second.until_ready()
        assert "24 words" not in told
        assert second.links == []
        assert list(second.scratch.iterdir()) != []
        async with Client.at(second.own) as same:
            assert (await same.status()).name == name
            assert {peer.name for peer in await same.peers()} == {"Flower shop", "Outdoor shop"}
        # and at once another, as a shell and make may both send one
        second.process.send_signal(signal.SIGTERM)
        assert second.stop(signal.SIGINT) == 0
        assert second.left_over() == []


def test_nobody_is_there_to_say_the_passphrase_of_a_node_that_exists(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/vault").write_bytes(b"")

    with running(tmp_path) as run:
        assert run.process.wait(WAIT_S) == 1

    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "scratch"], (
        "no passphrase was made up"
    )
    assert list(run.scratch.iterdir()) == []


def test_what_the_node_cannot_take_ends_everything_with_its_exit_code(tmp_path: Path) -> None:
    with running(tmp_path, "--alone", "--no-such-option") as run:
        assert run.process.wait(WAIT_S) == 2
        assert run.left_over() == []
        assert list(run.scratch.iterdir()) == []


async def test_at_a_terminal_the_node_is_made_on_a_page(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("tty")  # short: a path to a Unix socket has 107 bytes
    environment = {
        **os.environ,
        "PCLOUD_DIR": str(home / "mine"),
        "TMPDIR": str(home),
        "TERM": "dumb",
    }
    arguments = [str(RUN), "--alone", "--listen", "127.0.0.1:0"]
    with pexpect.spawn(sys.executable, arguments, env=environment, encoding="utf-8", timeout=WAIT_S) as it:
        it.expect(r"  (http://\S+)(/enter\?code=\S+)")
        async with Browser(it.match[1]) as browser:
            await browser.post("/enter", {"code": it.match[2].partition("=")[2]})
            await browser.get("/")
            secret = {"passphrase": "four words of mine", "again": "four words of mine"}
            assert (await browser.post("/begin", {"name": "Anna", "kind": "person", **secret})).to == "/words"
            words = re.findall(r"<li>([a-z]+)</li>", (await browser.get("/words")).text)
            assert len(words) == 24
            await browser.post("/written")
            asked = re.findall(r'name="word-(\d+)"', (await browser.get("/words/back")).text)
            given = {f"word-{place}": words[int(place) - 1] for place in asked}
            assert (await browser.post("/words/back", given)).to == "/welcome"
        it.expect_exact("Ctrl-C stops it.\r\n")  # the page on which it is made speaks of Ctrl-C, too
        assert not (home / "mine.passphrase").exists()
        it.sendintr()
        it.expect(pexpect.EOF)
        assert " stopped" in it.before
    assert it.exitstatus == 0
    assert sorted(path.name for path in home.iterdir()) == ["mine"]
