"""The two sides of an exported relationship: their personas, and whose key signs what (spec 19 §3)."""

from collections.abc import Iterable
from typing import NamedTuple

from pcloud.errors import Code, Violation
from pcloud.wire.answers import Parties
from pcloud.wire.content import Succession, read_succession, verify_succession
from pcloud.wire.files.export import Log, Opening
from pcloud.wire.header import Header
from pcloud.wire.invitation import Invitation, read_invitation
from pcloud.wire.keylog import KeyLog, read_log


class Sides(NamedTuple):
    """Exporter and peer, in this order wherever there are two."""

    logs: tuple[KeyLog, KeyLog]
    founding: tuple[bytes, bytes]
    """The personas of invitation and request; of the inviting side it may be another than the one it kept."""
    invitation: Invitation | None
    tied: bool
    """Whether signatures in the file tie each founding persona to the one that was kept."""

    def log(self, *, mine: bool) -> KeyLog:
        """The key log of the exporter, or of the peer."""
        return self.logs[not mine]

    def inviting(self) -> bool | None:
        """Whether the exporter made the invitation; None where the file does not tell."""
        for mine in (True, False):
            log, founding = self.log(mine=mine), self.founding[not mine]
            invited = self.invitation is not None and self.invitation.log.persona == founding
            if invited or founding != log.persona:
                return mine
        return None


def read_sides(opening: Opening, logs: Iterable[Log]) -> Sides:
    """Read who the two are, each log before the next is asked for. Raises Violation: form, authentic."""
    exporter, peer = (read_log(log.events) for log in logs)
    return tied_sides(opening, (exporter, peer))


def tied_sides(opening: Opening, logs: tuple[KeyLog, KeyLog]) -> Sides:
    """Check what ties two valid logs to their founding personas. Raises Violation: form, authentic."""
    personas = logs[0].persona, logs[1].persona
    changed = [mine for mine in (True, False) if opening.founding[not mine] != personas[not mine]]
    if personas[0] == personas[1] or len(changed) > 1:
        raise Violation(Code.WRONG_PARTY)
    if opening.invitation is None:
        if opening.succession is not None:
            raise Violation(Code.SHAPE, "a succession without its invitation")
        return Sides(logs, opening.founding, None, tied=not changed)
    invitation = read_invitation(opening.invitation)
    if invitation.log.persona not in opening.founding:
        raise Violation(Code.WRONG_PARTY)
    sides = Sides(logs, opening.founding, invitation, tied=not changed or opening.succession is not None)
    inviting = sides.inviting()
    if changed and changed != [inviting]:
        raise Violation(Code.WRONG_PARTY)
    if opening.succession is not None:
        succession = read_succession(opening.succession)
        if not changed or invitation.log.current.commitment is not None:
            raise Violation(Code.WRONG_PARTY)
        _check_succession(sides, invitation, succession, mine=changed[0])
    return sides


def _check_succession(sides: Sides, invitation: Invitation, succession: Succession, *, mine: bool) -> None:
    """Check that both personas of the inviting side signed that one follows the other (spec 03 §5)."""
    successor, peer = sides.log(mine=mine), sides.log(mine=not mine)
    verify_succession(
        succession,
        (invitation.log.persona, successor.persona, peer.persona),
        (invitation.log.current.signing_key, successor.events[0].signing_key),
    )


def sender_of(sides: Sides, named: Header | Parties) -> bool:
    """Whether the exporter sent it and not the peer. Raises Violation `wrong-party`, `epoch-unknown`."""
    for mine in (True, False):
        log, other = sides.log(mine=mine), sides.log(mine=not mine)
        if named.sender == log.persona and named.recipient in (other.persona, sides.founding[mine]):
            last = other.epoch if named.recipient == other.persona else 0
            if named.sender_epoch > log.epoch or named.recipient_epoch > last:
                raise Violation(Code.EPOCH_UNKNOWN)
            return mine
    raise Violation(Code.WRONG_PARTY)


def receipt_key(sides: Sides, named: Parties) -> bytes:
    """The key that signs a receipt of the peer. Raises Violation `wrong-party`, `epoch-unknown`.

    Before there was a successor, the persona of the invitation gave it (spec 05 §4).
    """
    exporter, peer = sides.logs
    invitation = sides.invitation
    if invitation is not None and named.sender == invitation.log.persona == sides.founding[1]:
        peer = peer if peer.persona == named.sender else invitation.log
    if sender_of(sides._replace(logs=(exporter, peer)), named):
        raise Violation(Code.WRONG_PARTY)
    return peer.events[named.sender_epoch].signing_key
