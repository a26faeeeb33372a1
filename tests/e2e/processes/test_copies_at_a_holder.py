"""The machine is destroyed; the words and one holder's address bring the node back, by commands alone."""

import shutil

from tests.e2e.processes.cli import House, meet, until


def test_a_node_comes_back_from_a_holder(houses: tuple[House, House]) -> None:
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
    until(lambda: shop.texts() == ["Two bunches of tulips, please."])

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

    anna.kill()
    shutil.rmtree(anna.folder)
    assert anna.pcloud("recover", "--from", address, "--yes", *anna.by_words)["follows"] == 1
    anna.up()
    until(lambda: anna.peer().get("state") == "active")
    assert anna.texts() == ["Two bunches of tulips, please."]
    until(brought)
