"""Giving, asked or unasked; what the terms forbid the owner's own node refuses to send (spec 09 §5)."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from pcloud.engine.compose import Command
from pcloud.features.disclosure.decline import DisclosureDecline
from pcloud.features.disclosure.fields import Declined, Field
from pcloud.features.disclosure.machine import ASKED
from pcloud.features.disclosure.path import ANY, matches, read_path
from pcloud.features.disclosure.present import DisclosurePresent
from pcloud.features.disclosure.request import Wanted
from pcloud.limits import DISCLOSED_MAX, MESSAGE_BYTES_MAX
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.giving.questions import Question
from pcloud.runtime.giving.values import Valued, is_held, matching, valued
from pcloud.runtime.owning import speaking
from pcloud.runtime.surface import OwnerError

NOT_NOW: Final = "not-now"
NOT_HELD: Final = "not-held"
"""Reasons that this node gives by itself: for what its owner leaves out, and for what is not there."""
ID_SHOWN: Final = 10
"""Letters of an id that are enough to name it."""
ITEMS_BYTES_MAX: Final = MESSAGE_BYTES_MAX - 12_288
"""Values of one message: beside them stand up to 64 paths, what is declined, and the header."""
OVER: Final = "given-over"
"""The timer of the day on which something that was given ends."""


class Answer(NamedTuple):
    """What of a question is given, and how; what is not, and why."""

    given: tuple[Valued, ...]
    declined: tuple[Declined, ...]
    until: int
    """Seconds since 1970."""
    standing: bool
    """Whether later versions follow."""
    onward: str | None = None
    """Who else may get them."""


class Share(NamedTuple):
    """What is given unasked, and for what."""

    paths: tuple[str, ...]
    agreement: bytes
    action: str
    purposes: tuple[str, ...]
    until: int
    standing: bool
    onward: str | None = None
    answers: bytes | None = None
    """The request in which these were left open."""


def choose(
    batch: Batch,
    question: Question,
    only: Sequence[str] | None,
    decline: Mapping[str, str],
    reason: str | None = None,
) -> tuple[tuple[Valued, ...], tuple[Declined, ...]]:
    """What is given of a question, and what is declined: all that is there, or `only` what is named.

    Both `only` and `decline` name wanted paths, or single records of a wanted collection; `decline` says why
    not of each, and wins; `reason` is that of what else is left out. Raises OwnerError `invalid` for a path
    that was not asked for.
    """
    _require_asked(question, (*(only or ()), *decline))
    given: list[Valued] = []
    declined: list[Declined] = []
    for each in question.request.wanted:
        named = None if only is None else [path for path in only if _is_one_of(each.path, path)]
        if each.path in decline:
            declined.append(Declined(each.path, decline[each.path]))
        elif named == []:
            declined.append(Declined(each.path, reason or NOT_NOW))
        else:
            there = [value for value in _there(batch, question, each, named) if value.path not in decline]
            given += there
            if not there:
                kept_back = [path for path in decline if _is_one_of(each.path, path)]
                why = decline[kept_back[0]] if kept_back else NOT_HELD
                declined.append(Declined(each.path, why))
    return _bounded(given), tuple(declined)


def _require_asked(question: Question, paths: Sequence[str]) -> None:
    for path in paths:
        if not any(_is_one_of(wanted.path, path) for wanted in question.request.wanted):
            id_ = question.thread.id.hex()[:ID_SHOWN]
            raise OwnerError("invalid", f"They did not ask for {path!r}. See: pcloud asks {id_}")


def _there(batch: Batch, question: Question, wanted: Wanted, named: list[str] | None) -> list[Valued]:
    """What of a wanted path is here; of a collection all records that fit, or those that are named."""
    many = read_path(wanted.path, pattern=True).record == ANY
    if wanted.item is not None and question.item(wanted) is None:
        return []  # what they compare with, or look for, is gone: nobody knows what they have asked for
    if many and named is not None and wanted.path not in named:
        found = named  # the owner has looked for them, and they may be more than are shown
    else:
        found = matching(batch, wanted.path, question.example(wanted))
    values = (valued(batch, path, question.sought(wanted)) for path in found)
    return [value for value in values if value is not None]


def _is_one_of(wanted: str, path: str) -> bool:
    """Whether a path is a wanted one, or a record of a wanted collection."""
    return path == wanted or (ANY not in path and matches(wanted, path))


def _bounded(given: list[Valued]) -> tuple[Valued, ...]:
    """Each once, and no more than a message can hold. Raises OwnerError `invalid`."""
    each = tuple({value.path: value for value in given}.values())
    if len(each) > DISCLOSED_MAX:
        raise OwnerError("invalid", f"That is more than {DISCLOSED_MAX} records at once. Name some of them.")
    if sum(len(value.item) for value in each) > ITEMS_BYTES_MAX:
        raise OwnerError("invalid", "That is more than one message can hold. Name some of it.")
    return each


def require_waiting(question: Question, now: int) -> None:
    """Raise OwnerError where it was answered, or is over."""
    if question.thread.state != ASKED:
        raise OwnerError("not-in-state", "This was answered already. See what they hold: pcloud ledger")
    if question.ends < now:
        raise OwnerError("expired", "This question has expired. They may ask again, or use: pcloud share")


def present(batch: Batch, question: Question, answer: Answer) -> bytes:
    """Give what was asked for, or part of it; gives the id of the grant.

    Raises UsageError with what the terms forbid, FullOutboxError, OwnerError.
    """
    if not answer.given:
        return decline(batch, question, answer.declined, None)
    asked = question.request
    message = DisclosurePresent(
        asked.agreement,
        _fields(answer.given),
        asked.action,
        asked.purposes,
        answer.until,
        answer.standing,
        answer.onward,
        answer.declined or None,
    )
    return _speak(batch, question.scope, message, question.thread.id, answer.given)


def decline(batch: Batch, question: Question, declined: tuple[Declined, ...], reason: str | None) -> bytes:
    """Give nothing of what was asked for, with a reason for each, or for all, or none."""
    message = DisclosureDecline(reason, declined or None)
    return speaking.speak(batch, question.scope, Command(message, question.thread.id))


def share(batch: Batch, scope: Scope, wanted: Share) -> tuple[bytes, tuple[Valued, ...]]:
    """Give what nobody asked for; gives the thread, which is the grant, and what was given.

    Raises OwnerError where nothing is there, or they have all of it; and as `present`.
    """
    values: list[Valued] = []
    for pattern in wanted.paths:
        found = [valued(batch, path) for path in matching(batch, pattern)]
        there = [value for value in found if value is not None]
        if not there:
            raise OwnerError("unknown", f"There is nothing of yours at {pattern!r}. See: pcloud data list")
        values += there
    until, standing, purposes = wanted.until, wanted.standing, wanted.purposes
    new = [
        value
        for value in values
        if not is_held(batch, scope, value.path, until, standing=standing, purposes=purposes)
    ]
    if not new:
        raise OwnerError("held", "They have that already, for that long. See: pcloud ledger")
    given = _bounded(new)
    message = DisclosurePresent(
        wanted.agreement,
        _fields(given),
        wanted.action,
        wanted.purposes,
        wanted.until,
        wanted.standing,
        wanted.onward,
        None,
        wanted.answers,
    )
    return _speak(batch, scope, message, None, given), given


def _fields(given: tuple[Valued, ...]) -> tuple[Field, ...]:
    return tuple(Field(value.path, value.version) for value in given)


def _speak(
    batch: Batch, scope: Scope, message: DisclosurePresent, thread: bytes | None, given: tuple[Valued, ...]
) -> bytes:
    """One item for each field; on its day the owner is told that the grant is over."""
    items = tuple(value.item for value in given)
    said = speaking.speak(batch, scope, Command(message, thread, items, message.agreement))
    batch.ask(scope.id, OVER, thread or said, message.until)
    return said


def given_over(batch: Batch, scope: Scope, thread: bytes) -> None:
    """The day of something that was given is over: the owner is told, and nothing is sent."""
    batch.tell(OVER, scope, thread)
