"""Taking one's data out: in the formats of others, or everything as an archive that anybody can read."""

import asyncio
import io
import time
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any, Final

from aiohttp import web
from aiohttp.hdrs import CONTENT_DISPOSITION, CONTENT_TYPE

from pcloud.home import vocabulary
from pcloud.runtime.surface import OwnerError, Surface
from pcloud.web import naming
from pcloud.web.visit import Answer, Page, Shown, Visit

HANDING: Final = "pcloud.runtime.recording.handing"
"""What knows the formats; it is loaded when somebody takes data out."""
FORMATS: Final = {
    "jsonld": ("application/ld+json", "jsonld"),
    "csv": ("text/csv", "csv"),
    "vcard": ("text/vcard", "vcf"),
    "ical": ("text/calendar", "ics"),
}
"""Media type and end of the name of each."""
PIECE_S_MAX: Final = 60
"""For the browser to take the next piece."""
PIECE_BYTES: Final = 65_536


async def choose(_: Visit) -> Answer:
    """In which form, and how much."""
    tops = dict.fromkeys(place.partition(".")[0] for place in vocabulary.kinds())
    return Shown("data_export.html", {"places": [(top, naming.place_name(top)) for top in tops]})


async def hand_out(visit: Visit) -> Answer:
    """Records in a format of others, written while they are read."""
    known, place = visit.form.get("as", ""), visit.filled("place") or ""
    if known not in FORMATS:
        raise OwnerError("invalid", "Please choose how it is to be written.")
    await visit.surface.data_list(
        prefix=place, limit=1
    )  # what is no place is refused before anything is sent
    media, ending = FORMATS[known]
    return await _send(visit, media, f"my-data.{ending}", _written(visit.surface, known, place, visit.now))


async def _written(node: Surface, known: str, place: str, now: int) -> AsyncIterator[bytes]:
    handing = import_module(HANDING)
    writer = await handing.writer_of(node, known, place, now)
    yield writer.begin()
    async for record in handing.records(node, place):
        yield writer.add(record.path, record.value)
    yield writer.end()


async def everything(_: Visit) -> Answer:
    """What the archive is, before it is made."""
    return Shown("data_export_all.html")


async def hand_out_all(visit: Visit) -> Answer:
    """Everything; whoever has the file can read it, so the passphrase was asked for."""
    return await _send(visit, "application/zip", "my-cloud.zip", _archived(visit.surface, visit.now))


async def _archived(node: Surface, now: int) -> AsyncIterator[bytes]:
    pipe = _Pipe()
    async for _ in import_module(HANDING).write_archive(node, pipe, now):
        yield pipe.taken()


class _Pipe(io.RawIOBase):
    """What a zip is written to, and taken from while it is written."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._written += piece
        return len(piece)

    def taken(self) -> bytes:
        """What was written since the last time."""
        piece = bytes(self._written)
        self._written.clear()
        return piece


async def _send(visit: Visit, media: str, name: str, pieces: AsyncIterator[bytes]) -> web.StreamResponse:
    """A download, as fast as the browser takes it. Raises TimeoutError where it takes nothing any more."""
    day = time.strftime("%Y-%m-%d", time.localtime(visit.now))
    stem, _sign, ending = name.rpartition(".")
    response = web.StreamResponse(
        headers={CONTENT_TYPE: media, CONTENT_DISPOSITION: f'attachment; filename="{stem}-{day}.{ending}"'}
    )
    waiting = bytearray()
    await response.prepare(visit.request)
    async for piece in pieces:
        waiting += piece
        if len(waiting) >= PIECE_BYTES:
            await _write(response, bytes(waiting))
            waiting.clear()
    await _write(response, bytes(waiting))
    return response


async def _write(response: web.StreamResponse, piece: bytes) -> None:
    async with asyncio.timeout(PIECE_S_MAX):
        await response.write(piece)


PAGES: Final = (
    Page("GET", "/data/export", choose),
    Page("POST", "/data/export", hand_out),
    Page("GET", "/data/export/all", everything, confirmed=True),
    Page("POST", "/data/export/all", hand_out_all, confirmed=True),
)
