"""Vectors of the chapter on exports: files that hold, and what they show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from spec.kit.cbor import Raw, Value, enc
from spec.kit.cose import sign2
from spec.kit.exports import FORMER, Export, export, header_of, message, receipt
from spec.kit.fold import Data, Entry, digest
from spec.kit.fold_data import agreement_payload
from spec.kit.keys import box
from spec.kit.messages import header
from spec.kit.talk import Talk
from spec.kit.traces import agreed, agreement_of, proffer

if TYPE_CHECKING:
    from spec.kit.vectors import Vectors

DAY = 86400
OP = "export.verify"


def short(name: str = "export short") -> Talk:
    """A handshake and a pause."""
    talk = Talk(name)
    request = talk.handshake().id
    talk.say(talk.opener, "relationship.pause", {}, thread=request, why="The person rests")
    return talk


def record_of(talk: Talk, thread: bytes) -> bytes:
    """The record that both sides hold of the agreement of a thread."""
    said = {entry.header.name: entry for entry in talk.log if entry.thread == thread}
    seal_by = said["terms.accept"].body[2]
    assert isinstance(seal_by, int)
    data = talk.negotiated(said["terms.proffer"], seal_by)
    payload = Raw(agreement_payload(data, talk.opener.one.id))
    return sign2([talk.opener.one.key, talk.other.one.key], "pcloud-agreement", payload).data


def told(entry: Entry, sender: str, proof: str, receipted: str | None = None, **more: Value) -> Value:
    """What is expected of a message."""
    acknowledged = more.get("acknowledged", True)
    assert isinstance(acknowledged, bool)
    return [
        entry.first,
        sender,
        more.get("verdict", entry.verdict),
        proof,
        receipted,
        acknowledged,
        more.get("first", "here"),
    ]


def asked(out: Vectors) -> None:
    """A request that waits: the peer is the persona of the invitation, and nothing is judged."""
    talk = Talk("export asked")
    request = talk.handshake()
    exported = Export(
        talk.opener.one,
        talk.inviting,
        [0, talk.opener.one.id, talk.inviting.id, None, None, 1, 0],
        [message(talk, request, waits=True)],
    )
    exported.lines[0][5] = [list(one) for one in talk.parts[request.id] if one is not None]
    out.good(
        "asked",
        "A request that nobody has judged: no word of the peer is in the file",
        "EXPORT-1 EXPORT-2 EXPORT-3 EXPORT-6 EXPORT-16 EXPORT-20",
        OP,
        {"bytes": exported.data()},
        {"end": exported.payload()},
        exporter=talk.opener.one.id,
        peer=talk.inviting.id,
        time=exported.time,
        opener="exporter",
        state="requested",
        meeting=[talk.invitation.id, talk.inviting.id, "both"],
        digest=digest([request]),
        complete=True,
        receipt=None,
        lines=[["exporter", 0, 0, 1, 1, 0, 0, [], []]],
        messages=[told(request, "exporter", "exporter", verdict=None, acknowledged=False)],
        agreements=[],
    )


def whole(out: Vectors) -> None:
    """An agreement, a refusal, a text; once as each side exports it."""
    talk = Talk("export whole")
    talk.handshake()
    opening = agreed(talk, "SD-BASE")
    why = "The person seals again, which is refused"
    body = talk.seal_body(opening, talk.log[-2])
    talk.say(talk.opener, "terms.seal", body, thread=opening.id, verdict="not-in-state", why=why)
    text = (enc("Two bunches, please."),)
    talk.say(talk.opener, "conversation.say", {}, items=text, why="The person speaks")
    one, two = talk.opener, talk.other
    record = [[agreement_of(talk, opening.id), "exporter", "both", [], record_of(talk, opening.id)]]
    first = export(talk, one)
    first.receipts = [[4, receipt(two.one, one.one, one.sent[-1], [5, "not-in-state"]).data]]
    mine = [told(entry, "exporter", "both", entry.verdict) for entry in one.sent]
    theirs = [told(entry, "peer", "both") for entry in two.sent]
    known = {"state": "active", "digest": digest(talk.log), "complete": True, "left_out": 0, "unknown": []}
    met = [talk.invitation.id, talk.inviting.id, "both"]
    out.good(
        "whole",
        "An agreement under both signatures; a receipt proves every verdict of the peer",
        "EXPORT-4 EXPORT-7 EXPORT-9 EXPORT-10 EXPORT-14 EXPORT-15 EXPORT-17 EXPORT-19",
        OP,
        {"bytes": first.data()},
        {"end": first.payload()},
        opener="exporter",
        meeting=met,
        receipt=[0, 0, 6, one.sent[-1].id, [[5, "not-in-state"]]],
        lines=[["exporter", 0, 0, 6, 6, 6, 0, [], []], ["peer", 0, 0, 2, 2, 2, 0, [], []]],
        messages=[*mine, *theirs],
        agreements=record,
        items="all",
        fields=[],
        **known,
    )
    second = export(talk, two, shown=[], met=False)
    sent = [told(entry, "exporter", "exporter") for entry in two.sent]
    got = [told(entry, "peer", "both") for entry in one.sent]
    record[0][1] = "peer"
    out.good(
        "whole-of-the-other",
        "The other side has no receipt and left out items and invitation; the digest is the same",
        "EXPORT-6 EXPORT-14 EXPORT-16 EXPORT-19 EXPORT-25",
        OP,
        {"bytes": second.data()},
        {"end": second.payload()},
        opener="peer",
        meeting=[talk.invitation.id, talk.inviting.id, "exporter"],
        receipt=None,
        lines=[["exporter", 0, 0, 2, 2, 2, 0, [], []], ["peer", 0, 0, 6, 6, 3, 0, [], []]],
        messages=[*sent, *got],
        agreements=record,
        items="none",
        **known,
    )


def recovered() -> tuple[Talk, Entry, Entry]:
    """The person recovers from a copy that lacks the acceptance; the shop sends it again."""
    talk = Talk("export again")
    talk.handshake()
    body = proffer(talk, "SD-BASE")
    opening = talk.say(talk.opener, "terms.proffer", body, why="The person proffers terms")
    made = talk.accept_body(opening, talk.clock + 2 * DAY)
    accept = talk.say(talk.other, "terms.accept", made, thread=opening.id, why="The shop accepts")
    talk.recover(talk.opener)
    again = talk.again(talk.other, accept, "The shop sends it again")
    seal = talk.seal_body(opening, accept)
    talk.say(talk.opener, "terms.seal", seal, thread=opening.id, why="The person signs last, in a new epoch")
    return talk, accept, again


def sent_again(out: Vectors) -> None:
    """After a recovery, once with the first header and once without."""
    talk, accept, again = recovered()
    (thread,) = {entry.thread for entry in talk.log if entry.header.name == "terms.seal"}
    agreement = [agreement_of(talk, thread), "peer", "both", [], record_of(talk, thread)]
    known = {"state": "active", "digest": digest(talk.log)}
    shop = export(talk, talk.other)
    seal = talk.log[-1]
    request, answer, confirm, opening = talk.log[:4]
    mine = [told(answer, "exporter", "exporter"), told(again, "exporter", "exporter", first="proven")]
    theirs = [told(entry, "peer", "both") for entry in (request, confirm, opening, seal)]
    out.good(
        "again-proven",
        "What was sent again stands under its newest header, and its first one proves it",
        "EXPORT-4 EXPORT-12 EXPORT-13 EXPORT-22",
        OP,
        {"bytes": shop.data()},
        {"end": shop.payload()},
        lines=[
            ["exporter", 0, 0, 2, 2, 1, 0, [], []],
            ["exporter", 0, 1, 1, 1, 1, 0, [], []],
            ["peer", 0, 0, 3, 3, 3, 0, [], []],
            ["peer", 1, 0, 1, 1, 0, 0, [], []],
        ],
        complete=True,
        messages=[*mine, *theirs],
        agreements=[agreement],
        **known,
    )
    person = export(talk, talk.opener)
    person.lines = [record for record in person.lines if record[0] != FORMER]
    sent = [told(entry, "exporter", "exporter") for entry in (request, confirm, opening)]
    sent += [told(seal, "exporter", "exporter", acknowledged=False)]
    sent[2] = told(opening, "exporter", "exporter", acknowledged=False)
    got = [told(answer, "peer", "both"), told(again, "peer", "both", first="said")]
    sent[1] = told(confirm, "exporter", "exporter", acknowledged=False)
    out.good(
        "again-said",
        "Who recovered has lost the first header: its number is counted apart, and is not missing",
        "EXPORT-12 EXPORT-22 EXPORT-23",
        OP,
        {"bytes": person.data()},
        {"end": person.payload()},
        lines=[
            ["exporter", 0, 0, 3, 3, 1, 0, [], []],
            ["exporter", 1, 0, 1, 1, 0, 0, [], []],
            ["peer", 0, 0, 1, 2, 1, 1, [], []],
            ["peer", 0, 1, 1, 1, 1, 0, [], []],
        ],
        complete=True,
        messages=[*sent, *got],
        agreements=[[agreement[0], "exporter", "exporter", [], agreement[4]]],
        **known,
    )
    assert accept.first == again.first


def lost(out: Vectors) -> None:
    """Numbers that are not there, and an old line that does not hold."""
    talk, _, again = recovered()
    shop = export(talk, talk.other, met=False)
    gone = talk.log[2]
    shop.lines = [record for record in shop.lines if record[1] != header_of(talk, gone)]
    left = [entry for entry in talk.log if entry is not gone]
    out.good(
        "number-missing",
        "A number that the file has nothing of is reported, and the file is not complete",
        "EXPORT-22 EXPORT-23",
        OP,
        {"bytes": shop.data()},
        {"end": shop.payload()},
        complete=False,
        digest=digest(left),
        lines=[
            ["exporter", 0, 0, 2, 2, 1, 0, [], []],
            ["exporter", 0, 1, 1, 1, 1, 0, [], []],
            ["peer", 0, 0, 2, 3, 3, 0, [[2, 2]], []],
            ["peer", 1, 0, 1, 1, 0, 0, [], []],
        ],
    )
    assert again in left
    forked = export(talk, talk.other, met=False)
    turned = Talk("export again")
    turned.handshake()
    say = turned.say(turned.opener, "relationship.pause", {}, thread=turned.log[0].id, why="Not as before")
    forked.lines = [
        message(turned, say) if record[1] == header_of(talk, talk.log[3]) else record
        for record in forked.lines
    ]
    out.good(
        "old-line-forked",
        "In a line that a recovery has ended, two words for one place are reported",
        "EXPORT-21 EXPORT-23",
        OP,
        {"bytes": forked.data()},
        {"end": forked.payload()},
        complete=False,
        lines=[
            ["exporter", 0, 0, 2, 2, 1, 0, [], []],
            ["exporter", 0, 1, 1, 1, 1, 0, [], []],
            ["peer", 0, 0, 3, 3, 1, 0, [], [3]],
            ["peer", 1, 0, 1, 1, 0, 0, [], []],
        ],
    )


def unlinked(out: Vectors) -> None:
    """An exporter that changed what it said, and left out the message by which it would show."""
    talk = short("export unlinked")
    one, two = talk.opener, talk.other
    request, confirm, pause = one.sent
    why = "The shop rests, having seen all"
    rest = talk.say(two, "relationship.pause", {}, thread=request.id, why=why)
    changed = export(talk, one, met=False)
    other = header(one.one, replace(confirm.header, time=1))
    changed.lines[1][1] = other.data
    del changed.lines[2]
    changed.receipts = [[4, receipt(two.one, one.one, pause).data]]
    mine = [
        told(request, "exporter", "exporter"),
        [other.id, "exporter", "applied", "exporter", None, False, "here"],
    ]
    out.good(
        "acknowledged-without-its-chain",
        "A receipt proves nothing of messages to which the one that it names is not linked in the file",
        "EXPORT-26 EXPORT-22 EXPORT-23",
        OP,
        {"bytes": changed.data()},
        {"end": changed.payload()},
        complete=False,
        receipt=[0, 0, 3, pause.id, []],
        lines=[["exporter", 0, 0, 2, 3, 1, 0, [[3, 3]], []], ["peer", 0, 0, 2, 2, 1, 0, [], []]],
        messages=[*mine, *(told(entry, "peer", "both") for entry in two.sent)],
    )
    assert rest.header.received[1] == pause.id


def unknown(out: Vectors) -> None:
    """A name of one's own, and messages that nobody can prove."""
    talk = short("export unknown")
    rotate: Data = {1: [2, box("export rotate")[1]]}
    name, why = "x-org-example.ping", "A name of one's own, which both know"
    ping = talk.say(talk.other, name, {1: "ping"}, verdict="unknown-name", why=why)
    talk.say(talk.opener, "relationship.rotate", rotate, thread=talk.log[0].id, why="The person rotates")
    exported = export(talk, talk.opener, met=False)
    exported.opening[6] = 2
    (record,) = [record for record in exported.lines if record[1] == header_of(talk, ping)]
    record[2], record[5] = "applied", [list(one) for one in talk.parts[ping.first] if one is not None]
    exported.receipts = [
        [4, receipt(talk.other.one, talk.opener.one, talk.opener.sent[1], [1, "paused"]).data]
    ]
    mine = [told(entry, "exporter", "both", "applied") for entry in talk.opener.sent]
    mine[0] = told(talk.opener.sent[0], "exporter", "none", "paused")
    mine[2] = told(talk.opener.sent[2], "exporter", "exporter")
    mine[3] = told(talk.opener.sent[3], "exporter", "exporter", acknowledged=False)
    out.good(
        "unknown-and-disputed",
        "A name that the verifier does not know; messages left out; a receipt that says otherwise",
        "EXPORT-18 EXPORT-23 EXPORT-24",
        OP,
        {"bytes": exported.data()},
        {"end": exported.payload()},
        complete=False,
        left_out=2,
        unknown=["x-org-example.ping"],
        digest=digest(talk.log),
        messages=[
            *mine,
            told(talk.other.sent[0], "peer", "both"),
            told(ping, "peer", "both", verdict="applied"),
        ],
    )


def right(out: Vectors) -> None:
    """Files that hold."""
    asked(out)
    whole(out)
    sent_again(out)
    lost(out)
    unlinked(out)
    unknown(out)
