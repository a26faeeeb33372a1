"""The operation of the vectors on exports (spec 19)."""

from dataclasses import astuple

from pcloud.engine.export.report import Report
from pcloud.engine.export.verify import verify_export
from pcloud.testing.vectors_input import Input
from pcloud.testing.vectors_wire import Result


def export_verify(given: Input) -> Result:
    """Verify a file; what its report says, in short."""
    report = verify_export(given.octets("bytes"))
    return {
        "exporter": report.exporter.id,
        "peer": report.peer.id,
        "time": report.time,
        "opener": report.opener,
        "state": report.state,
        "meeting": [report.meeting.invitation, report.meeting.founding, report.meeting.proof],
        "digest": report.digest,
        "complete": report.complete,
        "items": report.items,
        "left_out": report.left_out,
        "unknown": report.unknown,
        "receipt": _receipt(report),
        "lines": [
            [
                line.sender,
                line.sender_epoch,
                line.recipient_epoch,
                line.headers,
                line.last,
                line.acknowledged,
                line.elsewhere,
                line.missing,
                line.forks,
            ]
            for line in report.lines
        ],
        "messages": [
            [said.id, said.sender, said.verdict, said.proof, said.receipt, said.acknowledged, said.first]
            for said in report.messages
        ],
        "agreements": [
            [made.id, made.first, made.proof, made.ended, made.record] for made in report.agreements
        ],
        "fields": [list(astuple(row)) for row in report.fields],
    }


def _receipt(report: Report) -> list[object] | None:
    newest = report.receipt
    if newest is None:
        return None
    refused = [[number, code] for number, code in newest.refused.items()]
    return [newest.sender_epoch, newest.recipient_epoch, newest.number, newest.id, refused]
