"""Vectors of the chapter on exports: files that say what is not so, each signed by its exporter."""

from __future__ import annotations

from dataclasses import replace

from spec.kit.cases.export_form import Files
from spec.kit.cases.export_right import DAY, recovered, short
from spec.kit.cbor import Raw, Value, enc
from spec.kit.cose import Signed, sign1, spoiled
from spec.kit.exports import FORMER, LOG, MESSAGE, OPENING, Export, Record, export, receipt
from spec.kit.fold import Entry
from spec.kit.identity import Persona, grown, persona, succession
from spec.kit.invitations import invitation, invitation_payload
from spec.kit.keys import fixed, sha
from spec.kit.messages import Header, header
from spec.kit.talk import Talk
from spec.kit.traces import proffer

STRANGER = persona("export stranger", 9)


def said_anew(by: Persona, entry: Entry, **changed: object) -> Signed:
    """The header of a message with other fields, signed as it stands."""
    fields: Header = replace(entry.header, **changed)  # type: ignore[arg-type] # fields as the caller names them
    return header(by, fields)


class Lies:
    """Writes the cases of one right file in which one header is signed anew."""

    def __init__(self, files: Files) -> None:
        self.files, self.talk = files, files.talk
        self.one, self.two = files.talk.opener.one, files.talk.other.one
        self.entries = [*files.talk.opener.sent, *files.talk.other.sent]
        """In the order of the file: three messages of the exporter, then one of its peer."""

    def changed(self, place: int, *, by: Persona | None = None, **fields: object) -> Export:
        """The right file with other fields in one header."""
        made = self.files.file()
        made.lines[place][1] = said_anew(
            by or (self.one if place < 3 else self.two), self.entries[place], **fields
        ).data
        return made

    def bad(self, name: str, why: str, rule: str, code: str, made: Export) -> None:
        """A refusal."""
        self.files.bad(name, why, rule, made, code)


def signatures(files: Files) -> None:
    """Headers that are none, by other keys, for others, in other epochs."""
    lies = Lies(files)
    third = lies.entries[2].header
    as_event = sign1(lies.one.key, "pcloud-key-event", third.payload()).data
    cut: Value = Raw(enc(third.payload()[:-1]))
    signed = files.file().lines[2][1]
    assert isinstance(signed, bytes)
    changes: list[tuple[str, str, str, bytes, str]] = [
        ("header-spoiled", "One bit of a signature", "EXPORT-9", spoiled(signed), "bad-signature"),
        ("header-type", "A header of another type", "COSE-5", as_event, "type-mismatch"),
        ("header-short", "15 fields", "MSG-1", sign1(lies.one.key, "pcloud-header", cut).data, "shape"),
        ("header-empty", "Nothing instead of a header", "COSE-1", b"", "cose-structure"),
    ]
    for name, why, rule, data, code in changes:
        files.field(name, why, rule, code, at=(2, 1), value=data)
    keys = [("foreign-key", "A stranger's key", STRANGER), ("of-the-peer", "The peer's key", lies.two)]
    for name, why, by in keys:
        lies.bad(f"header-{name}", why, "EXPORT-9", "key-mismatch", lies.changed(2, by=by))
    made = lies.changed(2, by=STRANGER, sender=STRANGER.id)
    lies.bad("header-from-another", "A message of somebody else", "EXPORT-8", "wrong-party", made)
    to = [
        ("to-another", "A message to somebody else", STRANGER),
        ("to-itself", "To its own sender", lies.one),
    ]
    for name, why, whom in to:
        made = lies.changed(2, recipient=whom.id)
        lies.bad(f"header-{name}", why, "EXPORT-8", "wrong-party", made)
    epochs = [
        ("sender-epoch-unknown", "An epoch that the log has not", lies.changed(2, sender_epoch=1)),
        (
            "recipient-epoch-unknown",
            "An epoch that the peer's log has not",
            lies.changed(2, recipient_epoch=1),
        ),
        ("founding-epoch", "The invitation's persona has one event", lies.changed(0, recipient_epoch=1)),
    ]
    for name, why, made in epochs:
        lies.bad(name, why, "EXPORT-8", "epoch-unknown", made)


