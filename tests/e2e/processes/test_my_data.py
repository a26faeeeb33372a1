"""One person and five vendors, six processes and real sockets, by the command line: her data, given and kept.

Set, related under different terms, asked for, given in part, moved, asked for beyond the terms, taken back,
deleted, and proven.
"""

import json
from pathlib import Path
from typing import Any

from tests.e2e.processes.cli import House, run, until
from tests.e2e.processes.vendors import (
    Street,
    Vendor,
    ask,
    each,
    held,
    look,
    quiet,
    relate,
    settle,
    street,
    typed,
)

CARELESS = (str(Path(__file__).parents[3] / "examples/neighbours/careless.py"),)
"""A node that sends what the terms forbid."""
NAME, MAIL, BIRTH = "profile.name", "profile.email", "profile.birthDate"
HOME, SHOE, PHONE = "profile.address.home", "profile.size.shoe", "profile.telephone"
ADULT, CITY = f"{BIRTH}:over-18", f"{HOME}:city"

FLORA = Vendor("Flora", "SD-BASE", "DeliveryOfGoods", (NAME, HOME, f"{MAIL}?"))
OUTDOOR = Vendor("Outdoor", "SD-BASE-A", "ServiceProvision", (SHOE, ADULT, f"{BIRTH}?", f"{CITY}?"))
CLUB = Vendor("Club", "SD-BASE-DP", "AccountManagement", (NAME, MAIL, f"{PHONE}?"))
BAKERY = Vendor("Bakery", "SD-BASE-AT", "DeliveryOfGoods", (HOME,))
MUTUAL = Vendor("Mutual", "SD-BASE-ATP", "ServiceRegistration", (NAME, HOME), standing=False)
VENDORS = (FLORA, OUTDOOR, CLUB, BAKERY, MUTUAL)

OLD = {"streetAddress": "Quendelweg 7", "postalCode": "27386", "addressLocality": "Sagehorn"}
NEW = {"streetAddress": "Salbeigasse 3", "postalCode": "28195", "addressLocality": "Bremen"}
MINE = {NAME: "Anna Quittenbaum", MAIL: "anna@quittenbaum.example", BIRTH: "1990-04-01", SHOE: "39"}
GIVEN = {
    ("Flora", NAME, 1), ("Flora", HOME, 1), ("Flora", MAIL, 1),
    ("Outdoor", SHOE, 1), ("Outdoor", ADULT, 1), ("Outdoor", CITY, 1),
    ("Club", NAME, 1), ("Club", MAIL, 1),
    ("Bakery", HOME, 1),
    ("Mutual", HOME, 1),
}  # fmt: skip
MOVED = {
    (who, path, 2 if path in (HOME, CITY) and who != "Mutual" else version) for who, path, version in GIVEN
}
"""Once all who asked for later versions have the new address. One asked once, and keeps what it got."""
FOLLOWING = {("Flora", HOME, 1), ("Outdoor", CITY, 1), ("Bakery", HOME, 1)}


def set_data(anna: House) -> None:
    for path, value in MINE.items():
        anna.pcloud("data", "set", path, value)
    move(anna, OLD)
    assert {row["path"]: row["value"] for row in anna.pcloud("data", "list")} == {**MINE, HOME: OLD}


def move(anna: House, to: dict[str, str]) -> Any:
    return anna.pcloud("data", "set", HOME, *(f"{name}={value}" for name, value in to.items()))


def answer(all_: Street) -> None:
    """In part: by flags, at a terminal, and all that is there."""
    anna = all_.anna
    until(lambda: len(look(anna, lambda node: node.asks())) == len(VENDORS))
    waiting = {one["name"]: one for one in anna.pcloud("asks")}
    assert anna.pcloud("ledger") == [], "nothing is given before the person says so"
    assert waiting["Club"]["terms"] == "SD-BASE-DP"
    wanted = {one["path"]: (one["required"], one["have"]) for one in waiting["Club"]["wanted"]}
    assert wanted == {NAME: (True, True), MAIL: (True, True), PHONE: (False, False)}

    anna.pcloud("answer", waiting["Flora"]["id"], "--all")
    talk(anna, waiting["Outdoor"]["id"], yes=3)
    club = anna.pcloud("answer", waiting["Club"]["id"], "--all")
    assert club["declined"] == {PHONE: "not-held"}
    anna.pcloud("answer", waiting["Bakery"]["id"], "--only", HOME, "--until", "30d")
    mutual = anna.pcloud("answer", waiting["Mutual"]["id"], "--decline", NAME, "--reason", "not-needed")
    assert (mutual["given"], mutual["declined"]) == ([HOME], {NAME: "not-needed"})
    assert anna.pcloud("asks") == []


def talk(anna: House, asked: str, yes: int) -> None:
    """Item by item: yes to all but the date of birth."""
    with typed(anna, "answer", asked) as terminal:
        terminal.expect("Outdoor")
        for _ in range(yes + 1):
            terminal.expect(r"Give (.+?)\? \[y\]es")
            terminal.sendline("n" if terminal.match[1] == "birth date" else "y")
        terminal.expect("Not given: profile.birthDate")
        terminal.read()
    assert terminal.wait() == 0


