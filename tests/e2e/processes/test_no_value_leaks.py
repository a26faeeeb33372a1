"""A thousand values go through two nodes on bad days, and none is seen where it should not be (T60, T69)."""

import asyncio
import base64
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.e2e.nodes.rogue import Rogue
from tests.e2e.processes.cage import Cage
from tests.e2e.processes.canaries import Canaries, Watch
from tests.e2e.processes.strangers import deliver, to_the_owners_door, to_the_public_door

from pcloud.api import Client
from pcloud.cli.exits import Exit
from pcloud.engine.compose import Command
from pcloud.features.conversation.say import ConversationSay
from pcloud.limits import SAY_BYTES_MAX
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.views import Contact, Peer
from pcloud.testing.home import until
from pcloud.wire import cbor
from pcloud.wire.invitation import read_link

T = TypeVar("T")

AT_ONCE = 32
INVITATIONS = 60
MET = 3
SAYS = 250
"""Texts that each of the two says before anything goes wrong."""
CANARIES_MIN = 1_000
FAULTS = ("about=handle", "about=future", "threading:", "reference=", "=aiohttp", "=other", "=py")
"""What the log says of the faults of a node that has all of them."""
FAULTY = (str(Path(__file__).with_name("faulty.py")),)


class Ways:
    """Two cages, their owners' ways to ask, and what all have in common."""

    def __init__(self, folder: Path) -> None:
        self.canaries = Canaries()
        self.watch = Watch(self.canaries)
        self.anna = Cage(folder / "first", self.canaries, self.watch, "json")
        self.shop = Cage(folder / "second", self.canaries, self.watch, "text")

    @property
    def text(self) -> Callable[[], str]:
        return self.canaries.text

    def look(self) -> None:
        self.anna.look()
        self.shop.look()


async def by_and_by(awaited: list[Awaitable[T]]) -> list[T]:
    """All, not too many at once."""
    done: list[T] = []
    for first in range(0, len(awaited), AT_ONCE):
        done += await asyncio.gather(*awaited[first : first + AT_ONCE])
    return done


async def meet(ways: Ways, anna: Client, shop: Client) -> tuple[Peer, Peer]:
    """Some invitations lead to contacts, and some of these to relationships; gives the last of them."""
    text, folder = ways.text, ways.anna.folder
    made = await by_and_by(
        [shop.invite(text(), role=text(), title=text(), terms=[text()], uses=2) for _ in range(INVITATIONS)]
    )
    for invitation in made[: 3 * MET]:
        ways.canaries.keep("link", invitation.link)
        ways.canaries.keep("link key", read_link(invitation.link).key)
    shown = json.loads(await typed(ways, ["connect", "-", "--json"], made[-1].link, folder))
    await anna.decline(shown["id"])
    for invitation in made[: 2 * MET]:
        contact = await anna.connect(invitation.link)
        if invitation in made[:MET]:
            await anna.accept(contact.id, name=text())
    waiting: list[Contact] = await until(lambda: _asking(shop, MET))
    for contact in waiting:
        await shop.accept(contact.id, name=text())
    mine = await until(lambda: _active(anna, MET))
    theirs = await until(lambda: _active(shop, MET))
    (other,) = [each for each in theirs if each.code == mine[0].code]
    for peer in (*mine, *theirs):
        ways.canaries.keep("id of a relationship", peer.id)
    return mine[0], other


async def _asking(node: Client, count: int) -> list[Contact]:
    found = [each for each in await node.contacts() if each.state == "requested"]
    return found if len(found) == count else []


async def _active(node: Client, count: int) -> list[Peer]:
    found = [each for each in await node.peers() if each.state == "active" and each.code]
    return found if len(found) == count else []


