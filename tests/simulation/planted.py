"""Faults to put into the running code, each of which would cost somebody something."""

import dataclasses
import hashlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pytest

from pcloud.engine import answering, decide, fold, gatekeeper, lines
from pcloud.engine.snapshot import APPLIED, Entry
from pcloud.features.disclosure import erase, revoke
from pcloud.kernel.machine import Step
from pcloud.runtime.giving import changing
from pcloud.runtime.node import Node
from pcloud.runtime.taking import settling
from pcloud.runtime.timekeeper import Timekeeper
from pcloud.store.port import Changes
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.simulation.checkers.acknowledged import Acknowledged
from pcloud.testing.simulation.checkers.convergence import Convergence
from pcloud.testing.simulation.checkers.gates import Gates
from pcloud.testing.simulation.checkers.holdings import Holdings
from pcloud.testing.simulation.checkers.nonces import Nonces
from pcloud.testing.simulation.checkers.once import Once
from pcloud.testing.simulation.checkers.order import Order
from pcloud.testing.simulation.checkers.port import Checker
from pcloud.testing.simulation.checkers.timers import Timers
from pcloud.wire import session

Patch = pytest.MonkeyPatch


class Planted(NamedTuple):
    """A fault, and who has to notice it."""

    plant: Callable[[Patch], None]
    checker: type[Checker]


def one_unwritten(patch: Patch) -> None:
    """Of several messages in one commit the last is acknowledged, and not written."""
    commit = SqliteStore.commit

    def committed(store: SqliteStore, changes: Changes) -> None:
        entries = changes.entries
        if len(entries) > 1 and not any(entry.mine for entry in entries.values()):
            (*kept, _) = entries
            changes = dataclasses.replace(changes, entries={key: entries[key] for key in kept})
        commit(store, changes)

    patch.setattr(SqliteStore, "commit", committed)


def judged_again(patch: Patch) -> None:
    """A message that comes twice is judged twice."""
    judge = lines.judge_order

    def order(*args: Any) -> Any:
        due = judge(*args)
        return None if due is not None and due.kind == lines.REPEAT else due

    patch.setattr(decide, "judge_order", order)


def one_beyond(patch: Patch) -> None:
    """A message is taken where the one before it has not come."""
    judge = lines.judge_order

    def order(relationship: Any, signed: Any, *rest: Any) -> Any:
        if signed.header.number == relationship.incoming.number + 2:
            return None
        return judge(relationship, signed, *rest)

    patch.setattr(decide, "judge_order", order)


def no_standing(patch: Patch) -> None:
    """Whether the relationship rests, and whether an agreement is in force, is not looked at."""

    def stands(relationship: Any, message: Any, signed: Any, *_: Any, **__: Any) -> Any:
        return relationship.agreements.get(signed.header.agreement)

    patch.setattr(gatekeeper, "require_standing", stands)


def no_clauses(patch: Patch) -> None:
    """What the terms say is not looked at."""
    patch.setattr(gatekeeper, "require_policy", lambda *_: None)


def not_taken_back(patch: Patch) -> None:
    """What is revoked or ordered to be deleted stands in the ledger as before."""
    for module in (revoke, erase):
        patch.setattr(module, "lower", lambda _act, thread, *_: Step(thread.data))


def not_deleted(patch: Patch) -> None:
    """A taker signs that it has deleted, and keeps."""
    patch.setattr(settling, "erase", lambda *_: None)


def nonces_again(patch: Patch) -> None:
    """Nonces are counted, and counted from the beginning after a start."""
    counts: dict[bytes, int] = {}
    start = Node.start

    async def started(node: Node) -> None:
        counts.clear()
        await start(node)

    def nonce(key: bytes, _random: bytes, _padded: bytes) -> bytes:
        counts[key] = counts.get(key, 0) + 1
        return hashlib.sha256(key).digest()[:4] + counts[key].to_bytes(8, "big")

    patch.setattr(Node, "start", started)
    patch.setattr(session, "frame_nonce", nonce)


def older_receipt(patch: Patch) -> None:
    """A receipt that is older than the newest is taken."""
    take = answering._take_receipt

    def taken(relationship: Any, receipt: Any, *rest: Any) -> Any:
        line = relationship.outgoing
        if 0 < receipt.number < line.receipted:
            relationship = relationship._replace(outgoing=line._replace(receipted=receipt.number))
        return take(relationship, receipt, *rest)

    patch.setattr(answering, "_take_receipt", taken)


def timers_forgotten(patch: Patch) -> None:
    """A node that starts has forgotten what was due later."""
    start = Timekeeper.start

    def started(timekeeper: Timekeeper) -> None:
        store = timekeeper._decider.store
        timers = [timer for row in store.contacts(None, 1_000) for timer in store.copying.timers(row.scope)]
        if timers:
            gone = Changes(timers={(one.scope, one.command, one.key): None for one in timers})
            store.commit(gone)
        start(timekeeper)

    patch.setattr(Timekeeper, "start", started)


def refusals_unread(patch: Patch) -> None:
    """A sender takes every receipt for a yes."""
    patch.setattr(answering, "_verdict", lambda *_: APPLIED)


def folded_by_arrival(patch: Patch) -> None:
    """A log is folded in the order in which things came to this side."""
    patch.setattr(fold, "merge", _as_they_came)


def _as_they_came(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (not entry.mine, entry.signed.rank))


def not_brought(patch: Patch) -> None:
    """A change is stored, and nobody who holds the field hears of it."""
    patch.setattr(changing, "changed", lambda *_: None)


def tried_no_more(patch: Patch) -> None:
    """What waited when a node stopped is not sent after its start."""
    start = Timekeeper.start

    def started(timekeeper: Timekeeper) -> None:
        store = timekeeper._decider.store
        waiting = [row.scope for row in store.contacts(None, 1_000) if store.delivery(row.scope)]
        if waiting:
            store.commit(Changes(deliveries=dict.fromkeys(waiting)))
        start(timekeeper)

    patch.setattr(Timekeeper, "start", started)


PLANTED = {
    "of several messages the last is not written": Planted(one_unwritten, Acknowledged),
    "a message that comes twice is judged twice": Planted(judged_again, Once),
    "the order is off by one": Planted(one_beyond, Order),
    "the standing is not looked at": Planted(no_standing, Gates),
    "the clauses are not looked at": Planted(no_clauses, Gates),
    "a revocation leaves the ledger as it was": Planted(not_taken_back, Holdings),
    "a deletion that is signed keeps the value": Planted(not_deleted, Holdings),
    "nonces are counted anew after a start": Planted(nonces_again, Nonces),
    "an older receipt is taken": Planted(older_receipt, Once),
    "timers are forgotten at a start": Planted(timers_forgotten, Timers),
    "a refusal is taken for a yes": Planted(refusals_unread, Convergence),
    "a log is folded as it came": Planted(folded_by_arrival, Convergence),
    "a change reaches nobody": Planted(not_brought, Holdings),
    "what waits is not tried after a start": Planted(tried_no_more, Convergence),
}
