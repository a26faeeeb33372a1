"""Lines of a pair of epochs: where they begin, what comes next, the window of refusals (spec 05 §4)."""

from pcloud.engine.snapshot import APPLIED, Due, History, Incoming, Outgoing, Peer, Relationship
from pcloud.limits import WINDOW_MESSAGES
from pcloud.wire.answers import Parties, Refusal
from pcloud.wire.header import SignedHeader, genesis
from pcloud.wire.keylog import KeyLog

REPEAT, FORK, EXPECTED = "repeat", "fork", "expected"
"""Kinds of the answer that is due instead of a judgement."""


def new_lines(me: KeyLog, peer: KeyLog) -> tuple[Outgoing, Incoming]:
    """Both lines of a pair of epochs, before the first message."""
    mine, theirs = me.current.id, peer.current.id
    return Outgoing(0, genesis(mine, theirs)), Incoming(0, genesis(theirs, mine))


def in_new_epochs(relationship: Relationship, me: KeyLog, peer: Peer) -> Relationship:
    """The relationship with fresh lines; sessions of the old epochs are dropped (spec 06 §3)."""
    outgoing, incoming = new_lines(me, peer.log)
    sealing = relationship.sealing._replace(out=None, sessions=(), started=0, due=False, peer_start=None)
    return relationship._replace(
        me=relationship.me._replace(log=me),
        peer=peer,
        outgoing=outgoing,
        incoming=incoming,
        sealing=sealing,
        notices=relationship.notices._replace(peer_receipt=None),
        recovered=b"",
    )


def parties(relationship: Relationship) -> Parties:
    """Who signs for whom now."""
    me, peer = relationship.me.log, relationship.peer.log
    return Parties(me.persona, peer.persona, me.epoch, peer.epoch)


def judged(line: Incoming, signed: SignedHeader, verdict: str) -> Incoming:
    """The peer's line after one more verdict; refusals older than the window fall out."""
    number = signed.header.number
    refusals = line.refusals
    if refusals and refusals[0].number <= number - WINDOW_MESSAGES:
        refusals = refusals[1:]
    if verdict != APPLIED:
        refusals = (*refusals, Refusal(number, verdict))
    return Incoming(number, signed.id, refusals)


def take_events(relationship: Relationship, log: KeyLog) -> Relationship:
    """A new epoch of the peer: fresh lines, old sessions gone. What it signed before is stale now."""
    peer = relationship.peer._replace(log=log)
    return in_new_epochs(relationship, relationship.me.log, peer)


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
