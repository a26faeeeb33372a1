"""Stage order: whether a message is the next of its line (spec 05 §4)."""

from pcloud.engine.snapshot import Due, History, Relationship
from pcloud.wire.header import SignedHeader

REPEAT, FORK, EXPECTED = "repeat", "fork", "expected"
"""Kinds of the answer that is due instead of a judgement."""


def judge_order(
    relationship: Relationship, signed: SignedHeader, session: bytes | None, history: History
) -> Due | None:
    """None where the message is to be judged now; else the answer that is due instead."""
    line, header = relationship.incoming, signed.header
    if line.halted:
        return Due(FORK, session, line.number, line.head if line.number else None)
    if header.number == line.number + 1:
        if header.prev == line.head:
            return None
        return Due(FORK, session, line.number, line.head if line.number else None)
    if header.number > line.number:
        return Due(EXPECTED, session, line.number + 1)
    judged = history.at(
        mine=False,
        epochs=(header.sender_epoch, header.recipient_epoch),
        number=header.number,
    )
    assert judged is not None, "every number up to the last judged one has its entry"
    if judged.signed.id == signed.id:
        return Due(REPEAT, session)
    return Due(FORK, session, header.number, judged.signed.id)
