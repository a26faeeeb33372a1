"""What two nodes hold at the end of a day opens nothing that was sealed two days before (spec 04 §12)."""

import time
from typing import NamedTuple

import apsw
from tests.e2e.nodes.inside import at_rest

from pcloud.ambient.fixed import FixedClock
from pcloud.errors import Violation
from pcloud.net.port import Link, Packet
from pcloud.runtime.deciding.batch import Batch
from pcloud.testing.home import Home, Street, quiet, related, texts
from pcloud.wire import session
from pcloud.wire.keys import HybridKey
from pcloud.wire.session import Frame, FrameKey

DAY_S = 86_400
DAYS = 6
SECRET_BYTES = 32


class Seen(NamedTuple):
    """A frame as somebody on the way keeps it, and the day on which it was sealed."""

    day: int
    frame: Frame


def tapped(home: Home, clock: FixedClock, began: int, seen: list[Seen]) -> None:
    """Keep a copy of every frame that comes to a home."""
    node = home.node
    receive = node.receive

    async def taken(packet: Packet, link: Link | None, source: str) -> None:
        frame = session.read_frame(packet.frame)
        if isinstance(frame, Frame):
            seen.append(Seen((clock.now() - began) // DAY_S, frame))
        await receive(packet, link, source)

    node.receive = taken  # type: ignore[method-assign]  # the network asks the object


def secrets_in(value: bytes) -> set[bytes]:
    """Every byte string of 32 bytes that stands in a value, by itself or as CBOR in another one."""
    found = {value} if len(value) == SECRET_BYTES else set()
    at = value.find(b"\x58\x20")
    while 0 <= at <= len(value) - 2 - SECRET_BYTES:
        found.add(value[at + 2 : at + 2 + SECRET_BYTES])
        at = value.find(b"\x58\x20", at + 1)
    return found


async def all_secrets(home: Home) -> set[bytes]:
    """Whatever could be a key in any row of the store, after a checkpoint that empties the log."""

    def job(batch: Batch) -> set[bytes]:
        connection: apsw.Connection = batch.store._database._connection  # type: ignore[attr-defined]  # it is the real one
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        # A virtual table is what others that are listed too hold, and cannot be read whole.
        real = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        tables = connection.execute(real).fetchall()
        found: set[bytes] = set()
        for (table,) in tables:
            for row in connection.execute(f"SELECT * FROM {table}"):
                for value in row:
                    if isinstance(value, bytes):
                        found |= secrets_in(value)
        return found

    return await home.node.decider.do(job)


def opens(secret: bytes, frame: Frame, personas: set[bytes]) -> bool:
    """Whether a secret opens a frame: as its key, as that of its session, as the seed of a receiving key."""
    for key in (FrameKey(frame.session, secret), session.frame_key(secret, frame.session)):
        try:
            session.open_frame(key, frame)
        except Violation:
            continue
        return True
    return frame.block is not None and starts(HybridKey.from_seed(secret), frame, personas)


def starts(key: HybridKey, frame: Frame, personas: set[bytes]) -> bool:
    assert frame.block is not None
    for theirs in (None, *personas):
        for mine in personas:
            try:
                session.open_frame(session.open_start(key, frame.block, (theirs, mine)), frame)
            except Violation:
                continue
            return True
    return False


async def personas_of(home: Home, peer: str) -> set[bytes]:
    def job(batch: Batch) -> set[bytes]:
        relationship = batch.scope(bytes.fromhex(peer)).relationship
        logs = (relationship.me.log, relationship.peer.log)
        return {*relationship.sealing.founding, *(log.persona for log in logs)}

    return await home.node.decider.do(job)


async def test_no_key_that_is_kept_opens_what_was_sealed_two_days_before(street: Street) -> None:
    """Contact keys and those of open invitations excepted, which open no frame of a session."""
    began = int(time.time())
    clock = FixedClock(began)
    anna, shop = [await street.home(name, clock=clock) for name in ("Anna", "Flora")]
    seen: list[Seen] = []
    mine, theirs = await related(anna, shop)
    for home in (anna, shop):
        tapped(home, clock, began, seen)
    for day in range(DAYS):
        for part in range(2):
            await anna.owner.say(mine.id, f"anna {day} {part}")
            await shop.owner.say(theirs.id, f"shop {day} {part}")
            await quiet(anna, shop)
            await at_rest(anna, shop)
            await clock.advance(DAY_S // 2)
            await at_rest(anna, shop)
    last = DAYS - 1
    personas = await personas_of(anna, mine.id)
    kept = {secret for home in (anna, shop) for secret in await all_secrets(home)}
    assert len(await texts(shop, theirs.id)) == 4 * DAYS, "what was said is there"
    old = [each.frame for each in seen if each.day <= last - 2]
    fresh = [each.frame for each in seen if each.day == last]
    assert len(old) >= 4 * (DAYS - 2)
    assert any(opens(secret, frame, personas) for frame in fresh for secret in kept), "keys are found"
    assert not [frame for frame in old for secret in kept if opens(secret, frame, personas)]