def links(files: Files) -> None:
    """Lines that do not hold in the present pair of epochs."""
    lies = Lies(files)
    first, _, third, _ = lies.entries
    nothing = bytes(32)
    broken = [
        ("prev-broken", "Number 3 follows something else", lies.changed(2, prev=nothing)),
        ("prev-of-1", "Number 1 follows something else", lies.changed(0, prev=nothing)),
        ("prev-of-the-peer", "The peer's number 1 does", lies.changed(3, prev=nothing)),
        ("message-replaced", "Another number 2, which number 3 does not follow", lies.changed(1, time=1)),
    ]
    for name, why, made in broken:
        lies.bad(name, why, "EXPORT-10 EXPORT-21", "fork", made)
    twice = files.file()
    other = said_anew(lies.one, third, time=1)
    pair = sorted([(third.id, twice.lines[2]), (other.id, [MESSAGE, other.data, *twice.lines[2][2:]])])
    twice.lines[2:3] = [record for _, record in pair]
    received = [
        ("received-other-id", "Number 1 under another id", lies.changed(3, received=(1, nothing))),
        ("received-other-number", "Number 1 as number 2", lies.changed(3, received=(2, first.id))),
        ("number-twice", "Two messages under number 3", twice),
    ]
    for name, why, made in received:
        lies.bad(name, why, "EXPORT-11 EXPORT-21", "fork", made)


def sides(files: Files) -> None:
    """Who the two are."""
    talk = files.talk
    one, two, invited = talk.opener.one, talk.other.one, talk.inviting

    def bad(name: str, why: str, rule: str, code: str, changed: Export, **opening: Value) -> None:
        for at, value in opening.items():
            changed.opening[int(at[1:])] = value
        files.bad(name, why, rule, changed, code)

    wrong = "wrong-party"
    same = replace(files.bare(), peer=one)
    bad("one-persona", "Both logs are of one persona", "EXPORT-5", wrong, same, k2=one.id)
    broken = files.bare()
    broken.logs[1] = [LOG, [*two.log, *grown(persona("export other", 4)).log[1:]]]
    bad("log-broken", "An event of another log", "EXPORT-5 ID-12", "log-invalid", broken)
    spoilt = files.bare()
    spoilt.logs[0] = [LOG, [spoiled(one.log[0])]]
    bad("log-spoiled", "One bit of an event's signature", "EXPORT-5 ID-15", "bad-signature", spoilt)
    spoilt = files.bare()
    spoilt.logs = [[LOG, [spoiled(one.log[0])]], ["log"]]
    why = "A spoiled event, and a second log that is none: a log is verified before what is behind it"
    bad("log-two-faults", why, "EXPORT-5 ID-15", "bad-signature", spoilt)
    swapped = files.bare()
    swapped.logs.reverse()
    bad("logs-swapped", "The peer's log first", "EXPORT-6", wrong, swapped)
    bad("founding-both", "Two founding personas of others", "EXPORT-6", wrong, files.bare(), k1=invited.id)
    bad("founding-other", "Another founding persona", "EXPORT-8", wrong, files.file(), k2=STRANGER.id)
    foreign = invitation(STRANGER, invitation_payload(STRANGER)).data
    own = invitation(one, invitation_payload(one)).data
    invitations: list[tuple[str, str, str, str, bytes]] = [
        ("invitation-of-another", "Of somebody else", "EXPORT-6", wrong, foreign),
        ("invitation-of-the-asker", "Of the side that kept its persona", "EXPORT-6", wrong, own),
        ("invitation-spoiled", "One bit", "EXPORT-6", "bad-signature", spoiled(talk.invitation.data)),
    ]
    for name, why, rule, code, data in invitations:
        bad(name, why, rule, code, files.bare(), k3=data)
    alone = files.bare(met=True)
    bad("succession-alone", "A succession without its invitation", "EXPORT-7", "shape", alone, k3=None)
    successions = [
        ("for-another", "It holds for another peer", wrong, succession(invited, two, STRANGER.id).data),
        ("to-another", "It names another successor", wrong, succession(invited, STRANGER, one.id).data),
        ("spoiled", "One bit", "bad-signature", spoiled(succession(invited, two, one.id).data)),
    ]
    for name, why, code, data in successions:
        bad(f"succession-{name}", why, "EXPORT-7 ID-28 ID-29", code, files.bare(met=True), k4=data)
    public(files)


