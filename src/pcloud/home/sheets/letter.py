"""A letter as PDF: plain lines on pages of A4, in the fonts that every reader of PDF has."""

from io import BytesIO
from typing import Final

import pydyf

from pcloud.home.sheets.recovery import HEIGHT, MARGIN, WIDTH, font

LEADING: Final = 14
"""From line to line, in points: 1/72 inch."""
SIZE: Final = 10
LINES_MAX: Final = (HEIGHT - 2 * MARGIN) // LEADING
"""Of one page."""
LETTERS_MAX: Final = 92
"""Of one line; what is longer goes on in the next."""
_ENCODING: Final = "cp1252"
"""What the standard fonts can show."""


def missing(text: str) -> str:
    """The letters that the standard fonts do not have, each once: they would be lost on paper."""
    return "".join(dict.fromkeys(letter for letter in text if not _can(letter)))


def _can(letter: str) -> bool:
    try:
        letter.encode(_ENCODING)
    except UnicodeEncodeError:
        return False
    return letter == "\n" or letter.isprintable()


def draw(text: str) -> bytes:
    """The pages. Every letter has to be one that `missing` does not name."""
    lines = [part for line in text.rstrip("\n").split("\n") for part in _parts(line)]
    pdf = pydyf.PDF()
    face = font("Helvetica")
    pdf.add_object(face)
    for start in range(0, len(lines), LINES_MAX):
        stream = _page(lines[start : start + LINES_MAX])
        pdf.add_object(stream)
        resources = pydyf.Dictionary({"Font": pydyf.Dictionary({"R": face.reference})})
        page = {
            "Type": "/Page",
            "Parent": pdf.pages.reference,
            "MediaBox": pydyf.Array([0, 0, WIDTH, HEIGHT]),
            "Contents": stream.reference,
            "Resources": resources,
        }
        pdf.add_page(pydyf.Dictionary(page))
    made = BytesIO()
    pdf.write(made)
    return made.getvalue()


def _parts(line: str) -> list[str]:
    return [line[at : at + LETTERS_MAX] for at in range(0, len(line), LETTERS_MAX)] or [""]


def _page(lines: list[str]) -> pydyf.Stream:
    stream = pydyf.Stream()
    for place, line in enumerate(lines):
        stream.begin_text()
        stream.set_font_size("R", SIZE)
        stream.set_text_matrix(1, 0, 0, 1, MARGIN, HEIGHT - MARGIN - SIZE - LEADING * place)
        stream.show_text_string(line.encode(_ENCODING))
        stream.end_text()
    return stream
