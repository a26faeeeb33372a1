"""Positions as received: verified by the key events they carry (spec 06 §2)."""

from typing import NamedTuple

from pcloud.engine.snapshot import Relationship
from pcloud.errors import Code, Violation
from pcloud.wire import cose, keylog
from pcloud.wire.keylog import KeyLog, Relation
from pcloud.wire.position import Position, read_position


class Statement(NamedTuple):
    """A verified position with the key log inside it."""

    position: Position
    log: KeyLog
    relation: Relation
    """How that log stands to the one known before."""


def read_statement(relationship: Relationship, data: bytes, typ: str) -> Statement:
    """Read a position and verify it by the events inside. Raises Violation at form and authentic."""
    signed = cose.parse_sign1(data, typ)
    position = read_position(typ, signed.payload)
    log = keylog.read_log(position.log)
    who, known = position.parties, relationship.peer.log
    known_as = relationship.sealing.founding[0]
    if {who.sender, log.persona} != {known.persona} or who.recipient not in (
        relationship.me.log.persona,
        known_as,
    ):
        raise Violation(Code.WRONG_PARTY)
    if who.sender_epoch != log.epoch:
        raise Violation(Code.LOG_INVALID)
    cose.verify_sign1(signed, log.current.signing_key)
    return Statement(position, log, keylog.compare(known, log).relation)