def public(files: Files) -> None:
    """A persona that can grow keeps itself, and the inviting side does not ask."""
    shop, guest, later = (
        persona(f"export {name}", place) for place, name in enumerate(("shop", "guest", "later"))
    )
    made = invitation(shop, invitation_payload(shop)).data

    def opened(kept: Persona, tied: bytes | None) -> Export:
        opening: Record = [OPENING, guest.id, shop.id, made, tied, 1, 0]
        return Export(guest, kept, opening, [])

    kept = opened(shop, succession(shop, guest, shop.id).data)
    files.bad("succession-of-none", "The persona was kept", "EXPORT-7", kept, "wrong-party")
    formless = opened(shop, b"\x80")
    why = "The persona was kept, and the succession is none: its form comes first"
    files.bad("succession-two-faults", why, "EXPORT-7 ID-28", formless, "cose-structure")
    once = persona("export once")
    asked = invitation(once, invitation_payload(once)).data
    tied = succession(once, guest, guest.id).data
    alone = Export(guest, once, [OPENING, guest.id, once.id, asked, tied, 1, 0], [])
    files.bad("succession-of-one-that-stayed", "It was kept too", "EXPORT-7", alone, "wrong-party")
    grew = opened(later, succession(shop, later, guest.id).data)
    files.bad("succession-of-one-that-grows", "It has no successor", "EXPORT-7 ID-28", grew, "wrong-party")
    talk = Talk("export turned")
    talk.handshake()
    one, two = talk.opener.one, talk.other.one
    turned = export(talk, talk.opener)
    turned.opening[1:5] = [one.id, two.id, invitation(one, invitation_payload(one)).data, None]
    prev = sha(one.events[0].id, two.events[0].id)
    request = said_anew(one, talk.opener.sent[0], recipient=two.id, prev=prev)
    turned.lines = [[MESSAGE, request.data, *turned.lines[0][2:]]]
    why = "The request comes from the inviting side"
    files.bad("inviting-side-asks", why, "EXPORT-16", turned, "wrong-party")
    turned.opening[1:5] = [talk.inviting.id, two.id, None, None]
    why = "The request comes from the side that has another founding persona"
    files.bad("founding-side-asks", why, "EXPORT-16", turned, "wrong-party")
    other = export(talk, talk.opener)
    for_two = invitation_payload(talk.inviting) | {7: "organisation", 10: 2}
    other.opening[3], other.lines = invitation(talk.inviting, for_two).data, other.lines[:1]
    why = "Another invitation of that persona"
    files.bad("invitation-not-the-one", why, "EXPORT-17", other, "invitation-mismatch")


def receipts(files: Files) -> None:
    """Receipts of others, by others, of something else."""
    talk = files.talk
    one, two, last = talk.opener.one, talk.other.one, talk.opener.sent[2]

    def payload(number: int, id_: bytes, *, epoch: int = 0) -> Record:
        return [1, two.id, one.id, epoch, 0, None, None, number, id_, []]

    def by(key: Persona, kind: str, content: Record) -> bytes:
        return sign1(key.key, f"pcloud-{kind}", list(content)).data

    right, later = payload(3, last.id), payload(3, last.id, epoch=1)
    fork = "EXPORT-11 EXPORT-21"
    wrong: list[tuple[str, str, str, str, bytes]] = [
        ("of-another", "For somebody else", "EXPORT-15", "wrong-party", receipt(two, STRANGER, last).data),
        ("by-another", "Somebody else's", "EXPORT-15", "wrong-party", receipt(STRANGER, one, last).data),
        ("own", "The exporter's own", "EXPORT-15", "wrong-party", receipt(one, two, last).data),
        ("of-the-invitation", "No invitation is there", "EXPORT-15", "wrong-party",
         receipt(talk.inviting, one, last).data),
        ("spoiled", "One bit", "EXPORT-15", "bad-signature", spoiled(by(two, "receipt", right))),
        ("forged", "By the exporter", "EXPORT-15", "key-mismatch", by(one, "receipt", right)),
        ("epoch", "No such epoch", "EXPORT-15", "epoch-unknown", by(two, "receipt", later)),
        ("recipient-epoch", "Not of the exporter either", "EXPORT-15 EXPORT-8", "epoch-unknown",
         by(two, "receipt", [*right[:4], 1, *right[5:]])),
        ("type", "Another answer", "EXPORT-15 COSE-5", "type-mismatch", by(two, "expected", right[:8])),
        ("short", "Without refusals", "EXPORT-15 ORDER-17", "shape", by(two, "receipt", right[:-1])),
        ("other-id", "Another number 3", fork, "fork", by(two, "receipt", payload(3, bytes(32)))),
        ("other-number", "Number 3 as 4", fork, "fork", by(two, "receipt", payload(4, last.id))),
    ]  # fmt: skip
    for name, why, rule, code, data in wrong:
        files.bad(f"receipt-{name}", why, rule, replace(files.file(), receipts=[[4, data]]), code)
    two_faults = replace(files.file(), receipts=[[4, by(two, "receipt", payload(3, bytes(32)))]] * 2)
    two_faults.receipts[1] = [4, by(one, "receipt", right)]
    why = "Another number 3, then one by the exporter: numbers are compared after the end"
    files.bad("receipts-two-faults", why, "EXPORT-11 EXPORT-15", two_faults, "key-mismatch")
    inviting = export(talk, talk.other)
    inviting.receipts = [[4, receipt(talk.inviting, two, talk.other.sent[0]).data]]
    why = "By the exporter's own invitation"
    files.bad("receipt-of-own-invitation", why, "EXPORT-15", inviting, "wrong-party")


