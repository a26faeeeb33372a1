"""A person and a shop with real keys, and one negotiation between them, taken message by message."""

from hashlib import sha256
from typing import Any

import pytest

from pcloud.features.terms.accept import TermsAccept
from pcloud.features.terms.machine import MACHINE
from pcloud.features.terms.proffer import TermsProffer
from pcloud.features.terms.seal import TermsSeal
from pcloud.kernel.context import Act, Context, Me, They
from pcloud.kernel.effects import Effect, Keep
from pcloud.kernel.gate import Agreement, Clause, Evidence, Policy, StandardTerms
from pcloud.kernel.machine import advance, find_row, open_thread
from pcloud.kernel.message import Message
from pcloud.kernel.thread import Thread
from pcloud.wire.keys import SigningKey

NOW = 1_800_000_000
DAY = 86_400


def digest(name: str) -> bytes:
    return sha256(name.encode()).digest()


def standard(roster: str, terms: str) -> StandardTerms:
    policy = Policy((Clause("service-delivery", allowed=True),))
    return StandardTerms(digest(roster), terms, digest(f"text {terms}"), digest(f"machine {terms}"), policy)


class World:
    """Two parties. `take` runs an act as the receiver does: row, check, thread, reply."""

    now = NOW
    day = DAY

    def __init__(self) -> None:
        self.person = Me(digest("person"), "person", SigningKey.from_seed(digest("person's key")))
        self.shop = Me(digest("shop"), "organisation", SigningKey.from_seed(digest("shop's key")))
        self.base = standard("roster", "SD-BASE")
        self.analytics = standard("roster", "SD-BASE-A")
        self.foreign = standard("another roster", "SD-BASE")
        self.agreements: dict[bytes, Agreement] = {}
        self.numbers = dict.fromkeys((self.person.persona, self.shop.persona), 0)

    def ctx(self, me: Me, now: int = NOW) -> Context:
        peer = self.shop if me is self.person else self.person
        rosters = {(s.roster, s.terms): s for s in (self.base, self.analytics, self.foreign)}
        evidence = Evidence(agreements=self.agreements, rosters=rosters)
        return Context(
            now,
            bytes,
            me,
            They(peer.persona, peer.kind, peer.key.public),
            evidence,
        )

    def act(self, sender: Me, message: Message, *, time: int = NOW, highest: int = 99) -> Act:
        self.numbers[sender.persona] += 1
        number = self.numbers[sender.persona]
        name = f"{sender.persona.hex()} {number} {message.NAME}"
        return Act(message, digest(name), sender.persona, (sender.key.public,), time, 0, number, highest)

    def take(
        self, thread: Thread | None, act: Act, now: int = NOW
    ) -> tuple[Thread, tuple[Keep, ...], tuple[Effect, ...]]:
        receiver = self.person if act.sender == self.shop.persona else self.shop
        before = thread or open_thread(MACHINE, act)
        row = find_row(MACHINE, before, act)
        if row.check:
            row.check(act, before, self.ctx(receiver, now))
        after, keeps = advance(row, before, act)
        effects = row.reply(act, before, self.ctx(receiver, now)) if row.reply else ()
        if row.reply:
            assert effects == row.reply(act, after, self.ctx(receiver, now)), "a reply may see either thread"
        return after, keeps, effects

    def say(self, thread: Thread | None, sender: Me, message: Message, **more: Any) -> Thread:
        return self.take(thread, self.act(sender, message, **more))[0]

    def proffer(self, chosen: StandardTerms | None = None, **more: Any) -> TermsProffer:
        return TermsProffer.choose(chosen or self.base, NOW + DAY, **more)

    def proffered(self, **more: Any) -> Thread:
        return self.say(None, self.person, self.proffer(**more))

    def accepted(self, seal_by: int = NOW + 2 * DAY, **more: Any) -> Thread:
        thread = self.proffered(**more)
        return self.say(thread, self.shop, TermsAccept.sign(thread, self.shop, seal_by))

    def agreed(self, **more: Any) -> Thread:
        thread = self.accepted(**more)
        act = self.act(self.person, TermsSeal.sign(thread, self.person.key))
        after, keeps, _ = self.take(thread, act)
        self.agreements[keeps[0].key] = keeps[0].value
        return after


@pytest.fixture
def world() -> World:
    return World()
