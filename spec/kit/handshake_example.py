"""One handshake with every byte: the values behind the chapter that works through it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spec.kit.anchors import anchors
from spec.kit.cbor import Value, dec, enc
from spec.kit.cose import Signed, sign1
from spec.kit.fold import Entry, state
from spec.kit.frames import Session, frame_nonce, pad, sealed_frame, session_info
from spec.kit.identity import COMMITMENT_LABEL, SECRET, Persona, id_text, next_key, succession
from spec.kit.invitations import blob, link_text
from spec.kit.keys import SEALER, box, fixed, hkdf, sha
from spec.kit.messages import answer, answer_front, header
from spec.kit.talk import Side, Talk
from spec.kit.vectors import FOLDER, Json, plain

if TYPE_CHECKING:
    from pathlib import Path

NAME = "traces/handshake-bytes"
ABOUT = "Every value of the worked handshake: seeds, signed objects, sessions, frames and states, in full."
RULES = "SEAL-5 SEAL-6 SEAL-7 SEAL-12 SEAL-13 SEAL-15 SEAL-18 SEAL-20 SEAL-23 SEAL-25 MSG-5 ORDER-2 ORDER-17 "
RULES += "ORDER-22 ID-21 ID-29 COSE-6 COSE-10 REL-7 REL-17 REL-19 REL-21 REL-22 REL-24 FOLD-5"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
REQUEST, ACCEPT, CONFIRM = range(3)


def sealed_before(path: Path) -> list[bytes]:
    """The HPKE outputs of the file as it stands: they cannot be made again."""
    if not path.exists():
        return []
    return [bytes.fromhex(one) for one in json.loads(path.read_text())["hpke"]]


def signed_fields(one: Signed) -> dict[str, object]:
    """A signed object of one signer, taken apart."""
    whole = dec(one.data[1:])
    assert isinstance(whole, list)
    protected, _, payload, signature = whole
    return {
        "protected": protected,
        "payload": payload,
        "sig_structure": one.to_be_signed,
        "signature": signature,
        "signed": one.data,
        "id": one.id,
    }


def persona_fields(one: Persona) -> dict[str, object]:
    """A persona of one event."""
    fields = {
        "signing_seed": one.key.seed,
        "signing_key": one.key.public,
        "contact_seed": one.contact,
        "contact_key": box(f"{one.name} contact 0")[1],
        "text": id_text(one.id),
        **signed_fields(one.events[0]),
    }
    if one.pool is not None:
        key = next_key(0, one.pool)
        fields["next"] = {
            "secret": SECRET,
            "info": enc(["pcloud/1 next key", 0, one.pool]),
            "seed": key.seed,
            "public": key.public,
            "commitment": sha(COMMITMENT_LABEL, key.public),
        }
    return fields


@dataclass
class Way:
    """A session of one direction, with the start that its first frames carry."""

    session: Session
    start: Signed
    number: int
    key_number: int
    receiving: str

    def fields(self) -> dict[str, object]:
        """The session, in full."""
        seed, public = box(self.receiving)
        one = self.session
        block = dec(one.block)
        assert isinstance(block, list)
        return {
            "number": self.number,
            "key_number": self.key_number,
            "receiving_seed": seed,
            "receiving_key": public,
            "secret": one.secret,
            "info": one.info,
            "sealed": block[2],
            "block": one.block,
            "session": one.id,
            "key_info": enc(["pcloud/1 frame key", one.id]),
            "key": one.key,
            "start": signed_fields(self.start),
        }


@dataclass
class Example:
    """The conversation: three messages, five receipts, three sessions."""

    talk: Talk = field(default_factory=lambda: Talk("handshake"))
    frames: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.talk.handshake()
        self.requester, self.successor = self.talk.opener.one, self.talk.other.one
        self.inviting = self.talk.inviting
        self.there = self.way("there", self.requester, self.inviting, 0, f"{self.inviting.name} invitation")
        self.back = self.way("back", self.inviting, self.requester, 1, "handshake 1")
        self.anew = self.way("anew", self.requester, self.successor, 1, "handshake 2", number=2)
        self.entries: list[Entry] = self.talk.log

    def way(
        self, name: str, sender: Persona, recipient: Persona, key: int, receiving: str, *, number: int = 1
    ) -> Way:
        """A session of one direction; its info names the founding personas, its start those of the moment."""
        secret = fixed(f"handshake secret {name}")
        founding = self.inviting if recipient is self.successor else recipient
        info = session_info(sender.id if key else None, founding.id, number, key)
        one = Session(secret, enc([number, key, SEALER.seal(box(receiving)[0], info, secret)]), info)
        payload: Value = [1, sender.id, recipient.id, sender.epoch, recipient.epoch, one.id, number, key]
        return Way(one, sign1(sender.key, "pcloud-start", payload), number, key, receiving)

    def name_of(self, way: Way) -> str:
        """The name of a session in the file."""
        return next(name for name in ("there", "back", "anew") if getattr(self, name) is way)

    def seal(
        self, name: str, way: Way, signed: Signed, *, start: bool, more: Value = None, part: Value = None
    ) -> dict[str, object]:
        """One frame around one signed object."""
        parts: list[Value] = [] if part is None else [part]
        content = enc([way.start.data if start else None, more, signed.data, parts])
        padded, random, one = pad(content), fixed(f"handshake random of {name}", 12), way.session
        nonce = frame_nonce(one.key, random, padded)
        front: list[Value] = [1, one.id, one.block if start else None, nonce]
        whole = sealed_frame(front, one.key, nonce, padded)
        bound = enc([*front, b""])[:-1]
        made: dict[str, object] = {
            "name": name,
            "session": self.name_of(way),
            "with_start": start,
            "introduction": more,
            **signed_fields(signed),
            "content": content,
            "padded": padded,
            "random": random,
            "nonce": nonce,
            "bound": bound,
            "ciphertext": dec_last(whole),
            "frame": whole,
        }
        self.frames.append(made)
        return made

    def message(self, place: int, side: Side, way: Way, *, start: bool, more: Value = None) -> None:
        """The frame of a numbered message, and the state after it."""
        entry = self.entries[place]
        (own,) = self.talk.parts[entry.id]
        assert own is not None, "a handshake has no items"
        salt, body = own
        name = entry.header.name.partition(".")[2]
        one = header(side.one, entry.header)
        made = self.seal(name, way, one, start=start, more=more, part=[salt, body])
        held = enc(state(self.entries[: place + 1]))
        made |= {
            "time": entry.header.time,
            "prev": entry.header.prev,
            "salt": salt,
            "body": body,
            "digest": entry.header.digests[0],
            "state": held,
            "state_digest": sha(held),
        }

    def receipt(
        self, name: str, by: Persona, to: Persona, way: Way, *, judged: int | None, **more: Value
    ) -> None:
        """The frame of a receipt; `session` and `key` where a start is answered."""
        last = [0, None] if judged is None else [self.entries[judged].header.number, self.entries[judged].id]
        named = more.get("session")
        assert named is None or isinstance(named, str)
        session = None if named is None else getattr(self, named).session.id
        front = answer_front(by, to, session, more.get("key"))
        one = answer(by, "receipt", [*front, *last, []])
        self.seal(name, way, one, start=more.get("start") is True)

    def tell(self) -> None:
        """The eight frames in order."""
        talk, one, two = self.talk, self.requester, self.successor
        self.message(REQUEST, talk.opener, self.there, start=True, more=[list(one.log), None])
        shop: Value = [1, box("handshake 2")[1]]
        person: Value = [2, box("handshake 3")[1]]
        self.receipt(
            "receipt-1", self.inviting, one, self.back, judged=REQUEST, session="there", key=shop, start=True
        )
        self.receipt(
            "receipt-2", one, self.inviting, self.there, judged=None, session="back", key=person, start=False
        )
        tied = succession(self.inviting, two, one.id)
        self.message(ACCEPT, talk.other, self.back, start=False, more=[list(two.log), tied.data])
        self.receipt("receipt-3", one, two, self.anew, judged=ACCEPT, start=True)
        self.message(CONFIRM, talk.opener, self.anew, start=True)
        following: Value = [2, box("handshake 4")[1]]
        for name, judged in (("receipt-4", REQUEST), ("receipt-5", CONFIRM)):
            self.receipt(name, two, one, self.back, judged=judged, session="anew", key=following)

    def succession_fields(self) -> dict[str, object]:
        """What ties the successor to the invitation persona."""
        made = succession(self.inviting, self.successor, self.requester.id)
        whole = dec(made.data[2:])
        assert isinstance(whole, list)
        payload, entries = whole[2], whole[3]
        assert isinstance(payload, bytes)
        assert isinstance(entries, list)
        first, second = entries
        assert isinstance(first, list)
        assert isinstance(second, list)
        body = enc({16: "pcloud-succession"})
        return {
            "payload": payload,
            "first_input": enc(["Signature", body, first[0], b"", payload]),
            "first_signature": first[2],
            "second_input": enc(["Signature", body, second[0], b"", payload]),
            "second_signature": second[2],
            "signed": made.data,
            "id": made.id,
        }

    def invitation_fields(self) -> dict[str, object]:
        """The invitation, its link and its blob."""
        made = self.talk.invitation
        name = f"{self.inviting.name} invitation"
        digest, key = sha(made.data), fixed("handshake link key", 16)
        host, mailbox = "https://relay.example/m", fixed("handshake blob mailbox", 16)
        parts: Value = [host, mailbox, digest, key]
        blob_info = enc(["pcloud/1 invitation blob", digest])
        return {
            "receiving_seed": box(name)[0],
            "receiving_key": box(name)[1],
            **signed_fields(made),
            "hash": digest,
            "link": {
                "endpoint": host,
                "mailbox": mailbox,
                "key": key,
                "packed": enc(parts),
                "text": link_text(parts),
                "blob_info": blob_info,
                "blob_key": hkdf(key, blob_info),
                "blob": blob(key, digest, made.data),
            },
        }

    def code_fields(self) -> dict[str, object]:
        """The short code."""
        request, accept, _ = (entry.id for entry in self.entries[:3])
        hashed = b"pcloud/1 short code" + request + accept
        hashed += self.talk.nonce("opener") + self.talk.nonce("other")
        return {"input": hashed, "hash": sha(hashed), "code": short_code(sha(hashed))}


def dec_last(frame: bytes) -> bytes:
    """The ciphertext of a frame."""
    whole = dec(frame)
    assert isinstance(whole, list)
    assert isinstance(whole[4], bytes)
    return whole[4]


def short_code(digest: bytes) -> str:
    """The first 40 bits as people compare them."""
    bits = int.from_bytes(digest[:5], "big")
    letters = "".join(CROCKFORD[bits >> shift & 31] for shift in range(35, -1, -5))
    return f"{letters[:4]}-{letters[4:]}"


def content() -> Json:
    """The whole file."""
    one = Example()
    one.tell()
    talk = one.talk
    receiving = {"requester": ["handshake 1", "handshake 3"], "inviting": ["handshake 2", "handshake 4"]}
    keys = [
        {"of": side, "number": number, "seed": box(name)[0], "public": box(name)[1]}
        for side, names in receiving.items()
        for number, name in enumerate(names, 1)
    ]
    made: dict[str, object] = {
        "about": ABOUT,
        "rules": anchors(RULES),
        "personas": {
            "inviting": persona_fields(one.inviting),
            "requester": persona_fields(one.requester),
            "successor": persona_fields(one.successor),
        },
        "invitation": one.invitation_fields(),
        "receiving_keys": keys,
        "mailboxes": {"requester": fixed("mailbox 1", 16), "successor": fixed("mailbox 2", 16)},
        "nonces": {"requester": talk.nonce("opener"), "inviting": talk.nonce("other")},
        "commitment": sha(b"pcloud/1 nonce commitment", talk.nonce("opener")),
        "succession": one.succession_fields(),
        "sessions": {name: getattr(one, name).fields() for name in ("there", "back", "anew")},
        "frames": one.frames,
        "code": one.code_fields(),
        "hpke": list(dict.fromkeys(SEALER.fresh)),
    }
    return plain(made)


def texts() -> dict[str, str]:
    """Name and text of the file."""
    SEALER.published = [*SEALER.published, *sealed_before(FOLDER / f"{NAME}.json")]
    SEALER.fresh.clear()
    made = content()
    SEALER.fresh.clear()
    return {NAME: json.dumps(made, indent=1, sort_keys=True, ensure_ascii=False) + "\n"}
