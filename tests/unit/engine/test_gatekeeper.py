"""[GATE-1] to [GATE-17], [REC-30]: what must be proven before a feature sees a message."""

from typing import Any

import pytest
from tests.unit.engine.probe import (
    CLAUSES,
    DAY,
    Allow,
    Begin,
    Bye,
    Cancel,
    Deal,
    Free,
    Note,
    Pair,
    Share,
    Use,
    commitment,
    digest,
    forged,
    held,
    made,
    rosters,
    strangers,
    take,
    tell,
    verdict,
)

from pcloud.engine import decide, gatekeeper, invitations
from pcloud.engine.compose import Command, command
from pcloud.engine.gatekeeper import require_policy
from pcloud.errors import STAGE_OF, Code, Stage, UsageError, Violation
from pcloud.features.relationship.affirm import RelationshipAffirm
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.kernel.gate import Claims, Clause, Ended, Policy
from pcloud.kernel.message import Message
from pcloud.testing.node import Node, ask, exchange, pend

NOW = 1_000_000
STORE = Share("store", (), ())


def refused(node: Node, frame: bytes, code: Code) -> None:
    """A verdict of the gate, which changes no thread, agreement or grant."""
    before, _, threads, told = held(node)
    assert verdict(node, frame) == code
    assert STAGE_OF[code] is Stage.GATE
    after, _, threads_after, told_after = held(node)
    assert (threads_after, told_after) == (threads, told)
    assert (after.thread, after.agreements, after.grants) == (before.thread, before.agreements, before.grants)


def cannot(node: Node, message: Message, thread: bytes | None = None, **more: Any) -> Code:
    """The same rule for the owner's own command, which changes nothing."""
    before = held(node)
    with pytest.raises(UsageError) as found:
        command(node.relationship, Command(message, thread, **more), node.log, node.setting)
    assert held(node) == before
    return found.value.code


def change(two: Pair, **fields: Any) -> None:
    for node in (two.anna, two.shop):
        node.relationship = node.relationship._replace(**fields)


# The standing


@pytest.mark.parametrize("gated", [Begin("a"), Bye(), STORE, Use()])
def test_without_a_relationship_only_what_is_open_passes(gated: Message) -> None:
    """[GATE-2], [GATE-17]"""
    anna, shop, _, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    assert cannot(anna, gated) is Code.NOT_RELATED
    exchange(anna, shop, ask(anna, invitation))
    assert cannot(anna, gated) is cannot(shop, gated) is Code.NOT_RELATED
    refused(shop, forged(anna, gated), Code.NOT_RELATED)
    assert verdict(shop, forged(anna, Free(), number=3, prev=shop.relationship.incoming.head)) == "applied"


def test_where_no_request_came_first_nothing_is_related() -> None:
    """[GATE-2]"""
    anna, shop, clock, invitation = strangers()
    pend(anna, invitation, commitment("anna"))
    assert shop.scope is not None
    opened = invitations.open_request(shop.scope, forged(anna, Begin("a")), clock.now, shop.draw)
    decision = decide.judge(opened, shop.log, shop.setting)
    assert [entry.verdict for entry in decision.entries] == [Code.NOT_RELATED]


@pytest.mark.parametrize("end", [RelationshipPause(), RelationshipClose(held="none")])
def test_what_its_sender_saw_and_what_crossed_have_different_codes(two: Pair, end: Message) -> None:
    """[GATE-2], [GATE-3], [GATE-9]"""
    crossing = two.anna.say(Begin("a"))
    told = tell(two.shop, end, two.shop.thread)
    refused(two.shop, crossing, Code.CROSSED)
    take(two.anna, told)
    code = Code.PAUSED if isinstance(end, RelationshipPause) else Code.CLOSED
    refused(two.shop, next_of(two, Begin("b")), code)
    assert cannot(two.anna, Begin("b")) is cannot(two.shop, Begin("b")) is code


def next_of(two: Pair, message: Message, thread: bytes | None = None, **header: Any) -> bytes:
    """A message of Anna's at the number that the shop wants."""
    line = two.shop.relationship.incoming
    return forged(two.anna, message, thread, number=line.number + 1, prev=line.head, **header)


