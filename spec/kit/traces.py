"""The traces: whole conversations with the state digest after each message."""

from __future__ import annotations

import json
from pathlib import Path

from spec.kit.anchors import anchors
from spec.kit.cbor import Value, dec, enc
from spec.kit.disclosure_told import disclosed
from spec.kit.fold import Data, Entry, digest
from spec.kit.fold_data import agreement_payload, party_input
from spec.kit.keys import Signer, box, sha
from spec.kit.talk import Side, Talk

ROSTER = Path(__file__).resolve().parents[1] / "rosters" / "customer-commons.cbor"
DAY = 86400
RULES = {
    "handshake": "FOLD-1 FOLD-5 REL-12 REL-13 REL-17 REL-22 TERMS-1 TERMS-11 TERMS-12 "
    "TERMS-16 TERMS-23 TERMS-26 TERMS-27 TERMS-40",
    "crossings": "FOLD-1 TABLE-8 TABLE-9 REL-13 REL-14 TERMS-21 TERMS-22 TERMS-38",
    "refused": "FOLD-2 TABLE-1 TABLE-7 GATE-1 GATE-2 ORDER-11 TERMS-10 TERMS-13",
    "reissued": "FOLD-1 REC-18 REC-20",
    "lost": "FOLD-1 REC-18 TERMS-8 TERMS-40",
    "conversation": "FOLD-1 MSG-15 MSG-16 GATE-2 GATE-3 REC-18 "
    "TALK-1 TALK-2 TALK-3 TALK-4 TALK-5 TALK-6 TALK-7",
    "custody": "FOLD-1 MSG-15 MSG-16 TABLE-8 CUSTODY-2 CUSTODY-3 CUSTODY-4 CUSTODY-5 CUSTODY-6",
    "disclosure": "FOLD-1 MSG-15 TABLE-8 GATE-8 GATE-14 TABLE-12 DISC-8 DISC-11 DISC-13 DISC-14 DISC-15 "
    "DISC-16 DISC-18 DISC-20 DISC-21 DISC-23 DISC-25 DISC-26 DISC-28 DISC-30 DISC-33 DISC-35 DISC-37 DISC-39",
    "relay": "FOLD-1 MSG-15 MSG-16 TABLE-8 RELAY-1 RELAY-2 RELAY-3 RELAY-4 RELAY-5",
}


def roster() -> tuple[bytes, dict[str, tuple[Value, bytes]]]:
    """The id of the development roster, and text hash and machine hash of each of its terms."""
    whole = dec(ROSTER.read_bytes()[1:])
    assert isinstance(whole, list)
    protected, payload = whole[0], whole[2]
    assert isinstance(payload, bytes)
    held = dec(payload)
    assert isinstance(held, dict)
    listed = held[4]
    assert isinstance(listed, list)
    found: dict[str, tuple[Value, bytes]] = {}
    for entry in listed:
        assert isinstance(entry, list)
        name, form = entry[0], entry[3]
        assert isinstance(name, str)
        assert isinstance(form, bytes)
        found[name] = (entry[2], sha(form))
    return sha(enc(["Signature1", protected, b"", payload])), found


def proffer(talk: Talk, terms: str, **more: Value) -> Data:
    """The body of a proffer, open for a day."""
    name, listed = roster()
    text, machine = listed[terms]
    body: Data = {1: name, 2: terms, 3: text, 4: machine, 5: talk.clock + DAY}
    return body | {int(key[1:]): value for key, value in more.items()}


def agreed(talk: Talk, terms: str, *, counter: str | None = None) -> Entry:
    """A negotiation to its end; gives the opening proffer."""
    opening = current = talk.say(
        talk.opener, "terms.proffer", proffer(talk, terms), why="The person proffers terms"
    )
    thread = opening.id
    if counter is not None:
        talk.say(
            talk.other, "terms.counter", {1: counter}, thread=thread, why="The shop names other terms, once"
        )
        again = proffer(talk, counter, k6=talk.clock + 365 * DAY)
        current = talk.say(
            talk.opener, "terms.proffer", again, thread=thread, why="The person proffers these"
        )
    body = talk.accept_body(current, talk.clock + 2 * DAY)
    accept = talk.say(talk.other, "terms.accept", body, thread=thread, why="The shop accepts and signs")
    seal = talk.seal_body(current, accept)
    talk.say(talk.opener, "terms.seal", seal, thread=thread, why="The person signs last: in force")
    return opening


