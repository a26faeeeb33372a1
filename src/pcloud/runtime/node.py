"""The node that runs: adapters joined to decisions, and what comes after each commit."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from pcloud import __version__
from pcloud.ambient.jump import ClockTrust
from pcloud.ambient.port import Clock, Entropy, Workers
from pcloud.discovery.port import Discovery
from pcloud.engine.registry import STANDARD
from pcloud.errors import Code
from pcloud.holdings.copies import Copies
from pcloud.holdings.port import Holdings
from pcloud.mailboxes.port import Mailboxes
from pcloud.net.endpoint import NOWHERE
from pcloud.net.port import Line, Link, Net, Packet
from pcloud.runtime import facts
from pcloud.runtime.believing import believed_before
from pcloud.runtime.carrying import lines
from pcloud.runtime.carrying.inbox import Came, Inbox
from pcloud.runtime.carrying.outbox import Outbox
from pcloud.runtime.config import Config
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.committed import Committed
from pcloud.runtime.deciding.decider import Decider
from pcloud.runtime.deciding.receiving import Taken
from pcloud.runtime.following import Following
from pcloud.runtime.keeping.keepings import Keepings
from pcloud.runtime.keeping.keepings import Parts as KeepingParts
from pcloud.runtime.keeping.running import Shelf
from pcloud.runtime.logs import Event, Log
from pcloud.runtime.metrics import Gauges, Metrics
from pcloud.runtime.owning import offering
from pcloud.runtime.owning.meeting import Self
from pcloud.runtime.reactions import HANDLERS, NEEDED
from pcloud.runtime.recovering.housing import place
from pcloud.runtime.relaying.counter import Brought
from pcloud.runtime.relaying.relays import Parts, Relays
from pcloud.runtime.rosters import load_packaged
from pcloud.runtime.taking import backups
from pcloud.runtime.taking.telling import Receiver, Telling
from pcloud.runtime.timekeeper import Timekeeper
from pcloud.store.port import FullError, Store, StoreError

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - nobody is bound to them here
FAILURES_PER_S_MAX = 10
"""Frames of one source that fail in a second; then it is shut out for that second (spec 14 §6)."""
SOURCES_WATCHED_MAX = 4_096
"""Sources whose failures are remembered, the newest."""


class Adapters(NamedTuple):
    """What a node stands on."""

    store: Store
    net: Net
    clock: Clock
    entropy: Entropy
    workers: Workers
    discovery: Discovery
    mailboxes: Callable[[], Mailboxes]
    """Opens what this node keeps for others as a relay; called where it is one."""
    holdings: Callable[[], Holdings]
    """Opens the copies that this node keeps for peers; called where it is a holder."""
    shelf: Shelf
    """Where the node's own copies lie, by the name of their place."""
    copies: Copies | None = None
    """The folder in which the owner wants copies too."""
    told: Receiver | None = None
    """A system of the owner's that is told what happens to data of others."""


class Me(NamedTuple):
    """What the node knows of itself."""

    name: str
    kind: str
    endpoints: tuple[str, ...]


