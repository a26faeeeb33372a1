"""The page that goes into a drawer: room for the words, and never the words themselves."""

import dataclasses
import json
import re
from pathlib import Path

import pytest
from tests.unit.cli.scripted import RECOVERY, Scripted, typed

from pcloud.cli.exits import Exit
from pcloud.home.sheets.recovery import HOLDERS_MAX, Sheet, draw
from pcloud.runtime.views import Holder

HOLDERS = tuple((f"Holder {number}", f"https://h{number}.example:7012/pcloud") for number in range(8))


def shown(page: bytes) -> list[str]:
    """The texts on a page, in the order in which they are drawn."""
    return [text.decode("cp1252") for text in re.findall(rb"\(((?:[^()\\]|\\.)*)\) Tj", page)]


def test_it_has_a_numbered_blank_for_each_word_and_says_what_to_do() -> None:
    texts = shown(draw(Sheet("Anna", "2026-11-22", ())))
    assert [text for text in texts if text.strip().isdecimal()] == [f"{place:>2}" for place in range(1, 25)]
    whole = "\n".join(texts)
    for command in ("recover --from", "restore FILE", "review list", "--before DATE", "recover --here"):
        assert command in whole
    assert "backup FILE" in whole, "who has no holder is told to keep files"


def test_every_holder_has_its_address_in_letters_and_as_a_code() -> None:
    bare = draw(Sheet("Anna", "2026-11-22", ()))
    page = draw(Sheet("Anna", "2026-11-22", HOLDERS))
    joined = "".join(shown(page))
    for name, address in HOLDERS[:HOLDERS_MAX]:
        assert name in joined
        assert address in joined
    assert HOLDERS[HOLDERS_MAX][1] not in joined
    assert page.count(b" re\n") - bare.count(b" re\n") > 6 * 300, "the codes are drawn"


@pytest.mark.parametrize("name", ["Anna (Müller)", "a\\b)", "Анна", "x" * 100])
def test_any_name_gives_a_page(name: str) -> None:
    page = draw(Sheet(name, "2026-11-22", (("\N{PILE OF POO}", "https://h.example"),)))
    assert page.startswith(b"%PDF-1.7")
    assert page.rstrip().endswith(b"%%EOF")


def test_the_command_writes_a_new_file_for_its_owner_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = Scripted(
        recovery=dataclasses.replace(RECOVERY, holders=[Holder("Flora", "https://flora.example")])
    )
    file = tmp_path / "sheet.pdf"
    assert typed(node, tmp_path, "sheet", str(file), "--json") == Exit.DONE
    assert json.loads(capsys.readouterr().out) == {"file": str(file), "holders": 1}
    assert file.stat().st_mode & 0o077 == 0
    assert "https://flora.example" in "".join(shown(file.read_bytes()))
    before = file.read_bytes()
    assert typed(node, tmp_path, "sheet", str(file)) == Exit.REFUSED
    assert file.read_bytes() == before