def again(files: Files) -> None:
    """Messages that were sent again, but not so."""
    talk, accept, repeat = recovered()
    shop = talk.other.one

    def fresh() -> tuple[Export, int]:
        made = export(talk, talk.other, met=False)
        return made, next(place for place, line in enumerate(made.lines) if line[0] == FORMER)

    made, place = fresh()
    del made.lines[place + 1]
    files.bad("former-alone", "A header without its message", "EXPORT-13", made, "fork")
    made, place = fresh()
    first = said_anew(shop, accept, time=1)
    made.lines[place][1] = first.data
    named = said_anew(shop, repeat, first=(first.id, 0, 2, 3))
    made.lines[place + 1][1] = named.data
    made.lines.pop()  # the seal, which names the message by its id
    files.bad("former-other", "The message has another time", "EXPORT-13", made, "fork")
    made, place = fresh()
    beside = said_anew(shop, repeat, number=2, prev=repeat.id)
    made.lines.insert(place + 2, [FORMER, beside.data])
    files.bad("former-beside", "An earlier header of its own generation", "EXPORT-13", made, "fork")
    made, place = fresh()
    made.lines[place + 1][4] = 1
    files.bad("first-epoch-above", "Above its own", "EXPORT-12", made, "epoch-unknown")
    made, place = fresh()
    once_more = said_anew(shop, repeat, number=2, prev=repeat.id)
    made.lines.insert(place + 2, [MESSAGE, once_more.data, *made.lines[place + 1][2:]])
    files.bad("first-id-twice", "Two messages of one first id", "EXPORT-12 REC-20", made, "fork")
    made = export(talk, talk.opener, met=False)
    made.lines[3][1] = said_anew(talk.opener.one, talk.log[-1], first=(fixed("first"), 1, 9, 0)).data
    files.bad("first-generation", "Sent again from its own generation", "EXPORT-12", made, "fork")
    sent_twice(files)


def sent_twice(files: Files) -> None:
    """The shop says something in three generations and two epochs of its own."""
    talk = Talk("export twice")
    talk.handshake()
    why = "The shop rests"
    pause = talk.say(talk.other, "relationship.pause", {}, thread=talk.log[0].id, why=why)
    talk.recover(talk.other)
    second = talk.again(talk.other, pause, "The shop recovered")
    talk.recover(talk.opener)
    third = talk.again(talk.other, pause, "The person recovered")
    made = export(talk, talk.other, met=False)
    assert [line[0] for line in made.lines[:4]] == [MESSAGE, FORMER, FORMER, MESSAGE]
    made.lines[3][4] = 1
    files.bad("first-epoch-other", "The first header has another", "EXPORT-13", made, "key-mismatch")
    made = export(talk, talk.other, met=False)
    made.lines[3][1] = said_anew(talk.other.one, third, first=(second.id, 1, 1, 0)).data
    files.bad("first-id-of-a-repeat", "It names the second header", "EXPORT-13 REC-48", made, "fork")


def agreements(files: Files) -> None:
    """Agreements that are not signed by both, and a second relationship."""
    for name, why, spoil_accept in (
        ("agreement-second", "The second party's signature does not hold", True),
        ("agreement-first", "The first party's signature does not hold", False),
    ):
        talk = Talk(f"export {name}")
        talk.handshake()
        opening = talk.say(talk.opener, "terms.proffer", proffer(talk, "SD-BASE"), why="Terms")
        accept = talk.accept_body(opening, talk.clock + 2 * DAY)
        if spoil_accept:
            accept[3] = spoiled(signature(accept[3]))
        accepted = talk.say(talk.other, "terms.accept", accept, thread=opening.id, why="Accepted")
        seal = talk.seal_body(opening, accepted)
        if not spoil_accept:
            seal[2] = spoiled(signature(seal[2]))
        talk.say(talk.opener, "terms.seal", seal, thread=opening.id, why="Sealed")
        made = export(talk, talk.opener, met=False)
        files.bad(name, why, "EXPORT-19", made, "agreement-signature")
    talk = short("export second")
    body = dict(talk.log[0].body)
    second = talk.say(talk.opener, "relationship.request", body, verdict="not-in-state", why="Again")
    made = export(talk, talk.opener, met=False)
    made.lines[3][2], made.lines[3][5] = "applied", [list(one or ()) for one in talk.parts[second.first]]
    files.bad("two-relationships", "Two requests that were applied", "EXPORT-16", made, "not-in-state")


def signature(value: Value) -> bytes:
    """The bytes of a signature in a body."""
    assert isinstance(value, bytes)
    return value


def lied(files: Files) -> None:
    """Files that are refused for what they say."""
    for group in (signatures, links, sides, receipts, again, agreements):
        group(files)