@pytest.mark.parametrize("end", [RelationshipPause(), RelationshipClose(held="none")])
def test_what_restricts_passes_while_it_rests_and_after_the_end(two: Pair, end: Message) -> None:
    """[GATE-4]"""
    thread = two.begun()
    exchange(two.shop, two.anna, tell(two.shop, end, two.shop.thread))
    assert verdict(two.shop, tell(two.anna, Bye(), thread)) == "applied"
    code = Code.PAUSED if isinstance(end, RelationshipPause) else Code.CLOSED
    refused(two.shop, next_of(two, Note("n"), thread), code)


@pytest.mark.parametrize("paused", ["anna", "shop", "both"])
def test_all_pauses_refuse(two: Pair, paused: str) -> None:
    """[GATE-2]"""
    for node, peer in ((two.anna, two.shop), (two.shop, two.anna)):
        if paused in (node.name, "both"):
            exchange(node, peer, tell(node, RelationshipPause(), node.thread))
    refused(two.shop, next_of(two, Begin("a")), Code.PAUSED)


def test_what_made_the_relationship_and_is_unaffirmed_carries_no_gate(two: Pair) -> None:
    """[GATE-5], [GATE-17], [REC-30]"""
    thread = two.begun()
    for id_ in (two.anna.thread, two.anna.log.sequence(mine=True)[1].first_id):
        change(two, unaffirmed=frozenset({id_}))
        refused(two.shop, next_of(two, Note("n"), thread), Code.UNAFFIRMED)
        assert cannot(two.anna, Note("n"), thread) is Code.UNAFFIRMED
        assert verdict(two.shop, next_of(two, Free())) == "applied"
    assert verdict(two.shop, next_of(two, Bye(), thread)) == "applied", "what restricts passes"


def test_other_unaffirmed_entries_carry_the_relationship_as_before(two: Pair) -> None:
    """[GATE-5]"""
    thread = two.begun()
    exchange(two.anna, two.shop, tell(two.anna, RelationshipAffirm(ids=(digest("x"),)), two.anna.thread))
    affirm = two.anna.log.sequence(mine=True)[-1]
    change(two, unaffirmed=frozenset({thread, affirm.first_id, digest("unknown")}))
    assert verdict(two.shop, next_of(two, Note("n"), thread)) == "applied"
    change(two, thread=None)
    assert not gatekeeper.unsure(two.anna.relationship, two.anna.log, two.anna.registry)


def test_what_permits_does_not_build_on_an_unaffirmed_word_of_its_sender(two: Pair) -> None:
    """[GATE-15]"""
    thread, agreement = two.dealt()
    change(two, unaffirmed=frozenset({agreement}))
    refused(two.shop, next_of(two, Deal(), thread), Code.UNAFFIRMED)
    assert cannot(two.anna, Deal(), thread) is Code.UNAFFIRMED
    assert verdict(two.shop, next_of(two, Note("n"), thread)) == "applied", "what is neutral may"
    assert verdict(two.shop, next_of(two, Cancel(), thread)) == "applied", "what restricts may"
    assert verdict(two.shop, next_of(two, Begin("new"))) == "applied"


def test_the_other_sides_unaffirmed_word_is_no_ground_of_ones_own(two: Pair) -> None:
    """[GATE-15]"""
    thread = two.anna.thread
    exchange(two.shop, two.anna, tell(two.shop, RelationshipPause(), thread))
    exchange(two.shop, two.anna, tell(two.shop, RelationshipResume(), thread))
    resume = two.shop.log.sequence(mine=True)[-1].first_id
    exchange(two.anna, two.shop, tell(two.anna, RelationshipPause(), thread))
    change(two, unaffirmed=frozenset({resume}))
    assert verdict(two.shop, next_of(two, RelationshipResume(), thread)) == "applied"
    assert verdict(two.shop, next_of(two, RelationshipAffirm(ids=(resume,)), thread)) == "applied"


def test_an_affirm_builds_on_nothing(two: Pair) -> None:
    """[GATE-15]"""
    change(two, unaffirmed=frozenset({two.anna.thread}))
    affirm = RelationshipAffirm(ids=(two.anna.thread,))
    assert verdict(two.shop, next_of(two, affirm, two.anna.thread)) == "applied"
    assert not two.shop.relationship.unaffirmed


