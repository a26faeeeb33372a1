"""Standing rules: what an owner has said in advance about questions to come (spec 09 §4)."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, NamedTuple

from pcloud.engine.archive.rows import SCOPE_BYTES
from pcloud.features.disclosure.fields import REASONS
from pcloud.features.disclosure.path import ANY, EQUAL, Path, read_path
from pcloud.limits import CLAUSE_WORD_BYTES_MAX, DISCLOSURE_PURPOSES_MAX, PATH_BYTES_MAX
from pcloud.wire import cbor
from pcloud.wire.shape import array, fixed, flag, octets, shape, text, unsigned

PATHS_MAX: Final = 32
"""Patterns of one rule."""
NOTE_BYTES_MAX: Final = 256
WHO_BYTES_MAX: Final = 64
"""Of a kind, a role, or an id of terms."""
_FIELDS: Final = 10
_OVER: Final = "over"


class Answer(StrEnum):
    """What a rule says. Prohibition wins, and doubt over permission (`STRENGTH`)."""

    NO = "no"
    ASK = "ask"
    YES = "yes"


class Whom(NamedTuple):
    """Who is meant: all that is named has to fit, and nothing named means anybody."""

    peer: bytes | None = None
    """Scope of the relationship."""
    kind: str | None = None
    """`person` or `organisation`, as the peer says of itself."""
    role: str | None = None
    """As the peer said of itself when the two met: it proves nothing (spec 07 §3)."""
    terms: str | None = None
    """Id of the terms that the question is asked under."""


class Bounds(NamedTuple):
    """How much a yes gives, where a question asks for more than that."""

    days_max: int | None = None
    """How many days from now at most; None for as long as is asked."""
    standing: bool = False
    """Whether later versions may follow; else it is given once."""
    onward: bool = False
    """Whether it may be passed on to whom the question names."""
    yearly_max: int | None = None
    """How often a year one peer gets a compared fact, `equal` or `over`; without it the owner is asked."""


class Rule(NamedTuple):
    """One sentence of the owner's."""

    id: str
    answer: Answer
    whom: Whom = Whom()
    purposes: tuple[str, ...] = ()
    """Words of the Data Privacy Vocabulary; none for any purpose."""
    paths: tuple[str, ...] = ()
    """Places, records or patterns, each with all that is below it; none for anything."""
    bounds: Bounds = Bounds()
    ends: int | None = None
    """When it ends to say anything: seconds since 1970."""
    reason: str | None = None
    """What a no says to who has asked."""
    note: str = ""
    made: int = 0

    def write(self) -> bytes:
        """As it is kept, without its id, which names it there."""
        whom, bounds = list(self.whom), list(self.bounds)
        lists = [list(self.purposes), list(self.paths)]
        last = [self.ends, self.reason, self.note, self.made]
        return cbor.encode([str(self.answer), whom, *lists, bounds, *last, 0])


def read_rule(id_: str, kept: bytes) -> Rule:
    """A rule as it was kept. Raises Violation (form), also for what no owner could have said."""
    answer, whom, purposes, paths, bounds, ends, reason, note, made, form = fixed(
        cbor.decode_list(kept), _FIELDS
    )
    if form != 0 or answer not in tuple(Answer):
        raise shape("rule")
    days_max, standing, onward, yearly_max = fixed(bounds, 4)
    rule = Rule(
        id_,
        Answer(answer),
        _whom(whom),
        tuple(text(each, CLAUSE_WORD_BYTES_MAX) for each in array(purposes, 0, DISCLOSURE_PURPOSES_MAX)),
        tuple(text(each, PATH_BYTES_MAX) for each in array(paths, 0, PATHS_MAX)),
        Bounds(_maybe(_positive, days_max), flag(standing), flag(onward), _maybe(_positive, yearly_max)),
        _maybe(unsigned, ends),
        _maybe(_word, reason),
        _note(note),
        unsigned(made),
    )
    check_rule(rule)
    return rule


def _whom(value: Any) -> Whom:
    peer, *words = fixed(value, 4)
    return Whom(
        _maybe(lambda each: octets(each, SCOPE_BYTES), peer), *(_maybe(_word, each) for each in words)
    )


def _maybe(read: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else read(value)


def _positive(value: Any) -> int:
    return unsigned(value, 1)


def _word(value: Any) -> str:
    return text(value, WHO_BYTES_MAX)


def _note(value: Any) -> str:
    return "" if value == "" else text(value, NOTE_BYTES_MAX)


def check_rule(rule: Rule) -> None:
    """Judge what a rule says. Raises Violation `body-form` for a path, `shape` for the rest."""
    for path in rule.paths:
        read_path(path, pattern=True)
    if rule.reason is not None and (rule.answer is not Answer.NO or rule.reason not in REASONS):
        raise shape("reason")
    if rule.answer is not Answer.YES and rule.bounds != Bounds():
        raise shape("bounds of what gives nothing")


# What a rule speaks of


class Reach(StrEnum):
    """How a pattern of a rule lies to what is asked for."""

    WHOLE = "whole"
    """All of what is asked for is meant."""
    TOLD = "told"
    """What is asked for would tell what is meant: the value, or that it equals one, tells each fact of it."""
    PART = "part"
    """Some of the records that are asked for are meant."""
    NONE = "none"


def probe_of(asked: str) -> str | None:
    """What a compared fact would reveal if it were asked for often; None where it is none (spec 09 §2.2).

    All records of a place are one: each can be named alone, or with all others.
    """
    path = read_path(asked, pattern=True)
    if path.fact is None or _kind(path.fact) not in (EQUAL, _OVER):
        return None
    return f"{path.place}:{_kind(path.fact)}"


def reach(pattern: str, asked: str) -> Reach:
    """How far a pattern of a rule speaks of a path or pattern that is asked for."""
    rule, wanted = read_path(pattern, pattern=True), read_path(asked, pattern=True)
    if not _is_within(wanted.place, rule.place) or (rule.record is not None and wanted.place != rule.place):
        return Reach.NONE
    part = _of_record(rule, wanted)
    if part is not Reach.WHOLE or rule.fact in (None, wanted.fact):
        return part
    if wanted.fact in (None, EQUAL) or _kind(wanted.fact) == _kind(rule.fact):
        return Reach.TOLD
    return Reach.NONE


def _of_record(rule: Path, wanted: Path) -> Reach:
    if rule.record is None or rule.record == wanted.record:
        return Reach.WHOLE
    if rule.record == ANY:
        return Reach.NONE if wanted.record is None else Reach.WHOLE
    return Reach.PART if wanted.record == ANY else Reach.NONE


def _kind(fact: str) -> str:
    return fact.partition("-")[0]


def _is_within(place: str, upper: str) -> bool:
    return place == upper or place.startswith(f"{upper}.")


def names(pattern: str, asked: str) -> bool:
    """Whether a pattern is of the very place that is asked for."""
    return read_path(pattern, pattern=True).place == read_path(asked, pattern=True).place


def specificity(pattern: str) -> tuple[int, int, int]:
    """How much a pattern says: the deeper place, then the record, then the fact."""
    path = read_path(pattern, pattern=True)
    record = 0 if path.record is None else 1 if path.record == ANY else 2
    return path.place.count(".") + 1, record, int(path.fact is not None)
