"""From rules to what the owner sees of them."""

from typing import Final, Literal

from pcloud.home import rules
from pcloud.home.rules import Answer
from pcloud.home.ruling import Outcome, Ruled, Ruling, Why
from pcloud.runtime.consenting import rulebook, views
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.giving.values import matching
from pcloud.runtime.giving.wording import label_of
from pcloud.runtime.owning import show

_WHY: Final = {
    Why.RULE: "a rule says that you are asked",
    Why.SILENT: "no rule speaks of it",
    Why.TERMS: "the terms do not allow it",
    Why.RATE: "who asks often enough would find it out, and the rule says no number a year or it is used up",
    Why.RESTORED: "the rules came out of a copy, and you have not confirmed them",
}


def all_rules(batch: Batch) -> list[views.Rule]:
    """All rules, the oldest first; then what cannot be read any more."""
    book = rulebook.read(batch)
    shown = [_rule(batch, each, confirmed=book.confirmed) for each in book.rules]
    return shown + [views.Rule(id_, None, "unreadable") for id_ in book.unreadable]


def one_rule(batch: Batch, kept: rules.Rule) -> views.Rule:
    """A rule."""
    return _rule(batch, kept, confirmed=rulebook.read(batch).confirmed)


def _rule(batch: Batch, kept: rules.Rule, *, confirmed: bool) -> views.Rule:
    peer, bounds = kept.whom.peer, kept.bounds
    contact = None if peer is None else batch.store.contact(peer)
    state: Literal["active", "over", "unconfirmed"] = "active"
    if kept.ends is not None and kept.ends <= batch.now:
        state = "over"
    elif kept.answer is Answer.YES and not confirmed:
        state = "unconfirmed"
    return views.Rule(
        kept.id,
        _word(kept.answer),
        state,
        None if peer is None else peer.hex(),
        None if contact is None else show.line(contact.name),
        kept.whom.kind,
        kept.whom.role,
        kept.whom.terms,
        list(kept.purposes),
        list(kept.paths),
        bounds.days_max,
        bounds.standing,
        bounds.onward,
        bounds.yearly_max,
        kept.ends,
        kept.reason,
        kept.note,
        kept.made,
    )


def _word(answer: Answer) -> Literal["yes", "no", "ask"]:
    words: dict[Answer, Literal["yes", "no", "ask"]] = {
        Answer.YES: "yes",
        Answer.NO: "no",
        Answer.ASK: "ask",
    }
    return words[answer]


def test_of(batch: Batch, ruled: Ruling) -> views.RuleTest:
    """What the rules answer, and why."""
    outcomes: dict[Outcome, Literal["give", "decline", "wait"]] = {
        Outcome.GIVE: "give",
        Outcome.DECLINE: "decline",
        Outcome.WAIT: "wait",
    }
    items = [_item(batch, each) for each in ruled.items]
    return views.RuleTest(
        outcomes[ruled.outcome], items, ruled.until, ruled.standing, ruled.onward, _said(ruled, items)
    )


def _item(batch: Batch, each: Ruled) -> views.RuledItem:
    whys: dict[Why, Literal["rule", "silent", "terms", "rate", "restored"]] = {
        Why.RULE: "rule",
        Why.SILENT: "silent",
        Why.TERMS: "terms",
        Why.RATE: "rate",
        Why.RESTORED: "restored",
    }
    return views.RuledItem(
        each.path,
        label_of(each.path),
        each.required,
        _word(each.answer),
        whys[each.why],
        None if each.rule is None else each.rule.id,
        each.clause,
        bool(matching(batch, each.path)),
    )


def _said(ruled: Ruling, items: list[views.RuledItem]) -> str:
    """The whole in one sentence, and why where it waits."""
    lacks = ruled.outcome is Outcome.GIVE and any(each.required and not each.have for each in items)
    if lacks:
        return "It waits for you: a rule would give it, but there is nothing to give."
    asked = [each for each in ruled.items if each.answer is Answer.ASK]
    if ruled.outcome is Outcome.WAIT and asked:
        return f"It waits for you: {_WHY[asked[0].why]}."
    if ruled.outcome is Outcome.WAIT:
        return "It waits for you: its time is over."
    left = f", and {len(asked)} of it waits for you" if asked else ""
    return f"{'It is given' if ruled.outcome is Outcome.GIVE else 'It is declined'} by rule{left}."