# The agreement


def test_an_agreement_is_named_and_held(two: Pair) -> None:
    """[GATE-6], [GATE-17]"""
    thread, agreement = two.dealt()
    refused(two.shop, next_of(two, STORE, thread), Code.NO_AGREEMENT)
    refused(two.shop, next_of(two, STORE, thread, agreement=digest("x")), Code.UNKNOWN_AGREEMENT)
    assert cannot(two.anna, STORE, thread) is Code.NO_AGREEMENT
    assert cannot(two.anna, STORE, thread, agreement=digest("x")) is Code.UNKNOWN_AGREEMENT
    assert verdict(two.shop, next_of(two, STORE, thread, agreement=agreement)) == "applied"


def test_an_unaffirmed_agreement_supports_nothing(two: Pair) -> None:
    """[GATE-7]"""
    thread, agreement = two.dealt()
    assert gatekeeper.provable(two.shop.relationship) is two.shop.relationship.agreements
    change(two, unaffirmed=frozenset({agreement}))
    assert gatekeeper.provable(two.shop.relationship) == {}
    refused(two.shop, next_of(two, STORE, thread, agreement=agreement), Code.UNAFFIRMED)
    assert cannot(two.anna, STORE, thread, agreement=agreement) is Code.UNAFFIRMED
    change(two, unaffirmed=frozenset({digest("other")}))
    assert gatekeeper.provable(two.shop.relationship) == two.shop.relationship.agreements


def test_an_agreement_that_the_sender_ended_is_ended(two: Pair) -> None:
    """[GATE-8]"""
    thread, agreement = two.dealt()
    exchange(two.anna, two.shop, tell(two.anna, Cancel(), thread))
    refused(two.shop, next_of(two, STORE, thread, agreement=agreement), Code.AGREEMENT_ENDED)
    assert cannot(two.anna, STORE, thread, agreement=agreement) is Code.AGREEMENT_ENDED


def test_an_agreement_that_the_receiver_ended_meanwhile_is_crossed(two: Pair) -> None:
    """[GATE-8], [GATE-9]"""
    thread, agreement = two.dealt()
    frame = tell(two.anna, STORE, thread, agreement=agreement, items=(b"item",))
    cancel = tell(two.shop, Cancel(), thread)
    refused(two.shop, frame, Code.CROSSED)
    assert two.shop.log.sequence(mine=False)[-1].parts[1:] == (None,)
    assert two.shop.relationship.beyond_terms == {}
    take(two.anna, cancel)
    refused(two.shop, next_of(two, STORE, thread, agreement=agreement), Code.AGREEMENT_ENDED)


def test_the_end_of_an_agreement_is_its_last_second(two: Pair) -> None:
    """[GATE-8]"""
    until = two.clock.now + DAY
    thread, agreement = two.dealt(until)
    two.clock.now = until
    assert verdict(two.shop, next_of(two, STORE, thread, agreement=agreement)) == "applied"
    two.clock.now = until + 1
    refused(two.shop, next_of(two, STORE, thread, agreement=agreement), Code.AGREEMENT_ENDED)
    assert cannot(two.anna, STORE, thread, agreement=agreement) is Code.AGREEMENT_ENDED


@pytest.mark.parametrize(
    ("by", "highest", "code"),
    [
        (("shop",), 4, Code.CROSSED),
        (("shop",), 5, Code.AGREEMENT_ENDED),
        (("anna",), 0, Code.AGREEMENT_ENDED),
        (("anna", "shop"), 4, Code.AGREEMENT_ENDED),
    ],
)
def test_it_crossed_only_where_the_receiver_alone_ended_it(
    two: Pair, by: tuple[str, ...], highest: int, code: Code
) -> None:
    """[GATE-8]"""
    thread, agreement = two.dealt()
    personas = {node.name: node.relationship.me.log.persona for node in (two.anna, two.shop)}
    ended = tuple(Ended(personas[name], 0, 5, digest(name)) for name in by)
    held_one = two.shop.relationship.agreements[agreement]
    change(two, agreements={agreement: held_one._replace(ended=ended)})
    signed, _ = made(two.anna, STORE, thread, agreement=agreement, highest=highest, highest_id=digest("h"))
    with pytest.raises(Violation) as found:
        gatekeeper.require_standing(two.shop.relationship, Share, signed, two.clock.now)
    assert found.value.code is code


