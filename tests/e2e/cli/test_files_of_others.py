"""Files of others brought in by the command line, and everything taken out and into another node."""

import asyncio
import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.e2e.processes.cli import until

from pcloud.ambient.system import system_entropy
from pcloud.api.server import OwnerServer, Places
from pcloud.cli.main import run
from pcloud.runtime.surface import Surface
from pcloud.testing.home import Village, related

T = TypeVar("T")

SAMPLES = Path(__file__).parents[2] / "samples"
EVERY = [str(path) for path in sorted(SAMPLES.iterdir()) if path.suffix != ".md"]
IN_SAMPLES = {
    "ratings": 5,
    "receipts": 1,
    "reservations": 2,
    "viewings": 6,
    "x-contacts": 2,
    "x-events": 7,
    "x-readings": 1,
}


class House:
    """A node in memory with a real socket, in a thread of its own; commands run here, as they are typed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700)
        (folder / "vault").touch(0o600)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.village = Village(seed)
        self.home = self.do(self.village.home("Anna"))
        surface: Surface = self.home.owner
        self._server = OwnerServer(surface, Places(folder), system_entropy, lambda _reference, _fault: None)
        self.do(self._server.start())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def down(self) -> None:
        self.do(self._server.stop())
        self.do(self.village.clear())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def pcloud(self, *words: str) -> Any:
        """A command's JSON. Fails where the command does."""
        code, out, errors = self.typed(*words, "--json")
        assert code == 0, (words, out, errors)
        return json.loads(out)

    def refused(self, *words: str) -> str:
        """The code with which a command is refused."""
        code, out, errors = self.typed(*words, "--json")
        assert code != 0, out
        return str(json.loads(errors.splitlines()[-1])["error"]["code"])

    def typed(self, *words: str) -> tuple[int, str, str]:
        out, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            code = run(["--dir", str(self.folder), *words])
        return code, out.getvalue(), errors.getvalue()


@pytest.fixture
def anna(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "anna", 1)
    yield house
    house.down()


def records(house: House, prefix: str = "") -> dict[str, Any]:
    words = ("data", "list", *([prefix] if prefix else []), "--limit", "1000")
    return {one["path"]: one["value"] for one in house.pcloud(*words)}


def counts(house: House) -> dict[str, int]:
    found: dict[str, int] = {}
    for path in records(house):
        place = path.partition("/")[0]
        found[place] = found.get(place, 0) + 1
    return found


def test_real_files_are_looked_at_taken_found_and_not_doubled(anna: House, tmp_path: Path) -> None:
    looked = anna.pcloud("data", "import", *EVERY, "--dry-run", "--report", str(tmp_path / "problems"))
    assert looked == {"found": IN_SAMPLES, "problems": 2, "stored": None}
    assert records(anna) == {}
    told = [json.loads(line) for line in (tmp_path / "problems").read_text().splitlines()]
    assert [one["file"] for one in told] == ["orders.mbox", "semicolons.ics"]

    assert anna.refused("data", "import", *EVERY) == "usage", "nobody is there to ask"
    assert records(anna) == {}

    taken = anna.pcloud("data", "import", *EVERY, "--yes")
    assert taken["stored"] == {"new": sum(IN_SAMPLES.values())}
    assert counts(anna) == IN_SAMPLES
    before = records(anna)

    assert anna.pcloud("data", "import", *EVERY, "--yes")["stored"] == {"same": sum(IN_SAMPLES.values())}
    assert records(anna) == before

    (order,) = anna.pcloud("data", "search", "thyme")
    assert order["path"].startswith("receipts/")
    assert order["value"]["merchant"]["name"] == "Kräuter & Söhne"
    assert order["source"] == "import:mail"
    assert "123-4567890" not in order["path"]


