"""Strangers who ask to be let in, through the whole node: `python -m bench.strangers`.

Each request is the first word of other keys, made before the clock starts; all come over one WebSocket to a
node on one core, until each is a pending contact that a crash leaves. No more than 256 wait at one invitation
(spec 07 §1): the next would have the oldest declined. So there is an invitation for each 256, and none is
declined. All else that bounds strangers is set by `Limits`, or makes their link be read more slowly.

The floor of a request: the opening of an X-Wing start and of what is sealed under its secret, a signature
each of key log, start and message, and a row in a synced commit of 256. It answers nobody and makes no keys.
"""

import asyncio
import hashlib
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

import nacl.bindings as sodium

from bench import floor
from bench.node import LIMITS, ROUNDS, WAYS, Side, in_turn, process, receive
from bench.report import Figure, run
from pcloud.ambient.system import SystemClock
from pcloud.engine import invitations
from pcloud.limits import MAILBOX_BYTES, PENDING_REQUESTS_MAX
from pcloud.net.endpoint import NOWHERE
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.home import Home, Street
from pcloud.testing.node import Clock, Node, ask
from pcloud.wire import keys
from pcloud.wire.invitation import Invitation
from pcloud.wire.keys import HybridKey

REQUESTS = 4 * PENDING_REQUESTS_MAX
SIGNATURES = 3
INFO = b"floor"
GOAL = 0.55


async def _invite(host: Home) -> Invitation:
    made = await host.owner.invite("to meet", uses=PENDING_REQUESTS_MAX)
    offer = await host.node.decider.do(lambda batch: batch.store.offer(bytes.fromhex(made.id)))
    assert offer is not None
    return offer.state.invitation


def _request(invitation: Invitation) -> bytes:
    """The packet of somebody whose node has no open port: what it is answered goes back over its link."""
    guest = Node(os.urandom(8).hex(), Clock(SystemClock().now()))
    persona = guest.persona(os.urandom(32))
    guest.relationship = invitations.answer_invitation(invitation, persona, "person", (NOWHERE,), guest.draw)
    return invitation.mailbox + ask(guest, invitation)


async def _prepare(folder: Path) -> tuple[Home, list[Invitation]]:
    """A receiver's folder, with the invitations for all rounds."""
    street = Street(folder)
    host = await street.home("Host", limits=LIMITS)
    count = (ROUNDS + 1) * REQUESTS // PENDING_REQUESTS_MAX
    made = [await _invite(host) for _ in range(count)]
    await street.clear()
    return host, made


def _rounds(made: list[Invitation]) -> list[list[bytes]]:
    """The requests of each round."""
    packets = [_request(invitation) for invitation in made for _ in range(PENDING_REQUESTS_MAX)]
    return [packets[at : at + REQUESTS] for at in range(0, len(packets), REQUESTS)]


def _seal(public: bytes, size: int) -> bytes:
    """A bare request of so many bytes: a sealed secret, and under it as many signed pieces."""
    secret = os.urandom(keys.SEED_BYTES)
    block, nonce = keys.seal(public, secret, INFO), os.urandom(keys.NONCE_BYTES)
    text = size - MAILBOX_BYTES - len(block) - len(nonce) - keys.TAG_BYTES
    piece = text // SIGNATURES - keys.SIGNATURE_BYTES
    signed = b"".join(sodium.crypto_sign(os.urandom(piece), floor.SECRET) for _ in range(SIGNATURES))
    return bytes(MAILBOX_BYTES) + block + nonce + keys.aead_seal(secret, nonce, signed, b"")


def _take(frame: bytes, key: HybridKey) -> tuple[bytes, bytes]:
    """Open and verify one: its id, and what to keep."""
    sealed = keys.HYBRID_OVERHEAD_BYTES + keys.SEED_BYTES
    secret, at = key.open(frame[:sealed], INFO), sealed + keys.NONCE_BYTES
    signed = keys.aead_open(secret, frame[sealed:at], frame[at:], b"")
    piece = len(signed) // SIGNATURES
    for start in range(0, len(signed), piece):
        sodium.crypto_sign_open(signed[start : start + piece], floor.PUBLIC)
    return hashlib.sha256(signed).digest(), signed


def _pending(host: Home, made: list[Invitation]) -> int:
    """Who waits for the owner's word, by the rows that the node has left."""
    store = SqliteStore.open(host.folder / "store.db", host.key)
    try:
        return sum(len(store.pending(invitation.id)) for invitation in made)
    finally:
        store.close()


def figures() -> list[Figure]:
    """Floor and ours in turn, on one core."""
    way, key = WAYS[0], HybridKey.from_seed(os.urandom(keys.SEED_BYTES))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        folder.chmod(0o700)
        host, made = asyncio.run(_prepare(folder))
        rounds = _rounds(made)
        bare_rounds = [[_seal(key.public, len(packet)) for packet in packets] for packets in rounds]
        taking = partial(_take, key=key)
        with (
            process(floor.serve, folder, way.core, helper=way.helper, taking=taking) as bare,
            process(receive, host, way.core) as whole,
        ):
            ours, least = Side(whole, whole.recv(), rounds), Side(bare, bare.recv(), bare_rounds)
            found = in_turn(f"first contact, {way.name}", way, ours, least, GOAL)
        waiting = _pending(host, made)
    if waiting != sum(map(len, rounds)):
        raise AssertionError(f"{waiting} wait for the owner's word")
    return found


if __name__ == "__main__":
    sys.exit(run(figures))
