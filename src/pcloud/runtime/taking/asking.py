"""Asking a peer for its data, under an agreement in force (spec 09 §4), and what became of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from pcloud.engine.compose import Command
from pcloud.engine.fold import act_of
from pcloud.engine.gatekeeper import DENIED
from pcloud.engine.snapshot import APPLIED, Entry
from pcloud.errors import Code, UsageError
from pcloud.features.disclosure.decline import DisclosureDecline
from pcloud.features.disclosure.fields import Declined
from pcloud.features.disclosure.machine import ASKED, DECLINED, GRANTED, MACHINE
from pcloud.features.disclosure.path import ANY, EQUAL, matches, read_path
from pcloud.features.disclosure.present import DisclosurePresent
from pcloud.features.disclosure.request import DisclosureRequest, Wanted
from pcloud.kernel.gate import Agreement, Policy
from pcloud.kernel.thread import START, Thread
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import customers, show, speaking
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.taking import grants, views
from pcloud.runtime.taking.grants import GRANT_OVER
from pcloud.runtime.taking.reading import terms_of
from pcloud.wire import cbor

LOOKED_AT_MAX: Final = 1_000
"""Questions of both sides that are looked at for one page."""
SKEW_S: Final = 86_400
"""How far the peer's clock may be behind, so that it does not find a question to ask for too long."""
YEAR_S: Final = 31_536_000
"""How long data is asked for where neither the owner nor the terms say."""
STATES: Final[Mapping[str, str]] = {"open": ASKED, "given": GRANTED, "declined": DECLINED, "refused": START}
"""From what became of a question to the state of its thread. One that was refused is as if never asked."""
_READ: Final = 100
_PREFIXES: Final = ("dpv:", "p7012:")


class Wish(NamedTuple):
    """What the owner wants to know of a peer, and what for."""

    wanted: Sequence[str]
    required: Sequence[str]
    purposes: Sequence[str]
    action: str
    until: int | None
    standing: bool
    example: Mapping[str, Mapping[str, Any]]
    """By pattern for many records: what they are to be like."""
    equal: Mapping[str, Any]
    """By path that ends with the fact `equal`: what to compare with."""
    circumstances: Mapping[str, Any] | None
    terms: str | None


def ask(batch: Batch, scope: Scope, wish: Wish) -> bytes:
    """Ask; gives the thread. Raises OwnerError where the terms forbid it, UsageError, FullOutboxError."""
    agreement = _agreement(batch, scope, wish.terms)
    policy = _policy(batch, agreement)
    until = _last(batch, agreement, policy) if wish.until is None else wish.until
    if until < batch.now:
        raise OwnerError("invalid", "That day is over. Name one that is to come.")
    wanted, items = _wanted(wish)
    message = DisclosureRequest(
        agreement.id,
        wanted,
        word(wish.action),
        tuple(word(each) for each in wish.purposes),
        until,
        wish.standing,
        circumstances=None if wish.circumstances is None else len(items),
    )
    wanted_so = Command(message, None, items, agreement.id)
    try:
        asked = speaking.speak(batch, scope, wanted_so)
    except UsageError as error:
        if error.code is Code.TERMS_FORBID:
            text = (
                f"Your terms with this peer, {agreement.terms}, do not allow that: {in_words(error.detail)}."
            )
            raise OwnerError(error.code.value, text) from error
        raise
    if items:  # what was compared is erased when nobody can answer any more
        batch.ask(scope.id, GRANT_OVER, asked, grants.after(until))
    return asked


def word(text: str) -> str:
    """A purpose or an action as the Data Privacy Vocabulary names it; `dpv:` may be left out."""
    return text if ":" in text else f"dpv:{text}"


_CLAUSES: Final = {
    "until": "it is asked for longer than they let anybody keep it",
    "onward": "nothing may be passed on",
    "no clause allows it": "nothing in them allows this purpose for this data",
}


def in_words(clause: str) -> str:
    """What forbids it: a clause by its name, or what is beyond all clauses."""
    return _CLAUSES.get(
        clause, f"they say {clause.replace('-', ' ')}" if clause else "they allow nothing here"
    )


def _agreement(batch: Batch, scope: Scope, terms: str | None) -> Agreement:
    """The agreement to ask under: the newest in force, or the newest with these terms."""
    found = [
        each
        for each in scope.relationship.agreements.values()
        if not each.ended and (each.until is None or each.until >= batch.now)
    ]
    chosen = [each for each in found if terms is None or each.terms.lower() == terms.lower()]
    if chosen:
        return max(chosen, key=_sealed)
    known = ", ".join(sorted({each.terms for each in found}))
    text = (
        f"You have no such terms with this peer. In force: {known}."
        if found
        else "You have no terms with this peer."
    )
    raise OwnerError("no-agreement", f"{text} See: pcloud terms list")


def _sealed(agreement: Agreement) -> tuple[int, bytes]:
    return agreement.sealed, agreement.id


def _policy(batch: Batch, agreement: Agreement) -> Policy:
    known = batch.setting.rosters.get((agreement.roster, agreement.terms))
    return DENIED if known is None else known.policy


