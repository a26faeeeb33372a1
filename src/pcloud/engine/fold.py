"""From a log to state to a digest: what two implementations compare (spec 05 §10)."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pcloud.engine.registry import Registry
from pcloud.engine.snapshot import APPLIED, REJECTED, Entry
from pcloud.errors import Violation
from pcloud.kernel.context import Act
from pcloud.kernel.effects import Keep
from pcloud.kernel.gate import Agreement
from pcloud.kernel.machine import advance, open_thread, party
from pcloud.kernel.message import Message
from pcloud.kernel.thread import Thread
from pcloud.wire import cbor, labels
from pcloud.wire.header import SignedHeader
from pcloud.wire.keylog import KeyLog
from pcloud.wire.parts import Part

Logs = tuple[KeyLog, ...]
"""Key logs of the two sides, as far as they are known."""
AGREEMENTS, GRANTS = "agreements", "grants"
"""The tables of `Keep` that are part of the state both sides share."""


class State(NamedTuple):
    """What a log amounts to."""

    threads: Mapping[bytes, Thread]
    agreements: Mapping[bytes, Agreement]
    unaffirmed: frozenset[bytes]

    def digest(self) -> bytes:
        """SHA-256 over the state, the same on both sides and in every implementation."""
        threads = [
            [id_, thread.machine, thread.opener, thread.state, dict(thread.data)]
            for id_, thread in sorted(self.threads.items())
        ]
        agreements = [_agreement(value) for _, value in sorted(self.agreements.items())]
        values = [labels.STATE, threads, agreements, sorted(self.unaffirmed)]
        return hashlib.sha256(cbor.encode(values, items_max=1 << 40)).digest()


class Replayed(NamedTuple):
    """A thread as its entries make it; None where none of them acts."""

    thread: Thread | None
    keeps: tuple[Keep, ...]


def act_of(
    registry: Registry, signed: SignedHeader, parts: Sequence[Part | None], signers: tuple[bytes, ...] = ()
) -> Act:
    """The act of a message: its body read, its place in the fold. Raises Violation `body-form`."""
    header = signed.header
    body = parts[0]
    assert body is not None, "part 0 always travels"
    return make_act(registry.messages[header.name].read(body.data), signed, parts, signers)


def signers_of(entry: Entry, logs: Logs) -> tuple[bytes, ...]:
    """The key that signed a message when it was first sent, or all that may have (spec 08 §5)."""
    if entry.signer is not None:
        return (entry.signer,)
    header, newest = entry.signed.header, entry.signed.signer
    events = next((log.events[: header.sender_epoch] for log in logs if log.persona == header.sender), ())
    return (newest, *(event.signing_key for event in reversed(events)))


def make_act(
    message: Message, signed: SignedHeader, parts: Sequence[Part | None], signers: tuple[bytes, ...] = ()
) -> Act:
    """The act of a message whose body is read; signed by the key of its header where no others are named."""
    header = signed.header
    id_, generation, number, highest = header.first or (
        signed.id,
        header.generation,
        header.number,
        header.highest,
    )
    items = tuple([None if part is None else part.data for part in parts[1:]])
    return Act(
        message,
        id_,
        header.sender,
        signers or (signed.signer,),
        header.time,
        generation,
        number,
        highest,
        items,
    )


def merge(entries: Iterable[Entry]) -> list[Entry]:
    """One thread's entries in fold order: causal, and the lower persona id first where neither knew."""
    sides: dict[bytes, list[Entry]] = {}
    for entry in entries:
        sides.setdefault(_side(entry), []).append(entry)
    for side in sides.values():
        side.sort(key=_order)
    if len(sides) < 2:  # noqa: PLR2004 - a relationship has two sides
        return [entry for side in sides.values() for entry in side]
    (_, lower), (_, higher) = sorted(sides.items())
    merged: list[Entry] = []
    waiting = iter(higher)
    following = next(waiting, None)
    for entry in lower:
        while following is not None and following.signed.rank <= entry.signed.knew:
            merged.append(following)
            following = next(waiting, None)
        merged.append(entry)
    return merged + ([] if following is None else [following, *waiting])


def _order(entry: Entry) -> tuple[tuple[int, int], bytes]:
    """By rank. Two of one rank are left by a copy that was set back and wrote a number again."""
    return entry.signed.rank, entry.first_id


def _side(entry: Entry) -> bytes:
    return entry.signed.header.sender


def acts(entry: Entry, registry: Registry, unaffirmed: frozenset[bytes]) -> bool:
    """Whether an entry counts: applied or an own one still without receipt, and not suspended.

    An own end counts though its receiver says that it refused it: no peer can undo it here.
    """
    message = registry.messages.get(entry.signed.header.name)
    if message is None or (message.SUSPENDED and entry.first_id in unaffirmed):
        return False
    if entry.verdict == APPLIED or (entry.mine and entry.verdict is None):
        return True
    return entry.mine and message.ENDS and entry.verdict != REJECTED


def replay(
    entries: Iterable[Entry], registry: Registry, unaffirmed: frozenset[bytes], logs: Logs = ()
) -> Replayed:
    """Fold one thread. An entry for which the table has no row at its place is passed over."""
    thread: Thread | None = None
    keeps: list[Keep] = []
    for entry in merge(entry for entry in entries if acts(entry, registry, unaffirmed)):
        if thread is None and entry.signed.header.thread is not None:
            continue  # what opened the thread went, and this with it
        act = act_of(registry, entry.signed, entry.parts, signers_of(entry, logs))
        machine = registry.machines[entry.signed.header.name]
        before = open_thread(machine, act) if thread is None else thread
        if before.machine != machine.name:
            continue  # as where it was judged: it names a thread of another table
        try:
            row = machine.row(before.state, act.message.NAME, party(before, act.sender))
        except Violation:
            continue  # its ground went with a rejected or suspended entry (spec 06 §6)
        thread, kept = advance(row, before, act)
        keeps.extend(kept)
    return Replayed(thread, tuple(keeps))


def fold(
    entries: Iterable[Entry],
    registry: Registry,
    unaffirmed: frozenset[bytes] = frozenset(),
    logs: Logs = (),
) -> State:
    """Fold a whole log, in any order of its entries. The key logs tell who may have signed what came back."""
    by_thread: dict[bytes, list[Entry]] = {}
    for entry in entries:
        by_thread.setdefault(entry.signed.thread_id, []).append(entry)
    threads: dict[bytes, Thread] = {}
    agreements: dict[bytes, Agreement] = {}
    for id_ in sorted(by_thread):
        thread, keeps = replay(by_thread[id_], registry, unaffirmed, logs)
        if thread is not None:
            threads[id_] = thread
        for keep in keeps:
            if keep.table == AGREEMENTS:
                agreements[keep.key] = keep.value
    return State(threads, agreements, unaffirmed)


def _agreement(value: Agreement) -> list[Any]:
    *plain, entries, ended = value
    return [*plain, list(entries), [list(end) for end in ended]]