def test_what_is_shown_says_columns_and_problems_in_words(anna: House) -> None:
    tables = (str(SAMPLES / "imdb-ratings.csv"), str(SAMPLES / "orders.mbox"))
    code, shown, _ = anna.typed("data", "import", *tables, "--dry-run")
    assert code == 0
    for words in (
        "a table of IMDb",
        "reviewRating.ratingValue",
        "ratings: 2",
        "message 4",
        "Nothing was taken",
    ):
        assert words in shown, shown


def test_a_table_of_nobody_is_read_as_its_owner_says(anna: House, tmp_path: Path) -> None:
    table = tmp_path / "shop.csv"
    table.write_text("Shop;Total;Day\nFlora;12,50;2027-01-02\nGreen;3;2027-01-03\n")
    assert anna.refused("data", "import", str(table), "--yes") == "usage"
    done = anna.pcloud(
        "data", "import", str(table), "--into", "receipts", "--yes",
        "--map", "Shop=merchant.name", "--map", "Total=price",
    )  # fmt: skip
    assert done["stored"] == {"new": 2}
    assert {"merchant": {"name": "Flora"}, "price": "12,50"} in records(anna, "receipts").values()


def test_an_import_that_is_killed_and_run_again_doubles_nothing(anna: House, tmp_path: Path) -> None:
    table = tmp_path / "history.csv"
    with table.open("w") as file:
        rows = csv.writer(file)
        rows.writerow(["Title", "Date"])
        rows.writerows([f"Film {number}", "12/31/20"] for number in range(4_000))
    environment = {**os.environ, "PCLOUD_DIR": str(anna.folder)}
    words = ("data", "import", str(table), "--yes")
    going = subprocess.Popen(
        [sys.executable, "-m", "pcloud", *words], env=environment, stdout=subprocess.DEVNULL
    )
    until(lambda: anna.pcloud("data", "list", "viewings", "--limit", "1"))
    going.send_signal(signal.SIGKILL)
    going.wait()
    stored = anna.pcloud(*words)["stored"]
    assert stored["new"] + stored.get("same", 0) == 4_000
    assert sum(anna.pcloud(*words)["stored"].values()) == 4_000
    assert anna.pcloud(*words)["stored"] == {"same": 4_000}


def test_everything_goes_out_as_an_archive_and_into_another_node(anna: House, tmp_path: Path) -> None:
    anna.pcloud("data", "import", *EVERY, "--yes")
    anna.pcloud("data", "set", "profile.address.home", "addressLocality=Bremen", "addressCountry=DE")
    anna.pcloud("data", "set", "profile.address.home", "addressLocality=Kiel", "addressCountry=DE")
    anna.pcloud("data", "set", "profile.email.home", "a@example.org")
    anna.pcloud("data", "delete", "profile.email.home", "--keep-history", "--yes")
    file = tmp_path / "me.zip"
    assert anna.refused("data", "export", "--all", str(file)) == "usage"
    assert not file.exists()
    written = anna.pcloud("data", "export", "--all", str(file), "--yes")
    assert written == {"file": str(file), "versions": sum(IN_SAMPLES.values()) + 4, "relationships": 0}
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as archive:
        lines = [json.loads(line) for line in archive.read("records.jsonl").splitlines()]
        assert json.loads(archive.read("manifest.json"))["format"] == "pcloud-archive-1"
        assert "Nothing protects it" in archive.read("README.txt").decode()
    assert len(lines) == written["versions"]

    other = House(tmp_path / "other", 2)
    try:
        looked = other.pcloud("data", "import", str(file), "--dry-run")
        assert (looked["problems"], looked["stored"], records(other)) == (0, None, {})
        taken = other.pcloud("data", "import", str(file), "--yes")
        assert sum(taken["stored"].values()) == len(lines)
        assert taken["problems"] == 0
        assert records(other) == records(anna)
        for path in ("profile.address.home", "profile.email.home"):
            assert other.pcloud("data", "history", path) == anna.pcloud("data", "history", path)
        again = other.pcloud("data", "import", str(file), "--yes")
        assert (again["stored"], again["problems"]) == ({"same": len(lines)}, 0)

        other.pcloud("data", "set", "profile.address.home", "addressLocality=Ulm", "addressCountry=DE")
        other.pcloud("data", "import", str(file), "--yes")
        assert records(other)["profile.address.home"]["addressLocality"] == "Ulm"
    finally:
        other.down()


