"""The suite: which keys are taken, which signatures hold, what opens."""

import pytest
from cryptography.hazmat.primitives.asymmetric import x25519

from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.wire import keys
from pcloud.wire.keys import HybridKey, SigningKey

SMALL_ORDER = [
    "00" * 32,
    "00" * 31 + "80",
    "01" + "00" * 31,
    "01" + "00" * 30 + "80",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ec" + "ff" * 30 + "7f",
    "ec" + "ff" * 31,
    "ed" + "ff" * 30 + "7f",
    "ed" + "ff" * 31,
    "ee" + "ff" * 30 + "7f",
    "ee" + "ff" * 31,
]
ORDER = 2**252 + 27742317777372353535851937790883648493
KEY = SigningKey.from_seed(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
CONTACT = HybridKey.from_seed(bytes(32))


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_a_key_of_small_order_is_refused_before_it_is_stored(point: str) -> None:
    with pytest.raises(Violation) as refusal:
        keys.check_public(bytes.fromhex(point))
    assert (refusal.value.code, refusal.value.stage) == (Code.KEY_SMALL_ORDER, Stage.FORM)


@pytest.mark.parametrize("point", SMALL_ORDER)
@pytest.mark.parametrize("r", SMALL_ORDER)
def test_no_signature_under_a_key_of_small_order_verifies(point: str, r: str) -> None:
    # C-ED-15: with S = 0 these fit every message by the bare equation; OpenSSL takes some.
    for message in (b"", b"any", b"message"):
        with pytest.raises(Violation) as refusal:
            keys.verify(bytes.fromhex(point), message, bytes.fromhex(r) + bytes(32))
        assert (refusal.value.code, refusal.value.stage) == (Code.BAD_SIGNATURE, Stage.AUTHENTIC)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        KEY.public[:-1],
        KEY.public + b"\0",
        (2**255 - 19 + 3).to_bytes(32, "little"),
        (2**255 - 1).to_bytes(32, "little"),
        (2**256 - 1).to_bytes(32, "little"),
        (2).to_bytes(32, "little"),
        (7).to_bytes(32, "little"),
    ],
)
def test_what_is_no_point_in_its_one_form_is_refused(data: bytes) -> None:
    with pytest.raises(Violation) as refusal:
        keys.check_public(data)
    assert (refusal.value.code, refusal.value.stage) == (Code.KEY_ENCODING, Stage.FORM)


def test_every_generated_key_is_taken() -> None:
    for number in range(50):
        keys.check_public(SigningKey.from_seed(number.to_bytes(32, "big")).public)


def test_a_signature_verifies_and_stands_for_its_message_and_key_alone() -> None:
    signature = KEY.sign(b"message")
    keys.verify(KEY.public, b"message", signature)
    other = SigningKey.from_seed(bytes(32)).public
    for public, message, told in (
        (KEY.public, b"Message", signature),
        (KEY.public, b"", signature),
        (KEY.public, b"message\0", signature),
        (other, b"message", signature),
        (KEY.public[:31], b"message", signature),
        (KEY.public + b"\0", b"message", signature),
        (b"", b"message", signature),
        (KEY.public, b"message", signature[:63]),
        (KEY.public, b"message", signature + b"\0"),
        (KEY.public, b"message", b""),
        (KEY.public, b"essage", signature + b"m"),
        (KEY.public, b"message", signature[32:] + signature[:32]),
        (KEY.public, b"message", bytes(64)),
    ):
        with pytest.raises(Violation) as refusal:
            keys.verify(public, message, told)
        assert refusal.value.code == Code.BAD_SIGNATURE


@pytest.mark.parametrize("bit", range(512))
def test_a_signature_with_any_bit_flipped_fails(bit: int) -> None:
    signature = bytearray(KEY.sign(b"m"))
    signature[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Violation):
        keys.verify(KEY.public, b"m", bytes(signature))


@pytest.mark.parametrize("times", [1, 2, 7, 14])
def test_s_is_below_the_group_order(times: int) -> None:
    # C-ED-20: S + L satisfies the equation too, and would make a second signature of the same message.
    signature = KEY.sign(b"")
    s = int.from_bytes(signature[32:], "little") + times * ORDER
    with pytest.raises(Violation):
        keys.verify(KEY.public, b"", signature[:32] + s.to_bytes(32, "little"))


