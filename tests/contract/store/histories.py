"""Real histories: nodes that note every commit, so that a store can be given the same."""

from collections.abc import Mapping
from typing import Any

from pcloud.engine.snapshot import Decision, Entry, Relationship
from pcloud.store.port import Changes, Store
from pcloud.testing.node import Clock, Node, ask, exchange, invite, pend, welcome
from pcloud.testing.world import Watched
from pcloud.wire.keylog import pool
from pcloud.wire.keys import HybridKey, SigningKey

SCOPE = b"scope of a test".ljust(32, b"\0")


class Noting(Watched):
    """A node whose commits are noted, also across copies of it."""

    @property
    def commits(self) -> list[Changes]:
        noted: list[Changes] = self.__dict__.setdefault("noted", [])
        return noted

    def clone(self, name: str) -> Node:
        twin = super().clone(name)
        twin.__class__ = Noting
        twin.__dict__["noted"] = list(self.commits)
        return twin

    @property
    def relationship(self) -> Relationship:
        return super().relationship

    @relationship.setter
    def relationship(self, relationship: Relationship) -> None:
        """What is sealed between commits is stored too."""
        self._relationship = relationship
        self.commits.append(Changes(relationships={SCOPE: relationship}))

    def commit(self, decision: Decision) -> None:
        super().commit(decision)
        self.commits[-1] = changes_of(decision)


def changes_of(decision: Decision, scope: bytes = SCOPE) -> Changes:
    """The rows of a decision."""
    return Changes(
        relationships={scope: decision.relationship},
        entries={(scope, entry.first_id): entry for entry in decision.entries},
        verdicts={(scope, id_): verdict for id_, verdict in decision.verdicts},
        threads={(scope, thread.id): thread for thread in decision.threads},
    )


def everything_of(node: Node, scope: bytes = SCOPE) -> Changes:
    """All that a node holds, as one commit."""
    log = node.log
    return Changes(
        relationships={scope: node.relationship},
        entries={(scope, id_): entry for id_, entry in log.by_first_id.items()},
        threads={(scope, id_): thread for id_, thread in log.threads.items()},
    )


def plain(value: Any) -> Any:
    """A value that can be compared: keys by what they are made of, tuples with their type."""
    if isinstance(value, (SigningKey, HybridKey)):
        return (type(value).__name__, value.seed, value.public)
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return (type(value).__name__, *(plain(each) for each in value))
    return value


def met() -> tuple[Node, Node]:
    """Two nodes with an active relationship: each has two messages in its line."""
    clock = Clock()
    guest, host = Node("guest", clock), Node("host", clock)
    invitation = invite(host)
    pend(guest, invitation, pool(bytes(32), 0, 0, 1)[0])
    exchange(guest, host, ask(guest, invitation))
    exchange(host, guest, welcome(host, pool(b"1" * 32, 0, 0, 1)[0]))
    return guest, host


def held(store: Store) -> Relationship:
    """The scope, which has to be there."""
    found = store.relationship(SCOPE)
    assert found is not None
    return found


def assert_same_log(store: Store, node: Node) -> None:
    """The history of a store answers as the one of the node that made it."""
    history, log = store.history(SCOPE), node.log
    for id_ in (*log.by_first_id, *log._first_ids):
        assert history.find(id_) == log.find(id_)
    for thread in log.threads.values():
        assert plain(history.thread(thread.id)) == plain(thread)
        assert history.entries(thread.id) == ordered(log.entries(thread.id))
    for mine in (True, False):
        assert ordered(history.sequence(mine=mine)) == ordered(log.sequence(mine=mine))
    for (mine, sender, recipient, number), entry in log._by_place.items():
        found = history.at(mine=mine, epochs=(sender, recipient), number=number)
        assert found is not None
        if log.find(entry.first_id) == entry:
            assert found == entry
        else:  # it was sent again since: as it was signed there, with the parts it has now
            assert found.signed == entry.signed
    fed = store.log(SCOPE, None, 100_000)
    assert {each.entry.first_id for each in fed} == set(log.by_first_id)
    assert len(fed) == len(log.by_first_id) == store.counts()["entries"]


def ordered(entries: Any) -> list[Entry]:
    """Entries by side, line and number, ties by id."""
    return sorted(
        entries,
        key=lambda entry: (
            entry.mine,
            entry.signed.header.generation,
            entry.signed.header.number,
            entry.first_id,
        ),
    )