def agreement_of(talk: Talk, thread: bytes) -> bytes:
    """The id of the agreement that a thread made."""
    said = {entry.header.name: entry for entry in talk.log if entry.thread == thread}
    seal_by = said["terms.accept"].body[2]
    assert isinstance(seal_by, int)
    payload = agreement_payload(talk.negotiated(said["terms.proffer"], seal_by), talk.opener.one.id)
    return sha(party_input(payload, talk.opener.one.key.public))


def handshake() -> tuple[str, Talk]:
    """From the request to the close, with two terminations that cross."""
    talk = Talk("handshake")
    request = talk.handshake()
    thread = agreed(talk, "SD-BASE", counter="SD-BASE-A").id
    made = agreement_of(talk, thread)
    seen = len(talk.other.sent), len(talk.opener.sent)
    body: Data = {1: made, 2: "not-needed"}
    talk.say(talk.opener, "terms.terminate", body, thread=thread, seen=seen[0], why="The person ends it")
    talk.say(
        talk.other, "terms.terminate", {1: made}, thread=thread, seen=seen[1], why="So does the shop, at once"
    )
    close: Data = {1: "kept", 2: talk.clock + 30 * DAY}
    talk.say(
        talk.other,
        "relationship.close",
        close,
        thread=request.id,
        why="The shop closes and keeps what it must",
    )
    return (
        "From the first message to the last: terms, a counter, an agreement, two terminations that cross.",
        talk,
    )


def crossings() -> tuple[str, Talk]:
    """A pause and a pause, an acceptance and a withdrawal, a refusal and a withdrawal, two closes."""
    talk = Talk("crossings")
    request = talk.handshake()
    opening = talk.say(
        talk.opener, "terms.proffer", proffer(talk, "SD-BASE"), why="The person proffers terms"
    )
    seen = len(talk.other.sent), len(talk.opener.sent)
    body = talk.accept_body(opening, talk.clock + 2 * DAY)
    talk.say(talk.opener, "terms.withdraw", {}, thread=opening.id, seen=seen[0], why="The person withdraws")
    talk.say(
        talk.other, "terms.accept", body, thread=opening.id, seen=seen[1], why="The shop accepted meanwhile"
    )
    second = talk.say(
        talk.opener, "terms.proffer", proffer(talk, "PDC-GOOD"), why="The person proffers again"
    )
    seen = len(talk.other.sent), len(talk.opener.sent)
    why = "The shop declines"
    talk.say(talk.other, "terms.decline", {1: "not-now"}, thread=second.id, seen=seen[1], why=why)
    talk.say(
        talk.opener, "terms.withdraw", {}, thread=second.id, seen=seen[0], why="The person withdrew meanwhile"
    )
    seen = len(talk.other.sent), len(talk.opener.sent)
    pause = "relationship.pause"
    talk.say(
        talk.opener, pause, {1: talk.clock + DAY}, thread=request.id, seen=seen[0], why="The person rests"
    )
    talk.say(talk.other, pause, {}, thread=request.id, seen=seen[1], why="So does the shop, at once")
    talk.say(talk.opener, "relationship.resume", {}, thread=request.id, why="The person's rest ends")
    seen = len(talk.other.sent), len(talk.opener.sent)
    close = "relationship.close"
    talk.say(talk.other, close, {1: "erased"}, thread=request.id, seen=seen[1], why="The shop closes")
    talk.say(
        talk.opener, close, {1: "none"}, thread=request.id, seen=seen[0], why="So does the person, at once"
    )
    return "What crosses: an acceptance, a refusal, two pauses, two closes.", talk