def test_the_published_malleated_signature_is_refused() -> None:
    malleated = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901554c8c7872aa064e049dbb3013fbf29380"
        "d25bf5f0595bbe24655141438e7a101b"
    )
    assert malleated[:32] == KEY.sign(b"")[:32]
    with pytest.raises(Violation):
        keys.verify(KEY.public, b"", malleated)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
@pytest.mark.parametrize("kind", [SigningKey, HybridKey])
def test_a_seed_of_another_length_is_our_error(size: int, kind: type[SigningKey] | type[HybridKey]) -> None:
    with pytest.raises(UsageError) as refusal:
        kind.from_seed(bytes(size))
    assert refusal.value.code == Code.KEY_ENCODING


def test_what_is_sealed_to_a_key_opens_with_it_alone() -> None:
    sealed = keys.seal(CONTACT.public, b"secret", b"info")
    assert CONTACT.open(sealed, b"info") == b"secret"
    assert len(sealed) == len(b"secret") + keys.HYBRID_OVERHEAD_BYTES
    assert len(CONTACT.public) == keys.HYBRID_PUBLIC_BYTES
    assert sealed != keys.seal(CONTACT.public, b"secret", b"info")
    other = HybridKey.from_seed(b"\1" * 32)
    for opener, data, info in (
        (other, sealed, b"info"),
        (CONTACT, sealed, b"Info"),
        (CONTACT, sealed, b""),
        (CONTACT, b"", b"info"),
        (CONTACT, sealed[:-1], b"info"),
        (CONTACT, sealed + b"\0", b"info"),
        (CONTACT, sealed[:1120], b"info"),
        (CONTACT, sealed[:1088] + bytes(32) + sealed[1120:], b"info"),
        (CONTACT, bytes((sealed[0] ^ 1,)) + sealed[1:], b"info"),
        (CONTACT, sealed[:-1] + bytes((sealed[-1] ^ 1,)), b"info"),
    ):
        with pytest.raises(Violation) as refusal:
            opener.open(data, info)
        assert (refusal.value.code, refusal.value.stage) == (Code.NOT_OPENED, Stage.AUTHENTIC)
    assert CONTACT.open(sealed, b"info") == b"secret"


U_SMALL = [
    0,
    1,
    2**255 - 20,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
]


@pytest.mark.parametrize("coordinate", U_SMALL)
def test_a_coordinate_of_small_order_gives_no_secret_with_any_key(coordinate: int) -> None:
    peer = x25519.X25519PublicKey.from_public_bytes(coordinate.to_bytes(32, "little"))
    for number in range(1, 5):
        with pytest.raises(ValueError, match="shared key"):
            x25519.X25519PrivateKey.from_private_bytes(bytes((number,)) * 32).exchange(peer)


@pytest.mark.parametrize("coordinate", U_SMALL)
def test_a_contact_key_of_small_order_is_refused(coordinate: int) -> None:
    data = CONTACT.public[:1184] + coordinate.to_bytes(32, "little")
    for take in (keys.check_hybrid_public, lambda public: keys.seal(public, b"", b"")):
        with pytest.raises(Violation) as refusal:
            take(data)
        assert (refusal.value.code, refusal.value.stage) == (Code.KEY_SMALL_ORDER, Stage.FORM)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        CONTACT.public[:-1],
        CONTACT.public + b"\0",
        CONTACT.public[:1184],
        b"\xff" * 1184 + CONTACT.public[1184:],
        CONTACT.public[:1184] + (2**255 - 19).to_bytes(32, "little"),
        CONTACT.public[:1184] + (2**255 - 19 + 9).to_bytes(32, "little"),
        CONTACT.public[:1215] + bytes((CONTACT.public[1215] | 0x80,)),
        CONTACT.public[1184:] + CONTACT.public[:1184],
    ],
)
def test_what_is_no_contact_key_in_its_one_form_is_refused(data: bytes) -> None:
    for take in (keys.check_hybrid_public, lambda public: keys.seal(public, b"", b"")):
        with pytest.raises(Violation) as refusal:
            take(data)
        assert (refusal.value.code, refusal.value.stage) == (Code.KEY_ENCODING, Stage.FORM)


