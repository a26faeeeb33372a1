"""Two sides with real keys, and one relationship between them, taken message by message."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pytest

from pcloud.features.relationship.accept import RelationshipAccept
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.confirm import RelationshipConfirm
from pcloud.features.relationship.decline import RelationshipDecline
from pcloud.features.relationship.machine import MACHINE, commitment
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.request import RelationshipRequest
from pcloud.kernel.context import Act, Context, Me, They
from pcloud.kernel.effects import Effect, Keep
from pcloud.kernel.gate import Evidence
from pcloud.kernel.machine import advance, find_row, open_thread
from pcloud.kernel.message import Message
from pcloud.kernel.thread import Thread
from pcloud.wire import cbor
from pcloud.wire.answers import KeyOffer
from pcloud.wire.keys import HybridKey, SigningKey

NOW = 1_800_000_000
STATES = {"requested", "accepted", "declined", "active", "closed"} | {
    f"paused-by-{side}" for side in ("opener", "other", "both")
}


def digest(name: str) -> bytes:
    return sha256(name.encode()).digest()


class World:
    """The guest answers an invitation of the host. `take` runs an act as the receiver does."""

    now = NOW
    states = STATES
    public = HybridKey.from_seed(b"\1" * 32).public
    small_order = public[:-32] + bytes(32)
    where = (b"\2" * 16, ("https://relay.example/m",))

    def __init__(self) -> None:
        met = digest("invitation")
        keys = {name: SigningKey.from_seed(digest(name)) for name in ("g", "h")}
        self.guest = Me(digest("guest"), "person", keys["g"], digest("guest's nonce"), met)
        self.host = Me(digest("host"), "organisation", keys["h"], digest("host's nonce"), met)
        self.numbers = dict.fromkeys((self.guest.persona, self.host.persona), 0)

    def other(self, me: Me) -> Me:
        return self.host if me is self.guest else self.guest

    def act(self, sender: Me, message: Message, *, highest: int = 99, **more: Any) -> Act:
        self.numbers[sender.persona] += 1
        number = self.numbers[sender.persona]
        id_ = digest(f"{sender.kind} {number}")
        made = Act(message, id_, sender.persona, (sender.key.public,), NOW, 0, number, highest)
        return made._replace(**more)

    def take(
        self, thread: Thread | None, act: Act, *, reissued: bool = False
    ) -> tuple[Thread, tuple[Keep, ...], tuple[Effect, ...]]:
        sender = self.guest if act.sender == self.guest.persona else self.host
        receiver = self.other(sender)
        they = They(sender.persona, sender.kind, sender.key.public)
        ctx = Context(NOW, bytes, receiver, they, Evidence())
        before = thread or open_thread(MACHINE, act)
        kept = dict(before.data)
        row = find_row(MACHINE, before, act, reissued=reissued)
        if row.check:
            row.check(act, before, ctx)
        after, keeps = advance(row, before, act)
        effects = row.reply(act, before, ctx) if row.reply else ()
        assert before.data == kept, "the data of a thread never changes in place"
        return after, keeps, effects

    def say(self, thread: Thread | None, sender: Me, message: Message, **more: Any) -> Thread:
        return self.take(thread, self.act(sender, message, **more))[0]

    def offer(self, number: int = 1) -> KeyOffer:
        return KeyOffer(number, self.public)

    def request(self, **more: Any) -> RelationshipRequest:
        fields = {
            "invitation": digest("invitation"),
            "key": self.offer(),
            "mailbox": self.where[0],
            "endpoints": self.where[1],
            "commitment": commitment(self.guest.nonce),
            "kind": "person",
            **more,
        }
        return RelationshipRequest(**fields)

    def accept(self, **more: Any) -> RelationshipAccept:
        fields = {
            "key": self.offer(),
            "mailbox": self.where[0],
            "endpoints": self.where[1],
            "nonce": self.host.nonce,
        }
        return RelationshipAccept(**{**fields, **more})

    def confirm(self, thread: Thread, **more: Any) -> RelationshipConfirm:
        return RelationshipConfirm(**{"nonce": self.guest.nonce, "accept": thread.data["accept"], **more})

    def requested(self) -> Thread:
        return self.say(None, self.guest, self.request())

    def accepted(self) -> Thread:
        return self.say(self.requested(), self.host, self.accept())

    def active(self) -> Thread:
        thread = self.accepted()
        return self.say(thread, self.guest, self.confirm(thread))

    def paused(self, *sides: Me) -> Thread:
        thread = self.active()
        for side in sides:
            thread = self.say(thread, side, RelationshipPause())
        return thread

    def closed(self) -> Thread:
        return self.say(self.active(), self.guest, RelationshipClose("none"))

    def declined(self) -> Thread:
        return self.say(self.requested(), self.host, RelationshipDecline())

    def living(self) -> list[Thread]:
        both = (self.guest, self.host)
        return [self.active(), self.paused(self.guest), self.paused(self.host), self.paused(*both)]

    def begun(self) -> list[Thread]:
        """A thread in each state that a request can lead to."""
        found = [self.requested(), self.accepted(), self.declined(), self.closed(), *self.living()]
        assert {thread.state for thread in found} == STATES
        return found

    def body(self, message: Message, **changed: Any) -> bytes:
        """The body of a message with some keys changed, `k7=...`; a key of ... is taken out."""
        fields: Mapping[Any, Any] = cbor.decode_map(message.write())
        for key, value in changed.items():
            place = int(key.removeprefix("k"))
            fields = {other: old for other, old in fields.items() if other != place}
            if value is not ...:
                fields = {**fields, place: value}
        return cbor.encode(dict(fields))


@pytest.fixture
def world() -> World:
    return World()
