"""`invite --from`: a file of customers becomes links to send and pages to print."""

import csv
import io
from pathlib import Path

import pytest
from tests.unit.cli.scripted import ID, LINK, Scripted, typed

from pcloud.cli import inviting
from pcloud.cli.exits import Exit
from pcloud.home.sheets.invitation import Card, draw
from pcloud.runtime.taking.views import Invited


def answer(references: list[str]) -> list[Invited]:
    states = {"C-2": "open", "C-3": "came"}
    return [
        Invited(each, states.get(each, "new"), None if each == "C-3" else LINK, 4_000_000_000, ID, None)  # type: ignore[arg-type] # one of them
        for each in references
    ]


class Shop(Scripted):
    """Answers with a row for each customer."""

    async def invite_customers(self, references: list[str], purpose: str, **named: object) -> list[Invited]:
        self.asked.append(("invite_customers", (references, purpose), named))
        return answer(references)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "customers.csv"
    path.write_text("\ufeffname,number\nAnna,C-1\nBerta,C-2\nCarla,C-3\nAnna again,C-1\nNobody,\n")
    return path


def test_each_customer_of_a_file_is_invited_once(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop, out, pdf = Shop(), tmp_path / "links.csv", tmp_path / "cards.pdf"
    words = ["invite", "--purpose", "flowers", "--from", str(file), "--column", "number", "--let-in"]
    assert typed(shop, tmp_path, *words, "--out", str(out), "--print", str(pdf)) == Exit.DONE
    calls = [each for each in shop.asked if each[0] == "invite_customers"]
    assert [each[1] for each in calls] == [(["C-1", "C-2", "C-3"], "flowers")]
    assert calls[0][2]["let_in"] is True
    assert "1 invited, 1 were before, 1 are peers already." in capsys.readouterr().out
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert [(row["customer"], row["state"], row["link"]) for row in rows] == [
        ("C-1", "new", LINK),
        ("C-2", "open", LINK),
        ("C-3", "came", ""),
    ]
    assert out.stat().st_mode & 0o777 == 0o600
    assert pdf.read_bytes().startswith(b"%PDF")

    asked = len(shop.asked)
    assert typed(shop, tmp_path, *words, "--out", str(out)) == Exit.USAGE
    assert len(shop.asked) == asked, "nothing is made for a file that cannot be written"


def test_many_customers_are_invited_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inviting, "AT_ONCE", 2)
    path = tmp_path / "customers.csv"
    path.write_text("id\n" + "".join(f"C-{number}\n" for number in range(10, 15)))
    shop = Shop()
    assert typed(shop, tmp_path, "invite", "--purpose", "f", "--from", str(path)) == Exit.DONE
    calls = [each[1][0] for each in shop.asked if each[0] == "invite_customers"]
    assert calls == [["C-10", "C-11"], ["C-12", "C-13"], ["C-14"]]


@pytest.mark.parametrize("content", [b"", b"name\nAnna\n", b"id\n\n", b"id\n\xff\n"])
def test_a_file_that_names_nobody_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_bytes(content)
    shop = Shop()
    assert typed(shop, tmp_path, "invite", "--purpose", "f", "--from", str(path)) == Exit.USAGE
    assert shop.asked == []


@pytest.mark.parametrize("more", [["--out", "x.csv"], ["--print", "x.pdf"], ["--let-in"]])
def test_what_goes_with_a_file_is_refused_without_one(more: list[str], tmp_path: Path) -> None:
    shop = Shop()
    assert typed(shop, tmp_path, "invite", "--purpose", "f", *more) == Exit.USAGE
    assert shop.asked == []


def test_more_cards_than_fit_take_more_pages() -> None:
    told = ("flowers, with a name that is longer than a line", "until then")
    cards = [Card("Flora", (*told, f"C-{number}"), LINK) for number in range(17)]
    assert b"/Count 3" in draw(cards)
    assert b"/Count 1" in draw(cards[:8])
