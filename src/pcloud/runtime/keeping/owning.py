"""What an owner can ask about copies (`Surface`): those of this node, and those that it keeps for peers."""

from collections.abc import Iterator
from functools import partial
from typing import Final, Literal

from pcloud.errors import PcloudError
from pcloud.features.custody.machine import ASKED, KEPT
from pcloud.holdings.port import Held, HoldingsError
from pcloud.kernel.thread import Thread
from pcloud.runtime import facts, views
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.keeping import agreeing
from pcloud.runtime.keeping.agreeing import BYTES_ASKED, DAYS_ASKED
from pcloud.runtime.keeping.holder import Holder, LostError
from pcloud.runtime.keeping.keepings import Serving, read_serving
from pcloud.runtime.keeping.places import Place
from pcloud.runtime.keeping.running import FOLDER, HERE
from pcloud.runtime.node import Node
from pcloud.runtime.owning.answering import Answering, peer_of, rows_of
from pcloud.runtime.surface import OwnerError

ADVICE: Final = {
    "unreachable": "It cannot be reached. It is tried again; the copy there is as old as shown.",
    "full": "There is no room left. Ask for more, make room on the disk, or choose another holder.",
    "lost": "It could not show that it still has your copy. A whole one is put there anew: ask the peer why.",
    "unknown": "It does not know of this any more. If that stays: remove it, and ask again.",
    "busy": "It cannot take the copy now. It is tried again.",
    "disk": "The copy cannot be written. Check the disk, and the folder for copies.",
    "store": "The node's store failed. See: pcloud doctor.",
    "fault": "This is a fault of the program. The node's log has it.",
}


_ASKING: Final = "Let it in with: pcloud holders grant. Or refuse: pcloud holders remove --theirs."


class Keeping(Answering):
    """The owner's side of copies."""

    async def holders(self) -> list[views.Holding]:
        """Where copies of this node are kept, and for whom this node keeps copies."""
        held = await self._held()
        agreed = await self._do(partial(_agreements, held=held))
        copying = self._node.keepings.copying
        own = [_of_place(place, None) for place in copying.places if place.name in (HERE, FOLDER)]
        for row in agreed:
            place = copying.holder(bytes.fromhex(row.id)) if row.place == "peer" else None
            own.append(row if place is None else _of_place(place, row))
        return own

    async def holder_ask(
        self, peer: str, *, bytes_max: int = BYTES_ASKED, days: int = DAYS_ASKED
    ) -> views.Holding:
        """Ask a peer to keep sealed copies of this node, which it cannot read."""

        def job(batch: Batch) -> tuple[bytes, bytes]:
            scope = peer_of(batch, peer)
            return scope.id, agreeing.ask(batch, scope, bytes_max, days)

        return await self._after(*await self._do(job))

    async def holder_remove(self, peer: str, *, theirs: bool = False) -> None:
        """Let a peer keep copies no more; `theirs`: keep none for it. What is kept stays for its days."""

        def job(batch: Batch) -> bytes:
            scope = peer_of(batch, peer)
            agreeing.end(batch, scope, agreeing.open_thread(batch, scope, mine=not theirs))
            return scope.id

        await self._told(self._node.keepings.settle(await self._do(job)))

    async def holder_check(self, peer: str | None = None) -> list[views.Holding]:
        """Bring copies up to date now, and let holders show that they have what they took; all, or one."""
        wanted = None if peer is None else await self._do(lambda batch: peer_of(batch, peer).id)
        for place in self._node.keepings.copying.places:
            if isinstance(place, Holder) and wanted in (None, place.terms.scope):
                await self._check(place)
        return [row for row in await self.holders() if row.place == "peer"]

    async def holder_grant(
        self, peer: str, *, bytes_max: int | None = None, days: int | None = None
    ) -> views.Holding:
        """Keep copies for a peer that has asked for it: as much as it asked for, or less."""
        here = self._node.me.endpoints

        def job(batch: Batch) -> tuple[bytes, bytes]:
            scope = peer_of(batch, peer)
            thread = agreeing.open_thread(batch, scope, mine=False)
            room, kept = bytes_max or thread.data["bytes"], days or thread.data["days"]
            agreeing.grant(batch, scope, thread, room, kept, here)
            if read_serving(batch) is None:
                batch.changes.facts[facts.HOLDING] = Serving().write()
            return scope.id, thread.id

        granted = await self._do(job)
        await self._open()
        return await self._after(*granted)

    async def holder_serve(
        self,
        *,
        on: bool,
        anyone: bool = False,
        bytes_max: int = BYTES_ASKED,
        days: int = DAYS_ASKED,
    ) -> views.HolderStats:
        """Keep copies for peers, or take on no more; `anyone` lets every related peer in that asks."""
        if on and not agreeing.can_hold(self._node.me.endpoints):
            text = "A holder has to be one that can be reached: let the node listen, and set reach.endpoints."
            raise OwnerError("invalid", text)
        written = Serving(on, not anyone, bytes_max, days).write()

        def job(batch: Batch) -> list[bytes]:
            batch.changes.facts[facts.HOLDING] = written
            return [row.scope for row in rows_of(batch) if agreeing.threads(batch.store, row.scope)]

        scopes = await self._do(job)
        await self._open()
        for scope in scopes:
            await self._told(self._node.keepings.settle(scope))
        return await self.holder_stats()

    async def holder_stats(self) -> views.HolderStats:
        """What this node keeps for peers altogether."""
        serving = await self._do(read_serving) or Serving()
        held = await self._held()
        used, volumes = sum(each.bytes for each in held), sum(each.volumes for each in held)
        rule = (serving.on, not serving.asked, serving.bytes_max, serving.days)
        return views.HolderStats(*rule, len(held), used, volumes)

    # Within

    async def _after(self, scope: bytes, thread: bytes) -> views.Holding:
        """The row of a custody, once this node does what it says."""
        await self._told(self._node.keepings.settle(scope))
        wanted = thread.hex()
        return next(row for row in await self.holders() if row.id == wanted)

    async def _open(self) -> None:
        try:
            await self._told(self._node.keepings.open())
        except HoldingsError as error:
            raise OwnerError("store", str(error)) from error

    async def _held(self) -> list[Held]:
        keeper = self._node.keepings.keeper
        if keeper is None:
            return []
        held: list[Held] = await self._told(keeper.do(lambda holdings: list(holdings.held())))
        return held

    async def _check(self, place: Holder) -> None:
        async with place.busy:
            try:
                now = self._node.clock.now()
                await place.ready()
                await place.step(now)
                await place.check(now)
                place.problem = None
            except PcloudError as error:
                self._node.keepings.copying.trouble(place, error)
                if isinstance(error, LostError):
                    self._node.keepings.copying.hurry(place)