def test_terms_in_no_loaded_roster_allow_nothing(two: Pair) -> None:
    """[GATE-10]: the default is to deny."""
    thread, agreement = two.dealt()
    two.shop.rosters = {}
    refused(two.shop, next_of(two, STORE, thread, agreement=agreement), Code.TERMS_FORBID)
    two.anna.rosters = {}
    assert cannot(two.anna, STORE, thread, agreement=agreement) is Code.TERMS_FORBID


# The policy


def forbids(policy: Policy, claims: Claims, until: int | None = None) -> str | None:
    """What the policy cites, None where it allows."""
    try:
        require_policy(policy, claims, until, NOW)
    except Violation as violation:
        return violation.detail if violation.code is Code.TERMS_FORBID else "another code"
    return None


READ = Policy(CLAUSES)


@pytest.mark.parametrize(
    "claims",
    [
        Claims("store"),
        Claims("store", ("anything",), ("whatever",)),
        Claims("read", ("name",), ("deliver",)),
        Claims("read", ("name", "mail"), ("deliver",)),
        Claims("read"),
    ],
)
def test_what_a_clause_covers_is_allowed(claims: Claims) -> None:
    """[GATE-10]"""
    assert forbids(READ, claims) is None


@pytest.mark.parametrize(
    "claims",
    [
        Claims(""),
        Claims("sell"),
        Claims("read", ("address",), ("deliver",)),
        Claims("read", ("name", "address"), ("deliver",)),
        Claims("read", ("name",), ("advertise",)),
        Claims("read", ("name",), ("deliver", "advertise")),
    ],
)
def test_what_no_clause_covers_is_denied(claims: Claims) -> None:
    """[GATE-10]"""
    assert forbids(READ, claims) is not None
    assert forbids(Policy(()), claims) is not None


def test_a_prohibition_wins_wherever_it_stands() -> None:
    """[GATE-11], [GATE-13]"""
    for clauses in (CLAUSES, CLAUSES[::-1]):
        assert forbids(Policy(clauses), Claims("store", ("health",))) == "no-health"
        assert forbids(Policy(clauses), Claims("store", ("name", "health"), ("x",))) == "no-health"
        assert forbids(Policy(clauses), Claims("store", ("name",))) is None


@pytest.mark.parametrize(
    ("clause", "claims", "hit"),
    [
        (Clause("no", allowed=False), Claims("store"), True),
        (Clause("no", allowed=False, actions=("sell",)), Claims("store"), False),
        (Clause("no", allowed=False, purposes=("ads",)), Claims("store", (), ("ads", "x")), True),
        (Clause("no", allowed=False, purposes=("ads",)), Claims("store", (), ("x",)), False),
        (Clause("no", allowed=False, purposes=("ads",)), Claims("store"), False),
        (
            Clause("no", allowed=False, categories=("a",), purposes=("p",)),
            Claims("store", ("a",), ("q",)),
            False,
        ),
        (
            Clause("no", allowed=False, categories=("a",), purposes=("p",)),
            Claims("store", ("a",), ("p",)),
            True,
        ),
    ],
)
def test_a_prohibition_covers_what_it_names(clause: Clause, claims: Claims, *, hit: bool) -> None:
    """[GATE-11]"""
    policy = Policy((Clause("yes", allowed=True), clause))
    assert forbids(policy, claims) == ("no" if hit else None)


@pytest.mark.parametrize(
    ("retention", "until", "claimed", "allowed"),
    [
        (None, None, NOW * 9, True),
        (100, None, NOW + 100, True),
        (100, None, NOW + 101, False),
        (None, NOW + 50, NOW + 50, True),
        (None, NOW + 50, NOW + 51, False),
        (100, NOW + 50, NOW + 51, False),
        (50, NOW + 100, NOW + 51, False),
        (100, NOW + 50, None, True),
    ],
)
def test_the_end_claimed_is_within_retention_and_agreement(
    retention: int | None, until: int | None, claimed: int | None, *, allowed: bool
) -> None:
    """[GATE-12]"""
    policy = Policy(CLAUSES, retention)
    found = forbids(policy, Claims("store", until=claimed), until)
    assert (found is None) is allowed


