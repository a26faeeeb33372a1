"""A peer that keeps the protocol by itself, and whose every piece can be taken out and bent.

It has one relationship with one node. `say` is the honest way; `make`, `sign`, `content` and `seal` are
its steps.
"""

import queue
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from pcloud_interop.hostile.carrier import Harbour
from pcloud_interop.hostile.lines import (
    Got,
    Incoming,
    Outgoing,
    Part,
    Sent,
    body_of,
    digests,
    payload,
    salted,
)
from pcloud_interop.hostile.opening import Other, read_frame
from pcloud_interop.hostile.wire.cbor import Value, dec, enc
from pcloud_interop.hostile.wire.frames import Session, frame, pad, started
from pcloud_interop.hostile.wire.personas import Persona
from pcloud_interop.hostile.wire.secrets import Box, fresh
from pcloud_interop.hostile.wire.signing import Read, Signed, sign1
from pcloud_interop.live.node import MismatchError

T = TypeVar("T")

CONTACT_FIELDS: Final = 3
"""Of a contact frame; a session frame has five."""
ANSWERS: Final = frozenset(
    ("pcloud-receipt", "pcloud-expected", "pcloud-fork", "pcloud-busy", "pcloud-stale")
)


class Peer:
    """One side of a relationship, played by the suite."""

    def __init__(self, harbour: Harbour, wait_s_max: float, now: Callable[[], int]) -> None:
        self.harbour, self.wait_s_max, self.now = harbour, wait_s_max, now
        self.persona = Persona()
        self.mailbox = fresh(16)
        self.nonce = fresh()
        self.boxes = {0: Box(), 1: Box()}
        """Its receiving keys by number."""
        self.current = 1
        """The number of the one that it announces."""
        self.founding = self.persona.id
        self.other = Other()
        self.sessions: list[Session] = []
        """Its own toward the node."""
        self.out, self.into = Outgoing(), Incoming()
        self.answers: list[Read] = []
        """Everything the node answered, in order."""
        self.frames: list[bytes] = []
        """Everything that came, as it came."""
        self.thread: bytes | None = None
        """Of the relationship."""
        self.answering = True
        """Whether it sends receipts."""
        self._starts: dict[bytes, Signed] = {}
        self.notices: list[bytes] = []
        """What came sealed to its contact key, as it came."""
        self._queue: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        harbour.mailbox(self.mailbox, self._queue)

    # What it says, step by step

    def say(self, name: str, body: Value, items: Sequence[bytes] = (), **bent: Any) -> Sent:
        """Say something as it should be; the number is used up. `bent` changes fields of the header."""
        sent = self.make(name, body, items, **bent)
        self.commit(sent)
        self.send(sent)
        return sent

    def make(self, name: str, body: Value, items: Sequence[bytes] = (), **bent: Any) -> Sent:
        """A message in its place, not sent; a body of bytes is taken as it is."""
        first = body if isinstance(body, bytes) else body_of(body)
        return self.made(name, salted(first, *items), **bent)

    def made(self, name: str, parts: Sequence[Part], **bent: Any) -> Sent:
        """A message of these parts."""
        fields = self.header(name, digests(parts)) | bent
        signed = self.sign("pcloud-header", payload(fields))
        return Sent(fields["number"], signed.id, signed, [list(part) for part in parts], fields)

    def header(self, name: str, parts: list[bytes]) -> dict[str, Any]:
        """The fields of a header in its place."""
        number = len(self.out.sent) + 1
        prev = self.out.sent[-1].id if self.out.sent else self.other.first_prev(self.persona.events[-1].id)
        known, known_id = self.into.last
        opens = name == "relationship.request"
        return {
            "version": 1,
            "sender": self.persona.id,
            "recipient": self.other.id,
            "sender_epoch": self.persona.epoch,
            "recipient_epoch": 0,
            "name": name,
            "number": number,
            "prev": prev,
            "thread": None if opens else self.thread if name.startswith("relationship.") else None,
            "time": self.now(),
            "expiry": None,
            "known": known,
            "known_id": known_id,
            "agreement": None,
            "digests": parts,
            "first": None,
        }

    def sign(self, typ: str, payload: Value) -> Signed:
        """Sign with the key of the persona."""
        return sign1(self.persona.key, typ, payload)

    def commit(self, sent: Sent) -> None:
        """Count a message as sent."""
        self.out.sent.append(sent)
        if sent.fields["name"] == "relationship.request":
            self.thread = sent.id

    def send(self, sent: Sent) -> None:
        """Send a message in a frame of the session."""
        self.post(self.seal(self.content(sent.signed.data, sent.parts)))

    def content(self, signed: Value, parts: Value = (), **bent: Any) -> list[Any]:
        """What a frame seals. `start` and `introduction` bend it."""
        session = self.session()
        start = None if session.answered else self.start_of(session).data
        introduction = [self.persona.log, None] if self.introduces else None
        return [bent.get("start", start), bent.get("introduction", introduction), signed, list(parts)]

    @property
    def introduces(self) -> bool:
        """Whether its log is still to be brought along."""
        return self.other.invited and self.out.receipted == 0

    def start_of(self, session: Session, **bent: Any) -> Signed:
        """The signed start of a session, made once."""
        if not bent and session.id in self._starts:
            return self._starts[session.id]
        fields = {
            "sender": self.persona.id,
            "recipient": self.other.id,
            "own": self.persona.epoch,
            "its": 0,
            "named": session.id,
            "number": session.number,
            "key_number": session.key_number,
        } | bent
        signed = self.sign("pcloud-start", [1, *fields.values()])
        if not bent:
            self._starts[session.id] = signed
        return signed

    def session(self) -> Session:
        """The session to seal in; one is begun where there is none."""
        return self.sessions[-1] if self.sessions else self.begin()

    def begin(self) -> Session:
        """A new session, where an announced receiving key is unused; else the one there is."""
        if self.sessions and not self.other.unused:
            return self.sessions[-1]
        self.sessions.append(self.beginning())
        self.other.unused = False
        return self.sessions[-1]

    def beginning(self, *, number: int | None = None, key_number: int | None = None) -> Session:
        """A new session that is not counted; another number, or key number, bends it."""
        key = self.other.key
        if key is None:
            raise MismatchError("the node announces no receiving key")
        chosen = len(self.sessions) + 1 if number is None else number
        at = key[0] if key_number is None else key_number
        sender = None if at == 0 else self.founding
        return started(key[1], (sender, self.other.founding), chosen, at)

    def seal(self, content: Value, session: Session | None = None) -> bytes:
        """A frame around a content; bytes are taken as its encoding."""
        within = session or self.session()
        data = content if isinstance(content, bytes) else enc(content)
        return frame(within, pad(data), block=None if within.answered else within.block)

    def post(self, frame: bytes) -> None:
        """Send a frame to the node."""
        self.harbour.line_to(self.other.endpoint).send(self.other.mailbox, frame)

    def answer(self, typ: str, *more: Value, session: bytes | None = None, **bent: Any) -> Signed:
        """A signed answer; it announces the current receiving key where it names a session."""
        key = None if session is None else [self.current, self.boxes[self.current].public]
        sender = bent.get("sender", self.persona.id)
        front = [1, sender, bent.get("recipient", self.other.id), self.persona.epoch, 0, session, key]
        return self.sign(typ, [*front, *more])

    def receipt(self, session: bytes | None = None, refusals: Value = ()) -> Signed:
        """A receipt for all that was judged."""
        return self.answer("pcloud-receipt", *self.into.last, list(refusals), session=session)

    def move(self, mailbox: bytes) -> None:
        """Be at another mailbox from now on; what goes to the old one is kept apart, and never looked at."""
        self.harbour.mailbox(self.mailbox, queue.SimpleQueue())
        self.mailbox = mailbox
        self.harbour.mailbox(mailbox, self._queue)

    # What comes

    def pump(self, wait_s: float = 0.0) -> bool:
        """Take what has come, honestly; gives whether something has. Waits so long for the first frame."""
        try:
            data = self._queue.get(timeout=wait_s) if wait_s else self._queue.get_nowait()
        except queue.Empty:
            return False
        while True:
            self._take(data)
            try:
                data = self._queue.get_nowait()
            except queue.Empty:
                return True

    def until(self, what: str, look: Callable[[], T | None]) -> T:
        """What a look gives once it gives something. Raises MismatchError where it never does."""
        end = time.monotonic() + self.wait_s_max
        while not (found := look()):
            left = end - time.monotonic()
            if left <= 0:
                raise MismatchError(f"not within {self.wait_s_max:g} seconds: {what}")
            self.pump(min(left, 0.25))
        return found

    def judged(self, sent: Sent) -> str:
        """What the node says of a message, once it does."""
        return self.until(f"a receipt for {sent.fields['name']}", lambda: self.out.verdict(sent.number))

    def _take(self, data: bytes) -> None:
        self.frames.append(data)
        if len(dec(data)) == CONTACT_FIELDS:
            self.notices.append(data)
            return
        read = read_frame(data, self.boxes, self.other, self.founding)
        if read is None:
            raise MismatchError("a frame of the node does not open")
        session, fresh_start, content = read
        if fresh_start and session.key_number == self.current:
            self.current += 1
            self.boxes[self.current] = Box()
        self.other.take(content, session)
        signed = self.other.signed_of(content)
        if signed is not None and signed.typ in ANSWERS:
            self._answered(signed)
            due = fresh_start
        else:
            due = signed is None or self._judge(signed, content[3])
        if due and self.answering:
            self._acknowledge(session.id if fresh_start else None)

    def _acknowledge(self, session: bytes | None) -> None:
        if not self.sessions and self.other.key is None:
            return
        self.post(self.seal(self.content(self.receipt(session).data)))

    def _judge(self, signed: Read, parts: list[Any]) -> bool:
        got = self.other.message(signed, parts)
        if got.number == self.into.last[0] + 1:
            self.into.got.append(got)
            self._hear(got)
        return got.number <= self.into.last[0]

    def _hear(self, got: Got) -> None:
        if got.name in {"relationship.request", "relationship.accept", "relationship.move"}:
            self.other.placed(got)
        if got.name == "relationship.request":
            self.thread = got.id
        if got.name in {"relationship.accept", "relationship.move"}:
            self.begin()

    def _answered(self, signed: Read) -> None:
        self.answers.append(signed)
        session, key = signed.payload[5:7]
        for one in self.sessions:
            one.answered = one.answered or one.id == session
        if key is not None:
            self.other.announced(key)
        if signed.typ == "pcloud-receipt":
            number, _, refusals = signed.payload[7:]
            self.out.receipted = max(self.out.receipted, number)
            self.out.refused |= {refused: code for refused, code in refusals if code != "applied"}
