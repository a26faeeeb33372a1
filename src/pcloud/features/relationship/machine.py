"""The table of a relationship (spec 07 §3). The opener is the side that answered the invitation."""

import hashlib
from typing import Any

from pcloud.errors import Code, Violation
from pcloud.features.relationship import returned
from pcloud.features.relationship.accept import RelationshipAccept
from pcloud.features.relationship.affirm import RelationshipAffirm
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.confirm import RelationshipConfirm
from pcloud.features.relationship.decline import RelationshipDecline
from pcloud.features.relationship.move import RelationshipMove
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.reject import RelationshipReject
from pcloud.features.relationship.request import RelationshipRequest
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.features.relationship.rotate import RelationshipRotate
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Effect, Keep, Send, Tell, Wake
from pcloud.kernel.machine import By, Check, Machine, Row, Step, Then
from pcloud.kernel.message import Message
from pcloud.kernel.thread import START, Thread
from pcloud.wire import labels

OPENER, OTHER, EITHER = By.OPENER, By.OTHER, By.EITHER
REQUESTED, ACCEPTED, DECLINED, ACTIVE, CLOSED = "requested", "accepted", "declined", "active", "closed"
BY_OPENER, BY_OTHER, BY_BOTH = "paused-by-opener", "paused-by-other", "paused-by-both"


def commitment(nonce: bytes) -> bytes:
    """What a request says of the nonce that its confirm opens."""
    return hashlib.sha256(labels.NONCE_COMMITMENT + nonce).digest()


def _side(act: Act, thread: Thread) -> str:
    return "opener" if act.sender == thread.opener else "other"


def _with(thread: Thread, **values: Any) -> dict[str, Any]:
    return {**thread.data, **values}


def _check_request(act: Act, thread: Thread, ctx: Context) -> None:  # noqa: ARG001 - a row's check
    message: Any = act.message
    if message.invitation != ctx.me.invitation:
        raise Violation(Code.INVITATION_MISMATCH)


def _requested(act: Act, thread: Thread) -> Step:
    message: Any = act.message
    data = _with(thread, invitation=message.invitation, commitment=message.commitment)
    return Step(data, (*_reached(act), Keep("kind", act.sender, message.kind)))


def _accepted(act: Act, thread: Thread) -> Step:
    message: Any = act.message
    return Step(_with(thread, accept=act.id, nonce=message.nonce), _reached(act))


def _reached(act: Act) -> tuple[Keep, ...]:
    message: Any = act.message
    return (
        Keep("address", act.sender, (message.mailbox, message.endpoints)),
        Keep("key", act.sender, message.key),
    )


def _answer_accept(act: Act, thread: Thread, ctx: Context) -> tuple[Effect, ...]:
    confirm = RelationshipConfirm(nonce=ctx.me.nonce, accept=act.id)
    return (Send(confirm, thread.id), Tell("accepted", thread.id))


def _check_confirm(act: Act, thread: Thread, ctx: Context) -> None:  # noqa: ARG001 - a row's check
    """Where a close came first there may be no accept to confirm, whatever a peer says."""
    message: Any = act.message
    opens = commitment(message.nonce) == thread.data["commitment"]
    if not opens or message.accept != thread.data.get("accept"):
        raise Violation(Code.NONCE_MISMATCH)


def _confirmed(act: Act, thread: Thread) -> Step:
    message: Any = act.message
    return Step(_with(thread, opened=message.nonce))


def _told(event: str) -> Any:
    def reply(act: Act, thread: Thread, ctx: Context) -> tuple[Effect, ...]:  # noqa: ARG001 - a row's reply
        return (Tell(event, thread.id),)

    return reply


def _paused(act: Act, thread: Thread, ctx: Context) -> tuple[Effect, ...]:  # noqa: ARG001 - a row's reply
    message: Any = act.message
    told = Tell("paused", thread.id)
    return (told,) if message.until is None else (told, Wake(message.until, "pause-over", thread.id))


def _rotated(act: Act, thread: Thread) -> Step:
    message: Any = act.message
    return Step(thread.data, (Keep("key", act.sender, message.key), Keep("renewed", act.sender, act.id)))


def _moved(act: Act, thread: Thread) -> Step:
    message: Any = act.message
    return Step(thread.data, (Keep("address", act.sender, (message.mailbox, message.endpoints)),))


def _closed(act: Act, thread: Thread) -> Step:
    """Each side's statement stands under its own name, so that closes that cross give one result."""
    message: Any = act.message
    statement = [message.held, message.until, act.id, act.generation, act.number, act.time]
    closed = {**thread.data.get("closed", {}), _side(act, thread): statement}
    return Step(_with(thread, closed=dict(sorted(closed.items()))))


def _affirmed(act: Act, thread: Thread) -> Step:
    message: Any = act.message
    return Step(thread.data, tuple(Keep("affirmed", id_, act.sender) for id_ in message.ids))