def _last(batch: Batch, agreement: Agreement, policy: Policy) -> int:
    """As long as the terms let anybody keep it, by any clock; a year where they set no end."""
    retained = policy.retention_s_max
    ends = [agreement.until, None if retained is None else batch.now + max(retained - SKEW_S, 0)]
    return min((end for end in ends if end is not None), default=batch.now + YEAR_S)


def _wanted(wish: Wish) -> tuple[tuple[Wanted, ...], tuple[bytes, ...]]:
    """What is asked for, and the items that it refers to."""
    items: list[bytes] = []
    rows = []
    strays = {*wish.example, *wish.equal} - {*wish.wanted, *wish.required}
    if strays:
        raise OwnerError("invalid", f"{min(strays)} is compared, and not asked for.")
    for path in dict.fromkeys([*wish.wanted, *wish.required]):
        parts = read_path(path, pattern=True)
        given = wish.equal if parts.fact == EQUAL else wish.example if parts.record == ANY else {}
        if path in given:
            items.append(cbor.encode(given[path]))
        rows.append(Wanted(path, path in wish.required, len(items) if path in given else None))
    if wish.circumstances is not None:
        items.append(cbor.encode(dict(wish.circumstances)))
    return tuple(rows), tuple(items)


# What became of questions


def page(batch: Batch, state: str, after: int, limit: int) -> views.AskedPage:
    """Questions to all peers of which this became, oldest first."""
    found: list[views.Asked] = []
    for seen, (number, scope_id, thread) in enumerate(_stated(batch, STATES[state], after), 1):
        asked = one(batch, batch.scope(scope_id), thread)
        found += [] if asked is None else [asked]
        if len(found) == limit or seen == LOOKED_AT_MAX:
            return views.AskedPage(found, number)
    return views.AskedPage(found, None)


def _stated(batch: Batch, state: str, after: int) -> Iterator[tuple[int, bytes, Thread]]:
    while True:
        rows = batch.store.personal.threads_in(state, after, _READ)
        yield from rows
        if len(rows) < _READ:
            return
        after = rows[-1].number


def of_peer(batch: Batch, scope: Scope) -> list[views.Asked]:
    """All questions to one peer, oldest first."""
    rows = (one(batch, scope, thread) for thread in batch.store.threads(scope.id, MACHINE.name))
    return [row for row in rows if row is not None]


def one(batch: Batch, scope: Scope, thread: Thread) -> views.Asked | None:
    """A question of this node's owner; None where a thread is none."""
    if thread.opener != scope.relationship.me.log.persona:
        return None
    entry = scope.log.find(thread.id)
    if entry is None or entry.signed.header.name != DisclosureRequest.NAME:
        return None
    body = act_of(batch.setting.registry, entry.signed, entry.parts).message
    assert isinstance(body, DisclosureRequest), "its header says so"
    given, declined, reason = _answer(batch, scope, thread)
    terms = terms_of(scope.relationship, body.agreement)
    return views.Asked(
        thread.id.hex(),
        scope.id.hex(),
        show.line(scope.contact.name),
        customers.reference_of(batch, scope.contact),
        entry.signed.header.time,
        [_outcome(each, given, declined) for each in body.wanted],
        body.action,
        list(body.purposes),
        body.until,
        body.standing,
        terms,
        _state(batch, scope, thread, entry, body),
        entry.verdict if entry.verdict not in (None, APPLIED) else None,
        reason,
        given,
    )


def _answer(batch: Batch, scope: Scope, thread: Thread) -> tuple[list[str], dict[str, str], str | None]:
    """Paths that were given, what was declined and why, and why all of it was."""
    if thread.state not in (GRANTED, DECLINED):
        return [], {}, None
    given = sorted(thread.data["fields"]) if grants.is_grant(thread) else []
    for entry in scope.log.entries(thread.id):
        if entry.mine or entry.verdict != APPLIED:
            continue
        if entry.signed.header.name in (DisclosurePresent.NAME, DisclosureDecline.NAME):
            body = act_of(batch.setting.registry, entry.signed, entry.parts).message
            assert isinstance(body, DisclosurePresent | DisclosureDecline), "its header says so"
            rows: tuple[Declined, ...] = body.declined or ()
            reason = body.reason if isinstance(body, DisclosureDecline) else None
            return given, dict(rows), reason
    return given, {}, None


def _outcome(wanted: Wanted, given: list[str], declined: Mapping[str, str]) -> views.WantedField:
    outcome: Literal["open", "given", "declined"] = "open"
    if any(matches(wanted.path, path) for path in given):
        outcome = "given"
    elif wanted.path in declined:
        outcome = "declined"
    return views.WantedField(wanted.path, wanted.required, outcome, declined.get(wanted.path))


def _state(
    batch: Batch, scope: Scope, thread: Thread, entry: Entry, body: DisclosureRequest
) -> Literal["waiting", "open", "given", "declined", "refused", "over"]:
    if thread.state == GRANTED:
        return "given"
    if thread.state == DECLINED:
        return "declined"
    if thread.state == START:
        return "refused"
    agreement = scope.relationship.agreements.get(body.agreement)
    ended = agreement is None or agreement.ended or grants.is_closed(scope.relationship)
    if ended or body.until < batch.now:
        return "over"
    return "waiting" if entry.verdict is None else "open"
