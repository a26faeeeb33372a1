"""Packets opened beside the decisions: each frame by itself, the signatures of all together (spec 05 §4)."""

from collections.abc import Callable, Sequence

from pcloud.ambient.port import Entropy
from pcloud.engine.intake import Opened, Unproven, open_unproven, proven
from pcloud.engine.snapshot import Relationship
from pcloud.errors import Violation
from pcloud.runtime.deciding.receiving import Arrived
from pcloud.wire.keys import Check

Verified = Callable[[Sequence[Check]], Sequence[bool]]
"""Whether each of these signatures holds."""


def open_all(
    arrived: list[Arrived],
    now: int,
    entropy: Entropy,
    verified: Verified,
) -> list[Arrived]:
    """Each is opened after those before it: the first frame of a session is opened once for all.

    Then the signatures of all are checked together.
    """
    after: dict[bytes, Relationship] = {}
    found: list[Arrived] = []
    unproven: list[tuple[int, Unproven]] = []
    for each in arrived:
        mailbox = each.packet.mailbox
        known = after.get(mailbox)
        one, opened = _open_one(each if known is None else each._replace(before=known), now, entropy)
        if opened is not None:
            unproven.append((len(found), opened))
        elif one.opened is not None and one.opened.relationship is not one.before:
            after[mailbox] = one.opened.relationship
        found.append(one)
    answers = verified([opened.check for _, opened in unproven])
    for (at, opened), holds in zip(unproven, answers, strict=True):
        found[at] = _told(found[at], opened, holds=holds)
    return found


def _open_one(arrived: Arrived, now: int, entropy: Entropy) -> tuple[Arrived, Unproven | None]:
    """What fails otherwise than by a refusal is opened again where it is decided, and told there."""
    before = arrived.before
    if before is None:
        return arrived, None
    try:
        opened = open_unproven(before, arrived.packet.frame, now, entropy)
    except Violation as violation:
        return arrived._replace(refused=violation), None
    except Exception:  # noqa: BLE001 - see above
        return arrived, None
    if isinstance(opened, Unproven):
        return arrived, opened
    return _with(arrived, opened), None


def _told(arrived: Arrived, unproven: Unproven, *, holds: bool) -> Arrived:
    try:
        return _with(arrived, proven(unproven, holds=holds))
    except Violation as violation:
        return arrived._replace(refused=violation)


def _with(arrived: Arrived, opened: Opened) -> Arrived:
    packet, number, link, up, before, _, _ = arrived
    return Arrived(packet, number, link, up, before, opened)
