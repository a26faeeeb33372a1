"""Bad weather from a seed, in which owners come back from volumes of the archive and nothing else.

[ARCHIVE-9], [ARCHIVE-12]
"""

import os

import pytest
from tests.unit.engine.archive import archived
from tests.unit.engine.archive.archived import (
    NODE,
    SCOPE,
    bare,
    formers,
    linked,
    met_of,
    taken,
)

from pcloud.engine.archive.chain import Link, read_chain
from pcloud.engine.archive.kept import Beside, kept, restored
from pcloud.engine.archive.rows import Former, Judged, Marked, Row, Said
from pcloud.engine.export.write import UNKNOWN
from pcloud.engine.refold import refold
from pcloud.engine.sealing import fresh_receiving
from pcloud.engine.snapshot import Entry
from pcloud.testing.memory import MemoryLog
from pcloud.testing.node import Node
from pcloud.testing.world import World
from pcloud.wire.keys import SigningKey

SEEDS = int(os.environ.get("SEEDS", "5"))


def named(node: Node) -> list[Row]:
    """The rows of what stands beside the messages."""
    beside = Beside(met_of(node), UNKNOWN, (), tuple(node.contact_keys))
    marked = tuple(sorted(node.relationship.unaffirmed))
    rows: list[Row] = [NODE, kept(SCOPE, node.relationship, beside)]
    return rows + [Marked(SCOPE, marked)] * bool(marked)


class Archive:
    """The volumes of one node, an increment for each time it was looked after."""

    def __init__(self) -> None:
        self.volumes: list[bytes] = []
        self._link: Link | None = None
        self._had: dict[bytes, Entry] = {}
        self._former: set[bytes] = set()

    def keep(self, node: Node) -> None:
        """One more volume: what has changed since the last one."""
        rows = named(node)
        for entry in formers(node):
            if entry.signed.id not in self._former and entry.first_id not in self._had:
                rows.append(Former(SCOPE, bare(entry)))
        for id_, entry in node.log.by_first_id.items():
            had = self._had.get(id_)
            if had is not None and had._replace(verdict=entry.verdict) == entry and entry.verdict:
                rows += [Judged(SCOPE, id_, entry.verdict)] * (had.verdict != entry.verdict)
            elif had != entry:
                rows.append(Said(SCOPE, entry))
        data, self._link = linked(rows, self._link, 0)
        self.volumes.append(data)
        self._had = dict(node.log.by_first_id)
        self._former = {entry.signed.id for entry in formers(node)}


def from_archive(node: Node, archive: Archive) -> None:
    """Let the node forget all that it knows but what the volumes say."""
    found = taken(read_chain(archived.KEY, ([data] for data in archive.volumes)))
    log = MemoryLog()
    for entry in (*found.formers, *found.entries.values()):
        log.put(entry)
    assert log.by_first_id == node.log.by_first_id
    key, marked = SigningKey.from_seed(node.draw(32)), found.marked[SCOPE]
    relationship = restored(found.kept[SCOPE], key, fresh_receiving(node.draw, 1), marked)
    threads = (entry.signed.thread_id for entry in log.by_first_id.values())
    folded = refold(relationship, threads, {}, log, node.registry)
    log.threads = {thread.id: thread for thread in folded.threads}
    assert folded.relationship.agreements == node.relationship.agreements
    assert folded.relationship.unaffirmed == node.relationship.unaffirmed
    node.log, node.relationship = log, folded.relationship


class Archived(World):
    """A world in which every node that comes back comes from its archive."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.weather = self.weather._replace(set_back=0.0, restore=max(self.weather.restore, 0.02))
        self.restored = 0

    def recover(self, side: int) -> None:
        """The owner gives the words; before, nothing is left but the archive of the copy."""
        node, archive = self.owners[side].node, Archive()
        if not node.relationship.recovering and not node.relationship.stopped:
            archive.keep(node.clone("before"))
            archive.keep(node)
            from_archive(node, archive)
            self.restored += 1
        super().recover(side)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_two_nodes_agree_whoever_comes_back_from_an_archive(seed: int) -> None:
    world = Archived(seed)
    world.chaos()
    world.heal()
    assert world.restored or world.weather.theft == 0.0


@pytest.mark.parametrize("seed", range(SEEDS))
def test_increments_of_any_weather_make_what_the_node_holds(seed: int) -> None:
    """[ARCHIVE-10]"""
    world = World(seed)
    archives = [Archive() for _ in world.owners]
    for _ in range(6):
        world.chaos(20)
        for owner, archive in zip(world.owners, archives, strict=True):
            owner.node.contact_keys = list(owner.contact_keys)
            archive.keep(owner.node)
            found = taken(read_chain(archived.KEY, ([data] for data in archive.volumes)))
            now = owner.node.log.by_first_id
            assert {id_: found.entries[SCOPE, id_] for id_ in now} == now
            assert found.marked[SCOPE] == owner.node.relationship.unaffirmed
