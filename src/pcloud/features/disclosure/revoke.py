"""`disclosure.revoke`: the grant, or some fields of it, ends before its day (spec 09 §7)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.features.disclosure.fields import PATHS, places_of
from pcloud.features.disclosure.grant import REVOKED, ended, lower
from pcloud.features.disclosure.present import DisclosurePresent
from pcloud.features.disclosure.update import DisclosureUpdate
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, optional, refuse
from pcloud.kernel.thread import Thread


@dataclass(frozen=True, slots=True)
class DisclosureRevoke(Message):
    """Takes fields back, or all where none is named; from the taker: it needs them no more. Restricts.

    It is never refused for naming what is not there, and kept where its thread is unknown (spec 09 §7).
    """

    NAME: ClassVar[str] = "disclosure.revoke"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.RESTRICTS
    ENDS: ClassVar[bool] = True
    KEPT: ClassVar[bool] = True

    paths: tuple[str, ...] | None = optional(1, PATHS)

    def takes_back(self, said: Message) -> tuple[int, ...]:
        """Places of items in a waiting message of one's own that need not travel any more."""
        return taken_back(said, self.paths)


def taken_back(said: Message, paths: tuple[str, ...] | None) -> tuple[int, ...]:
    """Places of the items of these paths, or of all, in something that disclosed them."""
    if not isinstance(said, DisclosurePresent | DisclosureUpdate):
        return ()
    return places_of(said.fields, paths)


def check_taker(act: Act, _thread: Thread, _ctx: Context) -> None:
    """Judge the taker's, which gives up all. Raises Violation `body-form`."""
    body = act.message
    assert isinstance(body, DisclosureRevoke)
    if body.paths is not None:
        raise refuse("a taker gives all up")


def then(act: Act, thread: Thread) -> Step:
    """Hold that these fields are revoked; the whole grant ends with all of them."""
    body = act.message
    assert isinstance(body, DisclosureRevoke)
    return lower(act, thread, body.paths, REVOKED)


def give_up(act: Act, thread: Thread) -> Step:
    """Hold that the taker ended the grant."""
    return ended(act, thread.data)


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner."""
    return (Tell("disclosure.revoked", thread.id),)