def test_a_contact_key_is_taken() -> None:
    keys.check_hybrid_public(CONTACT.public)


def test_what_is_sealed_under_a_key_opens_with_all_of_it_unchanged() -> None:
    key, nonce = b"k" * 32, b"n" * 12
    sealed = keys.aead_seal(key, nonce, b"content", b"aad")
    assert keys.aead_open(key, nonce, sealed, b"aad") == b"content"
    assert len(sealed) == len(b"content") + keys.TAG_BYTES
    for other in (
        (b"K" * 32, nonce, sealed, b"aad"),
        (key, b"N" * 12, sealed, b"aad"),
        (key, nonce, sealed, b"Aad"),
        (key, nonce, sealed, b""),
        (key, nonce, sealed[:-1], b"aad"),
        (key, nonce, sealed + b"\0", b"aad"),
        (key, nonce, b"\0" + sealed[1:], b"aad"),
        (key, nonce, b"", b"aad"),
        (key, nonce, bytes(15), b"aad"),
        (key, b"", sealed, b"aad"),
        (key, b"n" * 11, sealed, b"aad"),
        (key, b"n" * 24, sealed, b"aad"),
    ):
        with pytest.raises(Violation) as refusal:
            keys.aead_open(*other)
        assert (refusal.value.code, refusal.value.stage) == (Code.NOT_OPENED, Stage.AUTHENTIC)


def test_one_ciphertext_can_open_under_two_keys_which_is_why_commitments_exist() -> None:
    # C-AEAD-1: the cipher does not commit to its key. Whoever tries several keys checks a commitment first.
    sealed = bytes.fromhex(
        "48072cb69c3773f8248b1be4cdc17b17bcd94f3eed241da948a6d668f042980a00000000000000000000000000000000"
        "8c658770fb650db32b287041a6c7ef030da27dc47c5491b3def0d44d8936486d"
    )
    first = keys.aead_open(b"\1" * 32, bytes(12), sealed, b"")
    second = keys.aead_open(b"\2" * 32, bytes(12), sealed, b"")
    assert first.startswith(b"I agree: price EUR 10 per month.")
    assert first != second


def test_derived_secrets_depend_on_everything() -> None:
    derived = keys.hkdf(b"secret", b"info")
    assert len(derived) == 32
    assert derived not in {keys.hkdf(b"Secret", b"info"), keys.hkdf(b"secret", b"Info")}
    assert keys.hkdf(b"secret", b"info", 16) == derived[:16]
    assert len(keys.hkdf(b"secret", b"info", 96)) == 96


def test_a_key_kept_by_seed_and_public_key_is_the_same_key() -> None:
    signing, hybrid = SigningKey.from_seed(b"s" * 32), HybridKey.from_seed(b"h" * 32)
    again = SigningKey.stored(signing.seed, signing.public)
    assert again.sign(b"text") == signing.sign(b"text")
    kept = HybridKey.stored(hybrid.seed, hybrid.public)
    sealed = keys.seal(hybrid.public, b"text", b"info")
    assert kept.open(sealed, b"info") == kept.open(sealed, b"info") == hybrid.open(sealed, b"info") == b"text"


def test_a_key_that_is_made_for_later_is_computed_when_it_is_needed_and_is_the_same_key() -> None:
    seed = b"h" * 32
    hybrid, late, lost = HybridKey.from_seed(seed), HybridKey.later(seed), HybridKey.later(seed)
    before = late.known_public
    assert before is None
    assert late.public == hybrid.public
    assert late.known_public is late.public, "once"
    assert lost.open(keys.seal(hybrid.public, b"text", b"info"), b"info") == b"text"
    for length in (0, 31, 33):
        with pytest.raises(UsageError) as refused:
            HybridKey.later(bytes(length))
        assert refused.value.code is Code.KEY_ENCODING
