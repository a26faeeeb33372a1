"""The recovery sheet: a page with room for the 24 words, which are never printed (spec 03 §4, T65)."""

from io import BytesIO
from typing import Final, NamedTuple

import pydyf
import segno

from pcloud.vault.words import WORDS

WIDTH: Final = 595
"""Of a page of A4, in points: 1/72 inch."""
HEIGHT: Final = 842
MARGIN: Final = 56
COLUMNS: Final = 3
HOLDERS_MAX: Final = 6
"""Addresses that have room on the page."""
ADDRESS_LETTERS: Final = 20
"""Of one line beside a code; a longer address goes on in the next."""
_CODE: Final = 84
"""Width of a QR code."""
_STEPS: Final = (
    "1.  Install pcloud on the new machine.",
    "2.  If somebody keeps copies for you:   pcloud recover --from ADDRESS      (below; may be repeated)",
    "     If you have a backup file:               pcloud restore FILE",
    "     It asks for the 24 words, and for a passphrase for the new machine.",
    "3.  pcloud up           Every peer follows as soon as it can be reached.",
    "4.  pcloud review list        Look at what came back. Affirm what is yours, reject what is not.",
    "If the machine was stolen, do this soon, and use a copy from before the theft:  --before DATE",
    "If the machine is still yours and only the node is in doubt:  pcloud recover --here",
)
_WARNINGS: Final = (
    "Write the words by hand, in order. Never photograph them, never type them into anything but pcloud.",
    "Whoever has them can take your place towards everybody you know. Nobody can replace them for you.",
)


class Sheet(NamedTuple):
    """What stands on it beside the blanks."""

    name: str
    day: str
    holders: tuple[tuple[str, str], ...]
    """Name and address of those who keep copies."""


def draw(sheet: Sheet) -> bytes:
    """The page as PDF."""
    page = _Page()
    page.text(20, "Recovery sheet", size=20, bold=True)
    page.text(40, f"of the personal cloud of {sheet.name}, printed on {sheet.day}", size=10)
    page.text(74, "Your 24 words", size=13, bold=True)
    for line, told in enumerate(_WARNINGS):
        page.text(92 + 13 * line, told, size=9)
    page.blanks(136)
    page.text(372, "When the machine is lost, broken or stolen", size=13, bold=True)
    for line, told in enumerate(_STEPS):
        page.text(392 + 16 * line, told, size=10)
    page.text(538, "Who keeps copies", size=13, bold=True)
    if not sheet.holders:
        page.text(558, "Nobody yet, so keep backup files elsewhere:  pcloud backup FILE", size=10)
    for place, holder in enumerate(sheet.holders[:HOLDERS_MAX]):
        page.holder(552 + 100 * (place // COLUMNS), place % COLUMNS, holder)
    return page.document()


class _Page:
    """Distances from above are counted from the upper margin, in points."""

    def __init__(self) -> None:
        self._stream = pydyf.Stream()

    def text(self, below: float, text: str, *, size: int, left: float = 0, bold: bool = False) -> None:
        """One line. Letters that the fonts of every PDF reader do not have become question marks."""
        stream = self._stream
        stream.begin_text()
        stream.set_font_size("B" if bold else "R", size)
        stream.set_text_matrix(1, 0, 0, 1, MARGIN + left, HEIGHT - MARGIN - below)
        stream.show_text_string(text.encode("cp1252", errors="replace"))
        stream.end_text()

    def blanks(self, below: float) -> None:
        """Numbered lines to write on, in columns."""
        rows, width = WORDS // COLUMNS, (WIDTH - 2 * MARGIN) / COLUMNS
        for place in range(WORDS):
            left, down = width * (place // rows), below + 28 * (place % rows)
            self.text(down, f"{place + 1:>2}", size=10, left=left)
            across = HEIGHT - MARGIN - down - 3
            self._stream.move_to(MARGIN + left + 18, across)
            self._stream.line_to(MARGIN + left + width - 10, across)
        self._stream.set_line_width(0.6)
        self._stream.stroke()

    def holder(self, below: float, column: int, holder: tuple[str, str]) -> None:
        """A name, a code, and the address for whoever has to type it."""
        name, address = holder
        left = (WIDTH - 2 * MARGIN) / COLUMNS * column
        self._code(below + 4, left, address)
        self.text(below + 14, name[:14], size=8, left=left + _CODE, bold=True)
        for line, start in enumerate(range(0, len(address), ADDRESS_LETTERS)):
            told = address[start : start + ADDRESS_LETTERS]
            self.text(below + 25 + 9 * line, told, size=7, left=left + _CODE)

    def _code(self, below: float, left: float, address: str) -> None:
        rows = [bytes(row) for row in segno.make(address, micro=False, error="m").matrix]
        edge = (_CODE - 8) / len(rows)
        for down, row in enumerate(rows):
            for across, dark in enumerate(row):
                if dark:
                    x = MARGIN + left + across * edge
                    y = HEIGHT - MARGIN - below - (down + 1) * edge
                    self._stream.rectangle(x, y, edge, edge)
        self._stream.fill()

    def document(self) -> bytes:
        """The whole file."""
        pdf = pydyf.PDF()
        fonts = {name: font(face) for name, face in (("R", "Helvetica"), ("B", "Helvetica-Bold"))}
        for each in (*fonts.values(), self._stream):
            pdf.add_object(each)
        named = pydyf.Dictionary({name: each.reference for name, each in fonts.items()})
        pdf.add_page(
            pydyf.Dictionary(
                {
                    "Type": "/Page",
                    "Parent": pdf.pages.reference,
                    "MediaBox": pydyf.Array([0, 0, WIDTH, HEIGHT]),
                    "Contents": self._stream.reference,
                    "Resources": pydyf.Dictionary({"Font": named}),
                }
            )
        )
        made = BytesIO()
        pdf.write(made)
        return made.getvalue()


def font(face: str) -> pydyf.Dictionary:
    """One of the fonts that every reader of PDF has."""
    return pydyf.Dictionary(
        {
            "Type": "/Font",
            "Subtype": "/Type1",
            "BaseFont": f"/{face}",
            "Encoding": "/WinAnsiEncoding",
        }
    )
