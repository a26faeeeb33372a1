"""`disclosure.present`: the giver discloses, whole or in part, and thereby grants (spec 09 §5)."""

from dataclasses import dataclass
from typing import Any, ClassVar

from pcloud.errors import Code, Violation
from pcloud.features.disclosure.fields import (
    DECLINED,
    FIELDS,
    PURPOSES,
    WORD,
    Declined,
    Field,
    check_given,
    paths_of,
)
from pcloud.features.disclosure.grant import GRANTED, keep
from pcloud.features.disclosure.path import categories_of, matches
from pcloud.features.disclosure.request import require_named
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Claims, Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, boolean, octets, optional, refuse, required, unsigned
from pcloud.kernel.thread import Thread
from pcloud.limits import DISCLOSED_MAX


@dataclass(frozen=True, slots=True)
class DisclosurePresent(Message):
    """Gives fields, one item each, and is the grant to hold them. Permits.

    `until` is in seconds since 1970; a standing grant lets later versions follow; `answers` is the first id
    of a request in another thread, where this gives what was left open there.
    """

    NAME: ClassVar[str] = "disclosure.present"
    GATE: ClassVar[Gate] = Gate.AGREED
    MARK: ClassVar[Mark] = Mark.PERMITS
    ITEMS_MAX: ClassVar[int] = DISCLOSED_MAX

    agreement: bytes = required(1, octets(32))
    fields: tuple[Field, ...] = required(2, FIELDS)
    action: str = required(3, WORD)
    purposes: tuple[str, ...] = required(4, PURPOSES)
    until: int = required(5, unsigned())
    standing: bool = required(6, boolean())
    onward: str | None = optional(7, WORD)
    declined: tuple[Declined, ...] | None = optional(8, DECLINED)
    answers: bytes | None = optional(9, octets(32))

    def claims(self) -> Claims:
        """What the terms have to allow."""
        categories = categories_of(paths_of(self.fields))
        return Claims(self.action, categories, self.purposes, self.until, self.onward)


def check(act: Act, _thread: Thread, ctx: Context) -> None:
    """Judge what nobody asked for. Raises Violation `reference-mismatch`, `body-form`, `withdrawn`."""
    body = act.message
    assert isinstance(body, DisclosurePresent)
    require_named(body.agreement, ctx)
    if body.declined is not None:
        raise refuse("nothing was asked for")
    check_given(act, body.fields)


def check_asked(act: Act, thread: Thread, ctx: Context) -> None:
    """Judge an answer: what was asked for or less, never more.

    Raises Violation `reference-mismatch`, `not-asked`, `body-form`, `withdrawn`.
    """
    body = act.message
    assert isinstance(body, DisclosurePresent)
    require_named(body.agreement, ctx)
    _require_asked(body, thread)
    check_given(act, body.fields)


def _require_asked(body: DisclosurePresent, thread: Thread) -> None:
    asked, given = thread.data, paths_of(body.fields)
    if body.agreement != asked["agreement"]:
        raise Violation(Code.REFERENCE_MISMATCH, "asked under another agreement")
    for path in given:
        if not any(matches(wanted, path) for wanted in asked["wanted"]):
            raise Violation(Code.NOT_ASKED, "field")
    for declined in body.declined or ():
        if declined.path not in asked["wanted"]:
            raise Violation(Code.NOT_ASKED, "declined field")
    more = (
        body.action != asked["action"]
        or not set(body.purposes) <= set(asked["purposes"])
        or body.until > asked["until"]
        or body.standing > asked["standing"]
        or body.onward not in (None, asked.get("onward"))
    )
    if more:
        raise Violation(Code.NOT_ASKED, "terms of use")


def then(act: Act, _thread: Thread) -> Step:
    """Hold the grant and which version of which field it gave."""
    body = act.message
    assert isinstance(body, DisclosurePresent)
    data: dict[str, Any] = {
        "grant": act.id,
        "agreement": body.agreement,
        "action": body.action,
        "purposes": list(body.purposes),
        "until": body.until,
        "standing": body.standing,
        "fields": {path: [version, GRANTED] for path, version in body.fields},
    }
    return keep(data if body.onward is None else {**data, "onward": body.onward})


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner, whose systems take the fields over and acknowledge."""
    return (Tell("disclosure.presented", thread.id),)