class Node:
    """One owner's node. Start it, and it relates; stop it, and nothing acknowledged is lost."""

    def __init__(self, adapters: Adapters, config: Config, log: Log) -> None:
        self.net, self.discovery, self.clock = adapters.net, adapters.discovery, adapters.clock
        self._trust = ClockTrust(adapters.clock)
        self.store = adapters.store
        self.config, self.log = config, log
        self.version = __version__
        self.started = 0
        self.roster = load_packaged()
        self.decider = Decider(
            adapters.store, adapters.clock, adapters.entropy, adapters.workers, STANDARD, self.committed
        )
        self.decider.rosters, self.decider.believed = self.roster.standards, self._trust.believed
        self.decider.handlers, self.decider.needed = HANDLERS, NEEDED
        self.following = Following(self.decider)
        self.broken: StoreError | None = None
        """Why nothing can be kept any more: the program has to end and say so."""
        self.me = Me("", "person", ())
        self.address, self.port = "", 0
        """Where it listens, for the owner; nowhere, where it opens no port."""
        self._began = False
        self.metrics = Metrics(adapters.clock, log, self._gauges)
        self.workers, self.entropy = adapters.workers, adapters.entropy
        self._outbox = Outbox(
            adapters.net, adapters.clock, adapters.entropy, self._came_up, config.limits.links_max
        )
        self._inbox = Inbox(
            self.decider, adapters.clock, adapters.entropy, adapters.workers, config.limits, self
        )
        self.keepings = Keepings(self._copied(adapters))
        self.relays = Relays(
            Parts(
                self.decider,
                adapters.net,
                adapters.clock,
                self._trust,
                adapters.entropy,
                adapters.workers,
                adapters.mailboxes,
                log,
                self._inbox.receive,
                self._strange,
                self.failed,
                self._relay_failed,
                lambda: self.itself,
                lambda: self.me.name,
            )
        )
        self.telling = Telling(self.decider, adapters.clock, log, self.failed, adapters.told)
        self._timekeeper = Timekeeper(self.decider, adapters.clock, self._trust, self.failed, self._jumped)
        self._failures: dict[str, tuple[int, int]] = {}
        self._counts: dict[str, int] = {}

    def _copied(self, adapters: Adapters) -> KeepingParts:
        """What copies stand on, its own and those of others."""
        return KeepingParts(
            self.decider,
            adapters.net,
            adapters.clock,
            self._trust,
            adapters.entropy,
            adapters.workers,
            adapters.shelf,
            adapters.holdings,
            adapters.copies,
            self.log,
            self.failed,
            lambda: self.me.endpoints,
        )

    @property
    def itself(self) -> Self:
        """What it says of itself to whom it meets."""
        return Self(self.me.kind, self.me.endpoints)

    async def start(self) -> None:
        """Take packets, keep time, greet the peers. Raises OSError for a port that is taken, StoreError."""
        self.started = self.clock.now()
        await self.net.listen(self)
        self._began = True
        host, self.port = self.net.address
        if self.port:
            self.address = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        self.me = await self.decider.do(self._read_me)
        await self.decider.do(partial(backups.note, settings=self._taking()))
        await self._place()
        self._inbox.start()
        self._timekeeper.start()
        await self.relays.start()
        await self.keepings.start()
        self.telling.start()
        if self.config.discovery.announce and self.port:
            await self.announce(on=True)
        self.log.note(Event.STARTED, version=self.version)

    async def _place(self) -> None:
        """Let a recovery that waits for answers say where this node is found now."""
        after: bytes | None = None
        while True:
            after = await self.decider.do(partial(place, endpoints=self.me.endpoints, after=after))
            if after is None:
                return

    def _taking(self) -> backups.Settings:
        taking = self.config.taking
        return backups.Settings(taking.confirm == "owner", taking.backup_days)

    def _read_me(self, batch: Batch) -> Me:
        name, kind = (batch.store.fact(fact) for fact in (facts.NAME, facts.KIND))
        self._trust.begin(*believed_before(batch))
        scheme = "https" if self.config.listen.tls_certificate else "http"
        host, _ = self.net.address
        named = self.port and host not in _EVERYWHERE  # who listens on all addresses names none
        here = f"{scheme}://{self.address}" if named else NOWHERE
        endpoints = self.config.reach.endpoints or (here,)
        return Me((name or b"").decode(), (kind or b"person").decode(), endpoints)

    async def stop(self) -> None:
        """Take nothing more, finish what was begun, let connections go, close the store."""
        ran = self._began  # what could not listen has nothing to log: its starter tells why
        if ran:
            self.log.note(Event.STOPPING)
        await self._timekeeper.stop()
        await self.relays.stop()
        await self.keepings.stop()
        await self.telling.stop()
        await self._inbox.stop()
        await self.decider.idle()
        self.following.end()
        await self._outbox.stop()
        await self.net.close()
        await self.relays.close()
        await self.keepings.close()
        await self.discovery.close()
        await self.decider.idle()
        self.workers.close()
        self.store.close()
        if ran:
            self.log.note(Event.STOPPED)

    async def announce(self, *, on: bool) -> None:
        """Announce this node on this network under a fresh token, or stop."""
        if on:
            await self.discovery.announce(self.port)
        else:
            await self.discovery.close()

    # After a commit

    def committed(self, committed: Committed) -> None:
        """Let go what was sealed, and tell whoever follows."""
        if committed.due is not None:
            # First: whatever fails below, what is due is not forgotten.
            self._timekeeper.wake(committed.due, committed.apart)
        for scope in committed.parted:
            self._outbox.part(scope)
        for way, packets in committed.notices:
            self._outbox.give_aside(way, packets)
        for scope, link in committed.links:
            self._outbox.attach(scope, link)
        for parcel in committed.parcels:
            self.metrics.sent += len(parcel.frames)
            self._outbox.give(parcel)
        self.metrics.receipts += committed.receipts
        self.metrics.retries += committed.retried
        if committed.seconds:
            self.metrics.commit(committed.seconds, len(committed.entries))
        if committed.entries or committed.happenings:
            self.following.tell(committed)
        self.relays.committed(committed)
        self.keepings.committed(committed)
        if committed.entries:
            self.telling.committed()

    def _jumped(self) -> None:
        self.log.note(Event.CLOCK_JUMPED)

    def _came_up(self, scope: bytes) -> None:
        """The peer can be reached: what waits goes at once (spec 05 §5)."""
        self._timekeeper.send_again(scope)

    # What became of packets

    def taken(self, came: Came, taken: Taken) -> None:
        """Count it, and remember where failures come from."""
        self.metrics.received += 1
        if taken.refused is not None:
            self.metrics.refuse(taken.refused)
            self.log.note(Event.FRAME_REFUSED, code=taken.refused)
        elif taken.fresh:
            self.metrics.applied += 1
        of_stranger = taken.scope is None and taken.refused is not Code.INTERNAL
        if of_stranger and came.judged is None:  # a relay is no source: it brings what others sent
            second = int(self.clock.elapsed())
            before, count = self._failures.pop(came.source, (second, 0))
            count = count + 1 if before == second else 1
            self._failures[came.source] = (second, count)
            if count == FAILURES_PER_S_MAX + 1:
                self.log.note(Event.SOURCE_SHUT_OUT)
            while len(self._failures) > SOURCES_WATCHED_MAX:
                del self._failures[next(iter(self._failures))]

    def crowded_out(self) -> None:
        """A packet was dropped unread."""
        self.metrics.crowded_out += 1

    def failed(self, error: Exception) -> None:
        """A fault of ours, or of the store; after the latter the program has to end where nothing is kept."""
        if isinstance(error, StoreError):
            self.log.note(Event.STORE_FAILED, error=error)
            if not isinstance(error, FullError):  # then it goes on as soon as there is room
                self.broken = error
        else:
            self.log.note(Event.FAULT, error=error)

    def _relay_failed(self, error: Exception) -> None:
        """A fault of what is kept for others. It ends nothing of one's own, but where the disk has failed."""
        if isinstance(error, StoreError):
            self.log.note(Event.STORE_FAILED, error=error)
            if self.relays.counter.ends(error):
                self.broken = error
        else:
            self.log.note(Event.FAULT, error=error)

    def is_up(self, scope: bytes) -> bool:
        """Whether the peer of a relationship is connected now."""
        return self._outbox.is_up(scope)

    @property
    def let_go(self) -> Mapping[bytes, int]:
        """When an own message last went towards the peer of a relationship, since this node was started."""
        return self._outbox.wrote

    # What the network asks (`Receiver`)

    async def receive(self, packet: Packet, link: Link | None, source: str) -> None:
        """Take a packet: for this node, or for a mailbox that it keeps for somebody."""
        if self.relays.counter.open and packet.mailbox not in self.decider.scopes.by_mailbox:
            if not await self.relays.counter.take(Brought(packet, link, source)):
                self.crowded_out()
        else:
            await self._inbox.receive(packet, link, source)

    def _strange(self, brought: Brought) -> None:
        """A packet for no mailbox that is kept here for somebody else: perhaps for one of this node's own."""
        if not self._inbox.offer(Came(*brought)):
            self.crowded_out()

    def closed(self, link: Link) -> None:
        """A connection ended."""
        self._outbox.closed(link)

    def refused_often(self, source: str) -> bool:
        """Whether a source is shut out for the rest of this second."""
        if source not in self._failures:
            return False
        second, count = self._failures[source]
        return count > FAILURES_PER_S_MAX and second == int(self.clock.elapsed())

    async def blob(self, mailbox: bytes) -> bytes | None:
        """The sealed invitation kept under this mailbox."""

        def job(batch: Batch) -> bytes | None:
            offer = batch.store.offer_of_blob(mailbox)
            return None if offer is None else offering.blob_of(offer, batch.now)

        blob = await self.decider.do(job)
        if blob is None and self.relays.counter.open:
            blob = await self.relays.counter.blob(mailbox)
        return blob

    async def card(self) -> bytes | None:
        """A person publishes none (D13), and public personas come with a later step."""
        return None

    @property
    def serves(self) -> bool:
        """Whether this node does anything for others on service lines."""
        return self.relays.counter.open or self.keepings.keeper is not None

    async def serve(self, line: Line) -> None:
        """Answer a line until it ends."""
        await lines.serve(line, self.relays, self.keepings.keeper)

    # Numbers

    async def metrics_text(self) -> bytes:
        """Everything counted, in the text format of Prometheus."""
        self._counts = dict(await self.decider.do(lambda batch: batch.store.counts()))
        return self.metrics.text()

    def _gauges(self) -> Gauges:
        counts = self._counts
        return Gauges(
            counts.get("contacts", 0),
            counts.get("deliveries", 0),
            self._outbox.links,
            self._inbox.queued,
            counts.get("bytes", 0),
            *self.relays.gauges(),
        )
