"""The machine is destroyed; the words and one holder's address bring the node back, by commands alone."""

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.processes.cli import House, run, until
from tests.e2e.processes.test_the_whole_story import meet, said


@pytest.fixture
def houses(tmp_path: Path) -> Iterator[tuple[House, House]]:
    anna, shop = House(tmp_path, "Anna"), House(tmp_path, "Flora", "organisation")
    yield anna.up(), shop.up()
    for house in (anna, shop):
        if house.process is not None and house.process.poll() is None:
            house.down()


def test_a_node_comes_back_from_a_holder(houses: tuple[House, House], tmp_path: Path) -> None:
    anna, shop = houses
    meet(anna, shop)
    shop.pcloud("holders", "serve", "--room", "100M")
    asked = anna.pcloud("holders", "ask", "Flora", "--room", "50M", "--days", "30")
    assert (asked["state"], asked["bytes_max"], asked["days"]) == ("asked", 50 * 2**20, 30)
    until(lambda: [row["state"] for row in shop.pcloud("holders", "list") if row["place"] == "for-peer"])
    assert shop.pcloud("holders", "grant", "Anna")["state"] == "kept"
    until(
        lambda: [row["state"] for row in anna.pcloud("holders", "list") if row["place"] == "peer"] == ["kept"]
    )
    anna.pcloud("say", "Flora", "Two bunches of tulips, please.")
    until(lambda: said(shop) == ["Two bunches of tulips, please."])

    def brought() -> bool:
        (row,) = anna.pcloud("holders", "check")
        return bool(row["current"] and row["checked"] and not row["problem"])

    until(brought)
    assert anna.pcloud("status")["copied"]
    (address,) = next(row["endpoints"] for row in anna.pcloud("holders", "list") if row["place"] == "peer")
    assert address == f"http://127.0.0.1:{shop.port}"
    kept = list((shop.folder / "holdings").rglob("*.volume"))
    assert kept
    assert not [path for path in kept if b"tulips" in path.read_bytes()]

    assert anna.process is not None
    anna.process.send_signal(signal.SIGKILL)
    anna.process.communicate()
    anna.process = None
    shutil.rmtree(anna.folder)
    done = run(
        "recover", "--from", address, "--yes", "--json", "--words-file", str(tmp_path / "Anna.words"),
        "--passphrase-file", str(anna.passphrase), folder=anna.folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["follows"] == 1
    anna.up()
    until(lambda: anna.peer().get("state") == "active")
    assert said(anna) == ["Two bunches of tulips, please."]
    until(brought)
