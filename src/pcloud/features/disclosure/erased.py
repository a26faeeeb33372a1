"""`disclosure.erased`: the taker signs what it deleted, and until when copies last (spec 09 §7)."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from pcloud.errors import Code, Violation
from pcloud.features.disclosure.fields import Field, once
from pcloud.features.disclosure.path import PATH
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, optional, record, refuse, required, text, unsigned
from pcloud.kernel.thread import Thread
from pcloud.limits import REASON_BYTES_MAX


class Kept(NamedTuple):
    """A field that the taker does not delete, and what it says binds it to keep it."""

    path: str
    reason: str


_REASON = text(REASON_BYTES_MAX, choices=("legal-duty", "legal-claim", "other-grant"))


@dataclass(frozen=True, slots=True)
class DisclosureErased(Message):
    """A signed receipt: deleted up to these versions; the last backup that has them is gone by `backups`.

    `backups` is in seconds since 1970. Restricts: it passes in any weather.
    """

    NAME: ClassVar[str] = "disclosure.erased"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.RESTRICTS
    KEPT: ClassVar[bool] = True

    fields: tuple[Field, ...] = required(1, once(record(Field, PATH, unsigned(1)), least=0))
    backups: int = required(2, unsigned())
    kept: tuple[Kept, ...] | None = optional(3, once(record(Kept, PATH, _REASON)))


def check(act: Act, thread: Thread, _ctx: Context) -> None:
    """Judge the receipt. Raises Violation `body-form`, `not-granted`, `already-erased`."""
    body, data = act.message, thread.data
    assert isinstance(body, DisclosureErased)
    named = [field.path for field in body.fields] + [each.path for each in body.kept or ()]
    if not named or len(set(named)) != len(named):
        raise refuse("each field once, and at least one")
    if not set(named) <= data["fields"].keys():
        raise Violation(Code.NOT_GRANTED, "field")
    before = data.get("erased", {})
    if any(version <= before.get(path, (0, 0))[0] for path, version in body.fields):
        raise Violation(Code.ALREADY_ERASED)


def then(act: Act, thread: Thread) -> Step:
    """Hold which version of a field is gone, and when its backups are."""
    body = act.message
    assert isinstance(body, DisclosureErased)
    gone = {path: [version, body.backups] for path, version in body.fields}
    return Step({**thread.data, "erased": {**thread.data.get("erased", {}), **gone}})


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner."""
    return (Tell("disclosure.erased", thread.id),)