def _agreements(batch: Batch, held: list[Held]) -> list[views.Holding]:
    used = {each.custody.id: each for each in held}
    rows: list[views.Holding] = []
    for contact in rows_of(batch):
        threads = agreeing.threads(batch.store, contact.scope)
        rows += [row for thread in threads for row in _row(batch.scope(contact.scope), thread, used)]
    return rows


def _row(scope: Scope, thread: Thread, used: dict[bytes, Held]) -> Iterator[views.Holding]:
    """A custody that stands, or has ended and still leaves something here."""
    mine = agreeing.is_mine(scope, thread)
    here = used.get(agreeing.name_of(thread))
    stands = thread.state in (ASKED, KEPT) and not agreeing.is_closed(scope)
    if not stands and here is None:
        return
    terms = here.custody if here is not None else None
    state: Literal["asked", "kept", "ended"] = "ended"
    if stands:
        state = "asked" if thread.state == ASKED else "kept"
    yield views.Holding(
        place="peer" if mine else "for-peer",
        id=thread.id.hex(),
        peer=scope.id.hex(),
        name=scope.contact.name,
        state=state,
        bytes_max=thread.data.get("bytes", terms.bytes_max if terms else None),
        days=thread.data.get("days", terms.days if terms else None),
        newest=(here.newest or None) if here else None,
        bytes=here.bytes if here else None,
        volumes=here.volumes if here else None,
        endpoints=list(thread.data["endpoints"]) if mine and "endpoints" in thread.data else None,
        advice=_ASKING if state == "asked" and not mine else None,
    )


def _of_place(place: Place, row: views.Holding | None) -> views.Holding:
    """How far a place is."""
    progress, problem = place.progress, place.problem
    base = row or views.Holding("here" if place.name == HERE else "folder", place.name, None, None, "kept")
    return views.Holding(
        base.place,
        base.id,
        base.peer,
        base.name,
        base.state,
        base.bytes_max,
        base.days,
        progress.newest or None,
        current=place.is_current and problem is None,
        checked=progress.checked or None if isinstance(place, Holder) and progress.newest else None,
        failed=progress.failed or None,
        endpoints=base.endpoints,
        problem=problem,
        advice=None if problem is None else ADVICE[problem],
    )


def newest_elsewhere(node: Node) -> int | None:
    """When the newest copy was made that does not lie in the node's own folder; None for never."""
    places = node.keepings.copying.places
    return max((place.progress.newest for place in places if place.name != HERE), default=0) or None


def examined(node: Node, now: int) -> views.Check:
    """What `doctor` says of copies."""
    places = [place for place in node.keepings.copying.places if place.name != HERE]
    newest = newest_elsewhere(node)
    if not places:
        # No fault: who tries it out needs none.
        detail = "No copy of this node is kept outside its folder: with its disk everything would be lost."
        advice = "Ask a peer with: pcloud holders ask PEER, or set copies.folder to one on another disk."
        return views.Check("copies", ok=True, detail=detail, advice=advice)
    wrong = [place for place in places if place.problem is not None]
    told = "No copy has been kept elsewhere yet." if newest is None else f"{_age(now - newest)}."
    if wrong:
        detail = f"{told} {len(wrong)} of {len(places)} places cannot be brought up to date."
        return views.Check(
            "copies", ok=False, detail=detail, advice="See which, and why: pcloud holders list"
        )
    return views.Check("copies", ok=newest is not None, detail=told)


def _age(seconds: int) -> str:
    size, unit = (seconds, "s")
    for length, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * length:
            size, unit = seconds // length, name
            break
    return f"The newest copy kept elsewhere is {max(size, 0)} {unit} old"
