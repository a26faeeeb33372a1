"""Records written out in the formats of others, or all of a node as an archive, piece by piece."""

from collections.abc import AsyncIterator
from typing import BinaryIO, Final, NamedTuple

from pcloud.home.archive import ArchiveWriter, record
from pcloud.home.exporting.calendars import CalendarWriter
from pcloud.home.exporting.cards import CardWriter
from pcloud.home.exporting.documents import DocumentWriter
from pcloud.home.exporting.port import Writer
from pcloud.home.exporting.tables import TableWriter, columns
from pcloud.runtime.recording.views import Carried, Record
from pcloud.runtime.surface import Surface

PAGE: Final = 100
"""Rows that are asked for at once."""
ENDINGS: Final = {".jsonld": "jsonld", ".json": "jsonld", ".vcf": "vcard", ".ics": "ical", ".csv": "csv"}
"""Which format a file has by the end of its name."""


class Written(NamedTuple):
    """How much of an archive is written."""

    versions: int
    relationships: int


async def writer_of(node: Surface, known: str, prefix: str, now: int) -> Writer:
    """The writer of a format. A table's columns are gathered first, from every record."""
    if known == "vcard":
        return CardWriter()
    if known == "ical":
        return CalendarWriter(now)
    if known == "jsonld":
        return DocumentWriter()
    names: dict[str, None] = {}
    async for one in records(node, prefix):
        names |= dict.fromkeys(columns(one.value))
    return TableWriter(list(names))


async def records(node: Surface, prefix: str) -> AsyncIterator[Record]:
    """Everything that stands at a place and below it."""
    after = None
    while True:
        page = await node.data_list(prefix=prefix, after=after, limit=PAGE)
        for one in page:
            yield one
        if len(page) < PAGE:
            return
        after = page[-1].path


async def write_archive(node: Surface, out: BinaryIO, now: int) -> AsyncIterator[Written]:
    """Write all records with their history, and all relationships; tells how far it is after each row."""
    versions = relationships = 0
    writer = ArchiveWriter(out)
    with writer.records() as lines:
        async for one in _versions(node):
            lines.write(record(one.path, one.version, one.at, one.source, one.value))
            versions += 1
            yield Written(versions, relationships)
    after = None
    while page := await node.peers(after=after, limit=PAGE):
        for peer in page:
            writer.relationship(peer.name, peer.terms, await node.export(peer.id))
            relationships += 1
            yield Written(versions, relationships)
        after = page[-1].id
    writer.close(versions, now)
    yield Written(versions, relationships)


async def _versions(node: Surface) -> AsyncIterator[Carried]:
    path, version = None, 0
    while page := await node.data_versions(path=path, version=version, limit=PAGE):
        for one in page:
            yield one
        path, version = page[-1].path, page[-1].version
