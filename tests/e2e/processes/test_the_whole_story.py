"""Two people, two processes, real sockets, and the command line: from a link to a close that both know."""

from pathlib import Path

from tests.e2e.processes.cli import House, meet, run, until


def agree(anna: House, shop: House) -> None:
    def negotiation(house: House, state: str) -> str:
        def look() -> str | None:
            found = house.pcloud("terms", "list")["negotiations"]
            return str(found[0]["id"]) if found and found[0]["state"] == state else None

        return str(until(look))

    anna.pcloud("terms", "proffer", anna.peer()["id"], "SD-BASE")
    shop.pcloud("terms", "counter", negotiation(shop, "proffered"), "SD-BASE-A")
    anna.pcloud("terms", "counter", negotiation(anna, "countered"), "SD-BASE-A")
    shop.pcloud("terms", "accept", negotiation(shop, "proffered-again"))
    agreed = negotiation(anna, "agreed")
    records = [house.pcloud("terms", "show", agreed)["record"] for house in (anna, shop)]
    assert records[0] == records[1]
    assert anna.peer()["terms"] == shop.peer()["terms"] == ["SD-BASE-A"]


def rest(anna: House, shop: House) -> None:
    anna.pcloud("pause", anna.peer()["id"])
    until(lambda: shop.peer()["theirs"] == "paused")
    assert shop.refused("say", shop.peer()["id"], "are you there?") == "paused"
    anna.pcloud("resume", anna.peer()["id"])
    until(lambda: shop.peer()["theirs"] == "active")


def test_two_processes_meet_agree_rest_speak_and_part(houses: tuple[House, House], tmp_path: Path) -> None:
    anna, shop = houses
    meet(anna, shop)
    agree(anna, shop)
    rest(anna, shop)
    anna.pcloud("rotate", anna.peer()["id"])
    shop.down()
    anna.pcloud("say", "Flora", "Two bunches of tulips, please.")
    shop.up()
    until(lambda: shop.texts() == ["Two bunches of tulips, please."])
    anna.down()
    shop.pcloud("say", "Anna", "They are ready at four.")
    anna.up()
    until(lambda: anna.texts() == ["Two bunches of tulips, please.", "They are ready at four."])
    file = tmp_path / "relationship.pcloud"
    anna.pcloud("export", "Flora", str(file))
    elsewhere = tmp_path / "nowhere"
    elsewhere.mkdir()
    checked = run("verify", str(file), "--json", folder=elsewhere)
    assert checked.returncode == 0, checked.stderr
    assert list(elsewhere.iterdir()) == [], "it needs no node and makes none"
    damaged = tmp_path / "damaged.pcloud"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    assert run("verify", str(damaged), folder=elsewhere).returncode == 1
    anna.pcloud("close", "Flora", "--yes", "--held", "erased")
    until(lambda: shop.peer()["state"] == "closed")
    until(lambda: anna.peer()["waiting"] == 0)
    assert shop.refused("say", "Anna", "wait") == "closed"
