"""Invitations to print: eight to a page of A4, each with its QR code, to be cut apart and sent."""

from collections.abc import Sequence
from io import BytesIO
from typing import Final, NamedTuple

import pydyf
import segno

from pcloud.home.sheets.recovery import HEIGHT, MARGIN, WIDTH, font

COLUMNS: Final = 2
ROWS: Final = 4
CODE: Final = 118
"""Width of a QR code, in points: 1/72 inch."""
LETTERS_MAX: Final = 24
"""Of one line beside a code; a longer text goes on in the next."""
LINES_MAX: Final = 9
_ENCODING: Final = "cp1252"
"""What the standard fonts can show."""


class Card(NamedTuple):
    """One invitation on paper."""

    title: str
    """Who invites."""
    told: Sequence[str]
    """What for, until when, and for whom; each begins a line."""
    link: str


def draw(cards: Sequence[Card]) -> bytes:
    """The pages as PDF."""
    pdf = pydyf.PDF()
    faces = {"R": font("Helvetica"), "B": font("Helvetica-Bold")}
    for each in faces.values():
        pdf.add_object(each)
    named = pydyf.Dictionary({name: each.reference for name, each in faces.items()})
    for start in range(0, len(cards), COLUMNS * ROWS):
        stream = pydyf.Stream(compress=True)
        for place, card in enumerate(cards[start : start + COLUMNS * ROWS]):
            _draw(stream, card, place)
        pdf.add_object(stream)
        page = {
            "Type": "/Page",
            "Parent": pdf.pages.reference,
            "MediaBox": pydyf.Array([0, 0, WIDTH, HEIGHT]),
            "Contents": stream.reference,
            "Resources": pydyf.Dictionary({"Font": named}),
        }
        pdf.add_page(pydyf.Dictionary(page))
    made = BytesIO()
    pdf.write(made)
    return made.getvalue()


def _draw(stream: pydyf.Stream, card: Card, place: int) -> None:
    width, height = (WIDTH - 2 * MARGIN) / COLUMNS, (HEIGHT - 2 * MARGIN) / ROWS
    left, top = MARGIN + width * (place % COLUMNS), HEIGHT - MARGIN - height * (place // COLUMNS)
    _code(stream, card.link, left, top)
    lines = [(part, "B") for part in _parts(card.title)]
    lines += [(part, "R") for each in card.told for part in _parts(each)]
    for number, (text, face) in enumerate(lines[:LINES_MAX]):
        stream.begin_text()
        stream.set_font_size(face, 9)
        stream.set_text_matrix(1, 0, 0, 1, left + CODE + 8, top - 14 - 12 * number)
        stream.show_text_string(text.encode(_ENCODING, errors="replace"))
        stream.end_text()


def _parts(text: str) -> list[str]:
    return [text[at : at + LETTERS_MAX] for at in range(0, len(text), LETTERS_MAX)]


def _code(stream: pydyf.Stream, link: str, left: float, top: float) -> None:
    rows = [bytes(row) for row in segno.make(link, micro=False, error="m").matrix]
    edge = CODE / len(rows)
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                stream.rectangle(left + across * edge, top - (down + 1) * edge, edge, edge)
    stream.fill()
