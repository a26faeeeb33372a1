"""Text forms of ids: one per id, nothing else is read."""

import base64

import pytest

from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.wire import ids
from pcloud.wire.keys import SigningKey

DIGEST = bytes(range(32))
TEXT = "bafireiaaaebagbafaydqqcikbmga2dqpcaireeyuculbogazdinryhi6d4"


def _cid(raw: bytes) -> str:
    return "b" + base64.b32encode(raw).decode().lower().rstrip("=")


def test_a_persona_is_the_cid_of_its_first_event() -> None:
    assert ids.persona_text(DIGEST) == TEXT == _cid(b"\x01\x51\x12\x20" + DIGEST)
    assert ids.persona_from_text(TEXT) == DIGEST


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_persona_id_of_another_length_is_our_error(size: int) -> None:
    with pytest.raises(UsageError) as refusal:
        ids.persona_text(bytes(size))
    assert refusal.value.code == Code.ID_TEXT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "b",
        TEXT[:-1],
        TEXT + "a",
        TEXT.upper(),
        "B" + TEXT[1:].upper(),
        TEXT[1:],
        "z" + TEXT[1:],
        " " + TEXT,
        TEXT + "\n",
        TEXT.replace("a", "1", 1),
        TEXT[:-1] + "5",
        "bafireié" + TEXT[8:],
        _cid(b"\x01\x55\x12\x20" + DIGEST),
        _cid(b"\x01\x71\x12\x20" + DIGEST),
        _cid(b"\x01\x51\x16\x20" + DIGEST),
        _cid(b"\x02\x51\x12\x20" + DIGEST),
        _cid(b"\x01\x51\x12\x1f" + DIGEST),
        "b" + "a" * 58,
        "b" + "7" * 58,
    ],
)
def test_no_other_text_is_a_persona(text: str) -> None:
    with pytest.raises(Violation) as refusal:
        ids.persona_from_text(text)
    assert (refusal.value.code, refusal.value.stage) == (Code.ID_TEXT, Stage.FORM)


def test_a_did_key_names_one_key() -> None:
    public = SigningKey.from_seed(bytes(32)).public
    assert ids.did_key_public(ids.did_key(public)) == public


def test_a_public_key_of_another_length_is_our_error() -> None:
    with pytest.raises(UsageError) as refusal:
        ids.did_key(bytes(31))
    assert refusal.value.code == Code.KEY_ENCODING


DID = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"


@pytest.mark.parametrize(
    "text",
    [
        "",
        DID[:-1],
        DID + "1",
        DID.upper(),
        DID[8:],
        "did:web:" + DID[8:],
        DID + "#" + DID[8:],
        DID + "\n",
        DID.replace("z6Mk", "z6LS"),
        DID.replace("B", "0"),
        DID.replace("z6Mk", "u6Mk"),
        "did:key:z6Mk" + "1" * 44,
        "did:key:z6Mk" + "z" * 44,
    ],
)
def test_no_other_text_is_a_did_key(text: str) -> None:
    with pytest.raises(Violation) as refusal:
        ids.did_key_public(text)
    assert refusal.value.code in {Code.ID_TEXT, Code.KEY_ENCODING}
    assert refusal.value.stage == Stage.FORM


def test_a_did_key_of_small_order_is_refused() -> None:
    with pytest.raises(Violation) as refusal:
        ids.did_key_public(ids.did_key(b"\x01" + bytes(31)))
    assert refusal.value.code == Code.KEY_SMALL_ORDER