def change_once(all_: Street) -> None:
    """One vendor is off, lags, comes back, and has it too; nobody gets a field that it did not hold."""
    anna, bakery = all_.anna, all_["Bakery"]
    bakery.down()
    changed = move(anna, NEW)
    assert (changed["version"], changed["following"]) == (2, len(FOLLOWING))
    settle(all_, {*(one for one in MOVED if one[0] != "Bakery"), ("Bakery", HOME, 1)}, shown=False)
    (lagging,) = anna.pcloud("ledger", "--lagging")
    assert (lagging["name"], lagging["version"], lagging["has"]) == ("Bakery", 2, 1)
    bakery.up()
    settle(all_, MOVED)
    assert anna.pcloud("ledger", "--lagging") == []
    assert held(bakery) == {HOME: (2, NEW)}
    assert held(all_["Mutual"]) == {HOME: (1, OLD)}
    assert held(all_["Outdoor"])[CITY] == (2, NEW["addressLocality"])


def ask_beyond(all_: Street) -> None:
    """Its own node refuses to ask; where that one does not care, the person's does, and counts."""
    anna, mutual = all_.anna, all_["Mutual"]
    wanted = ("ask", "Anna", MAIL, "--for", "DirectMarketing")
    assert mutual.refused(*wanted) == "terms-forbid"
    mutual.down()
    mutual.up(CARELESS)
    for _ in range(2):
        mutual.pcloud(*wanted)
    until(lambda: len(look(anna, lambda node: node.refused_asks())) == 2)
    refused = anna.pcloud("asks", "--refused")
    assert [(one["name"], one["clause"]) for one in refused] == [("Mutual", "no-marketing")] * 2
    counted = {one["name"]: one["over_asked"] for one in anna.pcloud("peers")}
    assert counted == {vendor.name: 2 * (vendor is MUTUAL) for vendor in VENDORS}
    assert anna.pcloud("asks") == [], "she is not bothered"
    quiet(mutual)
    assert [one["state"] for one in mutual.pcloud("asked", "Anna")] == ["given", "refused", "refused"]
    settle(all_, MOVED, shown=False)


def take_back(all_: Street) -> None:
    """One field at one, everything at another, which signs that it is deleted."""
    anna = all_.anna
    anna.pcloud("revoke", "Flora", MAIL)
    anna.pcloud("erase", "Club", "--yes")
    settle(all_, {one for one in MOVED if one[0] != "Club" and one[:2] != ("Flora", MAIL)})

    def signed() -> bool:
        rows = look(anna, lambda node: node.ledger()).rows
        ended = {(row.name, row.path) for row in rows if row.state == "erased"}
        return ended == {("Club", NAME), ("Club", MAIL), ("Flora", MAIL)}

    until(signed)
    quiet(anna, all_["Flora"], all_["Club"])
    assert all(row["backups"] for row in anna.pcloud("ledger", "--peer", "Club"))
    assert held(all_["Club"]) == {}


def verified(file: Path) -> dict[str, Any]:
    """What anybody reads in a file, somewhere else."""
    checked = run("verify", str(file), "--json", folder=file.parent / "nowhere")
    assert checked.returncode == 0, checked.stderr
    report = dict(json.loads(checked.stdout))
    assert report["complete"] is True
    return report


def prove(anna: House, folder: Path) -> None:
    """Every step at both, by the signatures of both; and one field, while the others stay hidden."""
    for name in ("Flora", "Club"):
        anna.pcloud("export", name, str(folder / f"{name}.pcloud"))
    anna.pcloud("export", "Flora", str(folder / "home.pcloud"), "--only", HOME)
    flora, club, home = each(verified, [folder / f"{name}.pcloud" for name in ("Flora", "Club", "home")])

    assert steps(flora) == {"exporter": ["present", "update", "revoke"], "peer": ["request", "erased"]}
    assert steps(club) == {"exporter": ["present", "erase"], "peer": ["request", "erased"]}
    assert [one["terms"] for one in (*flora["agreements"], *club["agreements"])] == ["SD-BASE", "SD-BASE-DP"]
    assert {field["state"] for field in club["fields"]} == {"erased"}
    shown = {field["path"]: (field["version"], field["value"]) for field in flora["fields"] if field["shown"]}
    assert shown[HOME] == (2, NEW)
    assert shown[NAME] == (1, MINE[NAME])
    assert home["digest"] == flora["digest"]
    only = {field["path"]: field["value"] if field["shown"] else "not shown" for field in home["fields"]}
    assert only == {HOME: NEW, NAME: "not shown", MAIL: "not shown"}
    assert MINE[NAME].encode() not in (folder / "home.pcloud").read_bytes()
    plain = run("verify", str(folder / "home.pcloud"), folder=folder).stdout
    assert "not shown" in plain
    assert "Salbeigasse 3" in plain
    assert "Quittenbaum" not in plain


def steps(report: dict[str, Any]) -> dict[str, list[str]]:
    """What each side said of data, in its order, proven by both; it was acknowledged in between."""
    said = [one for one in report["messages"] if one["name"].startswith("disclosure.")]
    assert {(one["verdict"], one["proof"]) for one in said} == {("applied", "both")}
    names = {who: [one["name"] for one in said if one["sender"] == who] for who in ("exporter", "peer")}
    return {
        who: [name.removeprefix("disclosure.") for name in all_ if name != "disclosure.acknowledge"]
        for who, all_ in names.items()
    }


def test_one_person_and_five_vendors(tmp_path: Path) -> None:
    with street(tmp_path, VENDORS) as all_:
        set_data(all_.anna)
        each(lambda vendor: relate(all_, vendor), VENDORS)
        each(lambda vendor: ask(all_, vendor), VENDORS)
        answer(all_)
        settle(all_, GIVEN)
        change_once(all_)
        ask_beyond(all_)
        take_back(all_)
        prove(all_.anna, tmp_path)
