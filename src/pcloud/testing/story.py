"""A conversation in pure code, printed: `python -m pcloud.testing.story handshake`.

Two engines exchange bytes from an invitation to a co-signed agreement and its end: with a counter, a lost
receipt, a crossed termination, a theft with recovery, and closing. Nothing is sent anywhere.
"""

import sys
from collections.abc import Callable
from hashlib import sha256

from pcloud.features.conversation.say import ConversationSay
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.reject import RelationshipReject
from pcloud.features.terms.accept import TermsAccept
from pcloud.features.terms.agreement import record
from pcloud.features.terms.counter import TermsCounter
from pcloud.features.terms.proffer import TermsProffer
from pcloud.features.terms.roster import read_roster
from pcloud.features.terms.terminate import TermsTerminate
from pcloud.kernel.context import Me
from pcloud.kernel.gate import Rosters
from pcloud.kernel.thread import Thread
from pcloud.limits import LINK_KEY_BYTES
from pcloud.testing.node import Clock, Node, ask, exchange, invite, pend, welcome
from pcloud.wire import cbor, cose, keylog
from pcloud.wire.invitation import Link, open_blob, read_link, seal_blob, write_link
from pcloud.wire.keylog import KeyLog
from pcloud.wire.keys import HybridKey, SigningKey

Print = Callable[[str], None]

WEEK_S = 604_800
WORDS = sha256(b"twenty-four words on paper").digest()
"""Stands for the rotation secret that the owner's words give."""


def small_roster() -> Rosters:
    """Two standard terms, signed by a keeper of this story."""
    keeper = SigningKey.from_seed(sha256(b"keeper").digest())
    deny = ["no-tracking", False, [], [], ["dpv:Tracking"]]
    entries = []
    for terms, purposes in (
        ("SD-BASE", ["dpv:ServiceProvision"]),
        ("SD-BASE-A", ["dpv:ServiceProvision", "dpv:ServiceUsageAnalytics"]),
    ):
        form = cbor.encode({1: 1, 2: [["service", True, [], [], purposes], deny], 3: [], 5: False})
        text_hash = sha256(terms.encode()).digest()
        entries.append([terms, f"https://myterms.info/agreements/{terms}", text_hash, form])
    payload = cbor.encode({1: 1, 2: "a roster of this story", 3: 1_800_000_000, 4: entries})
    return read_roster(cose.sign1(keeper, cose.ROSTER, payload), keeper.public).standards()


