"""Rules, receipts, rights and letters between two processes, by commands alone, killed at a bad moment."""

import json
from pathlib import Path

from tests.e2e.processes.cli import run, until
from tests.e2e.processes.vendors import Vendor, relate, street

FLORA = Vendor("Flora", "SD-BASE", "dpv:DeliveryOfGoods", ("profile.name",))


def test_rules_answer_and_everything_has_a_receipt(tmp_path: Path) -> None:
    with street(tmp_path, [FLORA]) as there:
        anna, flora = there.anna, there["Flora"]
        relate(there, FLORA)
        anna.pcloud("data", "set", "profile.name", "givenName=Anna", "familyName=Canary")
        anna.pcloud("rules", "add", "yes", "profile.name", "--kind", "organisation", "--days", "90")
        anna.pcloud("rules", "add", "no", "profile.email", "--reason", "not-needed")
        tried = anna.pcloud("rules", "test", "--peer", "Flora", "profile.name", "--for", "DeliveryOfGoods")
        assert tried["outcome"] == "give"

        ask = ("ask", "Anna", "--for", FLORA.purpose, "--need")
        flora.pcloud(*ask, "profile.name", "profile.name")
        anna.kill()  # whatever it has done with the question by now
        anna.up()
        until(lambda: [row["path"] for row in anna.pcloud("ledger")] == ["profile.name"])
        flora.pcloud(*ask, "profile.email", "profile.email")

        def states() -> list[str]:
            made = anna.pcloud("receipts", "Flora")["dpv:hasRecordOfActivity"]
            return [str(each["dpv:hasConsentStatus"][-1]["@type"][0]) for each in made]

        until(lambda: states() == ["dpv:ConsentGiven", "dpv:ConsentRefused"])
        until(lambda: anna.peer()["waiting"] == 0)
        said = [entry["what"] for entry in flora.pcloud("log", "Anna")]
        assert said.count("disclosure.present") == 1, "killed in between, and answered once"
        assert said.count("disclosure.decline") == 1
        out = tmp_path / "receipts.json"
        assert run("receipts", "--out", str(out), folder=anna.folder).returncode == 0
        assert "Canary" not in out.read_text()
        assert len(json.loads(out.read_text())["dpv:hasRecordOfActivity"]) == 2

        claim = anna.pcloud("rights", "claim", "access", "--peer", "Flora")["ids"][0]
        until(lambda: flora.pcloud("rights", "asked"))
        flora.pcloud("rights", "answer", claim[:10], "--done")
        until(lambda: [row["state"] for row in anna.pcloud("rights", "list")["rows"]] == ["done"])
        brought = anna.pcloud("rights", "show", claim[:10])["brought"]
        assert [(each["path"], each["value"]["familyName"]) for each in brought] == [
            ("profile.name", "Canary")
        ]

        anna.pcloud("letters", "add", "Old Bank", "--holds", "profile.name", "--address", "Main Street 1")
        anna.pcloud("data", "set", "profile.name", "givenName=Anna", "familyName=Berg")
        (letter,) = anna.pcloud("letters", "list")["letters"]
        assert (letter["state"], letter["changes"]) == ("due", ["profile.name"])
        pdf = tmp_path / "bank.pdf"
        done = run("letters", "print", "Old Bank", "--out", str(pdf), "--values", folder=anna.folder)
        assert done.returncode == 0, done.stderr
        assert pdf.read_bytes().startswith(b"%PDF")
        assert anna.pcloud("letters", "sent", "Old Bank")["state"] == "sent"
        assert "Old Bank" in run("ledger", folder=anna.folder).stdout
