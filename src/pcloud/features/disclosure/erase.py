"""`disclosure.erase`: the giver orders that what was given be deleted (spec 09 §7)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.errors import Code, Violation
from pcloud.features.disclosure.fields import PATHS
from pcloud.features.disclosure.grant import ERASE, STANDING, lower
from pcloud.features.disclosure.revoke import taken_back
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, optional
from pcloud.kernel.thread import Thread


@dataclass(frozen=True, slots=True)
class DisclosureErase(Message):
    """Orders that fields be deleted, or all where none is named, and revokes them. Restricts."""

    NAME: ClassVar[str] = "disclosure.erase"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.RESTRICTS
    ENDS: ClassVar[bool] = True
    KEPT: ClassVar[bool] = True

    paths: tuple[str, ...] | None = optional(1, PATHS)

    def takes_back(self, said: Message) -> tuple[int, ...]:
        """Places of items in a waiting message of one's own that need not travel any more."""
        return taken_back(said, self.paths)


def check(act: Act, thread: Thread, _ctx: Context) -> None:
    """Judge whether it orders anything new. Raises Violation `not-granted`, `already-erased`."""
    body, fields = act.message, thread.data["fields"]
    assert isinstance(body, DisclosureErase)
    named = fields.keys() if body.paths is None else set(body.paths)
    if not named <= fields.keys():
        raise Violation(Code.NOT_GRANTED, "field")
    if all(fields[path][STANDING] == ERASE for path in named):
        raise Violation(Code.ALREADY_ERASED)


def then(act: Act, thread: Thread) -> Step:
    """Hold that these fields are to be erased; the whole grant ends with all of them."""
    body = act.message
    assert isinstance(body, DisclosureErase)
    return lower(act, thread, body.paths, ERASE)


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner, whose systems delete and sign that they did."""
    return (Tell("disclosure.erase", thread.id),)
