"""Every text of the page that can be translated, as a catalogue, which `make texts` writes."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po

SOURCES = Path(__file__).parents[3] / "src/pcloud"
TEMPLATES = SOURCES / "web/templates"
CATALOGUE = SOURCES / "web/locale/pcloud.pot"
MARKED = ("home", "web")
"""Packages whose modules mark texts, with a `_` of their own."""
KEYWORDS = {"_": None, "ngettext": (1, 2), "done": (2,), "failed": (2,)}
"""What marks a text; of `done` and `failed` it is the second that is shown."""
OPTIONS = {"trimmed": "true", "newstyle_gettext": "true", "extensions": "jinja2.ext.i18n,jinja2.ext.do"}

Text = str | tuple[str, ...]


def texts() -> set[Text]:
    """All of them; those that depend on a number as a pair."""
    return {*_of(TEMPLATES.glob("*.html"), "jinja2.ext:babel_extract"), *_of(_modules(), "python")}


def _modules() -> Iterator[Path]:
    for package in MARKED:
        yield from (SOURCES / package).rglob("*.py")


def _of(paths: Iterator[Path], method: str) -> Iterator[Text]:
    for path in sorted(paths):
        with path.open("rb") as file:
            yield from (message for message in _extracted(file, method) if message)


def _extracted(file: BinaryIO, method: str) -> Iterator[Text]:
    for found in extract(method, file, keywords=KEYWORDS, options=OPTIONS):
        yield found[1]


def catalogue() -> bytes:
    """The catalogue, without anything that changes by itself: dates, numbers of lines."""
    made = Catalog(project="pcloud", fuzzy=False)
    for text in sorted(texts(), key=str):
        made.add(text)
    written = io.BytesIO()
    write_po(written, made, width=100, no_location=True, sort_output=True, omit_header=True)
    return b'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n' + written.getvalue()


if __name__ == "__main__":
    CATALOGUE.parent.mkdir(exist_ok=True)
    CATALOGUE.write_bytes(catalogue())
