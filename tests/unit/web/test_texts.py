"""Every text that somebody reads on a page can be translated, and the catalogue has all of them."""

import gettext
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from tests.unit.web import texts

from pcloud.web import rendering

READ_ATTRIBUTES = {"alt", "aria-label", "aria-description", "placeholder", "title", "data-copied"}
UNTRANSLATED = {"code", "kbd", "pre", "script", "style"}
"""What stands in these is typed or read by machines."""
LETTERS = re.compile(r"(?<![.\w])[^\W\d_]{2,}")
"""A word, and no ending of a file's name."""
VALUES = re.compile(r"\{#.*?#\}|\{%-?\s*trans\b.*?endtrans\s*-?%\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
EXAMPLES = {"pcloud:contact/1/…", "home", "work", "delivery", "mobile"}
"""What may be typed, whatever the language."""


class Reader(HTMLParser):
    """Collects what somebody reads in a template, once all that is filled in is taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within.append(tag)
        self.read += [value or "" for name, value in attrs if name in READ_ATTRIBUTES]

    def handle_endtag(self, tag: str) -> None:
        while tag in self._within and self._within.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not UNTRANSLATED & {*self._within}:
            self.read.append(data)


def untranslatable(template: str) -> list[str]:
    """Words of a template that no translation reaches."""
    reader = Reader()
    reader.feed(VALUES.sub(" ", template))
    reader.close()
    return [text.strip() for text in reader.read if LETTERS.search(text) and text.strip() not in EXAMPLES]


@pytest.mark.parametrize("path", sorted(texts.TEMPLATES.glob("*.html")), ids=lambda path: path.stem)
def test_every_text_of_a_template_goes_through_a_translation(path: Path) -> None:
    assert untranslatable(path.read_text()) == []


def test_a_text_that_does_not_is_noticed() -> None:
    assert untranslatable("<p>{{ _('yes') }} and no</p>") == ["and no"]
    assert untranslatable('<img alt="A picture" src="x">{% trans %}well{% endtrans %}') == ["A picture"]
    assert untranslatable("<p>{{ name }}, <kbd>pcloud page</kbd> · 7</p>{# words #}") == []


def test_the_catalogue_has_every_text() -> None:
    assert texts.CATALOGUE.read_bytes() == texts.catalogue(), "write it anew: make texts"


def test_no_template_switches_escaping_off_or_holds_script() -> None:
    for path in texts.TEMPLATES.glob("*.html"):
        template = path.read_text()
        found = re.findall(r"\|\s*safe\b|autoescape|Markup|\s[a-z-]+=\{\{", template)
        found += re.findall(r"\son[a-z]+\s*=|\sstyle\s*=|javascript:", VALUES.sub("", template))
        assert not found, f"{path.name}: {found}"


def test_another_language_is_a_catalogue_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with texts.CATALOGUE.open("rb") as file:
        known = read_po(file, locale="de")
    known["Nothing waits for you"].string = "Nichts wartet auf dich"
    with (tmp_path / "de.mo").open("wb") as written:
        write_mo(written, known)
    with (tmp_path / "de.mo").open("rb") as file:
        german = gettext.GNUTranslations(file)
    rendering._environment.cache_clear()
    monkeypatch.setattr(rendering, "catalogue", lambda _: german)
    try:
        shown = rendering._environment("de").from_string("{{ _('Nothing waits for you') }}").render()
    finally:
        rendering._environment.cache_clear()
    assert shown == "Nichts wartet auf dich"