def refused() -> tuple[str, Talk]:
    """Messages that are refused leave no trace in the state."""
    talk = Talk("refused")
    request = talk.handshake().id
    first = proffer(talk, "SD-BASE")
    opened = talk.say(talk.opener, "terms.proffer", first, why="The person proffers terms").id
    accept: Data = {1: opened, 2: talk.clock + DAY, 3: bytes(64)}
    one, two = talk.opener, talk.other
    said: list[tuple[Side, str, Data, bytes | None, str, str]] = [
        (two, "terms.seal", {1: opened, 2: bytes(64)}, opened, "not-in-state", "A seal before an acceptance"),
        (one, "terms.accept", accept, opened, "not-your-turn", "The person accepts its own proffer"),
        (two, "terms.decline", {}, request, "unknown-thread", "A refusal in another thread"),
        (two, "terms.counter", {1: "SD-BASE"}, opened, "counter-invalid", "A counter of the proffered terms"),
        (two, "terms.counter", {1: ""}, opened, "body-form", "A counter without terms"),
        (two, "terms.haggle", {}, opened, "unknown-name", "A name that is not registered"),
        (two, "terms.decline", {}, opened, "applied", "The shop declines"),
        (two, "terms.decline", {}, opened, "not-in-state", "It declines again"),
        (one, "relationship.pause", {}, request, "applied", "The person rests"),
        (one, "terms.proffer", first, None, "paused", "A proffer while the relationship rests"),
    ]
    for side, name, body, thread, verdict, why in said:
        talk.say(side, name, body, thread=thread, verdict=verdict, why=why)
    return "Refused messages use up their number and leave no trace in the state.", talk


def reissued() -> tuple[str, Talk]:
    """The person restores a copy that lacks the acceptance; the shop sends it again."""
    talk = Talk("reissued")
    request = talk.handshake()
    opening = talk.say(
        talk.opener, "terms.proffer", proffer(talk, "SD-BASE"), why="The person proffers terms"
    )
    seen = len(talk.opener.sent)
    rotate: Data = {1: [2, box("reissued 3")[1]]}
    talk.say(talk.opener, "relationship.rotate", rotate, thread=request.id, why="The person rotates")
    body = talk.accept_body(opening, talk.clock + 2 * DAY)
    why = "The shop accepts and signs, before it saw the rotation"
    accept = talk.say(talk.other, "terms.accept", body, thread=opening.id, seen=seen, why=why)
    talk.recover(talk.opener)
    talk.again(
        talk.other, accept, "The person recovered and lacks it: the shop sends it again in the new line"
    )
    seal = talk.seal_body(opening, accept)
    why = "The person signs last, with the key of the new epoch"
    talk.say(talk.opener, "terms.seal", seal, thread=opening.id, why=why)
    return "A message that is sent again stands at its first rank and under its first id.", talk


def lost() -> tuple[str, Talk]:
    """Both sides recover after they have agreed, and all there is of what they said is what is sent again."""
    talk = Talk("lost")
    talk.handshake()
    agreed(talk, "SD-BASE")
    talk.recover(talk.opener)
    talk.recover(talk.other)
    for entry in talk.lose():
        side = talk.opener if entry.header.sender == talk.opener.one.id else talk.other
        talk.again(
            side, entry, f"Sent again, under a key that did not sign what is in it: {entry.header.name}"
        )
    talk.say(talk.other, "conversation.say", {}, items=(enc("All is there."),), why="The shop goes on")
    return (
        "An agreement of which only reissues are left: keys before those of the headers have signed it.",
        talk,
    )


