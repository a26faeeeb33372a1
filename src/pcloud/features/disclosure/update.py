"""`disclosure.update`: the giver brings a taker to a newer version of fields it may hold (spec 09 §6)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.errors import Code, Violation
from pcloud.features.disclosure.fields import FIELDS, PURPOSES, WORD, Field, check_given, paths_of
from pcloud.features.disclosure.grant import GRANTED, STANDING, VERSION
from pcloud.features.disclosure.path import categories_of
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Claims, Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, octets, required
from pcloud.kernel.thread import Thread
from pcloud.limits import DISCLOSED_MAX


@dataclass(frozen=True, slots=True)
class DisclosureUpdate(Message):
    """Newer versions of fields, one item each, under a standing grant. Neutral: it permits nothing new."""

    NAME: ClassVar[str] = "disclosure.update"
    GATE: ClassVar[Gate] = Gate.GRANTED
    MARK: ClassVar[Mark] = Mark.NEUTRAL
    ITEMS_MAX: ClassVar[int] = DISCLOSED_MAX

    grant: bytes = required(1, octets(32))
    fields: tuple[Field, ...] = required(2, FIELDS)
    action: str = required(3, WORD)
    purposes: tuple[str, ...] = required(4, PURPOSES)

    def claims(self) -> Claims:
        """What terms and grant have to allow; its end is the grant's."""
        return Claims(self.action, categories_of(paths_of(self.fields)), self.purposes, grant=self.grant)


def check(act: Act, thread: Thread, _ctx: Context) -> None:
    """Judge by the grant of the thread.

    Raises Violation `reference-mismatch`, `not-granted`, `version-order`, `body-form`, `withdrawn`.
    """
    body, data = act.message, thread.data
    assert isinstance(body, DisclosureUpdate)
    if body.grant != data["grant"]:
        raise Violation(Code.REFERENCE_MISMATCH, "the grant of another thread")
    if not data["standing"] or (body.action, list(body.purposes)) != (data["action"], data["purposes"]):
        raise Violation(Code.NOT_GRANTED, "given once, or for something else")
    held = data["fields"]
    if any(path not in held or held[path][STANDING] != GRANTED for path, _ in body.fields):
        raise Violation(Code.NOT_GRANTED, "field")
    if any(version <= held[path][VERSION] for path, version in body.fields):
        raise Violation(Code.VERSION_ORDER)
    check_given(act, body.fields)


def then(act: Act, thread: Thread) -> Step:
    """Hold the newer versions; in a fold without its check, only of what is there and only newer ones."""
    body = act.message
    assert isinstance(body, DisclosureUpdate)
    newer = dict(body.fields)
    fields = {
        path: [max(version, newer.get(path, 0)), standing]
        for path, (version, standing) in thread.data["fields"].items()
    }
    return Step({**thread.data, "fields": fields})


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner, whose systems take the fields over and acknowledge."""
    return (Tell("disclosure.updated", thread.id),)