@pytest.mark.parametrize("ending", ["jsonld", "csv"])
def test_records_go_out_and_come_back_to_their_places(anna: House, tmp_path: Path, ending: str) -> None:
    anna.pcloud("data", "import", *EVERY, "--yes")
    anna.pcloud("data", "set", "profile.name", "Anna")
    before = records(anna)
    file = tmp_path / f"all.{ending}"
    assert anna.pcloud("data", "export", str(file)) == {"file": str(file), "records": len(before), "left": {}}
    assert anna.pcloud("data", "import", str(file), "--yes")["stored"] == {"same": len(before)}
    anna.pcloud("data", "delete", "profile.name", "--yes")
    assert anna.pcloud("data", "import", str(file), "--yes")["stored"] == {"same": len(before) - 1, "new": 1}
    assert records(anna) == before


def test_an_address_book_and_a_calendar_go_out_and_come_back(anna: House, tmp_path: Path) -> None:
    anna.pcloud("data", "import", *EVERY, "--yes")
    cards, calendar = tmp_path / "a.vcf", tmp_path / "a.ics"
    assert anna.pcloud("data", "export", str(cards), "--prefix", "x-contacts")["left"] == {}
    assert anna.pcloud("data", "import", str(cards), "--yes")["stored"] == {"same": 2}
    out = anna.pcloud("data", "export", str(calendar), "--prefix", "reservations")
    assert (out["records"], out["left"]) == (2, {})
    assert anna.pcloud("data", "import", str(calendar), "--yes")["stored"] == {"same": 2}


