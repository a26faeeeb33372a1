"""Two parties that talk: lines, threads and logs, so that traces can be told."""

from __future__ import annotations

from dataclasses import dataclass, field

from spec.kit.cbor import enc
from spec.kit.cose import Signed
from spec.kit.fold import Data, Entry, digest
from spec.kit.fold_data import agreement_payload, party_input
from spec.kit.identity import Persona, grown, persona, succession
from spec.kit.invitations import TIME, invitation, invitation_payload
from spec.kit.keys import box, fixed, sha
from spec.kit.messages import Header, first_prev, header, part
from spec.kit.messages import digest as part_digest
from spec.kit.vectors import Json, plain

Parts = list[tuple[bytes, bytes] | None]


@dataclass
class Side:
    """One party: what it sent and what it has seen."""

    one: Persona
    sent: list[Entry] = field(default_factory=list)


@dataclass
class Talk:
    """A relationship from its first message on."""

    name: str
    opener: Side = field(init=False)
    other: Side = field(init=False)
    inviting: Persona = field(init=False)
    log: list[Entry] = field(default_factory=list)
    told: list[Json] = field(default_factory=list)
    parts: dict[bytes, Parts] = field(default_factory=dict)
    clock: int = TIME

    def __post_init__(self) -> None:
        self.opener = Side(persona(f"{self.name} person", 2))
        self.inviting = persona(f"{self.name} invitation")
        self.other = Side(persona(f"{self.name} shop", 3))
        payload = invitation_payload(self.inviting) | {7: "organisation"}
        self.invitation: Signed = invitation(self.inviting, payload)
        self.tied = succession(self.inviting, self.other.one, self.opener.one.id)

    def say(
        self,
        side: Side,
        name: str,
        body: Data,
        *,
        thread: bytes | None = None,
        seen: int | None = None,
        verdict: str = "applied",
        items: tuple[bytes, ...] = (),
        gone: bool = False,
        agreement: bytes | None = None,
        why: str,
    ) -> Entry:
        """One message; `seen` is how many of the peer's messages its sender had judged (default: all).

        Where the items are `gone`, their digests are all that travels.
        """
        peer = self.other if side is self.opener else self.opener
        self.clock += 60
        to = peer.one if self.log else self.inviting
        salted = f"{self.name} {name} {self.clock} {side.one.name}"
        made = [part(salted, enc(dict(body)))]
        made += [part(f"{salted} item {place}", item) for place, item in enumerate(items, 1)]
        fields = self.line(side, peer, to, seen)
        fields.name, fields.time, fields.thread, fields.agreement = name, self.clock, thread, agreement
        fields.digests = [part_digest(one) for one in made]
        own: Parts = [made[0], *(None if gone else one for one in made[1:])]
        return self.number(side, fields, body, own, verdict, why)

    def line(self, side: Side, peer: Side, to: Persona, seen: int | None) -> Header:
        """A header with the fields that its place in the line gives."""
        number = len(side.sent) + 1
        prev = side.sent[-1].id if side.sent else first_prev(side.one, to)
        known = len(peer.sent) if seen is None else seen
        last = (known, peer.sent[known - 1].id if known else None)
        made = Header(side.one.id, to.id, "", number, prev, 0, [], received=last)
        made.sender_epoch, made.recipient_epoch = side.one.epoch, to.epoch
        return made

    def again(self, side: Side, old: Entry, why: str) -> Entry:
        """The message once more, in the line of the present epochs."""
        peer = self.other if side is self.opener else self.opener
        fields = self.line(side, peer, peer.one, None)
        fields.name, fields.time, fields.digests = old.header.name, old.header.time, old.header.digests
        fields.thread, fields.first = old.header.thread, (old.first, *old.rank, old.knew[1])
        return self.number(
            side, fields, old.body, self.parts[old.first], old.verdict or "applied", why, old.key
        )

    def recover(self, side: Side) -> None:
        """A new event of one side; both lines begin anew."""
        side.one = grown(side.one)
        self.opener.sent, self.other.sent = [], []

    def lose(self) -> list[Entry]:
        """Nobody holds anything any more under its first header; gives what was there, to say again."""
        lost, self.log, self.told = self.log, [], []
        return lost

    def number(
        self,
        side: Side,
        fields: Header,
        body: Data,
        own: Parts,
        verdict: str,
        why: str,
        first_key: bytes | None = None,
    ) -> Entry:
        """Sign the header and put the message into line and log; `first_key` is that of a first sending."""
        made = header(side.one, fields)
        entry = Entry(made.id, fields, body, first_key or side.one.key.public, verdict)
        self.parts[entry.first] = own
        side.sent.append(entry)
        self.log.append(entry)
        self.tell(side, entry, made, own, why)
        return entry

    def tell(self, side: Side, entry: Entry, made: Signed, own: Parts, why: str) -> None:
        """Note the entry as the trace publishes it."""
        self.told.append(
            plain(
                {
                    "from": "opener" if side is self.opener else "other",
                    "name": entry.header.name,
                    "why": why,
                    "time": entry.header.time,
                    "signed": made.data,
                    "parts": own,
                    "verdict": entry.verdict,
                    "id": entry.id,
                    "digest": digest(self.log),
                }
            )
        )

    def context(self) -> Json:
        """What both parties knew before the first message, or learned beside the messages."""
        nonces = {"opener": self.nonce("opener"), "other": self.nonce("other")}
        return plain(
            {
                "invitation": self.invitation.data,
                "opener_events": self.opener.one.log,
                "other_events": self.other.one.log,
                "succession": self.tied.data,
                "nonces": nonces,
            }
        )

    def nonce(self, whose: str) -> bytes:
        """The nonce of one side."""
        return fixed(f"{self.name} nonce of the {whose}")

    def handshake(self) -> Entry:
        """Request, accept and confirm."""
        body: Data = {1: self.invitation.id, 2: [1, box(f"{self.name} 1")[1]], 3: fixed("mailbox 1", 16)}
        place: Data = {4: ["https://relay.example/1"]}
        body |= place | {5: sha(b"pcloud/1 nonce commitment", self.nonce("opener")), 6: "person"}
        request = self.say(self.opener, "relationship.request", body, why="The person answers the invitation")
        reply: Data = {1: [1, box(f"{self.name} 2")[1]], 2: fixed("mailbox 2", 16)}
        reply |= {3: ["https://relay.example/2"], 4: self.nonce("other")}
        accept = self.say(
            self.other, "relationship.accept", reply, thread=request.id, why="The shop's successor says yes"
        )
        confirm: Data = {1: self.nonce("opener"), 2: accept.id}
        self.say(
            self.opener, "relationship.confirm", confirm, thread=request.id, why="The person opens the nonce"
        )
        return request

    def accept_body(self, proffer: Entry, seal_by: int) -> Data:
        """The acceptance of a proffer, with the second party's signature."""
        data = self.negotiated(proffer, seal_by)
        payload = agreement_payload(data, self.opener.one.id)
        signature = self.other.one.key.sign(party_input(payload, self.other.one.key.public))
        return {1: proffer.id, 2: seal_by, 3: signature}

    def seal_body(self, proffer: Entry, accept: Entry) -> Data:
        """The seal of an acceptance, with the first party's signature."""
        seal_by = accept.body[2]
        assert isinstance(seal_by, int)
        payload = agreement_payload(self.negotiated(proffer, seal_by), self.opener.one.id)
        signature = self.opener.one.key.sign(party_input(payload, self.opener.one.key.public))
        return {1: accept.id, 2: signature}

    def negotiated(self, proffer: Entry, seal_by: int) -> Data:
        """The data of the thread after the acceptance, as far as the agreement needs them."""
        body = proffer.body
        data: Data = {"roster": body[1], "terms": body[2], "text": body[3], "machine": body[4]}
        data |= {"second": self.other.one.id, "proffer": proffer.id, "seal_by": seal_by}
        return data | {name: body[key] for name, key in (("until", 6), ("replaces", 7)) if key in body}
