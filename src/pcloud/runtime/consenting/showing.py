"""From rules, claims and letters to what the owner sees of them."""

from typing import Final, Literal

from pcloud.engine.snapshot import APPLIED
from pcloud.home import rules, shapes
from pcloud.home.letters import ANSWER_S, Holder, Right
from pcloud.home.rules import Answer
from pcloud.home.ruling import Outcome, Ruled, Ruling, Why
from pcloud.kernel.thread import Thread
from pcloud.runtime.consenting import claiming, paper, rulebook, views
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.giving.values import matching
from pcloud.runtime.giving.wording import label_of
from pcloud.runtime.owning import show
from pcloud.wire import cbor

_WHY: Final = {
    Why.RULE: "a rule says that you are asked",
    Why.SILENT: "no rule speaks of it",
    Why.TERMS: "the terms do not allow it",
    Why.RATE: "it was asked for too often, or asking often would find it out and the rule has no number",
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


# Rights


def claim(scope: Scope, thread: Thread, now: int) -> views.Claim:
    """How a claim stands."""
    known = claiming.standing(scope, thread)
    last = known.last
    return views.Claim(
        thread.id.hex(),
        scope.id.hex(),
        show.line(scope.contact.name),
        known.right,
        list(known.paths),
        known.said,
        known.limit,
        _stage(known),
        not known.is_over and known.limit < now,
        None if last is None else last.reason,
        None if last is None or last.outcome != "done" else last.until,
        sum(len(answer.fields or ()) for _, answer, _ in known.answers),
    )


def _stage(
    known: claiming.Standing,
) -> Literal["sent", "failed", "taken", "partly", "extended", "done", "refused"]:
    outcomes: dict[str, Literal["partly", "extended", "done", "refused"]] = {
        "partly": "partly",
        "extended": "extended",
        "done": "done",
        "refused": "refused",
    }
    if known.last is not None:
        return outcomes[known.last.outcome]
    if known.verdict is None:
        return "sent"
    return "taken" if known.verdict == APPLIED else "failed"


def whole_claim(scope: Scope, thread: Thread, now: int) -> views.ClaimShown:
    """A claim with what its answers brought, the newest version of each record."""
    brought: dict[str, views.Brought] = {}
    for _, answer, items in claiming.standing(scope, thread).answers:
        for field, item in zip(answer.fields or (), items, strict=False):
            value = None if item is None else shapes.to_json(cbor.decode(item))
            brought[field.path] = views.Brought(field.path, label_of(field.path), field.version, value)
    return views.ClaimShown(claim(scope, thread, now), list(brought.values()))


# Letters


def holder(batch: Batch, id_: str, known: Holder) -> views.PaperHolder:
    """Somebody without a node."""
    letters = paper.letters_to(batch, id_)[:1]
    over = known.until is not None and known.until < batch.now
    state = paper.state_of(letters[0].letter) if letters else "none"
    return views.PaperHolder(
        id_, known.name, known.address, known.mail, list(known.holds), known.since, known.until, over, state
    )


def letter(batch: Batch, numbered: paper.Numbered, holder_id: str, known: Holder) -> views.Letter:
    """A letter."""
    rights: dict[Right, Literal["access", "correction", "erasure"]] = {
        Right.ACCESS: "access",
        Right.CORRECTION: "correction",
        Right.ERASURE: "erasure",
    }
    one = numbered.letter
    waits = one.sent is not None and one.answered is None
    return views.Letter(
        numbered.id,
        holder_id,
        known.name,
        rights[one.right],
        paper.state_of(one),
        one.due,
        one.printed,
        one.sent,
        one.answered,
        waits and (one.sent or 0) + ANSWER_S < batch.now,
        list(one.changes),
    )
