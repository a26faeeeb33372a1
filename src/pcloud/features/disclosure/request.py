"""`disclosure.request`: one side asks for data of the other (spec 09 §4)."""

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from pcloud.errors import Code, Violation
from pcloud.features.disclosure.fields import PURPOSES, WORD, once
from pcloud.features.disclosure.path import ANY, EQUAL, PATTERN, categories_of, read_path
from pcloud.features.disclosure.value import read_example, read_sought
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Claims, Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import (
    Message,
    boolean,
    nullable,
    octets,
    optional,
    record,
    refuse,
    required,
    unsigned,
)
from pcloud.kernel.thread import Thread
from pcloud.limits import PARTS_MAX


class Wanted(NamedTuple):
    """What is asked for; `item` is the part that holds an example, or the value to compare with."""

    path: str
    required: bool
    item: int | None = None


@dataclass(frozen=True, slots=True)
class DisclosureRequest(Message):
    """Asks for fields, to do `action` with them for `purposes`, until a day. Neutral: nobody is bound.

    `until` is in seconds since 1970; `standing` asks for later versions too.
    """

    NAME: ClassVar[str] = "disclosure.request"
    GATE: ClassVar[Gate] = Gate.AGREED
    MARK: ClassVar[Mark] = Mark.NEUTRAL
    ITEMS_MAX: ClassVar[int] = PARTS_MAX - 1

    agreement: bytes = required(1, octets(32))
    wanted: tuple[Wanted, ...] = required(2, once(record(Wanted, PATTERN, boolean(), nullable(unsigned(1)))))
    action: str = required(3, WORD)
    purposes: tuple[str, ...] = required(4, PURPOSES)
    until: int = required(5, unsigned())
    standing: bool = required(6, boolean())
    onward: str | None = optional(7, WORD)
    circumstances: int | None = optional(8, unsigned(1))

    def claims(self) -> Claims:
        """What the terms have to allow."""
        categories = categories_of(tuple(each.path for each in self.wanted))
        return Claims(self.action, categories, self.purposes, self.until, self.onward)


def check(act: Act, _thread: Thread, ctx: Context) -> None:
    """Judge agreement and items. Raises Violation `reference-mismatch`, `body-form`."""
    body = act.message
    assert isinstance(body, DisclosureRequest)
    require_named(body.agreement, ctx)
    places = [each.item for each in body.wanted if each.item is not None]
    if body.circumstances is not None:
        places.append(body.circumstances)
    if sorted(places) != list(range(1, len(act.items) + 1)):
        raise refuse("each item is named once")
    for each in body.wanted:
        _check_wanted(each, act)
    if body.circumstances is not None:
        _read(read_example, act, body.circumstances)


def _check_wanted(wanted: Wanted, act: Act) -> None:
    path = read_path(wanted.path, pattern=True)
    if path.fact == EQUAL:
        if wanted.item is None:
            raise refuse("nothing to compare with")
        _read(read_sought, act, wanted.item)
    elif wanted.item is not None:
        if path.record != ANY:
            raise refuse("an example for one path")
        _read(read_example, act, wanted.item)


def _read(read: Any, act: Act, place: int) -> None:
    item = act.items[place - 1]
    if item is not None:
        read(item)


def require_named(agreement: bytes, ctx: Context) -> None:
    """The body names the agreement of the header. Raises Violation `reference-mismatch`."""
    judged = ctx.evidence.agreement
    if judged is None or judged.id != agreement:
        raise Violation(Code.REFERENCE_MISMATCH, "another agreement than the header's")


def then(act: Act, _thread: Thread) -> Step:
    """Hold what was asked for, on which terms."""
    body = act.message
    assert isinstance(body, DisclosureRequest)
    data: dict[str, Any] = {
        "agreement": body.agreement,
        "wanted": [each.path for each in body.wanted],
        "action": body.action,
        "purposes": list(body.purposes),
        "until": body.until,
        "standing": body.standing,
    }
    return Step(data if body.onward is None else {**data, "onward": body.onward})


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner, who presents or declines."""
    return (Tell("disclosure.asked", thread.id),)
