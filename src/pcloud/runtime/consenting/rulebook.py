"""The owner's rules as this node keeps them: in every copy of it, and asleep after a recovery.

A copy may hold what a thief wrote while it had the node. So a rule that gives something gives nothing in a
node that was recovered, until its owner has looked at the rules; what refuses goes on refusing (spec 06 §6).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from pcloud.errors import Violation
from pcloud.features.disclosure.fields import REASONS
from pcloud.features.disclosure.path import read_path
from pcloud.home.rules import Answer, Bounds, Rule, check_rule, read_rule
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.surface import OwnerError

RULE: Final = "kept/rule/"
"""With the id of a rule: what it says."""
CONFIRMED: Final = "rules-confirmed"
"""The recovery (`facts.RECOVERED`) after which the owner has looked at the rules. Not part of a copy."""
RULES_MAX: Final = 256
KINDS: Final = ("person", "organisation")
_ID_BYTES: Final = 5


class Rulebook(NamedTuple):
    """All rules."""

    rules: tuple[Rule, ...]
    unreadable: tuple[str, ...]
    """Ids of what stands where a rule should: it might have been a no, so nothing is given by rule."""
    confirmed: bool

    @property
    def permits(self) -> bool:
        """Whether a yes counts."""
        return self.confirmed and not self.unreadable


def read(batch: Batch) -> Rulebook:
    """All rules, the oldest first."""
    rules: list[Rule] = []
    unreadable: list[str] = []
    for key, kept in batch.facts(RULE).items():
        id_ = key.removeprefix(RULE)
        try:
            rules.append(read_rule(id_, kept))
        except Violation:
            unreadable.append(id_)
    rules.sort(key=lambda rule: (rule.made, rule.id))
    return Rulebook(tuple(rules), tuple(unreadable), is_confirmed(batch))


def is_confirmed(batch: Batch) -> bool:
    """Whether the owner has looked at what came out of a copy, if this node did."""
    return batch.fact(facts.RECOVERED) in (None, batch.fact(CONFIRMED))


def add(batch: Batch, rule: Rule) -> Rule:
    """Keep a rule under an id of its own; it speaks of questions that are answered from now on.

    Raises OwnerError `invalid` for what no rule can say, `full`.
    """
    if len(batch.facts(RULE)) >= RULES_MAX:
        raise OwnerError("full", f"There are {RULES_MAX} rules already. Remove one: pcloud rules list")
    rule = rule._replace(id=batch.draw(_ID_BYTES).hex(), made=batch.now)
    _require_sayable(rule)
    known = {standard.terms for standard in batch.setting.rosters.values()}
    if rule.whom.terms is not None and rule.whom.terms not in known:
        raise OwnerError("invalid", f"There are no terms {rule.whom.terms!r}. See: pcloud terms list")
    batch.changes.facts[RULE + rule.id] = rule.write()
    return rule


def _require_sayable(rule: Rule) -> None:
    for path in rule.paths:
        try:
            read_path(path, pattern=True)
        except Violation:
            text = f"{path!r} is no place or record. Write such as profile.address, or receipts/*."
            raise OwnerError("invalid", text) from None
    if rule.whom.kind not in (None, *KINDS):
        raise OwnerError("invalid", f"A kind is one of: {', '.join(KINDS)}.")
    if rule.answer is not Answer.YES and rule.bounds != Bounds():
        raise OwnerError("invalid", "Only a yes has bounds: days, later versions, onward, times a year.")
    if rule.reason is not None and (rule.answer is not Answer.NO or rule.reason not in REASONS):
        raise OwnerError("invalid", f"Only a no has a reason, one of: {', '.join(REASONS)}.")
    try:
        check_rule(rule)
        read_rule(rule.id, rule.write())
    except Violation as violation:
        raise OwnerError("invalid", "That is too long, or more than one rule can say.") from violation


def remove(batch: Batch, text: str) -> str:
    """Forget a rule; what it has given stays given. Raises OwnerError `unknown`, `ambiguous`."""
    known = [key.removeprefix(RULE) for key in batch.facts(RULE)]
    found = _only([id_ for id_ in known if text and id_.startswith(text.lower())], text)
    batch.changes.facts[RULE + found] = None
    return found


def _only(found: Sequence[str], text: str) -> str:
    if len(found) != 1:
        code, said = ("ambiguous", "More than one rule fits") if found else ("unknown", "There is no rule")
        raise OwnerError(code, f"{said} {text!r}. See: pcloud rules list")
    return found[0]


def confirm(batch: Batch) -> None:
    """The owner has looked at the rules that came out of a copy: they count from now on."""
    batch.changes.facts[CONFIRMED] = batch.fact(facts.RECOVERED)
