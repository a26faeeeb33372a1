"""One message in pure code against the sum of the bare primitives it needs, in the same run.

The floor is what no implementation can leave out: the cryptography and hashing of one message, and its
CBOR by the library that is fastest here (cbor2), called with ready arguments. To read deterministic CBOR with
a library is to read, to write again and to compare.
"""

import hashlib
import hmac
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import cbor2
import nacl.bindings as sodium
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from bench.report import Figure, beside, run
from pcloud.engine import answering, decide
from pcloud.engine.compose import Command, command
from pcloud.engine.intake import open_frame
from pcloud.engine.sealing import seal
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.testing.node import Clock, Node, ask, exchange, invite, pend, welcome
from pcloud.wire import cose, session
from pcloud.wire.content import read_content
from pcloud.wire.keylog import pool

BATCH = 256
ROUNDS = 15


class Times(NamedTuple):
    """Microseconds per message: minimum, median and maximum over the rounds."""

    name: str
    times: tuple[float, ...]

    @property
    def median(self) -> float:
        """The figure to quote."""
        return statistics.median(self.times)

    def line(self) -> str:
        """One row of the report."""
        return f"{self.name:<34} {min(self.times):7.1f} {self.median:7.1f} {max(self.times):7.1f} us"


def related() -> tuple[Node, Node]:
    """Two nodes with an active relationship, sessions answered."""
    clock = Clock()
    guest, host = Node("guest", clock), Node("host", clock)
    invitation = invite(host)
    pend(guest, invitation, pool(bytes(32), 0, 0, 1)[0])
    exchange(guest, host, ask(guest, invitation))
    exchange(host, guest, welcome(host, pool(b"1" * 32, 0, 0, 1)[0]))
    exchange(guest, host, guest.say(RelationshipPause(), guest.thread))
    exchange(guest, host, guest.say(RelationshipResume(), guest.thread))
    return guest, host


def messages(node: Node) -> list[Command]:
    """A batch of small messages that are legal in turn."""
    return [Command((RelationshipPause, RelationshipResume)[n % 2](), node.thread) for n in range(BATCH)]


def send(node: Node, wanted: list[Command]) -> list[bytes]:
    """Decide, sign and seal each message; storing it is not part of the pure core."""
    frames = []
    setting = node.setting._replace(draw=os.urandom)
    for each in wanted:
        decision = command(node.relationship, each, node.log, setting)
        (entry,) = decision.entries
        sealed = seal(decision.relationship, entry.signed.data, entry.parts, setting.now, setting.draw)
        node.relationship = sealed.relationship
        frames.append(sealed.frame)
    return frames


def receive(node: Node, frames: list[bytes]) -> bytes:
    """Open, verify and judge each frame, and make the one receipt for the batch."""
    setting, due = node.setting._replace(draw=os.urandom), None
    for frame in frames:
        opened = open_frame(node.relationship, frame, setting.now, setting.draw)
        decision = decide.judge(opened, node.log, setting)
        node.relationship, due = decision.relationship, decision.due
    if due is None:
        raise AssertionError("nothing was judged")
    return answering.make_answer(node.relationship, due)


class Pieces(NamedTuple):
    """The bytes of one real message, to run the primitives on."""

    key: bytes
    nonce: bytes
    frame: bytes
    ciphertext: bytes
    bound: bytes
    padded: bytes
    content: bytes
    signed: bytes
    payload: bytes
    signing_input: bytes
    signature: bytes
    public: bytes
    body: bytes
    salted: bytes


def pieces(receiver: Node, frame: bytes) -> Pieces:
    """Take one frame apart."""
    parsed = session.read_frame(frame)
    if isinstance(parsed, session.ContactFrame):
        raise TypeError("a session frame was expected")
    key = next(
        s.frame_key for s in receiver.relationship.sealing.sessions if s.frame_key.session == parsed.session
    )
    content = session.open_frame(key, parsed)
    read = read_content(content)
    if read.signed is None or read.parts[0] is None:
        raise TypeError("a message was expected")
    signed = cose.parse_sign1(read.signed, cose.HEADER)
    part = read.parts[0]
    padded = ChaCha20Poly1305(key.key).decrypt(parsed.nonce, parsed.ciphertext, parsed.bound)
    return Pieces(
        key.key,
        parsed.nonce,
        frame,
        parsed.ciphertext,
        parsed.bound,
        padded,
        content,
        read.signed,
        signed.payload,
        signed.signing_input,
        signed.signature,
        signed.kid,
        part.data,
        part.salt + part.data,
    )