def _rejected(act: Act, thread: Thread) -> Step:
    message: Any = act.message
    return Step(thread.data, tuple(Keep("rejected", id_, act.sender) for id_ in message.ids))


def _close_row(state: str, by: By, why: str) -> Row:
    return Row(state, RelationshipClose, by, CLOSED, why, then=_closed, reply=_told("closed"))


def _upkeep(state: str, why: str) -> tuple[Row, ...]:
    """What either side may do as long as the relationship lives, paused or not."""
    return (
        Row(state, RelationshipRotate, EITHER, state, why, then=_rotated),
        Row(state, RelationshipMove, EITHER, state, why, then=_moved, reply=_told("moved")),
        *_mending(state, why),
    )


def _mending(state: str, why: str) -> tuple[Row, ...]:
    """What restores a log after a recovery; a closed relationship takes it too."""
    return (
        Row(
            state,
            returned.RelationshipReturned,
            EITHER,
            state,
            why,
            check=returned.check,
            then=returned.then,
            reply=_told("returned"),
        ),
        Row(state, RelationshipAffirm, EITHER, state, why, then=_affirmed),
        Row(state, RelationshipReject, EITHER, state, why, then=_rejected, reply=_told("rejected")),
    )


def _late(
    state: str, message: type[Message], by: By, then: Then | None = None, check: Check | None = None
) -> Row:
    """A crossing row leaves the same data as if the two had come the other way round."""
    why = "sent before the other side's end of it was seen; the end stands"
    return Row(state, message, by, state, why, check=check, then=then, crossing=True)


_PAUSES = (
    Row(ACTIVE, RelationshipPause, OPENER, BY_OPENER, "the opener rests", reply=_paused),
    Row(ACTIVE, RelationshipPause, OTHER, BY_OTHER, "the other side rests", reply=_paused),
    Row(BY_OPENER, RelationshipPause, OTHER, BY_BOTH, "both rest", reply=_paused),
    Row(BY_OTHER, RelationshipPause, OPENER, BY_BOTH, "both rest", reply=_paused),
    Row(BY_OPENER, RelationshipResume, OPENER, ACTIVE, "the rest ends", reply=_told("resumed")),
    Row(BY_OTHER, RelationshipResume, OTHER, ACTIVE, "the rest ends", reply=_told("resumed")),
    Row(BY_BOTH, RelationshipResume, OPENER, BY_OTHER, "the other side still rests", reply=_told("resumed")),
    Row(BY_BOTH, RelationshipResume, OTHER, BY_OPENER, "the opener still rests", reply=_told("resumed")),
)

_HANDSHAKE = (
    Row(
        START,
        RelationshipRequest,
        OPENER,
        REQUESTED,
        "an invitation is answered",
        check=_check_request,
        then=_requested,
        reply=_told("requested"),
    ),
    Row(
        REQUESTED,
        RelationshipAccept,
        OTHER,
        ACCEPTED,
        "the inviting side agrees",
        then=_accepted,
        reply=_answer_accept,
    ),
    Row(
        REQUESTED, RelationshipDecline, OTHER, DECLINED, "the inviting side refuses", reply=_told("declined")
    ),
    _close_row(REQUESTED, OPENER, "the request is taken back"),
    Row(
        ACCEPTED,
        RelationshipConfirm,
        OPENER,
        ACTIVE,
        "the nonce is opened; both can compare the short code",
        check=_check_confirm,
        then=_confirmed,
        reply=_told("active"),
    ),
    _close_row(ACCEPTED, EITHER, "ended before it was confirmed"),
)

_ENDINGS = (
    _close_row(DECLINED, OPENER, "taken back as the refusal came; the close stands")._replace(crossing=True),
    _late(CLOSED, RelationshipAccept, OTHER, _accepted),
    _late(CLOSED, RelationshipDecline, OTHER),
    _late(CLOSED, RelationshipConfirm, OPENER, _confirmed, _check_confirm),
    _late(CLOSED, RelationshipPause, EITHER),
    _late(CLOSED, RelationshipResume, EITHER),
    _late(CLOSED, RelationshipRotate, EITHER, _rotated),
    _late(CLOSED, RelationshipMove, EITHER, _moved),
    _close_row(CLOSED, EITHER, "both ended it at once; each statement stands")._replace(crossing=True),
    *(
        row
        for state in (REQUESTED, ACCEPTED, DECLINED, CLOSED)
        for row in _mending(state, "what was lost is given back, affirmed and rejected in any state")
    ),
)

ROWS = (
    *_HANDSHAKE,
    *_PAUSES,
    *(
        row
        for state in (ACTIVE, BY_OPENER, BY_OTHER, BY_BOTH)
        for row in _upkeep(state, "upkeep at any time")
    ),
    *(_close_row(state, EITHER, "ended by one side") for state in (ACTIVE, BY_OPENER, BY_OTHER, BY_BOTH)),
    *_ENDINGS,
)

MACHINE = Machine("relationship", ROWS)
