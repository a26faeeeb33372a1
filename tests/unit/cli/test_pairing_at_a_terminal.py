"""`pcloud page --lan` at a terminal: a link to scan, a fingerprint, a number to type. The page is played."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from pcloud.cli.exits import Exit
from pcloud.cli.main import run
from pcloud.web.codes import LanPage, nonce_of, write_file
from pcloud.web.devices.book import Asking, Shelf

ROOT = Path(__file__).parents[3]
KEY = "ab" * 32
LAN = LanPage("https://192.168.1.20:7014", "AB:CD")
NUMBER = "123 456"
Begin = Callable[[], pexpect.spawn]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a node whose page is on the network."""
    (tmp_path / "vault").write_bytes(b"")
    tmp_path.chmod(0o700)
    write_file(tmp_path, ["http://127.0.0.1:7013"], KEY, LAN)
    return tmp_path


@pytest.fixture
def begin(folder: Path) -> Iterator[Begin]:
    people: list[pexpect.spawn] = []

    def begun() -> pexpect.spawn:
        command = ["-m", "pcloud", "--dir", str(folder), "page", "--lan"]
        person = pexpect.spawn(
            sys.executable, command, cwd=ROOT, encoding="utf-8", timeout=60, dimensions=(60, 160)
        )
        people.append(person)
        return person

    yield begun
    for person in people:
        person.close(force=True)


def ask(folder: Path, person: pexpect.spawn) -> None:
    """A phone scans what the terminal shows, and asks."""
    person.expect(r"https://192\.168\.1\.20:7014/pair#(\S+)")
    code = person.match[1]
    person.expect("AB:CD")
    asking = Asking("a1", "Phone", "00", NUMBER, nonce_of(code), int(code.split(".")[0]) - 600)
    Shelf(folder).change(lambda book: book.ask(asking))
    person.expect("“Phone” has scanned it. Type the number")


def test_the_device_is_let_in_whose_number_is_typed(folder: Path, begin: Begin) -> None:
    person = begin()
    ask(folder, person)
    person.sendline("123456")
    person.expect("“Phone” is paired")
    person.expect(pexpect.EOF)
    person.wait()

    book = Shelf(folder).read()
    assert (book.lan, [each.id for each in book.devices], book.asking) == (True, ["a1"], ())
    assert person.exitstatus == 0


@pytest.mark.parametrize("number", ["654321", "", "y"])
def test_another_number_lets_nobody_in_and_ends_the_waiting(number: str, folder: Path, begin: Begin) -> None:
    person = begin()
    ask(folder, person)
    person.sendline(number)
    person.expect("it is not let in")
    person.expect(pexpect.EOF)
    person.wait()

    book = Shelf(folder).read()
    assert (book.devices, book.asking) == ((), ())
    assert person.exitstatus == Exit.REFUSED


def test_without_a_terminal_the_link_is_given_and_the_page_confirms(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--dir", str(folder), "page", "--lan", "--json"]) == Exit.DONE

    assert '"fingerprint": "AB:CD"' in capsys.readouterr().out
    assert Shelf(folder).read().devices == ()


def test_what_keeps_the_page_from_the_network_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_file(folder, ["http://127.0.0.1:7013"], KEY, LanPage(problem="This machine is on no network."))

    assert run(["--dir", str(folder), "page", "--lan"]) == Exit.ADDRESS
    assert "on no network" in capsys.readouterr().err


def test_a_node_that_does_not_run_serves_no_page(folder: Path) -> None:
    (folder / "page.json").unlink()

    assert run(["--dir", str(folder), "page", "--lan"]) == Exit.NO_NODE
    assert Shelf(folder).read().lan is False


def test_the_page_leaves_the_network_when_told_to(folder: Path) -> None:
    Shelf(folder).change(lambda book: book.serve(lan=True))

    assert run(["--dir", str(folder), "page", "--no-lan"]) == Exit.DONE
    assert Shelf(folder).read().lan is False
