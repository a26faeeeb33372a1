"""Exports of nodes in memory, read as anybody reads them; and files that an exporter makes up."""

from collections.abc import Iterator, Sequence
from typing import Any

from pcloud.engine.export.report import Report, Said
from pcloud.engine.export.verify import verify_export
from pcloud.engine.export.write import Origin, write_export
from pcloud.engine.lines import parties
from pcloud.engine.registry import STANDARD, Registry
from pcloud.engine.snapshot import Relationship
from pcloud.errors import Code, Violation
from pcloud.kernel.gate import Rosters
from pcloud.testing.node import Node
from pcloud.wire.files import export
from pcloud.wire.files.export import End, Record, open_file, write_file


def file_of(node: Node, **more: Any) -> bytes:
    """The node's export; the options are those of `write_export`."""
    return b"".join(write_export(node.relationship, node.log, node.clock.now, **more))


def report_of(
    node: Node, *, registry: Registry = STANDARD, rosters: Rosters | None = None, **more: Any
) -> Report:
    """What the node's export shows. It folds to what the node says."""
    report = verify_export(file_of(node, **more), registry, rosters or {})
    assert report.digest == node.state().digest().hex()
    return report


def refusal(data: bytes) -> Code:
    """The code with which a file is refused."""
    try:
        verify_export(data)
    except Violation as violation:
        return violation.code
    raise AssertionError("the file was accepted")


def said(report: Report, name: str) -> list[Said]:
    """All messages of a name."""
    return [message for message in report.messages if message.name == name]


def origin_of(node: Node, succession: bytes | None) -> Origin:
    """How the two met, as the inviting node knows it."""
    assert node.scope is not None
    return Origin(node.scope.invitation.data, succession)


def records_of(node: Node, **more: Any) -> list[Record]:
    """The records of the node's export, to be changed and signed again."""
    file = open_file([file_of(node, **more)])
    return [file.opening, *file.logs, *_without_end(file.records)]


def _without_end(records: Iterator[Any]) -> Iterator[Record]:
    return (record for record in records if not isinstance(record, End))


def signed(relationship: Relationship, records: Sequence[Record], now: int = 0) -> bytes:
    """A file of any records, under the exporter's own signature."""
    return b"".join(write_file(records, parties(relationship), now, relationship.me.key))


def messages(records: Sequence[Record]) -> list[export.Message]:
    """The messages among some records."""
    return [record for record in records if isinstance(record, export.Message)]
