"""`custody.grant`: the holder keeps volumes, so many bytes, so many days, and says where (spec 22 §3)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from pcloud.errors import Violation
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, octets, refuse, required, several, text, unsigned
from pcloud.kernel.thread import Thread
from pcloud.limits import CUSTODY_TOKEN_BYTES, ENDPOINT_BYTES_MAX, ENDPOINTS_MAX
from pcloud.wire import cbor

_TOKEN = octets(CUSTODY_TOKEN_BYTES)


@dataclass(frozen=True, slots=True)
class CustodyGrant(Message):
    """Yes. The token that permits to put volumes is the message's one item. A later grant takes its place."""

    NAME: ClassVar[str] = "custody.grant"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.PERMITS
    ITEMS_MAX: ClassVar[int] = 1

    bytes_max: int = required(1, unsigned(1))
    days: int = required(2, unsigned(1))
    endpoints: tuple[str, ...] = required(3, several(text(ENDPOINT_BYTES_MAX), 1, ENDPOINTS_MAX))

    @classmethod
    def pack(
        cls, bytes_max: int, days: int, endpoints: tuple[str, ...], token: bytes
    ) -> tuple[Self, tuple[bytes]]:
        """Make the message and its item."""
        return cls(bytes_max, days, endpoints), (cbor.encode(token),)


def read_token(item: bytes) -> bytes:
    """The token in an item. Raises Violation `body-form`."""
    try:
        token: bytes = _TOKEN.read(cbor.decode(item))
    except Violation as violation:
        raise refuse("custody token") from violation
    return token


def check(act: Act, _thread: Thread, _ctx: Context) -> None:
    """Judge the item. Raises Violation `body-form`; a token that is gone is no fault (spec 22 §3)."""
    if not act.items:
        raise refuse("no token")
    item = act.items[0]
    if item is not None:
        read_token(item)


def then(act: Act, thread: Thread) -> Step:
    """Hold what was granted, and by which message, whose item is the token."""
    body = act.message
    assert isinstance(body, CustodyGrant)
    granted = {"bytes": body.bytes_max, "days": body.days, "endpoints": list(body.endpoints), "grant": act.id}
    return Step({**thread.data, **granted})


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner, whose node begins to put volumes there."""
    return (Tell("custody.granted", thread.id),)
