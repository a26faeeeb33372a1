"""Who holds which field, in which version, under which agreement: computed from the log (spec 09 §11)."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from pcloud.engine.fold import act_of, acts, merge, replay
from pcloud.engine.ledger.holding import Held, Holding
from pcloud.engine.registry import Registry
from pcloud.engine.snapshot import APPLIED, Entry
from pcloud.features.disclosure.acknowledge import NEED_MORE, REFUSED, TAKEN, DisclosureAcknowledge
from pcloud.features.disclosure.erased import DisclosureErased
from pcloud.features.disclosure.grant import ERASE, GRANTED
from pcloud.features.disclosure.machine import GIVEN, MACHINE
from pcloud.features.disclosure.machine import GRANTED as ANSWERED
from pcloud.features.disclosure.present import DisclosurePresent
from pcloud.features.disclosure.update import DisclosureUpdate
from pcloud.kernel.gate import Agreement
from pcloud.kernel.thread import Thread

_TOLD = {REFUSED: Held.REFUSED, NEED_MORE: Held.NEED_MORE, TAKEN: Held.CONFIRMED}


class Given(NamedTuple):
    """The newest version of a field, and by what it was given."""

    version: int
    message: bytes
    item: int
    verdict: str | None


class _Story:
    """What the entries of one thread say of its fields, beside what the thread holds."""

    def __init__(self) -> None:
        self.given: dict[str, Given] = {}
        self.applied: dict[str, int] = {}
        self.told: dict[tuple[str, int], str] = {}
        self.kept: set[str] = set()

    def take(self, entry: Entry, registry: Registry) -> None:
        """One entry, in the order of the fold."""
        body = act_of(registry, entry.signed, entry.parts).message
        if isinstance(body, DisclosurePresent | DisclosureUpdate):
            for item, (path, version) in enumerate(body.fields, 1):
                self.given[path] = Given(version, entry.first_id, item, entry.verdict)
                if entry.verdict == APPLIED:
                    self.applied[path] = version
        elif isinstance(body, DisclosureAcknowledge):
            self.told |= {(path, version): outcome for path, version, outcome in body.outcomes}
        elif isinstance(body, DisclosureErased):
            self.kept |= {each.path for each in body.kept or ()}


def ledger(
    entries: Iterable[Entry],
    registry: Registry,
    unaffirmed: frozenset[bytes],
    agreements: Mapping[bytes, Agreement],
    sent: Collection[bytes] = (),
) -> tuple[Holding, ...]:
    """Compute the ledger of a relationship, or of some whole threads of it, by thread id and path.

    `sent` are the first ids of own messages that have left the node and wait for a receipt.
    """
    by_thread: dict[bytes, list[Entry]] = {}
    for entry in entries:
        if entry.signed.header.name in MACHINE.messages:
            by_thread.setdefault(entry.signed.thread_id, []).append(entry)
    rows: list[Holding] = []
    for _, said in sorted(by_thread.items()):
        thread = replay(said, registry, unaffirmed).thread
        if thread is not None and thread.state in (ANSWERED, GIVEN):
            rows += _holdings(thread, said, registry, unaffirmed, agreements, sent)
    return tuple(rows)


def _holdings(
    thread: Thread,
    said: list[Entry],
    registry: Registry,
    unaffirmed: frozenset[bytes],
    agreements: Mapping[bytes, Agreement],
    sent: Collection[bytes],
) -> Iterable[Holding]:
    """The rows of one grant."""
    data, story = thread.data, _Story()
    acting = [entry for entry in said if acts(entry, registry, unaffirmed)]
    for entry in merge(acting):
        story.take(entry, registry)
    (header,) = (entry.signed.header for entry in acting if entry.first_id == data["grant"])
    agreement = agreements.get(data["agreement"])
    over = "ended" in data or agreement is None or bool(agreement.ended)
    for path, (version, standing) in sorted(data["fields"].items()):
        given = story.given[path]
        gone, backups = data.get("erased", {}).get(path, (0, None))
        state = Held.ERASED if gone >= version else _state(story, path, standing, sent, over=over)
        yield Holding(
            thread.id,
            data["grant"],
            path,
            header.sender,
            header.recipient,
            data["agreement"],
            data["until"],
            data["standing"],
            version,
            given.message,
            given.item,
            story.applied.get(path, 0),
            state,
            backups,
        )


def _state(story: _Story, path: str, standing: Any, sent: Collection[bytes], *, over: bool) -> Held:
    """What became of a field that was not erased."""
    if standing == ERASE:
        return Held.KEPT if path in story.kept else Held.ERASING
    if standing != GRANTED or over:
        return Held.REVOKED
    given = story.given[path]
    if given.verdict is None:
        return Held.SENT if given.message in sent else Held.QUEUED
    told = story.told.get((path, given.version))
    return Held.APPLIED if told is None else _TOLD[told]
