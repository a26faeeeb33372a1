"""What the owner's rules answer to a question. Pure; it decides what a node gives while nobody looks.

The law, for each item that is asked for:

1. A rule speaks of an item where it is not over, means who asks, and means the item. A yes has to mean the
   whole item, for every purpose of the question. A no, or an ask, is enough for one of the purposes, and for
   what the item would tell: the value tells each fact of it, and so does that it equals another one.
2. No beats ask, and ask beats yes. The more specific rule counts only among those of one answer: it gives
   its reason, or its bounds. Where no rule speaks, the owner is asked.
3. A yes gives nothing that the terms forbid, no compared fact beyond its number a year, no fact of records
   that are like an example (which of them fit would tell their values), and a path that no registry knows
   only where it names its very place; and never more, longer or further than was asked for.

And for the question as a whole:

4. Something is given only where a yes stands for every item that the asker cannot do without. Items that it
   can do without and of which the owner is to be asked are left open.
5. Where one that it cannot do without has a no, nothing is given: the question is declined, unless the owner
   is to be asked of something in it.

So one more no never gives more (nor does one more ask), whatever the other rules are.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from pcloud.engine.gatekeeper import require_policy
from pcloud.errors import Violation
from pcloud.features.disclosure.path import UNKNOWN_CATEGORY, category_of, read_path
from pcloud.home.rules import Answer, Reach, Rule, names, probe_of, reach, specificity
from pcloud.kernel.gate import Claims, Policy

DAY_S: Final = 86_400
STRENGTH: Final = (Answer.NO, Answer.ASK, Answer.YES)
"""The first of these that a rule says of an item is its verdict."""
REASON: Final = "not-for-this"
"""What is said where a no names no reason."""


class Wanted(NamedTuple):
    """One item of a question, and whether the asker cannot do without it."""

    path: str
    required: bool
    like: bool = False
    """Whether an example says which records are meant."""


class Question(NamedTuple):
    """What is asked for, by whom, for what. Times in seconds since 1970."""

    peer: bytes
    kind: str
    role: str | None
    terms: str
    """Id of the terms of the agreement that it is asked under."""
    wanted: tuple[Wanted, ...]
    action: str
    purposes: tuple[str, ...]
    until: int
    standing: bool
    onward: str | None = None


class Stand(NamedTuple):
    """What the rules are judged against."""

    now: int
    policy: Policy
    """Of the agreement that the question names."""
    agreed_until: int | None = None
    given: Mapping[str, int] = {}
    """How often this peer was given each compared fact by rule within a year (`probe_of`)."""
    permits: bool = True
    """Whether a yes counts: not while the owner has not looked at rules that came out of a copy."""
    often: bool = False
    """Whether this peer was answered by rule so often today that the owner is to see it."""


class Why(StrEnum):
    """Why an item has its verdict."""

    RULE = "rule"
    SILENT = "silent"
    """No rule speaks of it."""
    TERMS = "terms"
    """The agreement does not allow it."""
    RATE = "rate"
    """Asked too often; or the rule says no number for what could be found out by asking often."""
    RESTORED = "restored"
    """The rule came out of a copy, and the owner has not confirmed it."""


class Ruled(NamedTuple):
    """The verdict on one item, and the rule that gave it."""

    path: str
    required: bool
    answer: Answer
    why: Why
    rule: Rule | None = None
    clause: str = ""
    """Of the terms, where they forbid it."""


class Outcome(StrEnum):
    """What becomes of the question."""

    GIVE = "give"
    DECLINE = "decline"
    WAIT = "wait"
    """Until the owner answers."""


class Ruling(NamedTuple):
    """What the rules answer. `until`, `standing` and `onward` are those of what is given."""

    outcome: Outcome
    items: tuple[Ruled, ...]
    until: int
    standing: bool
    onward: str | None

    @property
    def given(self) -> tuple[str, ...]:
        """The patterns that are given."""
        return self._of(Answer.YES) if self.outcome is Outcome.GIVE else ()

    @property
    def declined(self) -> tuple[tuple[str, str], ...]:
        """The patterns that are declined, each with its reason; nothing while the question waits."""
        if self.outcome is Outcome.WAIT:
            return ()
        reasons = {each.path: each.rule and each.rule.reason for each in self.items}
        return tuple((path, reasons[path] or REASON) for path in self._of(Answer.NO))

    @property
    def open(self) -> tuple[str, ...]:
        """The patterns that are left to the owner."""
        everything = tuple(each.path for each in self.items)
        return everything if self.outcome is Outcome.WAIT else self._of(Answer.ASK)

    def _of(self, answer: Answer) -> tuple[str, ...]:
        return tuple(each.path for each in self.items if each.answer is answer)


def rule_on(question: Question, rules: Sequence[Rule], stand: Stand) -> Ruling:
    """Answer a question by rules."""
    live = [rule for rule in rules if _means(rule, question, stand.now)]
    given = dict(stand.given)
    items = tuple(_item(wanted, question, live, stand, given) for wanted in question.wanted)
    yes = [each.rule for each in items if each.answer is Answer.YES and each.rule is not None]
    outcome = _outcome(items) if question.until > stand.now else Outcome.WAIT
    until = min((_until(rule, question, stand.now) for rule in yes), default=question.until)
    standing = question.standing and all(rule.bounds.standing for rule in yes)
    onward = question.onward if all(rule.bounds.onward for rule in yes) else None
    return Ruling(outcome, items, until, standing, onward)


def _outcome(items: tuple[Ruled, ...]) -> Outcome:
    needed = {each.answer for each in items if each.required}
    all_ = {each.answer for each in items}
    if needed <= {Answer.YES} and Answer.YES in all_:
        return Outcome.GIVE
    return Outcome.WAIT if Answer.ASK in all_ else Outcome.DECLINE


def _means(rule: Rule, question: Question, now: int) -> bool:
    """Whether it is in force, and means who asks."""
    if rule.ends is not None and rule.ends <= now:
        return False
    asker = (question.peer, question.kind, question.role, question.terms)
    return all(named in (None, his) for named, his in zip(rule.whom, asker, strict=True))


def _until(rule: Rule, question: Question, now: int) -> int:
    days_max = rule.bounds.days_max
    return question.until if days_max is None else min(question.until, now + days_max * DAY_S)


def _item(
    wanted: Wanted, question: Question, live: Sequence[Rule], stand: Stand, given: dict[str, int]
) -> Ruled:
    """The verdict on one item; a compared fact that gets a yes counts at once."""
    said: dict[Answer, list[Rule]] = {answer: [] for answer in Answer}
    for rule in live:
        answer = _says(rule, wanted.path, question.purposes)
        if answer is not None:
            said[answer].append(rule)
    for answer in STRENGTH:
        if said[answer]:
            rule = max(said[answer], key=lambda each: _weight(each, wanted.path))
            break
    else:
        return Ruled(*wanted[:2], Answer.ASK, Why.SILENT)
    if answer is not Answer.YES:
        return Ruled(*wanted[:2], answer, Why.RULE, rule)
    return _permitted(wanted, rule, question, stand, given)


def _permitted(wanted: Wanted, rule: Rule, question: Question, stand: Stand, given: dict[str, int]) -> Ruled:
    """What a yes comes to."""
    if not stand.permits:
        return Ruled(*wanted[:2], Answer.ASK, Why.RESTORED, rule)
    if stand.often:
        return Ruled(*wanted[:2], Answer.ASK, Why.RATE, rule)
    onward = question.onward if rule.bounds.onward else None
    until = _until(rule, question, stand.now)
    claims = Claims(question.action, (category_of(wanted.path),), question.purposes, until, onward)
    try:
        require_policy(stand.policy, claims, stand.agreed_until, stand.now)
    except Violation as violation:
        return Ruled(*wanted[:2], Answer.ASK, Why.TERMS, rule, violation.detail)
    if wanted.like and read_path(wanted.path, pattern=True).fact is not None:
        return Ruled(*wanted[:2], Answer.ASK, Why.RATE, rule)  # which record fits would tell its value
    probe = probe_of(wanted.path)
    if probe is not None:
        if given.get(probe, 0) >= (rule.bounds.yearly_max or 0):
            return Ruled(*wanted[:2], Answer.ASK, Why.RATE, rule)
        given[probe] = given.get(probe, 0) + 1
    return Ruled(*wanted[:2], Answer.YES, Why.RULE, rule)


def _says(rule: Rule, asked: str, purposes: tuple[str, ...]) -> Answer | None:
    """What a rule says of an item; None where it does not speak of it."""
    reached = {reach(pattern, asked) for pattern in rule.paths} if rule.paths else {Reach.WHOLE}
    if rule.answer is Answer.YES:
        if category_of(asked) == UNKNOWN_CATEGORY and not any(names(each, asked) for each in rule.paths):
            return None
        meant = not rule.purposes or set(purposes) <= set(rule.purposes)
        return Answer.YES if meant and Reach.WHOLE in reached else None
    if rule.purposes and set(purposes).isdisjoint(rule.purposes):
        return None
    if not reached.isdisjoint({Reach.WHOLE, Reach.TOLD}):
        return rule.answer
    return Answer.ASK if Reach.PART in reached else None


def _weight(rule: Rule, asked: str) -> tuple[object, ...]:
    """How specific a rule is: who, then what, then for what; then the newest."""
    whom, *others = rule.whom
    named = sum(each is not None for each in others)
    meant = [specificity(each) for each in rule.paths if reach(each, asked) is not Reach.NONE]
    return whom is not None, named, max(meant, default=(0, 0, 0)), bool(rule.purposes), rule.made, rule.id