def strict(data: bytes) -> object:
    """Deterministic CBOR as the library gives it: read, write again, compare (spec 02)."""
    value = cbor2.loads(data)
    if cbor2.dumps(value) != data:
        raise ValueError("not deterministic")
    return value


def receive_floor(one: Pieces) -> None:
    """The primitives of one received message."""
    strict(one.frame)
    ChaCha20Poly1305(one.key).decrypt(one.nonce, one.ciphertext, one.bound)
    strict(one.content)
    strict(one.signed[1:])
    sodium.crypto_sign_open(one.signature + one.signing_input, one.public)
    hashlib.sha256(one.signing_input).digest()
    strict(one.payload)
    hashlib.sha256(one.salted).digest()
    strict(one.body)


def send_floor(one: Pieces, secret: bytes, header: list[object], content: list[object]) -> None:
    """The primitives of one sent message; a salt and the random part of a nonce are drawn too."""
    os.urandom(28)
    cbor2.dumps({})
    hashlib.sha256(one.salted).digest()
    cbor2.dumps(header)
    sodium.crypto_sign(one.signing_input, secret)
    hashlib.sha256(one.signing_input).digest()
    cbor2.dumps(content)
    hmac.digest(one.key, one.padded, "sha256")
    ChaCha20Poly1305(one.key).encrypt(one.nonce, one.padded, one.bound)


def timed(work: Callable[[], object], times: int = 1) -> float:
    """CPU microseconds for each of a batch of messages."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / BATCH * 1e6


def round_of(secret: bytes) -> dict[str, float]:
    """One round of all figures, ours and the floors in turn, so that drift hits both."""
    guest, host = related()
    wanted = messages(guest)
    frames: list[bytes] = []
    row = {"send": timed(lambda: frames.extend(send(guest, wanted)))}
    one = pieces(host, frames[0])
    header, content = cbor2.loads(one.payload), cbor2.loads(one.content)

    def sending() -> None:
        send_floor(one, secret, header, content)

    def receiving() -> None:
        receive_floor(one)

    row["send floor"] = timed(sending, BATCH)
    row["receive"] = timed(lambda: receive(host, frames))
    row["receive floor"] = timed(receiving, BATCH)
    return row


def measure() -> list[Times]:
    """All figures of one run."""
    _, secret = sodium.crypto_sign_seed_keypair(bytes(32))
    rounds = [round_of(secret) for _ in range(ROUNDS)]
    return [Times(name, tuple(each[name] for each in rounds)) for name in rounds[0]]


BARE_BYTES = 100
"""A signature of 64, a tag of 16, and 20 for a nonce and a number: no sealed message lacks them."""
BESIDE_TIMES_MAX = 1.3


def frame_cost() -> Figure:
    """Bytes of a frame beside the message's body and its padding, once the session's start is answered."""
    guest, host = related()
    (frame,) = send(guest, messages(guest)[:1])
    one = pieces(host, frame)
    padding = len(one.padded) - len(one.content)
    print(
        f"frame {len(frame)} B: body {len(one.body)}, header {len(one.payload)}, padding {padding},"
        f" beyond the padded content {len(frame) - len(one.padded)}"
    )
    bytes_ = len(frame) - padding - len(one.body)
    return beside("bytes of a frame beside its body", [bytes_], [BARE_BYTES], "B", BESIDE_TIMES_MAX)


GOALS = {"send": 2.0, "receive": 1.5}
"""The most that ours may cost over the floor."""


def figures() -> list[Figure]:
    """Measure, print each with its spread, and judge."""
    found = {each.name: each for each in measure()}
    print("CPU microseconds per message       min  median     max")
    for each in found.values():
        print(each.line())
    return [
        *(
            beside(f"{name} in pure code, CPU", found[name].times, found[f"{name} floor"].times, "us", goal)
            for name, goal in GOALS.items()
        ),
        frame_cost(),
    ]


if __name__ == "__main__":
    sys.exit(run(figures))