def test_passing_on_needs_the_policys_word() -> None:
    """[GATE-12]"""
    assert forbids(Policy(CLAUSES), Claims("store", onward="partner")) is not None
    assert forbids(Policy(CLAUSES, onward=True), Claims("store", onward="partner")) is None


def test_the_policy_is_judged_for_messages_and_for_commands(two: Pair) -> None:
    """[GATE-10], [GATE-17], [GATE-13]"""
    thread, agreement = two.dealt()
    bad = Share("store", ("health",), ())
    decision = take(two.shop, next_of(two, bad, thread, agreement=agreement))
    assert (decision.entries[0].verdict, decision.detail) == (Code.TERMS_FORBID, "no-health")
    assert two.shop.relationship.beyond_terms == {agreement: 1}
    assert cannot(two.anna, bad, thread, agreement=agreement) is Code.TERMS_FORBID
    assert two.anna.relationship.beyond_terms == {}
    two.shop.rosters = rosters(retention=10)
    refused(
        two.shop,
        next_of(two, Share("store", (), (), two.clock.now + 11), thread, agreement=agreement),
        Code.TERMS_FORBID,
    )


# The grant


def granted(two: Pair, until: int | None = None) -> tuple[bytes, bytes, bytes]:
    thread, agreement = two.dealt()
    allow = Allow(until or two.clock.now + DAY, agreement)
    exchange(two.shop, two.anna, tell(two.shop, allow, thread, agreement=agreement))
    return thread, agreement, two.shop.relationship.outgoing.head


def test_a_grant_is_named_held_and_under_the_agreement(two: Pair) -> None:
    """[GATE-14], [GATE-17]"""
    thread, agreement, grant = granted(two)
    assert two.anna.relationship.grants == two.shop.relationship.grants
    other = two.shop.relationship.agreements[agreement]._replace(id=digest("other"))
    change(two, agreements={agreement: two.shop.relationship.agreements[agreement], digest("other"): other})
    for message, named in ((Use(), agreement), (Use(digest("x")), agreement), (Use(grant), digest("other"))):
        refused(two.shop, next_of(two, message, thread, agreement=named), Code.NO_GRANT)
        assert cannot(two.anna, message, thread, agreement=named) is Code.NO_GRANT
    assert verdict(two.shop, next_of(two, Use(grant), thread, agreement=agreement)) == "applied"


def test_a_grant_ends(two: Pair) -> None:
    """[GATE-8], [GATE-14]"""
    thread, agreement, grant = granted(two, two.clock.now + 10)
    two.clock.now += 11
    refused(two.shop, next_of(two, Use(grant), thread, agreement=agreement), Code.AGREEMENT_ENDED)


def test_a_grant_that_the_receiver_took_back_meanwhile_is_crossed(two: Pair) -> None:
    """[GATE-8], [GATE-9]"""
    thread, agreement, grant = granted(two)
    mine = two.shop.relationship.me.log.persona
    ended = two.shop.relationship.grants[grant]._replace(ended=(Ended(mine, 0, 99, digest("revoked")),))
    two.shop.relationship = two.shop.relationship._replace(grants={grant: ended})
    refused(two.shop, next_of(two, Use(grant), thread, agreement=agreement), Code.CROSSED)


def test_an_unaffirmed_grant_supports_nothing(two: Pair) -> None:
    """[GATE-14], [REC-30]"""
    thread, agreement, grant = granted(two)
    change(two, unaffirmed=frozenset({grant}))
    refused(two.shop, next_of(two, Use(grant), thread, agreement=agreement), Code.UNAFFIRMED)
    assert two.shop.relationship.beyond_terms == {}


def test_a_grant_does_not_replace_its_agreement(two: Pair) -> None:
    """[GATE-14], [GATE-6]"""
    thread, _, grant = granted(two)
    refused(two.shop, next_of(two, Use(grant), thread), Code.NO_AGREEMENT)