def conversation() -> tuple[str, Talk]:
    """What two owners say: in turn, at once, too late, and with a text that is gone."""
    talk = Talk("conversation")
    request = talk.handshake().id
    one, two, say = talk.opener, talk.other, "conversation.say"
    why = "The person speaks first: a thread"
    first = talk.say(one, say, {}, items=(enc("Are there tulips today?"),), why=why).id
    text = (enc("There are."),)
    talk.say(two, say, {1: first}, thread=first, items=text, why="The shop answers that message")
    seen = len(two.sent), len(one.sent)
    text = (enc("Two bunches, please."),)
    talk.say(one, say, {}, thread=first, seen=seen[0], items=text, why="The person says more")
    text = (enc("Until six\u2026\x07"),)
    talk.say(two, say, {}, thread=first, seen=seen[1], items=text, why="So does the shop, at once")
    why = "The person took the text back before it came"
    talk.say(one, say, {}, thread=first, items=(enc("Or three?"),), gone=True, why=why)
    text = (enc("A box came back."),)
    why = "Another thread, in answer to something that the person does not hold"
    second = talk.say(two, say, {1: bytes(32)}, items=text, why=why).id
    wrong: list[tuple[bytes | None, tuple[bytes, ...], str, str]] = [
        (second, (), "body-form", "Nothing is said"),
        (None, (enc(""),), "body-form", "An empty text, which would open a thread"),
        (second, (enc(b"x"),), "body-form", "Bytes instead of a text"),
        (second, (*text, *text), "part-mismatch", "Two texts"),
        (request, text, "unknown-thread", "A text in the thread of the relationship"),
    ]
    for thread, items, verdict, what in wrong:
        talk.say(one, say, {}, thread=thread, items=items, verdict=verdict, why=what)
    rested = len(one.sent)
    talk.say(one, "relationship.pause", {}, thread=request, why="The person rests")
    why = "The shop did not know"
    talk.say(two, say, {}, thread=second, seen=rested, items=text, verdict="crossed", why=why)
    why = "The person who rests does not speak either"
    talk.say(one, say, {}, thread=second, items=text, verdict="paused", why=why)
    talk.say(one, "relationship.resume", {}, thread=request, why="The rest ends")
    last = talk.say(two, say, {}, thread=second, items=(enc("Welcome back."),), why="The shop goes on")
    talk.recover(one)
    talk.again(two, last, "The person recovered and lacks it: the shop sends it again, with its text")
    return "What two owners say to each other, and what of it is refused.", talk


def custody() -> tuple[str, Talk]:
    """Custody asked, granted, granted anew, ended while it is granted; and refused."""
    talk = Talk("custody")
    talk.handshake()
    one, two = talk.opener, talk.other
    where: Value = ["https://holder.example"]
    asked: Data = {1: sha(b"locator address"), 2: 2**30, 3: 90}
    token = (enc(sha(b"put token")),)
    thread = talk.say(one, "custody.ask", asked, why="The person asks the peer to keep volumes").id
    grant: Data = {1: 2**29, 2: 90, 3: where}
    wrong: list[tuple[tuple[bytes, ...], str, str]] = [
        ((), "body-form", "A grant without a token"),
        ((enc(b"x"),), "body-form", "A token of one byte"),
        ((*token, *token), "part-mismatch", "Two tokens"),
    ]
    for items, verdict, what in wrong:
        talk.say(two, "custody.grant", grant, thread=thread, items=items, verdict=verdict, why=what)
    talk.say(two, "custody.grant", grant, thread=thread, items=token, why="The holder keeps them")
    why = "The holder moved, and took the token back before it came"
    moved: Data = {1: 2**30, 2: 30, 3: ["https://other.example"]}
    talk.say(two, "custody.grant", moved, thread=thread, items=token, gone=True, why=why)
    seen = len(two.sent), len(one.sent)
    talk.say(one, "custody.end", {}, thread=thread, seen=seen[0], why="The person ends it")
    why = "The holder grants more room at once: it stays ended"
    talk.say(two, "custody.grant", grant, thread=thread, seen=seen[1], items=token, why=why)
    other = talk.say(one, "custody.ask", asked, why="The person asks again").id
    talk.say(two, "custody.end", {}, thread=other, verdict="not-your-turn", why="The peer refuses, not ends")
    talk.say(two, "custody.refuse", {1: "no-room"}, thread=other, why="The peer has no room")
    return "A peer keeps sealed volumes: asked, granted, ended, refused.", talk