def test_what_is_no_archive_and_what_is_damaged_is_told(anna: House, tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.txt", "hello")
    assert anna.refused("data", "import", str(other), "--yes") == "no-archive"

    hostile = tmp_path / "hostile.zip"
    good = {"path": "x-a", "version": 1, "at": 5, "source": "owner", "value": "fine"}
    lines = [
        good,
        {**good, "path": "x-b:equal"},
        {**good, "version": -1},
        {**good, "source": "peer:x"},
        {"a": 1},
        [],
    ]
    with zipfile.ZipFile(hostile, "w") as archive:
        archive.writestr("manifest.json", json.dumps({"format": "pcloud-archive-1", "versions": 10**9}))
        archive.writestr("records.jsonl", "\n".join([*map(json.dumps, lines), "{", "9" * 300_000]))
    done = anna.pcloud("data", "import", str(hostile), "--yes")
    assert done["stored"] == {"new": 1, "refused": 2}
    assert done["problems"] == 2 + 6, "two are refused by the node, and six lines are no versions"
    assert records(anna) == {"x-a": "fine"}


def test_each_relationship_in_an_archive_proves_itself(anna: House, tmp_path: Path) -> None:
    flora = anna.do(anna.village.home("Flora", "organisation"))
    anna.do(related(anna.home, flora))
    file = tmp_path / "me.zip"
    assert anna.pcloud("data", "export", "--all", str(file), "--yes")["relationships"] == 1
    with zipfile.ZipFile(file) as archive:
        (told,) = json.loads(archive.read("manifest.json"))["relationships"]
        archive.extract(told["file"], tmp_path)
    assert told["name"] == "Flora"
    code, shown, errors = anna.typed("verify", str(tmp_path / told["file"]))
    assert code == 0, errors
    assert "Flora" in shown


def test_a_mailbox_read_again_turns_no_order_back_and_makes_no_history_longer(
    anna: House, tmp_path: Path
) -> None:
    page = (
        'From a\nContent-Type: text/html\n\n<script type="application/ld+json">'
        '{"@type":"Order","orderNumber":"7","merchant":{"name":"Flora"},"orderStatus":"%s"}</script>\n\n'
    )
    mailbox = tmp_path / "a.mbox"
    mailbox.write_text(page % "OrderProcessing" + page % "OrderInTransit")
    assert anna.pcloud("data", "import", str(mailbox), "--yes")["stored"] == {"new": 1, "changed": 1}
    (path,) = records(anna, "receipts")
    before = anna.pcloud("data", "history", path)
    assert [one["value"]["orderStatus"] for one in before] == ["OrderInTransit", "OrderProcessing"]
    assert anna.pcloud("data", "import", str(mailbox), "--yes")["stored"] == {"same": 2}
    assert anna.pcloud("data", "history", path) == before


@pytest.mark.parametrize(("said", "taken"), [("y\n", 1), ("n\n", 0), ("\n", 0)])
def test_nothing_is_taken_before_the_owner_says_so(
    anna: House, monkeypatch: pytest.MonkeyPatch, said: str, taken: int
) -> None:
    monkeypatch.setattr("pcloud.cli.transfer.bringing.at_terminal", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(said))
    code, shown, asked = anna.typed("data", "import", str(SAMPLES / "duck.vcf"))
    assert code == 0
    assert "Take 1 records?" in asked
    assert "Daffy Duck" in shown
    assert len(records(anna)) == taken


def carried(path: str, version: int, value: Any, at: int, source: str = "owner") -> dict[str, Any]:
    return {"path": path, "version": version, "value": value, "at": at, "source": source}


def archive_of(file: Path, *lines: dict[str, Any]) -> str:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("manifest.json", json.dumps({"format": "pcloud-archive-1", "versions": len(lines)}))
        archive.writestr("records.jsonl", "".join(json.dumps(one) + "\n" for one in lines))
    return str(file)


def test_an_archive_beside_a_life_of_its_own_loses_nothing_newer(anna: House, tmp_path: Path) -> None:
    first = archive_of(tmp_path / "1.zip", carried("x-a", 1, "one", 10), carried("x-a", 2, "two", 20))
    assert anna.pcloud("data", "import", first, "--yes")["stored"] == {"changed": 1, "new": 1}

    older = archive_of(tmp_path / "2.zip", carried("x-a", 1, "other", 5), carried("x-a", 2, "another", 15))
    done = anna.pcloud("data", "import", older, "--yes")
    assert (done["stored"], done["problems"]) == ({"refused": 2}, 2)
    assert records(anna) == {"x-a": "two"}

    newer = archive_of(tmp_path / "3.zip", carried("x-a", 1, "three", 30), carried("x-a", 2, None, 40))
    # The deletion has the number of a version here: it may be a value let go of, so nothing is deleted
    assert anna.pcloud("data", "import", newer, "--yes")["stored"] == {"changed": 1, "same": 1}
    history = anna.pcloud("data", "history", "x-a")
    assert [(one["version"], one["value"], one["at"]) for one in history] == [
        (3, "three", 30), (2, "two", 20), (1, "one", 10),
    ]  # fmt: skip
    again = anna.pcloud("data", "import", newer, "--yes")["stored"]
    assert again.get("changed", 0) == again.get("new", 0) == 0
    assert anna.pcloud("data", "history", "x-a") == history


def test_values_that_were_let_go_of_are_no_deletions_in_another_node(anna: House, tmp_path: Path) -> None:
    lines = [carried("x-a", 1, None, 10), carried("x-a", 2, "two", 20), carried("x-b", 1, None, 10)]
    file = archive_of(tmp_path / "1.zip", *lines)
    assert anna.pcloud("data", "import", file, "--yes")["stored"] == {"new": 1, "same": 2}
    assert records(anna) == {"x-a": "two"}
    assert [one["version"] for one in anna.pcloud("data", "history", "x-a")] == [2]
