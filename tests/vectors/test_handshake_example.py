"""The worked handshake of the specification, byte for byte against this implementation.

[SEAL-8] [SEAL-15] [SEAL-25] [SEAL-34] [SEAL-39] [ORDER-22] [REL-19] [REL-22] [REL-24]
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pcloud.engine import handshake, invitations
from pcloud.engine.compose import command
from pcloud.engine.invitations import InvitationScope, Persona, answer_invitation
from pcloud.engine.registry import STANDARD
from pcloud.features.relationship.machine import commitment
from pcloud.testing import node
from pcloud.testing.node import Clock, Node
from pcloud.wire import cbor, content, cose, ids, invitation, keylog, keys, padding, session
from pcloud.wire.answers import KeyOffer, Receipt, read_answer
from pcloud.wire.content import Content, read_content, write_content
from pcloud.wire.header import genesis, read_header
from pcloud.wire.keys import HybridKey, SigningKey
from pcloud.wire.parts import Part, digest
from pcloud.wire.session import ContactFrame, Frame, FrameKey

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "spec/vectors/traces"
WHOLE: dict[str, Any] = json.loads((FOLDER / "handshake-bytes.json").read_text())
PERSONAS = ("inviting", "requester", "successor")
MESSAGES = (0, 3, 5)
RECEIPTS = (1, 2, 4, 6, 7)
OFFERED = ((1, 2), (2, 1), (2, 3))
"""Numbers of the announced keys and their places in the file: of the inviting side, the requester, again."""


def at(path: str) -> bytes:
    """A byte string of the companion file."""
    here: Any = WHOLE
    for step in path.split("."):
        here = here[int(step)] if isinstance(here, list) else here[step]
    return bytes.fromhex(here)


def frame_at(place: int) -> dict[str, Any]:
    found: dict[str, Any] = WHOLE["frames"][place]
    return found


def persona(name: str) -> Persona:
    log = keylog.read_log([at(f"personas.{name}.signed")])
    return Persona(log, SigningKey.from_seed(at(f"personas.{name}.signing_seed")))


def signed_is(path: str, typ: str, signer: str) -> bytes:
    """Check a signed object of the file in all its parts; gives its payload."""
    key = SigningKey.from_seed(at(f"personas.{signer}.signing_seed"))
    payload = at(f"{path}.payload")
    signed = cose.parse_sign1(at(f"{path}.signed"), typ)
    cose.verify_sign1(signed, key.public)
    assert (signed.payload, signed.id) == (payload, at(f"{path}.id"))
    assert cose.sign1(key, typ, payload) == at(f"{path}.signed")
    assert key.sign(at(f"{path}.sig_structure")) == at(f"{path}.signature")
    assert hashlib.sha256(at(f"{path}.sig_structure")).digest() == at(f"{path}.id")
    assert at(f"{path}.protected") in at(f"{path}.signed")
    return payload


# The values of the chapter, one by one


@pytest.mark.parametrize("name", PERSONAS)
def test_a_persona_is_made_from_its_seeds(name: str) -> None:
    own = WHOLE["personas"][name]
    key = SigningKey.from_seed(at(f"personas.{name}.signing_seed"))
    contact = HybridKey.from_seed(at(f"personas.{name}.contact_seed"))
    promised = None
    if "next" in own:
        following = SigningKey.from_seed(at(f"personas.{name}.next.seed"))
        index = int(own["next"]["info"][-2:], 16)
        assert keylog.next_key(at(f"personas.{name}.next.secret"), 0, index).public == following.public
        assert following.public == at(f"personas.{name}.next.public")
        promised = keylog.commitment(following.public)
        assert promised == at(f"personas.{name}.next.commitment")
    event = keylog.first_event(key, contact.public, promised)
    assert (event.data, event.id) == (at(f"personas.{name}.signed"), at(f"personas.{name}.id"))
    assert (key.public, contact.public) == (
        at(f"personas.{name}.signing_key"),
        at(f"personas.{name}.contact_key"),
    )
    assert ids.persona_text(event.id) == own["text"]
    signed_is(f"personas.{name}", cose.KEY_EVENT, name)


def test_the_invitation_its_link_and_its_blob() -> None:
    signed_is("invitation", cose.INVITATION, "inviting")
    read = invitation.read_invitation(at("invitation.signed"))
    assert read.id == at("invitation.id")
    assert read.receiving == HybridKey.from_seed(at("invitation.receiving_seed")).public
    link = invitation.read_link(WHOLE["invitation"]["link"]["text"])
    assert (link.hash, link.key) == (at("invitation.hash"), at("invitation.link.key"))
    assert (link.endpoint.encode().hex(), link.mailbox) == (
        WHOLE["invitation"]["link"]["endpoint"].encode().hex(),
        at("invitation.link.mailbox"),
    )
    assert invitation.write_link(link) == WHOLE["invitation"]["link"]["text"]
    assert invitation.seal_blob(read.data, link.key) == at("invitation.link.blob")
    assert invitation.open_blob(at("invitation.link.blob"), link) == read
    assert keys.hkdf(link.key, at("invitation.link.blob_info")) == at("invitation.link.blob_key")


def founding(way: str) -> tuple[bytes | None, bytes]:
    inviting, requester = at("personas.inviting.id"), at("personas.requester.id")
    return {"there": (None, inviting), "back": (inviting, requester), "anew": (requester, inviting)}[way]


@pytest.mark.parametrize(
    ("way", "signer", "recipient", "number"),
    [
        ("there", "requester", "inviting", 1),
        ("back", "inviting", "requester", 1),
        ("anew", "requester", "successor", 2),
    ],
)
def test_a_session_opens_from_its_start_block(way: str, signer: str, recipient: str, number: int) -> None:
    own, receiving = f"sessions.{way}", HybridKey.from_seed(at(f"sessions.{way}.receiving_seed"))
    block = at(f"{own}.block")
    assert receiving.public == at(f"{own}.receiving_key")
    assert receiving.open(at(f"{own}.sealed"), at(f"{own}.info")) == at(f"{own}.secret")
    assert session.start_secret(receiving, block, founding(way)) == at(f"{own}.secret")
    assert session.open_start(receiving, block, founding(way)) == (at(f"{own}.session"), at(f"{own}.key"))
    assert keys.hkdf(at(f"{own}.secret"), at(f"{own}.key_info")) == at(f"{own}.key")
    start = content.read_start(signed_is(f"{own}.start", cose.START, signer))
    assert start.session == at(f"{own}.session")
    assert (start.number, start.key_number) == (number, WHOLE["sessions"][way]["key_number"])
    assert (start.sender, start.recipient) == (at(f"personas.{signer}.id"), at(f"personas.{recipient}.id"))


@pytest.mark.parametrize("place", range(8))
def test_a_frame_is_what_its_parts_make(place: int) -> None:
    own, path = frame_at(place), f"frames.{place}"
    way = f"sessions.{own['session']}"
    key = FrameKey(at(f"{way}.session"), at(f"{way}.key"))
    block = at(f"{way}.block") if own["with_start"] else None
    plain, padded = at(f"{path}.content"), at(f"{path}.padded")
    assert padding.pad(plain) == padded
    assert padding.unpad(padded) == plain
    assert session.frame_nonce(key.key, at(f"{path}.random"), padded) == at(f"{path}.nonce")
    assert session.seal_frame(key, block, plain, at(f"{path}.random")) == at(f"{path}.frame")
    frame = session.read_frame(at(f"{path}.frame"))
    assert not isinstance(frame, ContactFrame)
    assert frame == Frame(
        key.session, block, at(f"{path}.nonce"), at(f"{path}.ciphertext"), at(f"{path}.bound")
    )
    assert session.open_frame(key, frame) == plain
    inside = read_content(plain)
    assert inside.signed == at(f"{path}.signed")
    assert inside.start == (at(f"{way}.start.signed") if own["with_start"] else None)
    assert write_content(Content(*inside)) == plain


def test_the_messages_and_their_parts() -> None:
    event = {name: at(f"personas.{name}.id") for name in PERSONAS}
    prevs = {
        0: genesis(event["requester"], event["inviting"]),
        3: genesis(event["successor"], event["requester"]),
        5: at("frames.0.id"),
    }
    for place, signer in zip(MESSAGES, ("requester", "successor", "requester"), strict=True):
        header = read_header(signed_is(f"frames.{place}", cose.HEADER, signer))
        part = Part(at(f"frames.{place}.salt"), at(f"frames.{place}.body"))
        assert header.digests == (digest(*part),) == (at(f"frames.{place}.digest"),)
        assert header.prev == prevs[place] == at(f"frames.{place}.prev")
        assert header.time == frame_at(place)["time"]
        assert read_content(at(f"frames.{place}.content")).parts == (part,)
        assert STANDARD.messages[header.name].read(part.data).write() == part.data
    assert commitment(at("nonces.requester")) == at("commitment")


def test_the_receipts() -> None:
    requests, accepts, confirms = (at(f"frames.{place}.id") for place in MESSAGES)
    signers = ("inviting", "requester", "requester", "successor", "successor")
    said = [(1, requests), (0, None), (1, accepts), (1, requests), (2, confirms)]
    first, second, third = (KeyOffer(number, at(f"receiving_keys.{at_}.public")) for number, at_ in OFFERED)
    offers = [first, second, None, third, third]
    there, back, anew = (at(f"sessions.{way}.session") for way in ("there", "back", "anew"))
    named = [there, back, None, anew, anew]
    for place, signer, last, offer, sessions in zip(RECEIPTS, signers, said, offers, named, strict=True):
        answer = read_answer(cose.RECEIPT, signed_is(f"frames.{place}", cose.RECEIPT, signer))
        assert isinstance(answer, Receipt)
        assert (answer.number, answer.id, answer.refusals) == (*last, ())
        assert (answer.session, answer.key) == (sessions, offer)


def test_the_succession() -> None:
    inviting, successor = persona("inviting"), persona("successor")
    personas = tuple(at(f"personas.{name}.id") for name in ("inviting", "successor", "requester"))
    made = content.make_succession(inviting.key, successor.key, (personas[0], personas[1], personas[2]))
    assert made == at("succession.signed")
    assert inviting.key.sign(at("succession.first_input")) == at("succession.first_signature")
    assert successor.key.sign(at("succession.second_input")) == at("succession.second_signature")
    read = cose.parse_sign2(made, cose.SUCCESSION)
    cose.verify_sign2(read, (inviting.key.public, successor.key.public))
    assert (read.id, read.payload) == (at("succession.id"), at("succession.payload"))
    introduction = read_content(at("frames.3.content")).introduction
    assert introduction == ((at("personas.successor.signed"),), made)


# The whole conversation, made by the engine


class Script:
    """Entropy that was written down: each draw gives the next value, which must have the asked length."""

    def __init__(self, *paths: str) -> None:
        self.paths = list(paths)

    def __call__(self, size: int) -> bytes:
        assert self.paths, f"{size} bytes more than were written down"
        path = self.paths.pop(0)
        drawn = at(path) if path else bytes([len(self.paths)]) * size
        assert len(drawn) == size
        return drawn


SPARE = ""
"""A receiving key made in advance that this conversation never uses."""

GUEST_DRAWS = (
    *("mailboxes.requester", "nonces.requester", "receiving_keys.0.seed", "receiving_keys.1.seed"),
    *("frames.0.salt", "sessions.there.secret", "frames.0.random", SPARE, "frames.2.random"),
    *("frames.5.salt", "sessions.anew.secret", "frames.4.random", "frames.5.random"),
)
HOST_DRAWS = (
    *("nonces.inviting", "receiving_keys.2.seed", "receiving_keys.3.seed"),
    *("sessions.back.secret", "frames.1.random", "mailboxes.successor", "frames.3.salt", "frames.3.random"),
    *(SPARE, "frames.6.random", "frames.7.random"),
)
"""What each side draws, in its order."""


def published_start(
    public: bytes, secret: bytes, parties: tuple[bytes | None, bytes], number: int, key_number: int
) -> tuple[bytes, FrameKey]:
    """In place of HPKE, whose output nobody makes twice: the published block for exactly these arguments."""
    way = next(way for way in ("there", "back", "anew") if at(f"sessions.{way}.receiving_key") == public)
    own = f"sessions.{way}"
    assert secret == at(f"{own}.secret")
    assert parties == founding(way)
    assert (number, key_number) == tuple(WHOLE["sessions"][way][name] for name in ("number", "key_number"))
    return at(f"{own}.block"), FrameKey(at(f"{own}.session"), at(f"{own}.key"))


def digests(*nodes: Node) -> set[str]:
    return {one.state().digest().hex() for one in nodes}


def test_the_engine_makes_the_same_frames_and_states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "make_start", published_start)
    frames = [at(f"frames.{place}.frame") for place in range(8)]
    clock = Clock(frame_at(0)["time"])
    guest, host = Node("guest", clock), Node("host", clock)
    offered = invitation.read_invitation(at("invitation.signed"))
    inviting, requester, successor = (persona(name) for name in PERSONAS)
    guest_draws, host_draws = Script(*GUEST_DRAWS), Script(*HOST_DRAWS)
    guest.draw, host.draw = guest_draws, host_draws

    endpoints = ("https://relay.example/1",)
    guest.relationship = answer_invitation(offered, requester, "person", endpoints, guest.draw)
    assert node.ask(guest, offered) == frames[0]
    receiving = HybridKey.from_seed(at("invitation.receiving_seed"))
    host.scope = InvitationScope(offered, inviting.key, receiving)
    assert host.receive(frames[0]) == ((frames[1],), None)
    assert digests(guest, host) == {frame_at(0)["state_digest"]}

    assert guest.receive(frames[1]) == ((frames[2],), None)
    assert host.receive(frames[2]) == ((), None)
    assert not guest.frames()
    assert digests(guest, host) == {frame_at(0)["state_digest"]}

    clock.now = frame_at(3)["time"]
    assert accepted(host, successor) == frames[3]
    assert digests(host) == {frame_at(3)["state_digest"]}
    clock.now = frame_at(5)["time"]
    assert guest.receive(frames[3]) == ((frames[4], frames[5]), None)
    assert host.receive(frames[4]) == ((frames[6],), None)
    assert digests(host) == {frame_at(3)["state_digest"]}
    assert host.receive(frames[5]) == ((frames[7],), None)
    assert guest.receive(frames[6]) == ((), None)
    assert guest.receive(frames[7]) == ((), None)
    assert digests(guest, host) == {frame_at(5)["state_digest"]}
    assert not guest_draws.paths
    assert not host_draws.paths
    for one in (guest, host):
        assert not one.frames()
        thread = one.relationship.thread
        assert thread is not None
        assert handshake.short_code(thread) == WHOLE["code"]["code"]


def accepted(host: Node, successor: Persona) -> bytes:
    """The owner's yes: the frame of the accept, from this persona."""
    thread, scope = host.relationship.thread, host.scope
    assert thread is not None
    assert scope is not None
    host.scope = invitations.consume(scope, host.relationship.peer.mailbox, host.clock.now)
    endpoints = ("https://relay.example/2",)
    host.relationship = invitations.become(host.relationship, successor, host.draw, endpoints)
    wanted = handshake.accept(host.relationship, thread.id)
    host.commit(command(host.relationship, wanted, host.log, host.setting))
    # A mailbox of one's own is no reason for a new session in spec 04 §9, though one may be opened.
    host.relationship = host.relationship._replace(sealing=host.relationship.sealing._replace(due=False))
    return host.frames()[-1]


@pytest.mark.parametrize("place", MESSAGES)
def test_the_state_is_the_encoding_that_is_hashed(place: int) -> None:
    own = frame_at(place)
    state = bytes.fromhex(own["state"])
    assert cbor.encode(cbor.decode(state)) == state
    assert hashlib.sha256(state).hexdigest() == own["state_digest"]


def test_the_file_and_the_trace_tell_the_same_conversation() -> None:
    told = json.loads((FOLDER / "handshake.json").read_text())
    assert told["context"]["invitation"] == WHOLE["invitation"]["signed"]
    assert told["context"]["succession"] == WHOLE["succession"]["signed"]
    for place, entry in zip(MESSAGES, told["entries"], strict=False):
        own = frame_at(place)
        assert (entry["signed"], entry["id"], entry["digest"]) == (
            own["signed"],
            own["id"],
            own["state_digest"],
        )
        assert entry["parts"] == [[own["salt"], own["body"]]]


def test_the_chapter_is_up_to_date() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "spec.kit.handshake_chapter", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
