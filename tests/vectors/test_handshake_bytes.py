"""The worked example, every byte of it made again and opened by this implementation.

[SEAL-6] [SEAL-7] [SEAL-12] [SEAL-13] [SEAL-18] [COSE-10] [ID-13] [REL-7] [REL-24] [ORDER-2]
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from pcloud.testing.vectors import run_case
from pcloud.wire import content, cose, ids, keylog, labels, padding, session
from pcloud.wire.header import genesis
from pcloud.wire.invitation import open_blob, read_invitation, read_link, seal_blob
from pcloud.wire.keys import HybridKey, SigningKey
from pcloud.wire.session import Frame, FrameKey

FILE = Path(__file__).parents[2] / "spec/vectors/traces/handshake-bytes.json"
EXAMPLE: dict[str, Any] = json.loads(FILE.read_text())
FRAMES = EXAMPLE["frames"]
PERSONAS = EXAMPLE["personas"]
octets = bytes.fromhex


def signing(name: str) -> SigningKey:
    return SigningKey.from_seed(octets(PERSONAS[name]["signing_seed"]))


def signed_by(key: SigningKey, typ: str, told: dict[str, Any]) -> None:
    """The object of a payload, byte by byte as told."""
    data = cose.sign1(key, typ, octets(told["payload"]))
    assert data.hex() == told["signed"]
    read = cose.parse_sign1(data, typ)
    assert read.signing_input.hex() == told["sig_structure"]
    assert read.signature.hex() == told["signature"]
    assert read.id.hex() == told["id"]


@pytest.mark.parametrize("name", PERSONAS)
def test_personas(name: str) -> None:
    told = PERSONAS[name]
    signed_by(signing(name), cose.KEY_EVENT, told)
    assert signing(name).public.hex() == told["signing_key"]
    assert HybridKey.from_seed(octets(told["contact_seed"])).public.hex()[:64] == told["contact_key"][:64]
    assert ids.persona_text(octets(told["id"])) == told["text"]
    assert keylog.read_log([octets(told["signed"])]).persona.hex() == told["id"]
    if "next" in told:
        commitment = keylog.commitment(octets(told["next"]["public"]))
        assert commitment.hex() == told["next"]["commitment"]


def test_the_invitation_and_its_link() -> None:
    told = EXAMPLE["invitation"]
    signed_by(signing("inviting"), cose.INVITATION, told)
    data, link = octets(told["signed"]), read_link(told["link"]["text"])
    assert (link.key.hex(), link.hash) == (told["link"]["key"], sha256(data).digest())
    assert seal_blob(data, link.key).hex() == told["link"]["blob"]
    assert open_blob(octets(told["link"]["blob"]), link) == read_invitation(data)


@pytest.mark.parametrize("way", ["there", "back"])
def test_sessions(way: str) -> None:
    told = EXAMPLE["sessions"][way]
    first, second = ("requester", "inviting") if way == "there" else ("inviting", "requester")
    sender = None if told["key_number"] == 0 else octets(PERSONAS[first]["id"])
    key = HybridKey.from_seed(octets(told["receiving_seed"]))
    opened = session.open_start(key, octets(told["block"]), (sender, octets(PERSONAS[second]["id"])))
    assert (opened.session.hex(), opened.key.hex()) == (told["session"], told["key"])
    signed_by(signing(first), cose.START, told["start"])


@pytest.mark.parametrize("told", FRAMES, ids=lambda told: told["name"])
def test_frames(told: dict[str, Any]) -> None:
    way = EXAMPLE["sessions"][told["session"]]
    key = FrameKey(octets(way["session"]), octets(way["key"]))
    block = octets(way["block"]) if told["with_start"] else None
    inside = octets(told["content"])
    frame = session.seal_frame(key, block, inside, octets(told["random"]))
    assert frame.hex() == told["frame"]
    assert padding.pad(inside).hex() == told["padded"]
    read = session.read_frame(frame)
    assert isinstance(read, Frame)
    assert (read.nonce.hex(), read.bound.hex()) == (told["nonce"], told["bound"])
    assert session.open_frame(key, read) == inside
    held = content.read_content(inside)
    assert content.write_content(held) == inside
    assert held.signed is not None
    assert held.signed.hex() == told["signed"]
    assert (held.start is None) is (block is None)
    typ = cose.peek_type(held.signed)
    kid = cose.parse_sign1(held.signed, typ).kid
    signed_by(next(key for key in map(signing, PERSONAS) if key.public == kid), typ, told)


def test_the_first_message_names_what_comes_before_it() -> None:
    first, second = (octets(PERSONAS[name]["id"]) for name in ("requester", "inviting"))
    assert FRAMES[0]["prev"] == genesis(first, second).hex()


def test_the_nonces_and_the_short_code() -> None:
    nonces = EXAMPLE["nonces"]
    opens = sha256(labels.NONCE_COMMITMENT + octets(nonces["requester"])).hexdigest()
    assert opens == EXAMPLE["commitment"]
    assert sha256(octets(EXAMPLE["code"]["input"])).hexdigest() == EXAMPLE["code"]["hash"]
    assert octets(EXAMPLE["code"]["input"]).startswith(labels.SHORT_CODE + octets(FRAMES[0]["id"]))


def test_the_succession() -> None:
    told = EXAMPLE["succession"]
    names = ("inviting", "successor", "requester")
    personas = tuple(octets(PERSONAS[name]["id"]) for name in names)
    data = content.make_succession(
        signing("inviting"), signing("successor"), (personas[0], personas[1], personas[2])
    )
    assert data.hex() == told["signed"]
    given = {
        "bytes": told["signed"],
        "invitation_key": PERSONAS["inviting"]["signing_key"],
        "successor_key": PERSONAS["successor"]["signing_key"],
    }
    assert run_case({"op": "succession.read", "input": given})["id"] == told["id"]
