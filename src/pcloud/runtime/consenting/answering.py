"""Questions that the owner's rules answer while the owner sleeps, and what is kept of it (spec 09 §4).

The question is judged anew in the commit that answers it, by the rules of that moment. A rule that changes
later changes nothing that was given. Terms are judged at the gate like those of any own message.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from pcloud.engine.gatekeeper import DENIED
from pcloud.errors import Code, UsageError, Violation
from pcloud.features.disclosure.fields import Declined
from pcloud.features.disclosure.machine import ASKED
from pcloud.features.disclosure.path import matches
from pcloud.home import ruling
from pcloud.home.rules import Answer, probe_of
from pcloud.home.ruling import DAY_S, Outcome, Ruling, Stand, Wanted
from pcloud.kernel.gate import Agreement
from pcloud.limits import DISCLOSED_MAX, PATH_BYTES_MAX
from pcloud.runtime.consenting import rulebook
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.reactions import PutOffError
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.giving import giving, questions
from pcloud.runtime.giving.questions import Question
from pcloud.runtime.surface import OwnerError
from pcloud.wire import cbor
from pcloud.wire.shape import array, fixed, text, unsigned

RULED: Final = "kept/ruled/"
"""With the id of a thread in hex: which rules answered the question in it, and when."""
OFTEN: Final = "kept/ruled-often/"
"""With the id of a relationship in hex: when this peer was given something, and compared facts, by rule."""
GIVEN, DECLINED = "given-by-rule", "declined-by-rule"
"""What the owner is told."""
YEAR_S: Final = 365 * DAY_S
DAILY_MAX: Final = 24
"""Questions of one peer that rules give something to in a day; then the owner is asked."""
ANSWERED: Final = "answered"
"""Stands for one such question among the compared facts that are counted."""
RESTS_S: Final = 3_600
"""How long an answer waits that the relationship cannot carry now: paused, or being looked at."""
_LATER: Final = (Code.PAUSED, Code.UNAFFIRMED)
_ID_BYTES_MAX: Final = 64
_PROBE_BYTES_MAX: Final = 2 * PATH_BYTES_MAX


class Ruled(NamedTuple):
    """What the rules answered in one thread."""

    at: int
    rules: tuple[str, ...]
    """Ids of those that said yes or no."""


def asked(batch: Batch, scope: Scope, thread_id: bytes) -> None:
    """Answer a question by rule where the rules say how; else it waits for the owner. Raises PutOffError."""
    thread = scope.log.thread(thread_id)
    if thread is None or thread.state != ASKED or not questions.gives(scope, thread):
        return
    question = questions.question(scope, thread)
    if not questions.is_open(question, batch.now):
        return
    ruled = judge(batch, question)
    if ruled.outcome is Outcome.WAIT:
        return
    try:
        _answer(batch, question, ruled)
    except UsageError as error:
        if error.code in _LATER:
            raise PutOffError(RESTS_S) from error
        if error.code != Code.TERMS_FORBID:
            raise
    except OwnerError as error:
        if error.code != "invalid":  # more records than one message holds: the owner chooses
            raise


def judge(batch: Batch, question: Question) -> Ruling:
    """What the rules say of a question now."""
    scope, request = question.scope, question.request
    agreement = scope.relationship.agreements[request.agreement]
    wanted = ruling.Question(
        *asker(scope, agreement),
        tuple(
            Wanted(each.path, each.required, question.example(each) is not None) for each in request.wanted
        ),
        request.action,
        request.purposes,
        request.until,
        request.standing,
        request.onward,
    )
    return judge_as(batch, wanted, agreement)


def judge_as(batch: Batch, wanted: ruling.Question, agreement: Agreement) -> Ruling:
    """What they would say of one that nobody has asked."""
    book = rulebook.read(batch)
    terms = batch.setting.rosters.get((agreement.roster, agreement.terms))
    policy = DENIED if terms is None else terms.policy
    times = _times(batch, wanted.peer)
    counts = Counter(probe for probe, _ in times or ())
    today = batch.believed.ends - DAY_S
    often = sum(at > today for probe, at in times or () if probe == ANSWERED) >= DAILY_MAX
    permits = book.permits and times is not None
    stand = Stand(batch.now, policy, agreement.until, counts, permits, often)
    return ruling.rule_on(wanted, book.rules, stand)


def asker(scope: Scope, agreement: Agreement) -> tuple[bytes, str, str | None, str]:
    """Who asks, as a rule can mean it."""
    return scope.id, scope.contact.kind, scope.contact.role, agreement.terms


def _answer(batch: Batch, question: Question, ruled: Ruling) -> None:
    declined = tuple(Declined(*each) for each in ruled.declined)
    if ruled.outcome is Outcome.DECLINE:
        giving.decline(batch, question, declined, None)
    else:
        given, _ = giving.choose(batch, question, ruled.given, {}, None)
        missing = [path for path in ruled.given if not any(matches(path, each.path) for each in given)]
        needed = {each.path for each in question.request.wanted if each.required}
        if not given or not needed.isdisjoint(missing):
            return  # what is not there the owner may still write down
        answer = giving.Answer(given, declined, ruled.until, ruled.standing, ruled.onward)
        giving.present(batch, question, answer)
        _count(batch, question.scope, [path for path in ruled.given if path not in missing])
    named = {each.rule.id for each in ruled.items if each.rule is not None and each.answer is not Answer.ASK}
    _keep(batch, question.thread.id, Ruled(batch.now, tuple(sorted(named))))
    batch.tell(DECLINED if ruled.outcome is Outcome.DECLINE else GIVEN, question.scope, question.thread.id)


# What is kept of it


def _keep(batch: Batch, thread: bytes, ruled: Ruled) -> None:
    row: list[Any] = [ruled.at, list(ruled.rules)]
    batch.changes.facts[RULED + thread.hex()] = cbor.encode(row)


def by_rule(batch: Batch, thread: bytes) -> Ruled | None:
    """What the rules answered in a thread; None where the owner did, or nobody has."""
    kept = batch.fact(RULED + thread.hex())
    return None if kept is None else _read(kept)


def _read(kept: bytes) -> Ruled | None:
    """A note that is no longer readable says nothing."""
    try:
        at, rules = fixed(cbor.decode_list(kept), 2)
        return Ruled(
            unsigned(at), tuple(text(each, _ID_BYTES_MAX) for each in array(rules, 0, DISCLOSED_MAX))
        )
    except Violation:
        return None


def _times(batch: Batch, scope: bytes) -> list[tuple[str, int]] | None:
    """When a peer was given compared facts by rule within a year, and anything today; None if unreadable."""
    kept = batch.fact(OFTEN + scope.hex())
    try:
        rows = [] if kept is None else cbor.decode_list(kept)
        read = [
            (text(probe, _PROBE_BYTES_MAX), unsigned(at)) for probe, at in (fixed(row, 2) for row in rows)
        ]
    except Violation:
        return None
    kept_s = {ANSWERED: DAY_S}
    ends, begins = batch.believed
    left = [(probe, at) for probe, at in read if at > ends - kept_s.get(probe, YEAR_S)]
    # What was counted by a clock that was ahead counts as now, and for no day: it would for years.
    return [(probe, min(at, begins)) for probe, at in left if at <= begins or probe != ANSWERED]


def _count(batch: Batch, scope: Scope, given: Sequence[str]) -> None:
    """One more question that rules gave something to, and the compared facts in it."""
    probes = [ANSWERED, *(probe for path in given if (probe := probe_of(path)) is not None)]
    rows = [*(_times(batch, scope.id) or ()), *((probe, batch.believed.begins) for probe in probes)]
    batch.changes.facts[OFTEN + scope.id.hex()] = cbor.encode([list(row) for row in rows])
