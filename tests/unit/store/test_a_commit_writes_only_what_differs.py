"""Rows of a relationship are written only where they differ from what was loaded or committed last."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.contract.store.bodies import KEY, empty_file
from tests.contract.store.histories import SCOPE, changes_of, everything_of, held, met, plain

from pcloud.engine.compose import Command, command
from pcloud.engine.sealing import fresh_receiving, seal
from pcloud.engine.snapshot import Relationship
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.store.codec import Line, line
from pcloud.store.opening import open_existing
from pcloud.store.port import Changes, Contact, Direction, StoreError
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.node import Node


class Watched:
    """A store, and the tables that its commits touch."""

    def __init__(self, path: Path, scopes_kept: int = 8) -> None:
        self.store = SqliteStore(open_existing(path, KEY, path.with_name("lock")), scopes_kept)
        self.touched: list[str] = []
        self.store._database._connection.set_update_hook(self._note)

    def _note(self, _kind: int, _schema: str, table: str, _number: int) -> None:
        self.touched.append(table)

    def commit(self, changes: Changes) -> set[str]:
        """Commit, and give the tables that were touched."""
        self.touched.clear()
        self.store.commit(changes)
        return set(self.touched) - {"tally"}


@pytest.fixture
def guest() -> Node:
    return met()[0]


@pytest.fixture
def watched(tmp_path: Path, guest: Node) -> Watched:
    made = Watched(empty_file(tmp_path))
    made.store.commit(everything_of(guest))
    return made


def test_a_message_touches_its_own_rows_and_the_lines(watched: Watched, guest: Node) -> None:
    wanted = Command(RelationshipPause(), guest.thread)
    decision = command(guest.relationship, wanted, guest.log, guest.setting)
    assert watched.commit(changes_of(decision)) == {"entry", "line", "thread"}
    watched.store.close()


def sealed(scope: Relationship, node: Node) -> Relationship:
    return seal(scope, None, (), node.clock.now, node.draw).relationship


def spent(scope: Relationship, node: Node) -> Relationship:
    return scope._replace(sealing=scope.sealing._replace(receiving=fresh_receiving(node.draw, 9)))


def moved(scope: Relationship, _node: Node) -> Relationship:
    return scope._replace(peer=scope.peer._replace(mailbox=bytes(16)))


def same_side(scope: Relationship, _node: Node) -> Relationship:
    """A receipt makes the side anew, mostly without any change."""
    return scope._replace(me=scope.me._replace(introduction=None))


@pytest.mark.parametrize(
    ("change", "tables"),
    [
        (sealed, {"line"}),
        (spent, {"line", "receiving"}),
        (moved, {"line", "relationship"}),
        (same_side, {"line"}),
    ],
)
def test_a_change_touches_the_row_it_belongs_to(
    watched: Watched, guest: Node, change: Callable[[Relationship, Node], Relationship], tables: set[str]
) -> None:
    scope = change(guest.relationship, guest)
    assert watched.commit(Changes(relationships={SCOPE: scope})) == tables
    assert plain(held(watched.store)) == plain(scope)
    watched.store.close()


def test_after_a_load_nothing_is_written_that_was_only_read(watched: Watched, guest: Node) -> None:
    path = watched.store._database._connection.filename
    watched.store.close()
    again = Watched(Path(path))
    scope = held(again.store)
    assert again.commit(Changes(relationships={SCOPE: scope._replace(clock=scope.clock + 1)})) == {"line"}
    again.store.close()


def test_a_scope_that_is_kept_no_more_is_written_whole(tmp_path: Path, guest: Node) -> None:
    watched = Watched(empty_file(tmp_path), scopes_kept=1)
    watched.store.commit(everything_of(guest))
    watched.store.commit(everything_of(guest, b"other".ljust(32)))
    scope = guest.relationship._replace(clock=9, stopped="so it is")
    assert watched.commit(Changes(relationships={SCOPE: scope})) == {"line", "receiving", "relationship"}
    assert plain(held(watched.store)) == plain(scope)
    watched.store.close()


def test_a_commit_of_many_writes_no_more_of_each_than_of_one(tmp_path: Path, guest: Node) -> None:
    watched = Watched(empty_file(tmp_path), scopes_kept=1)
    ids = [bytes([number]) * 32 for number in range(4)]
    for id_ in ids:
        watched.store.commit(everything_of(guest, id_))
    read = {id_: watched.store.relationship(id_) for id_ in ids}
    clocks = {id_: scope._replace(clock=9) for id_, scope in read.items() if scope is not None}

    assert len(clocks) == len(ids)
    assert watched.commit(Changes(relationships=clocks)) == {"line"}
    assert len(watched.store._scopes._known) == 1, "between commits no more are kept than before"
    watched.store.close()


def test_what_was_read_for_nothing_to_be_written_is_let_go(tmp_path: Path, guest: Node) -> None:
    watched = Watched(empty_file(tmp_path), scopes_kept=1)
    ids = [bytes([number]) * 32 for number in range(4)]
    for id_ in ids:
        watched.store.commit(everything_of(guest, id_))
    for id_ in ids:
        watched.store.relationship(id_)
    assert len(watched.store._scopes._known) == 4, "what is read for one commit stays for it"
    watched.store.release()
    assert len(watched.store._scopes._known) == 1
    assert plain(watched.store.relationship(ids[0])) == plain(guest.relationship)
    watched.store.close()


def test_a_scope_in_which_messages_wait_stays_beside_those_used_last(tmp_path: Path, guest: Node) -> None:
    watched = Watched(empty_file(tmp_path), scopes_kept=1)
    watched.store.commit(everything_of(guest))
    decision = command(
        guest.relationship, Command(RelationshipPause(), guest.thread), guest.log, guest.setting
    )
    watched.store.commit(changes_of(decision))
    for number in range(4):
        watched.store.commit(everything_of(guest, bytes([number]) * 32))
    assert decision.relationship.outgoing.pending
    assert len(watched.store._scopes._known) == 2, "it, and the one that was used last"
    assert held(watched.store) is decision.relationship, "nothing is read again for its receipt"

    line_of_one = Changes(relationships={SCOPE: decision.relationship._replace(clock=9)})
    assert watched.commit(line_of_one) == {"line"}
    watched.store.close()


def test_parts_that_stay_are_not_even_encoded_again(guest: Node) -> None:
    before = guest.relationship
    row = line(before)
    after = before._replace(incoming=before.incoming._replace(number=7), clock=before.clock + 1)
    again = line(after, before, row)
    for name in ("refusals", "sessions", "thread", "proofs", "notices"):
        assert getattr(again, name) is getattr(row, name)
    assert again == line(after)
    assert again != row
    assert Line._fields[-5:] == ("refusals", "sessions", "thread", "proofs", "notices")


def test_a_receiving_key_that_was_not_announced_yet_is_kept_by_its_seed_alone(
    watched: Watched, guest: Node
) -> None:
    receiving = fresh_receiving(guest.draw, 9)
    announced = receiving.current.public
    scope = guest.relationship._replace(sealing=guest.relationship.sealing._replace(receiving=receiving))
    watched.store.commit(Changes(relationships={SCOPE: scope}))
    path = Path(watched.store._database._connection.filename)
    watched.store.close()
    again = Watched(path)
    found = held(again.store).sealing.receiving
    assert (found.current.known_public, found.spare.known_public) == (announced, None)
    assert found.spare.public == receiving.spare.public
    again.store.close()


def test_what_a_failed_commit_would_have_written_is_written_by_the_next(
    watched: Watched, guest: Node
) -> None:
    scope = spent(guest.relationship, guest)
    bad = Changes(relationships={SCOPE: scope}, facts={"bad": object()})  # type: ignore[dict-item]  # no row can hold it
    with pytest.raises(TypeError):
        watched.store.commit(bad)
    assert plain(held(watched.store)) == plain(guest.relationship)
    assert watched.commit(Changes(relationships={SCOPE: scope})) == {"line", "receiving"}
    watched.store.close()


def test_the_time_a_contact_was_heard_touches_no_index(watched: Watched) -> None:
    contact = Contact(SCOPE, Direction.IN, "active", "Anna", "to meet", "person", None, b"i", 1, 2)
    watched.store.commit(Changes(contacts={SCOPE: contact}))
    steps = watched.store._database._connection.total_changes()
    assert watched.commit(Changes(contacts={SCOPE: contact._replace(heard=3)})) == {"contact"}
    assert watched.store._database._connection.total_changes() - steps < 4
    assert watched.store.contact(SCOPE) == contact._replace(heard=3)
    watched.store.close()


def test_rows_that_clash_are_a_fault_of_the_program_and_change_nothing(watched: Watched) -> None:
    """Two invitations under one mailbox cannot be told apart."""
    before = watched.store.counts()
    watched.store._database._connection.execute("CREATE UNIQUE INDEX one_scope ON session (scope)")
    with pytest.raises(StoreError, match="fault of the program"):
        watched.store.commit(Changes(sessions={b"a" * 16: SCOPE, b"b" * 16: SCOPE}, facts={"name": b"x"}))
    assert watched.store.fact("name") is None
    assert watched.store.counts()["contacts"] == before["contacts"]
    watched.store.commit(Changes(facts={"name": b"anna"}))
    assert watched.store.fact("name") == b"anna"
    watched.store.close()
