"""Fields that were given are found by path and by relationship, as the threads say at every moment."""

import pytest
from tests.contract.store.bodies import Body
from tests.contract.store.histories import SCOPE, everything_of
from tests.unit.features.disclosure.conftest import ANNA, BREMEN, HOME, KIEL, MAIL, NAME, Shared, agreed

from pcloud.engine.ledger.index import Given
from pcloud.features.disclosure.erase import DisclosureErase
from pcloud.features.disclosure.revoke import DisclosureRevoke
from pcloud.kernel.gate import Ended
from pcloud.store.port import Changes, Store
from pcloud.testing.node import Node
from pcloud.wire import cbor

OTHER = b"another scope".ljust(32, b"\0")


class Told:
    """A store that is told of what one side of a disclosure holds."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.shared: Shared = agreed()
        self.tell()

    @property
    def store(self) -> Store:
        return self.body.store

    def tell(self, node: Node | None = None, scope: bytes = SCOPE) -> None:
        self.store.commit(everything_of(node or self.shared.anna, scope))

    def holders(self, path: str) -> list[tuple[bytes, str, int]]:
        found = self.store.personal.holders(path)
        return [(given.thread, given.path, given.version) for given in found]

    def given(self, prefix: str = "", *, mine: bool = True, scope: bytes | None = SCOPE) -> list[Given]:
        return [*self.store.personal.given(mine=mine, scope=scope, prefix=prefix, after=None, limit=99)]


@pytest.fixture
def told(body: Body) -> Told:
    return Told(body)


def test_a_field_that_was_given_is_found_by_its_path(told: Told) -> None:
    thread, _ = told.shared.granted()
    told.tell()
    until, agreement = told.shared.data(thread)["until"], told.shared.agreement
    home = Given(
        HOME,
        SCOPE,
        thread,
        mine=True,
        version=1,
        standing=0,
        follows=True,
        until=until,
        agreement=agreement,
        over=False,
        erased=0,
    )
    assert list(told.body.reopen().personal.holders(HOME)) == [home]
    assert told.given() == [home, home._replace(path=NAME)]
    assert all(type(given.mine) is type(given.over) is type(given.follows) is bool for given in told.given())
    assert told.given(mine=False) == []
    assert told.holders(MAIL) == []
    assert told.holders("profile") == []


@pytest.mark.parametrize("asked", [True, False])
def test_each_side_knows_who_is_the_giver(told: Told, asked: bool) -> None:  # noqa: FBT001 - a parameter
    if asked:
        told.shared.granted()
    else:
        told.shared.given()
    told.tell()
    told.tell(told.shared.shop, OTHER)
    assert {given.path for given in told.given()} == {HOME, NAME}
    assert told.given(scope=OTHER) == []
    assert {given.path for given in told.given(scope=OTHER, mine=False)} == {HOME, NAME}
    assert {given.scope for given in told.store.personal.holders(HOME)} == {SCOPE}


def test_a_fact_of_a_record_is_held_like_the_record(told: Told) -> None:
    fact = f"{HOME}:city"
    shared = told.shared
    thread = shared.does(shared.anna, shared.present((fact, 4)), None, (cbor.encode("Bremen"),))
    told.tell()
    assert told.holders(HOME) == [(thread, fact, 4)]
    assert [given.path for given in told.given("profile")] == [fact]
    assert [given.path for given in told.given(HOME)] == [fact]
    assert told.given("profile.addres") == []


def test_an_update_raises_the_version_and_a_question_gives_nothing(told: Told) -> None:
    shared = told.shared
    shared.asked()
    told.tell()
    assert told.given() == []
    thread, grant = shared.granted()
    shared.does(shared.anna, shared.update(grant, (HOME, 5)), thread, (KIEL,))
    told.tell()
    assert told.holders(HOME) == [(thread, HOME, 5)]
    assert told.holders(NAME) == [(thread, NAME, 1)]


def test_what_is_taken_back_or_erased_has_no_holder_and_stays_in_the_list(told: Told) -> None:
    shared = told.shared
    first, _ = shared.granted()
    second = shared.given()
    shared.does(shared.anna, DisclosureRevoke((HOME,)), first)
    shared.does(shared.anna, DisclosureErase((HOME,)), second)
    told.tell()
    assert told.holders(HOME) == []
    assert {given.thread for given in told.store.personal.holders(NAME)} == {first, second}
    assert {given.thread: given.standing for given in told.given(HOME)} == {first: 1, second: 2}
    shared.does(shared.anna, DisclosureRevoke(), first)
    told.tell()
    assert [given.thread for given in told.store.personal.holders(NAME)] == [second]
    assert {given.thread: given.over for given in told.given(NAME)} == {first: True, second: False}


def test_what_the_taker_deleted_has_no_holder(told: Told) -> None:
    shared = told.shared
    thread, grant = shared.granted()
    shared.does(shared.shop, shared.gone((HOME, 1)), thread)
    told.tell()
    assert told.holders(HOME) == []
    assert [given.erased for given in told.given(HOME)] == [1]
    shared.does(shared.anna, shared.update(grant, (HOME, 2)), thread, (KIEL,))
    told.tell()
    assert told.holders(HOME) == [(thread, HOME, 2)]


def test_the_end_of_an_agreement_ends_what_was_given_under_it(told: Told) -> None:
    """Its message is in another thread: the disclosure itself does not change."""
    shared = told.shared
    thread, _ = shared.granted()
    told.tell()
    now = shared.anna.relationship
    agreement = now.agreements[shared.agreement]
    ended = agreement._replace(ended=(Ended(b"p" * 32, 1, 2, b"e" * 32),))
    after = now._replace(agreements={shared.agreement: ended})
    told.store.commit(Changes(relationships={SCOPE: after}))
    assert told.holders(HOME) == []
    assert [given.over for given in told.given()] == [True, True]
    told.store.commit(Changes(relationships={SCOPE: now}))
    assert told.holders(HOME) == [(thread, HOME, 1)]
    told.store.commit(Changes(relationships={SCOPE: now._replace(agreements={})}))
    assert told.holders(HOME) == []


def test_a_thread_that_is_folded_anew_takes_its_fields_along(told: Told) -> None:
    shared = told.shared
    thread, _ = shared.granted()
    told.tell()
    kept = shared.anna.log.threads[thread]
    fields = {NAME: [1, 0]}
    fewer = kept._replace(data={**kept.data, "fields": fields})
    told.store.commit(Changes(threads={(SCOPE, thread): fewer}))
    assert [given.path for given in told.given()] == [NAME]
    told.store.commit(Changes(threads={(SCOPE, thread): kept._replace(state="start", data={})}))
    assert told.given() == []
    assert told.holders(NAME) == []


def test_the_list_of_a_relationship_comes_page_by_page_by_thread_and_path(told: Told) -> None:
    threads = sorted([told.shared.granted()[0], told.shared.given()])
    told.tell()
    places = [(SCOPE, thread, path) for thread in threads for path in (HOME, NAME)]
    found, after = [], None
    while page := told.store.personal.given(mine=True, scope=SCOPE, prefix="", after=after, limit=3):
        after = page[-1].scope, page[-1].thread, page[-1].path
        found.append([(given.scope, given.thread, given.path) for given in page])
    assert found == [places[:3], places[3:]]


def test_the_list_of_all_comes_page_by_page_by_path(told: Told) -> None:
    thread, _ = told.shared.granted()
    fact = f"{HOME}:city"
    told.shared.does(told.shared.anna, told.shared.present((fact, 1)), None, (cbor.encode("Bremen"),))
    told.tell()
    told.tell(scope=OTHER)
    found, after = [], None
    while page := told.store.personal.given(mine=True, scope=None, prefix=HOME, after=after, limit=2):
        after = page[-1].scope, page[-1].thread, page[-1].path
        found.append([(given.path, given.scope) for given in page])
    both = sorted([SCOPE, OTHER])
    assert found == [[(HOME, scope) for scope in both], [(fact, scope) for scope in both]]
    assert {given.thread for given in told.given(NAME, scope=None)} == {thread}
    assert len(told.given(scope=None)) == 6


def test_questions_of_all_relationships_are_found_by_their_state(told: Told) -> None:
    shared = told.shared
    first, _ = shared.granted()
    asked = [shared.asked(NAME), shared.asked(HOME)]
    told.tell()
    told.tell(scope=OTHER)
    personal = told.body.reopen().personal
    found = personal.threads_in("asked", 0, 9)
    assert [(each.scope, each.thread.id) for each in found] == [
        (scope, id_) for scope in (SCOPE, OTHER) for id_ in asked
    ]
    assert found[0].thread == shared.anna.log.threads[asked[0]]
    assert personal.threads_in("asked", found[1].number, 1) == [found[2]]
    assert [each.thread.id for each in personal.threads_in("granted", 0, 1)] == [first]
    assert not personal.threads_in("active", 0, 9), "a thread of another machine is none of these"
    for other in ("terms", "custody"):
        assert not personal.threads_in("asked", 0, 9, other)
    shared.does(shared.anna, shared.present((NAME, 1)), asked[0], (ANNA,))
    told.tell()
    assert [each.thread.id for each in personal.threads_in("asked", 0, 1)] == [asked[1]]


def test_nothing_of_a_disclosure_value_is_in_the_list(told: Told) -> None:
    told.shared.granted()
    told.tell()
    assert all(value not in repr(told.given()).encode() for value in (ANNA[1:], BREMEN[1:]))
