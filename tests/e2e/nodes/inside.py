"""What a test sees of a node that its owner does not: rows, memory, and a disk that is full."""

from typing import Any

from pcloud.engine.snapshot import Relationship
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope, Scopes
from pcloud.testing.home import Home, until


def _plain(relationship: Relationship) -> dict[str, Any]:
    """What both sides of a relationship would notice if it changed."""
    return {
        "outgoing": relationship.outgoing,
        "incoming": relationship.incoming,
        "thread": relationship.thread,
        "agreements": dict(relationship.agreements),
        "peer": (relationship.peer.mailbox, relationship.peer.endpoints, relationship.peer.log.epoch),
        "key": relationship.sealing.receiving.number,
        "offered": relationship.sealing.offered_number,
        "sessions": [each.frame_key.session for each in relationship.sealing.sessions],
        "started": relationship.sealing.started,
        "stopped": relationship.stopped,
        "clock": relationship.clock,
    }


async def standing(home: Home, *without: str) -> dict[str, Any]:
    """Every relationship as it stands on disk, but for some."""

    def job(batch: Batch) -> dict[str, Any]:
        found = {}
        for row in batch.store.contacts(None, 10_000):
            relationship = batch.store.relationship(row.scope)
            assert relationship is not None
            if row.scope.hex() not in without:
                found[row.scope.hex()] = _plain(relationship)
        return found

    return await home.node.decider.do(job)


def in_memory(scopes: Scopes) -> dict[bytes, Scope]:
    """Every relationship in memory."""
    return {**scopes._kept._used, **scopes._kept._aside}


async def memory_agrees(home: Home) -> bool:
    """Whether every relationship in memory is what the disk says."""

    def job(batch: Batch) -> bool:
        for id_, scope in in_memory(batch.scopes).items():
            stored = batch.store.relationship(id_)
            assert stored is not None
            assert _plain(scope.relationship) == _plain(stored)
            assert scope.contact._replace(heard=0) == (batch.store.contact(id_) or scope.contact)._replace(
                heard=0
            )
            assert scope.delivery == batch.store.delivery(id_)
            for sent in scope.relationship.outgoing.pending:
                assert scope.log.find(sent.id) == batch.store.history(id_).find(sent.id)
        return True

    return await home.node.decider.do(job)


async def fill_disk(home: Home) -> None:
    """Let the store grow no more, as on a disk without room."""

    def job(batch: Batch) -> None:
        connection = batch.store._database._connection  # type: ignore[attr-defined]  # it is the real one
        connection.pragma("max_page_count", connection.pragma("page_count"))

    await home.node.decider.do(job)


async def make_room(home: Home) -> None:
    """Take that away."""

    def job(batch: Batch) -> None:
        connection = batch.store._database._connection  # type: ignore[attr-defined]  # it is the real one
        connection.pragma("max_page_count", 2**30)

    await home.node.decider.do(job)


LOOKS = 8
"""So many looks in a row have to show the same before a node is taken to be at rest."""


async def at_rest(*homes: Home) -> None:
    """Wait until nothing travels between them any more: answers to answers included."""
    seen: list[list[int]] = []

    async def same() -> bool:
        nodes = [home.node for home in homes]
        seen.append([count for node in nodes for count in (node.metrics.sent, node.metrics.received)])
        idle = all(node._inbox.queued == 0 for node in nodes)
        return idle and len(seen) >= LOOKS and all(each == seen[-1] for each in seen[-LOOKS:])

    await until(same)