async def typed(ways: Ways, words: list[str], line: str, folder: Path) -> str:
    """A command of the command line that reads what is secret from its standard input."""
    environment = {**os.environ, "PCLOUD_DIR": str(folder)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pcloud", *words, env=environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    await asyncio.sleep(0)
    ways.watch.process(process.pid)
    answer, errors = await process.communicate(line.encode())
    ways.watch.look("errors of a command", words[0], errors)
    assert process.returncode == Exit.DONE, errors
    return answer.decode()


async def speak(ways: Ways, anna: Client, mine: Peer, shop: Client, theirs: Peer) -> None:
    """Both talk, one of them a little by the command line."""
    await by_and_by([anna.say(mine.id, ways.text()) for _ in range(SAYS)])
    await by_and_by([shop.say(theirs.id, ways.text()) for _ in range(SAYS)])
    await typed(ways, ["say", mine.id[:8], "-"], ways.text(), ways.anna.folder)
    await until(lambda: _all_taken(anna, mine))
    await until(lambda: _all_taken(shop, theirs))


async def _all_taken(node: Client, peer: Peer) -> bool:
    return not (await node.peer(peer.id)).waiting


async def be_refused(node: Client, peer: Peer, text: Callable[[], str]) -> None:
    """Whatever an owner can get wrong."""
    refused: list[Awaitable[Any]] = [
        node.say(text(), text()),
        node.say(peer.id, text() * SAY_BYTES_MAX),
        node.say(peer.id, text(), thread=text()),
        node.connect(text()),
        node.connect(f"pcloud:contact/1/{text()}"),
        node.invite(text() * 10),
        node.invite(text(), role=text() * 3),
        node.invite(text(), title=text() * 3),
        node.invite(text(), terms=[text() * 2]),
        node.accept(text(), name=text()),
        node.accept(peer.id, name=text()),
        node.decline(text(), reason=text()),
        node.decline(peer.id, reason=text()),
        node.withdraw(text()),
        node.peer(text()),
        node.pause(text()),
        node.resume(text()),
        node.rotate(text()),
        node.close(text(), held=text()),
        node.close(peer.id, held=text()),
        node.log(text()),
        node.export(text()),
        node.terms(text()),
        node.show_terms(text()),
        node.proffer(peer.id, text()),
        node.proffer(text(), "SD-BASE", replaces=text()),
        node.accept_terms(text()),
        node.counter_terms(text(), "SD-BASE"),
        node.counter_terms(text(), text()),
        node.decline_terms(text(), reason=text()),
        node.terminate_terms(text(), reason=text()),
    ]
    for told in await asyncio.gather(*refused, return_exceptions=True):
        assert isinstance(told, OwnerError)


async def negotiate(anna: Client, mine: Peer, text: Callable[[], str]) -> None:
    """Reasons are a list to choose from, so that of one's own is refused."""
    proffered = await anna.proffer(mine.id, "SD-BASE")
    with pytest.raises(OwnerError):
        await anna.terminate_terms(proffered.id, reason=text())
    await anna.decline_terms(proffered.id)


class Desk:
    """The owner's side of a node, as a rogue knows it."""

    def __init__(self, owner: Client) -> None:
        self.owner = owner


async def be_ill_treated(shop: Client, text: Callable[[], str]) -> None:
    """A peer with keys says what no honest node would."""
    rogue = await Rogue("rogue").up()
    try:
        await rogue.befriend(Desk(shop))  # type: ignore[arg-type]  # its owner is asked over a socket
        await rogue.post(rogue.say(text()))
        await until(lambda: _taken(rogue))
        frames = [
            rogue.lie(Command(ConversationSay(), items=(item,)))
            for item in (
                cbor.encode(text() * 400),
                text().encode(),
                cbor.encode({"text": text()}),
                cbor.encode(text().encode()),
                cbor.encode(f"{text()}\x1b[2J\r\n%s"),
            )
        ]
        said = Command(ConversationSay(), items=(cbor.encode(text()),))
        frames += [rogue.lie(said, name=f"x-{text()}.say"), rogue.lie(said, thread=text()[:32].encode())]
        frames += [text().encode(), rogue.seal(text().encode()), rogue.seal(cbor.encode([text()]))]
        before = await _refused(shop)
        await rogue.post(*frames)
        await rogue.pour(await rogue.dial(), *frames)
        await until(lambda: _more_refused(shop, before + 5))
    finally:
        await rogue.down()


async def _taken(rogue: Rogue) -> bool:
    await rogue.answer()
    return not rogue.relationship.outgoing.pending


async def _refused(node: Client) -> int:
    """Frames that a node has refused."""
    lines = (await node.metrics()).decode().splitlines()
    return sum(int(float(line.split()[-1])) for line in lines if line.startswith("pcloud_refused_total{"))


async def _more_refused(node: Client, count: int) -> bool:
    return await _refused(node) >= count


async def be_visited(cage: Cage, text: Callable[[], str]) -> None:
    """Strangers and clumsy programs come to every door."""
    for place in (cage.folder / "owner.sock", cage.owner_port):
        await by_and_by([deliver(place, data) for data in to_the_owners_door(text)])
    await by_and_by([deliver(cage.port, data) for data in to_the_public_door(text, cage.port)])
    metrics = cage.metrics_port
    await deliver(metrics, f"GET /{text()} HTTP/1.1\r\nHost: {text()}\r\nConnection: close\r\n\r\n".encode())


async def have_faults(ways: Ways, anna: Client, mine: Peer, shop: Client, theirs: Peer) -> None:
    """The shop's program fails wherever it can, and at last as a whole."""
    ways.shop.end()
    ways.shop.up(FAULTY)
    await anna.say(mine.id, ways.text())
    await until(lambda: _logged(ways.shop, "carrying.inbox"))

    async def failed() -> bool:
        with pytest.raises(OwnerError, match="fault of the node"):
            await shop.say(theirs.id, ways.text())
        return await _logged(ways.shop, *FAULTS)

    await until(failed)  # of one kind ten are logged in a second
    ways.look()
    await shop.discover()
    assert await asyncio.to_thread(ways.shop.process.wait, 30) == Exit.FAULT
    assert "A fault of this program" in ways.shop.written()


async def _logged(cage: Cage, *words: str) -> bool:
    faults = [line for line in cage.written().splitlines() if " fault " in line or " foreign " in line]
    return all(any(word in line for line in faults) for word in words)


async def told(node: Client) -> str:
    """All that a node tells its owner, as one text."""
    answers: list[Any] = [await node.status(), await node.contacts(), await node.invitations()]
    answers.append(await node.peers())
    for peer in answers[-1]:
        before: int | None = None
        while page := await node.log(peer.id, before=before, limit=100):
            before = page[-1].number
            answers.append(page)
    return str(answers)


async def be_killed(ways: Ways, anna: Client, mine: Peer) -> None:
    """A node ends in the middle of a word, and starts again on what it left."""
    words = [asyncio.create_task(anna.say(mine.id, ways.text())) for _ in range(AT_ONCE)]
    await asyncio.wait(words, return_when=asyncio.FIRST_COMPLETED)
    assert ways.anna.end(signal.SIGKILL) == -signal.SIGKILL
    await asyncio.gather(*words, return_exceptions=True)
    await anna.aclose()
    assert (ways.anna.folder / "store.db-wal").stat().st_size > 0
    ways.look()
    ways.anna.up()


async def live(ways: Ways) -> str:
    """All of it; gives what the nodes tell their owners in the end."""
    async with Client.at(ways.anna.folder) as anna, Client.at(ways.shop.folder) as shop:
        mine, theirs = await meet(ways, anna, shop)
        await speak(ways, anna, mine, shop, theirs)
        await negotiate(anna, mine, ways.text)
        await be_refused(anna, mine, ways.text)
        await be_refused(shop, theirs, ways.text)
        await be_ill_treated(shop, ways.text)
        await be_visited(ways.anna, ways.text)
        await be_visited(ways.shop, ways.text)
        ways.look()
        await be_killed(ways, anna, mine)
        await have_faults(ways, anna, mine, shop, theirs)
        await shop.aclose()
        ways.shop.up()
        await until(lambda: _all_taken(anna, mine))
        answers = await told(anna) + await told(shop)
    assert ways.anna.end(signal.SIGSEGV) == -signal.SIGSEGV, "its memory would hold everything"
    assert ways.shop.end() == Exit.DONE
    return answers


async def test_of_a_thousand_values_none_is_seen_where_it_should_not_be(tmp_path: Path) -> None:
    ways = Ways(tmp_path)
    with ExitStack() as ends:
        for cage in (ways.anna, ways.shop):
            ends.callback(cage.stop)
            cage.up()
        answers = await live(ways)
    ways.look()

    assert ways.watch.seen == []
    assert len(ways.canaries.texts) >= CANARIES_MIN
    assert sum(text in answers for text in ways.canaries.texts) > 2 * (SAYS + INVITATIONS), "they are kept"
    assert list(ways.anna.cwd.iterdir()) == list(ways.shop.cwd.iterdir()) == [], "no memory was left behind"
    assert ways.watch.looked.keys() >= {
        "cmdline", "environ", "errors of a command", "file", "file name", "health", "metrics", "socket name",
        "thread", "written",
    }  # fmt: skip
    events = set(re.findall(r"\b(?:started|frame-refused|foreign|fault|left-out)\b", ways.shop.written()))
    assert events == {"started", "frame-refused", "foreign", "fault", "left-out"}


# ---------------------------------------------------------------- the watch sees what is there


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture
def watch(canaries: Canaries) -> Watch:
    return Watch(canaries)


def written_somehow(text: str) -> dict[str, bytes]:
    """Ways in which a value could stand in a file or a log."""
    data = text.encode()
    return {
        "plain": data,
        "in JSON": json.dumps({"name": [text]}).encode(),
        "in an exception": repr(ValueError({"name": data})).encode(),
        "in a path": f"/v1/peers/{text}/log?x=1".encode(),
        "in capitals": text.upper().encode(),
        "hex": data.hex().encode(),
        "capital hex": data.hex().upper().encode(),
        "UTF-16": text.encode("utf-16"),
        "UTF-16 the other way": text.encode("utf-16-be"),
        **{
            f"{encode.__name__} behind {before!r}": encode(before + data + behind)
            for encode in (base64.b64encode, base64.urlsafe_b64encode)
            for before in (b"", b"x", b"xy", b"xyz")
            for behind in (b"", b"z")
        },
        "cut at its end": data[:20],
        "cut at its beginning": data[-13:],
    }


def test_a_canary_is_found_however_it_is_written(canaries: Canaries) -> None:
    for text in (canaries.text(), canaries.text()):
        for how, data in written_somehow(text).items():
            assert canaries.found(b"\0 at=1 " + data + b"\n"), how


def test_a_secret_is_found_however_it_is_written(canaries: Canaries) -> None:
    secret = bytes(range(240, 256)) + bytes(range(16))
    canaries.keep("key", secret)
    forms = [secret, secret.hex().encode(), repr({"key": secret}).encode()]
    for before in (b"", b"x", b"xy"):
        forms += [base64.b64encode(before + secret), base64.urlsafe_b64encode(before + secret)]
    for data in forms:
        assert canaries.found(b"x" + data)


def test_nothing_is_found_where_nothing_is(canaries: Canaries) -> None:
    assert canaries.found(os.urandom(1_000_000)) == []
    assert canaries.found(Canaries().text().encode()) == []


def test_a_canary_is_found_in_every_file_and_name_of_a_folder(
    canaries: Canaries, watch: Watch, tmp_path: Path
) -> None:
    deep = tmp_path / "plain" / "deeper"
    deep.mkdir(parents=True)
    files = {"store.db", "store.db-wal", "store.db-shm", "vault", "lock", "owner.token", "core"}
    for name in files:
        (deep / name).write_bytes(os.urandom(100) + canaries.text().encode("utf-16-le") + os.urandom(100))
    (deep / "config.toml").write_text(canaries.text())
    named = {canaries.text() for _ in range(3)}
    empty, way, pipe = named
    (deep / empty).touch()
    (deep / way).symlink_to("store.db")
    os.mkfifo(deep / pipe)
    watch.folder(tmp_path, but="config.toml")

    assert {(seen.kind, Path(seen.place).name) for seen in watch.seen} == {
        *(("file", name) for name in files),
        *(("file name", name) for name in named),
    }


CARRIER = """
import ctypes, socket, sys
name, path = sys.stdin.readline().split()
ctypes.CDLL(None).prctl(15, name[7:22].encode())  # PR_SET_NAME: what `ps` and `top` show
file, end = open(path, "w"), socket.socket(socket.AF_UNIX)
end.bind("\\0" + name)
print("ready", flush=True)
sys.stdin.read()
"""
"""A process that shows a canary wherever a process can."""


def test_a_canary_is_found_wherever_a_process_shows_it(
    canaries: Canaries, watch: Watch, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", CARRIER, canaries.text()]
    environment = {**os.environ, "SHOWN": canaries.text()}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{canaries.text()} {tmp_path / canaries.text()}\n")
        process.stdin.flush()
        assert process.stdout.readline() == "ready\n"
        watch.process(process.pid)
        watch.sockets()
        process.stdin.close()

    assert {seen.kind for seen in watch.seen} == {"cmdline", "environ", "thread", "open file", "socket name"}