def relay() -> tuple[str, Talk]:
    """Mailboxes asked for and granted, more of them refused and granted, ended while asked for; refused."""
    talk = Talk("relay")
    talk.handshake()
    one, two = talk.opener, talk.other
    where: Value = ["https://relay.example"]
    grant: Data = {1: where, 2: 31_536_000, 3: 1_024, 4: 8_388_608, 5: talk.clock + 90 * DAY}
    vouchers: Value = [sha(b"voucher 1"), sha(b"voucher 2")]
    twice: Value = [sha(b"voucher 1"), sha(b"voucher 1")]
    item = (enc(vouchers),)
    thread = talk.say(one, "relay.ask", {1: 2}, why="The person asks for two mailboxes").id
    wrong: list[tuple[tuple[bytes, ...], str, str]] = [
        ((), "body-form", "A grant without vouchers"),
        ((enc([]),), "body-form", "An array of none"),
        ((enc(twice),), "body-form", "A voucher twice"),
        ((*item, *item), "part-mismatch", "Two items"),
    ]
    for items, verdict, what in wrong:
        talk.say(two, "relay.grant", grant, thread=thread, items=items, verdict=verdict, why=what)
    talk.say(one, "relay.ask", {1: 9}, thread=thread, verdict="not-in-state", why="Asked twice")
    talk.say(two, "relay.grant", grant, thread=thread, items=item, why="The relay gives two vouchers")
    talk.say(one, "relay.ask", {1: 1_000}, thread=thread, why="The person asks for more")
    talk.say(two, "relay.refuse", {1: "no-room"}, thread=thread, why="No more; those given before stand")
    talk.say(one, "relay.ask", {1: 1}, thread=thread, why="One more will do")
    why = "The relay gives some, and took them back before they came"
    talk.say(two, "relay.grant", grant | {3: 64}, thread=thread, items=item, gone=True, why=why)
    seen = len(two.sent), len(one.sent)
    talk.say(two, "relay.end", {}, thread=thread, seen=seen[1], why="The relay gives no more")
    talk.say(one, "relay.ask", {1: 2}, thread=thread, seen=seen[0], why="Asked at once: it stays ended")
    other = talk.say(one, "relay.ask", {1: 1}, why="The person asks anew").id
    talk.say(two, "relay.end", {}, thread=other, verdict="not-your-turn", why="The peer refuses, not ends")
    talk.say(two, "relay.refuse", {}, thread=other, why="The peer is no relay any more")
    return "A peer keeps mailboxes: asked, granted, more refused, ended, refused.", talk


def disclosure() -> tuple[str, Talk]:
    """Data that move under an agreement, and what is refused."""
    talk = Talk("disclosure")
    talk.handshake()
    return disclosed(talk, agreement_of(talk, agreed(talk, "SD-BASE").id)), talk


def published_example() -> None:
    """The worked example of the chapter on terms comes out as published."""
    one, two = Signer(b"\x01" * 32), Signer(b"\x02" * 32)
    name, listed = roster()
    text, machine = listed["SD-BASE"]
    data: Data = {"roster": name, "terms": "SD-BASE", "text": text, "machine": machine}
    data |= {"second": b"\x22" * 32, "proffer": b"\x33" * 32, "seal_by": 1800172800}
    payload = agreement_payload(data, b"\x11" * 32)
    assert two.sign(party_input(payload, two.public)).hex().startswith("f8749fd2c8b0f64ecae9ae8020506a99")
    assert one.sign(party_input(payload, one.public)).hex().startswith("40faf91854ee62f8eeed7980eb9b2279")
    assert sha(party_input(payload, one.public)).hex().startswith("1dc156c35ef7ed5e0db48ca74c048873")


def texts() -> dict[str, str]:
    """Name and text of every trace file."""
    published_example()
    made = {}
    for tell in (handshake, crossings, refused, reissued, lost, conversation, custody, relay, disclosure):
        about, talk = tell()
        for turned in ([*talk.log[::-1]], sorted(talk.log, key=lambda entry: entry.id)):
            assert digest(turned) == digest(talk.log)
        content = {
            "about": about,
            "rules": anchors(RULES[tell.__name__]),
            "context": talk.context(),
            "entries": talk.told,
        }
        made[f"traces/{tell.__name__}"] = (
            json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        )
    return made
