"""The law of standing rules: prohibition wins, doubt waits, nothing is given beyond question and terms."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcloud.errors import Violation
from pcloud.features.disclosure.path import category_of
from pcloud.home.rules import Answer, Bounds, Reach, Rule, Whom, check_rule, probe_of, reach, read_rule
from pcloud.home.ruling import DAY_S, Outcome, Question, Ruling, Stand, Wanted, Why, rule_on
from pcloud.kernel.gate import Clause, Policy
from pcloud.wire import cbor

SHOP, OTHER = b"s" * 16, b"o" * 16
NOW = 1_800_000_000
FREE = Policy((Clause("all", allowed=True),), onward=True)
PATHS = (
    "profile.name",
    "profile.address",
    "profile.address.home",
    "profile.address.home:city",
    "profile.birthDate",
    "profile.birthDate:over-18",
    "profile.birthDate:over-21",
    "receipts/*",
    "receipts/7fQ2",
    "receipts/7fQ2:equal",
    "profile.name:equal",
    "x-shop.points",
)
PURPOSES = ("dpv:ServiceProvision", "dpv:Marketing")


def rule(answer: Answer, *paths: str, id_: str = "r", **more: Any) -> Rule:
    return Rule(id_, answer, paths=paths, **more)


def asks(*wanted: str, **more: Any) -> Question:
    """A question of a shop; a path that ends with `?` is one that it can do without."""
    items = tuple(Wanted(path.rstrip("?"), not path.endswith("?")) for path in wanted)
    whom = (SHOP, "organisation", "customer", "SD-BASE")
    known = Question(*whom, items, "dpv:Use", PURPOSES[:1], NOW + 9 * DAY_S, standing=True)
    return known._replace(**more)


def stand(**more: Any) -> Stand:
    return Stand(NOW, FREE)._replace(**more)


def answers(ruling: Ruling) -> list[str]:
    return [str(each.answer) for each in ruling.items]


# ---------------------------------------------------------------- any rules, any questions

words = st.text(string.ascii_lowercase, min_size=1, max_size=3)
ANYBODY = Whom()
whoms = st.sampled_from(
    [
        ANYBODY,
        ANYBODY,
        ANYBODY,
        Whom(peer=SHOP),
        Whom(peer=OTHER),
        Whom(kind="organisation"),
        Whom(kind="person"),
        Whom(kind="organisation", role="customer", terms="SD-BASE"),
        Whom(terms="SD-OTHER"),
    ]
)


def rules_of(answer: Answer) -> st.SearchStrategy[Rule]:
    bounds = st.builds(
        Bounds,
        st.sampled_from([None, 1, 20]),
        st.booleans(),
        st.booleans(),
        st.none() | st.integers(1, 3),
    )
    return st.builds(
        Rule,
        words,
        st.just(answer),
        whoms,
        st.lists(st.sampled_from(PURPOSES), max_size=1).map(tuple),
        st.lists(st.sampled_from(PATHS), max_size=2, unique=True).map(tuple),
        bounds if answer is Answer.YES else st.just(Bounds()),
        st.sampled_from([None, None, NOW, NOW + 1]),
        st.none(),
        st.just(""),
        st.integers(0, 3),
    )


any_rule = st.sampled_from(list(Answer)).flatmap(rules_of)
broad = st.sampled_from(
    [
        Rule("broad", Answer.YES, bounds=Bounds(standing=True, onward=True, yearly_max=2)),
        Rule("short", Answer.YES, paths=("profile", "receipts"), bounds=Bounds(days_max=3, yearly_max=1)),
        Rule("shop", Answer.YES, Whom(peer=SHOP), PURPOSES, ("profile",), Bounds(yearly_max=3)),
    ]
)
any_rules = st.tuples(st.lists(broad, min_size=1, max_size=2), st.lists(any_rule, max_size=2)).map(
    lambda both: [*both[0], *both[1]]
)
"""Mostly with a yes that says much, so that there is something to lose."""
questions = st.builds(
    Question,
    st.just(SHOP),
    st.just("organisation"),
    st.just("customer"),
    st.just("SD-BASE"),
    st.lists(st.sampled_from(PATHS), min_size=1, max_size=4, unique=True).flatmap(
        lambda paths: st.tuples(*(st.builds(Wanted, st.just(path), st.booleans()) for path in paths))
    ),
    st.just("dpv:Use"),
    st.sampled_from([PURPOSES[:1], PURPOSES[1:], PURPOSES]),
    st.sampled_from([NOW, NOW + DAY_S, NOW + 30 * DAY_S]),
    st.booleans(),
    st.sampled_from([None, "ex:Other"]),
)
policies = st.builds(
    Policy,
    st.lists(
        st.builds(
            Clause,
            words,
            st.booleans(),
            st.just(()),
            st.lists(st.sampled_from(sorted({category_of(path) for path in PATHS})), max_size=2).map(tuple),
            st.lists(st.sampled_from(PURPOSES), max_size=1).map(tuple),
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
    st.none() | st.integers(1, 30 * DAY_S),
    st.booleans(),
)
stands = st.builds(
    Stand,
    st.just(NOW),
    st.just(FREE) | st.just(FREE) | policies,
    st.sampled_from([None, NOW + 40 * DAY_S, NOW + DAY_S]),
    st.dictionaries(st.sampled_from(["profile.birthDate:over", "profile.name:equal"]), st.integers(0, 3)),
    st.sampled_from([True, True, True, False]),
    st.sampled_from([False, False, False, True]),
)


@given(any_rules, rules_of(Answer.NO) | rules_of(Answer.ASK), questions, stands, st.integers(0, 6))
def test_one_more_no_never_gives_more_and_one_more_ask_neither(
    rules: list[Rule], more: Rule, question: Question, where: Stand, place: int
) -> None:
    before = rule_on(question, rules, where)
    after = rule_on(question, [*rules[:place], more, *rules[place:]], where)
    assert set(after.given) <= set(before.given)


@given(any_rules, questions, stands)
def test_nothing_is_given_that_was_not_asked_for_nor_longer_nor_further(
    rules: list[Rule], question: Question, where: Stand
) -> None:
    ruling = rule_on(question, rules, where)
    asked = {each.path for each in question.wanted}
    parts = [*ruling.given, *(path for path, _ in ruling.declined), *ruling.open]
    assert len(set(parts)) == len(parts)
    assert set(parts) == asked if ruling.outcome is not Outcome.DECLINE else set(parts) <= asked
    assert not ruling.given or ruling.outcome is Outcome.GIVE
    assert ruling.until <= question.until
    assert not ruling.standing or question.standing
    assert ruling.onward in (None, question.onward)
    for each in ruling.items:
        if each.path in ruling.given:
            assert each.rule is not None
            bounds = each.rule.bounds
            assert bounds.days_max is None or ruling.until <= NOW + bounds.days_max * DAY_S
            assert bounds.standing or not ruling.standing
            assert bounds.onward or ruling.onward is None


@given(any_rules, questions, stands)
def test_nothing_is_given_without_a_yes_that_means_it_and_never_against_a_no(
    rules: list[Rule], question: Question, where: Stand
) -> None:
    ruling = rule_on(question, rules, where)
    if ruling.given:
        assert all(path in ruling.given for path, needed, _ in question.wanted if needed)
        assert where.permits
        assert question.until > NOW
    for path in ruling.given:
        assert any(each.answer is Answer.YES for each in rules)
        against = [each for each in rules if each.answer is Answer.NO and not each.purposes]
        for each in against:
            over = each.ends is not None and each.ends <= NOW
            meant = each.whom in (Whom(), Whom(peer=SHOP))
            assert over or not meant or (each.paths and path not in each.paths)


@given(any_rules, questions, stands)
def test_what_the_terms_forbid_no_rule_gives(rules: list[Rule], question: Question, where: Stand) -> None:
    ruling = rule_on(question, rules, where)
    for path in ruling.given:
        category = category_of(path)
        for clause in where.policy.clauses:
            hit = not clause.purposes or not set(clause.purposes).isdisjoint(question.purposes)
            assert clause.allowed or not hit or (clause.categories and category not in clause.categories)
    if ruling.given and ruling.onward is not None:
        assert where.policy.onward
    if ruling.given and where.agreed_until is not None:
        assert ruling.until <= where.agreed_until


@given(any_rules, questions, stands)
def test_the_order_in_which_rules_were_made_is_all_that_their_order_says(
    rules: list[Rule], question: Question, where: Stand
) -> None:
    numbered = [each._replace(id=f"{place:02}") for place, each in enumerate(rules)]
    assert rule_on(question, numbered, where) == rule_on(question, numbered[::-1], where)


@given(any_rule)
def test_a_rule_is_read_as_it_was_kept(known: Rule) -> None:
    known = known._replace(reason="not-you" if known.answer is Answer.NO else None, note="why")
    assert read_rule(known.id, known.write()) == known


@given(
    st.binary(max_size=80) | st.lists(st.none() | st.integers(0, 9) | st.text(max_size=3)).map(cbor.encode)
)
def test_what_is_no_rule_is_refused(kept: bytes) -> None:
    with pytest.raises(Violation):
        read_rule("r", kept)


# ---------------------------------------------------------------- what an owner expects


def test_without_rules_the_owner_is_asked() -> None:
    ruling = rule_on(asks("profile.name"), [], stand())
    assert (ruling.outcome, ruling.open) == (Outcome.WAIT, ("profile.name",))
    assert ruling.items[0].why is Why.SILENT


def test_a_yes_for_a_place_gives_what_is_below_it_and_its_facts() -> None:
    known = rule(Answer.YES, "profile.address")
    ruling = rule_on(asks("profile.address.home", "profile.address.home:city"), [known], stand())
    assert ruling.given == ("profile.address.home", "profile.address.home:city")
    assert rule_on(asks("profile.addressBook"), [known], stand()).outcome is Outcome.WAIT


def test_a_yes_for_a_fact_does_not_give_the_value() -> None:
    ruling = rule_on(asks("profile.address.home"), [rule(Answer.YES, "profile.address:city")], stand())
    assert ruling.outcome is Outcome.WAIT


def test_a_no_to_a_fact_is_a_no_to_the_value_that_tells_it_and_to_its_like() -> None:
    rules = [rule(Answer.YES), rule(Answer.NO, "profile.birthDate:over-18", id_="n")]
    wanted = ("profile.birthDate?", "profile.birthDate:over-21?", "profile.name")
    assert answers(rule_on(asks(*wanted), rules, stand())) == ["no", "no", "yes"]


def test_a_no_to_one_record_leaves_the_choice_among_all_of_them_to_the_owner() -> None:
    rules = [rule(Answer.YES, "receipts"), rule(Answer.NO, "receipts/7fQ2", id_="n")]
    assert answers(rule_on(asks("receipts/*?", "receipts/7fQ2?", "receipts/x?"), rules, stand())) == [
        "ask",
        "no",
        "yes",
    ]


def test_a_general_no_beats_a_yes_to_this_very_peer() -> None:
    rules = [
        rule(Answer.YES, "profile.name", whom=Whom(peer=SHOP)),
        rule(Answer.NO, "profile", id_="n", reason="not-you"),
    ]
    ruling = rule_on(asks("profile.name"), rules, stand())
    assert (ruling.outcome, ruling.declined) == (Outcome.DECLINE, (("profile.name", "not-you"),))
    assert ruling.given == ()


def test_among_rules_of_one_answer_the_more_specific_gives_its_bounds() -> None:
    rules = [
        rule(Answer.YES, bounds=Bounds(days_max=300, standing=True), id_="general"),
        rule(Answer.YES, "profile", bounds=Bounds(days_max=5), whom=Whom(peer=SHOP), id_="special"),
    ]
    ruling = rule_on(asks("profile.name"), rules, stand())
    assert (ruling.until, ruling.standing) == (NOW + 5 * DAY_S, False)
    assert ruling.items[0].rule == rules[1]


def test_a_rule_for_one_purpose_says_nothing_of_a_question_for_two() -> None:
    known = rule(Answer.YES, purposes=PURPOSES[:1])
    assert rule_on(asks("profile.name", purposes=PURPOSES), [known], stand()).outcome is Outcome.WAIT
    against = rule(Answer.NO, purposes=PURPOSES[1:], id_="n")
    everything = [rule(Answer.YES), against]
    assert rule_on(asks("profile.name", purposes=PURPOSES), everything, stand()).outcome is Outcome.DECLINE
    assert rule_on(asks("profile.name"), everything, stand()).outcome is Outcome.GIVE


def test_what_they_can_do_without_is_left_open_and_the_rest_is_given() -> None:
    ruling = rule_on(asks("profile.name", "profile.email?"), [rule(Answer.YES, "profile.name")], stand())
    assert (ruling.outcome, ruling.given, ruling.open) == (
        Outcome.GIVE,
        ("profile.name",),
        ("profile.email",),
    )


def test_nothing_is_given_while_something_that_they_need_waits() -> None:
    ruling = rule_on(asks("profile.name", "profile.email"), [rule(Answer.YES, "profile.name")], stand())
    assert (ruling.outcome, ruling.given, ruling.declined) == (Outcome.WAIT, (), ())
    assert ruling.open == ("profile.name", "profile.email")


def test_what_they_need_and_do_not_get_declines_all_of_it() -> None:
    rules = [rule(Answer.YES, "profile.name"), rule(Answer.NO, "profile.email", id_="n")]
    ruling = rule_on(asks("profile.name", "profile.email"), rules, stand())
    assert (ruling.outcome, ruling.given) == (Outcome.DECLINE, ())
    assert ruling.declined == (("profile.email", "not-for-this"),)


def test_a_compared_fact_needs_a_number_a_year() -> None:
    wanted = asks("profile.birthDate:over-18")
    assert rule_on(wanted, [rule(Answer.YES)], stand()).items[0].why is Why.RATE
    twice = rule(Answer.YES, bounds=Bounds(yearly_max=2))
    assert rule_on(wanted, [twice], stand()).outcome is Outcome.GIVE
    used = {"profile.birthDate:over": 2}
    assert rule_on(wanted, [twice], stand(given=used)).items[0].why is Why.RATE


def test_a_path_of_no_registry_is_given_only_by_a_rule_that_names_its_place() -> None:
    wanted = asks("x-shop.points", "profile.nick?")
    for general in (rule(Answer.YES), rule(Answer.YES, "x-shop", "profile")):
        assert answers(rule_on(wanted, [general], stand())) == ["ask", "ask"]
    ruling = rule_on(wanted, [rule(Answer.YES, "x-shop.points", "profile.nick")], stand())
    assert ruling.given == ("x-shop.points", "profile.nick")
    assert answers(rule_on(wanted, [rule(Answer.NO)], stand())) == ["no", "no"]


def test_who_was_answered_too_often_today_waits_for_the_owner_and_a_no_stays_a_no() -> None:
    rules = [rule(Answer.YES, "profile.name"), rule(Answer.NO, "profile.email", id_="n")]
    assert rule_on(asks("profile.name"), rules, stand(often=True)).items[0].why is Why.RATE
    assert rule_on(asks("profile.email"), rules, stand(often=True)).outcome is Outcome.DECLINE


def test_different_ages_in_one_question_count_each() -> None:
    wanted = asks("profile.birthDate:over-18?", "profile.birthDate:over-21?")
    ruling = rule_on(wanted, [rule(Answer.YES, bounds=Bounds(yearly_max=1))], stand())
    assert (ruling.given, ruling.open) == (
        ("profile.birthDate:over-18",),
        ("profile.birthDate:over-21",),
    )


def test_what_terms_forbid_is_named_by_its_clause() -> None:
    terms = Policy((Clause("all", allowed=True), Clause("no-names", allowed=False, categories=("pd:Name",))))
    ruling = rule_on(asks("profile.name"), [rule(Answer.YES)], stand(policy=terms))
    assert (ruling.outcome, ruling.items[0].why, ruling.items[0].clause) == (
        Outcome.WAIT,
        Why.TERMS,
        "no-names",
    )


def test_rules_out_of_a_copy_give_nothing_until_they_are_confirmed_but_still_refuse() -> None:
    rules = [rule(Answer.YES, "profile.name"), rule(Answer.NO, "profile.email", id_="n")]
    assert rule_on(asks("profile.name"), rules, stand(permits=False)).items[0].why is Why.RESTORED
    assert rule_on(asks("profile.email"), rules, stand(permits=False)).outcome is Outcome.DECLINE


def test_a_question_that_is_over_gets_no_answer() -> None:
    over = asks("profile.name", until=NOW)
    for answer in Answer:
        assert rule_on(over, [rule(answer)], stand()).outcome is Outcome.WAIT


@pytest.mark.parametrize(
    ("pattern", "asked", "expected"),
    [
        ("profile", "profile.name", Reach.WHOLE),
        ("profile.name", "profile", Reach.NONE),
        ("profile.nam", "profile.name", Reach.NONE),
        ("receipts", "receipts/*", Reach.WHOLE),
        ("receipts/*", "receipts/x", Reach.WHOLE),
        ("receipts/*", "receipts", Reach.NONE),
        ("receipts/x", "receipts/*", Reach.PART),
        ("receipts/x", "receipts/y", Reach.NONE),
        ("receipts/x", "receipts.old/x", Reach.NONE),
        ("profile.address:city", "profile.address.home:city", Reach.WHOLE),
        ("profile.address:city", "profile.address.home:country", Reach.NONE),
        ("profile.address:city", "profile.address.home", Reach.TOLD),
        ("profile.birthDate:over-18", "profile.birthDate:over-21", Reach.TOLD),
        ("profile.birthDate:over-18", "profile.birthDate:equal", Reach.TOLD),
        ("profile.birthDate:equal", "profile.birthDate:over-18", Reach.NONE),
    ],
)
def test_how_a_pattern_reaches(pattern: str, asked: str, expected: Reach) -> None:
    assert reach(pattern, asked) is expected


def test_a_fact_of_records_like_an_example_waits_for_the_owner() -> None:
    member = rule(Answer.YES, "memberships/*:member")
    plain, like = (
        rule_on(
            asks()._replace(wanted=(Wanted("memberships/*:member", required=True, like=each),)),
            [member],
            stand(),
        )
        for each in (False, True)
    )
    whole = asks()._replace(wanted=(Wanted("memberships/*", required=True, like=True),))

    assert plain.outcome is Outcome.GIVE
    assert (like.outcome, like.items[0].why) == (Outcome.WAIT, Why.RATE)
    assert rule_on(whole, [rule(Answer.YES, "memberships")], stand()).outcome is Outcome.GIVE, (
        "all is given anyway"
    )


@pytest.mark.parametrize(
    ("asked", "probe"),
    [
        ("profile.birthDate:over-18", "profile.birthDate:over"),
        ("memberships/x:equal", "memberships:equal"),
        ("memberships/*:equal", "memberships:equal"),
        ("profile.address:city", None),
        ("profile.name", None),
    ],
)
def test_what_often_asked_would_be_found_out(asked: str, probe: str | None) -> None:
    assert probe_of(asked) == probe


@pytest.mark.parametrize(
    "wrong",
    [
        rule(Answer.YES, "Profile"),
        rule(Answer.YES, reason="not-you"),
        rule(Answer.NO, reason="because"),
        rule(Answer.ASK, bounds=Bounds(standing=True)),
    ],
)
def test_what_no_owner_can_say_is_refused(wrong: Rule) -> None:
    with pytest.raises(Violation):
        check_rule(wrong)
    with pytest.raises(Violation):
        read_rule("r", wrong.write())
