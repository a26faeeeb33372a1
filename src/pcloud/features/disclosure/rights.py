"""`disclosure.rights`: an owner claims a right over data that the other side has (spec 09 §9)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.features.disclosure.fields import PATTERNS
from pcloud.features.disclosure.path import PATH
from pcloud.features.disclosure.value import read_value
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, optional, refuse, required, text, unsigned
from pcloud.kernel.thread import Thread
from pcloud.limits import DISCLOSED_MAX, REASON_BYTES_MAX

ACCESS, CORRECTION, PORTABILITY, ERASURE = "access", "correction", "portability", "erasure"


@dataclass(frozen=True, slots=True)
class DisclosureRights(Message):
    """Access, correction, portability or erasure, of some paths or of all; `due` in seconds since 1970.

    Restricts: such a right outlasts the relationship, so it passes in any weather.
    """

    NAME: ClassVar[str] = "disclosure.rights"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.RESTRICTS
    ITEMS_MAX: ClassVar[int] = DISCLOSED_MAX

    right: str = required(1, text(REASON_BYTES_MAX, choices=(ACCESS, CORRECTION, PORTABILITY, ERASURE)))
    paths: tuple[str, ...] | None = optional(2, PATTERNS)
    due: int | None = optional(3, unsigned())


def check(act: Act, _thread: Thread, _ctx: Context) -> None:
    """Judge the items: a right value for each path of a correction. Raises Violation `body-form`."""
    body = act.message
    assert isinstance(body, DisclosureRights)
    paths = body.paths or ()
    if len(act.items) != (len(paths) if body.right == CORRECTION else 0):
        raise refuse("as many values as paths to correct")
    if body.right != CORRECTION:
        return
    if not paths:
        raise refuse("nothing to correct")
    for path, item in zip(paths, act.items, strict=True):
        PATH.read(path)
        if item is not None:
            read_value(path, item)


def then(act: Act, _thread: Thread) -> Step:
    """Hold which right was claimed."""
    body = act.message
    assert isinstance(body, DisclosureRights)
    return Step({"right": body.right})


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner, who has to answer."""
    return (Tell("disclosure.claimed", thread.id),)
