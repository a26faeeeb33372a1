"""`relay.grant`: the relay gives vouchers, and says what each of them is good for (spec 20 §3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from pcloud.errors import Violation
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, octets, refuse, required, several, text, unsigned
from pcloud.kernel.thread import Thread
from pcloud.limits import (
    ENDPOINT_BYTES_MAX,
    ENDPOINTS_MAX,
    RELAY_LEASE_S_MIN,
    VOUCHER_BYTES,
    VOUCHERS_MAX,
)
from pcloud.wire import cbor

_VOUCHERS = several(octets(VOUCHER_BYTES), 1, VOUCHERS_MAX)


@dataclass(frozen=True, slots=True)
class RelayGrant(Message):
    """Yes: where the mailboxes are, for how long one voucher keeps one, and how much it holds.

    `until` is when vouchers that are not spent end. The vouchers are the message's one item, which is erased.
    """

    NAME: ClassVar[str] = "relay.grant"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.PERMITS
    ITEMS_MAX: ClassVar[int] = 1

    endpoints: tuple[str, ...] = required(1, several(text(ENDPOINT_BYTES_MAX), 1, ENDPOINTS_MAX))
    lease_s: int = required(2, unsigned(RELAY_LEASE_S_MIN))
    frames_max: int = required(3, unsigned(1))
    bytes_max: int = required(4, unsigned(1))
    until: int = required(5, unsigned())

    @classmethod
    def pack(
        cls,
        endpoints: tuple[str, ...],
        lease_s: int,
        frames_max: int,
        bytes_max: int,
        until: int,
        vouchers: Sequence[bytes],
    ) -> tuple[Self, tuple[bytes]]:
        """Make the message and its item."""
        made = cls(endpoints, lease_s, frames_max, bytes_max, until)
        return made, (cbor.encode(list(vouchers)),)


def read_vouchers(item: bytes) -> tuple[bytes, ...]:
    """The vouchers in an item. Raises Violation `body-form`, also for one that is there twice."""
    try:
        vouchers: tuple[bytes, ...] = _VOUCHERS.read(cbor.decode(item))
    except Violation as violation:
        raise refuse("vouchers") from violation
    if len(set(vouchers)) != len(vouchers):
        raise refuse("a voucher twice")
    return vouchers


def check(act: Act, _thread: Thread, _ctx: Context) -> None:
    """Judge the item. Raises Violation `body-form`; vouchers that are gone are no fault (spec 20 §3)."""
    if not act.items:
        raise refuse("no vouchers")
    item = act.items[0]
    if item is not None:
        read_vouchers(item)


def then(act: Act, _thread: Thread) -> Step:
    """Hold what was granted, and by which message, whose item has the vouchers."""
    body = act.message
    assert isinstance(body, RelayGrant)
    return Step(
        {
            "grant": act.id,
            "endpoints": list(body.endpoints),
            "lease": body.lease_s,
            "frames": body.frames_max,
            "bytes": body.bytes_max,
            "until": body.until,
        }
    )


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner, whose node opens mailboxes with them."""
    return (Tell("relay.granted", thread.id),)