class Story:
    """Anna and a flower shop."""

    def __init__(self, tell: Print) -> None:
        self.tell = tell
        self.clock = Clock()
        rosters = small_roster()
        self.anna = Node("anna", self.clock, rosters)
        self.shop = Node("shop", self.clock, rosters)
        self.terms = {terms: standard for (_, terms), standard in rosters.items()}

    def handshake(self) -> None:
        """Tell it from beginning to end."""
        self.meet()
        thread = self.agree()
        self.talk()
        self.lose_a_receipt()
        self.cross(thread)
        self.steal_and_recover()
        self.part()

    def both(self, what: str) -> None:
        """Say something, and show that both logs fold to one digest."""
        digests = {node.state().digest() for node in (self.anna, self.shop)}
        if len(digests) > 1:
            raise AssertionError(f"the two logs disagree after: {what}")
        self.tell(f"{what}\n    both fold to {digests.pop().hex()[:16]}…")

    def thread_of(self, node: Node, thread_id: bytes) -> Thread:
        """A thread as a node holds it."""
        thread = node.log.thread(thread_id)
        if thread is None:
            raise AssertionError("a thread is missing")
        return thread

    def meet(self) -> None:
        """From an invitation to an active relationship."""
        invitation = invite(self.shop, "organisation", purpose="flowers on order")
        key = self.shop.draw(LINK_KEY_BYTES)
        where = invitation.endpoints[0], invitation.mailbox, sha256(invitation.data).digest(), key
        text, kept = write_link(Link(*where)), seal_blob(invitation.data, key)
        self.tell(
            f"The shop makes an invitation of {len(invitation.data):,} bytes: {invitation.purpose}.\n"
            f"    Its link has {len(text)} characters; the host keeps {len(kept):,} bytes it cannot read."
        )
        invitation = open_blob(kept, read_link(text))
        pend(self.anna, invitation, keylog.pool(WORDS, 0, 0, 1)[0])
        self.tell("Anna opens it: a pending contact, and nothing is sent.")
        request = ask(self.anna, invitation)
        exchange(self.anna, self.shop, request)
        self.both(f"Anna asks ({len(request):,} bytes with a session start); the shop holds it as pending.")
        accept = welcome(self.shop, keylog.pool(sha256(WORDS).digest(), 0, 0, 1)[0])
        exchange(self.shop, self.anna, accept)
        codes = {self.anna.code(), self.shop.code()}
        if len(codes) > 1:
            raise AssertionError("the short codes differ")
        self.both(f"The shop accepts as a persona of its own for Anna; both show the code {codes.pop()}.")

    def proffer(self, terms: str, thread: bytes | None = None) -> bytes:
        """Anna's frame with a proffer of these terms, open for a week."""
        return self.anna.say(TermsProffer.choose(self.terms[terms], self.clock.now + WEEK_S), thread)

    def accept(self, thread_id: bytes) -> bytes:
        """The shop's frame with its signature on the agreement."""
        me = self.shop.relationship.me
        signer = Me(me.log.persona, me.kind, me.key)
        thread = self.thread_of(self.shop, thread_id)
        return self.shop.say(TermsAccept.sign(thread, signer, self.clock.now + WEEK_S), thread_id)

    def newest_thread(self) -> bytes:
        """The thread that Anna's last message opened."""
        return self.anna.log.sequence(mine=True)[-1].signed.thread_id

    def agree(self) -> bytes:
        """A proffer, a counter, another proffer, and both signatures."""
        exchange(self.anna, self.shop, self.proffer("SD-BASE"))
        thread = self.newest_thread()
        exchange(self.shop, self.anna, self.shop.say(TermsCounter("SD-BASE-A"), thread))
        self.both("Anna proffers SD-BASE; the shop counters with SD-BASE-A.")
        exchange(self.anna, self.shop, self.proffer("SD-BASE-A", thread))
        exchange(self.shop, self.anna, self.accept(thread))
        records = {record(self.thread_of(node, thread)) for node in (self.anna, self.shop)}
        if len(records) > 1:
            raise AssertionError("the two records differ")
        size = len(records.pop())
        self.both(f"Anna proffers that; the shop signs, Anna's node last: one record of {size} bytes.")
        return thread

    def talk(self) -> None:
        """A question and its answer; each text is an item, and can be erased by itself."""
        asked, items = ConversationSay.pack("Are there tulips on Friday?")
        exchange(self.anna, self.shop, self.anna.say(asked, None, items))
        thread = self.newest_thread()
        answer, items = ConversationSay.pack("There are.", answers=thread)
        exchange(self.shop, self.anna, self.shop.say(answer, thread, items))
        self.both("Anna asks for tulips on Friday; the shop answers that there are.")

    def lose_a_receipt(self) -> None:
        """A message arrives, its receipt does not; it is sent again and judged once."""
        frame = self.proffer("SD-BASE")
        lost = self.shop.receive(frame)
        waiting = len(self.anna.relationship.outgoing.pending)
        self.tell(f"Anna proffers SD-BASE too; the shop's {len(lost.frames)} receipt is lost.")
        judged = self.shop.relationship.incoming.number
        exchange(self.anna, self.shop, *self.anna.frames())
        if waiting != 1 or self.shop.relationship.incoming.number != judged:
            raise AssertionError("a repeat was judged again")
        self.both("Anna sends it again; the shop gives the same receipt and judges nothing twice.")

    def cross(self, thread: bytes) -> None:
        """Both end the agreement at once."""
        agreement = self.thread_of(self.anna, thread).data["agreement"]
        hers = self.anna.say(TermsTerminate(agreement), thread)
        theirs = self.shop.say(TermsTerminate(agreement), thread)
        answers = (*self.shop.receive(hers).frames, *self.anna.receive(theirs).frames)
        self.tell("Both terminate the agreement, and the messages cross.")
        for frame in answers:
            for node in (self.anna, self.shop):
                exchange(self.shop if node is self.anna else self.anna, node, frame)
        ended = len(self.anna.relationship.agreements[agreement].ended)
        self.both(f"Each takes the other's: the agreement has ended, with {ended} statements in its record.")

    def steal_and_recover(self) -> None:
        """A thief runs a copy; the owner recovers with the words, and everyone follows her."""
        thief = self.anna.clone("thief")
        snapshot = self.anna.clone("anna again")
        proffer = TermsProffer.choose(self.terms["SD-BASE-A"], self.clock.now + WEEK_S)
        exchange(thief, self.shop, thief.say(proffer))
        self.tell("A thief copies Anna's node and proffers in her name; the shop cannot know.")
        self.anna = snapshot
        log, key, contact = self.next_event()
        self.anna.contact_keys.insert(0, contact)
        exchange(self.anna, self.shop, self.anna.recover(log, key))
        unaffirmed = self.anna.relationship.unaffirmed
        self.both(f"Anna recovers with her words; {len(unaffirmed)} entry comes back that is not in her log.")
        refused = self.shop.receive(thief.say(RelationshipClose("none"), thief.thread)).refused
        self.tell(f"The thief's copy tries to close the relationship: refused, {refused}.")
        reject = RelationshipReject(tuple(sorted(unaffirmed)))
        exchange(self.anna, self.shop, self.anna.say(reject, self.anna.thread))
        self.both("Anna looks at the entry and rejects it; the proffer never was.")

    def next_event(self) -> tuple[KeyLog, SigningKey, HybridKey]:
        """What only the words can make: the next key event, with a new signing key."""
        log = self.anna.relationship.me.log
        key = SigningKey.from_seed(self.anna.draw(32))
        contact = HybridKey.from_seed(self.anna.draw(32))
        committed = keylog.next_key(WORDS, 0, 0)
        event = keylog.next_event(log, committed, key.public, contact.public, keylog.pool(WORDS, 1, 0, 1)[0])
        return KeyLog((*log.events, event)), key, contact

    def part(self) -> None:
        """Closing states what happens to what is held."""
        exchange(self.shop, self.anna, self.shop.say(RelationshipClose("erased"), self.shop.thread))
        state = self.thread_of(self.anna, self.anna.thread).state
        self.both(f"The shop closes and states that it erased what it held: {state} on both sides.")


STORIES: dict[str, Callable[[Story], None]] = {"handshake": Story.handshake}


def main(arguments: list[str]) -> int:
    """Tell the story that is asked for."""
    if len(arguments) != 1 or arguments[0] not in STORIES:
        sys.stderr.write(f"usage: python -m pcloud.testing.story {'|'.join(STORIES)}\n")
        return 2
    steps = 0

    def tell(line: str) -> None:
        nonlocal steps
        steps += 1
        sys.stdout.write(f"{steps:2}. {line}\n")

    STORIES[arguments[0]](Story(tell))
    sys.stdout.write("The end: nothing was sent anywhere, and both logs say the same.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
