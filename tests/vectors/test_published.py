"""The wire layer against vectors that others published (tests/vectors/published/SOURCES.md)."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from pcloud.errors import Code, Violation
from pcloud.wire import cbor, cose, ids, keys
from pcloud.wire.keys import HybridKey, SigningKey

PUBLISHED = Path(__file__).parent / "published"


def published(name: str) -> Any:
    return json.loads((PUBLISHED / f"{name}.json").read_text())


# Ed25519

WYCHEPROOF = [
    (bytes.fromhex(group["publicKey"]["pk"]), test)
    for group in published("wycheproof-ed25519")["testGroups"]
    for test in group["tests"]
]


def test_all_151_wycheproof_cases_are_there() -> None:
    assert len(WYCHEPROOF) == 151
    assert sum(test["result"] == "valid" for _, test in WYCHEPROOF) == 88


@pytest.mark.parametrize(("public", "test"), WYCHEPROOF, ids=[str(test["tcId"]) for _, test in WYCHEPROOF])
def test_wycheproof_says_which_signatures_hold(public: bytes, test: dict[str, Any]) -> None:
    message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
    keys.check_public(public)
    if test["result"] == "valid":
        keys.verify(public, message, signature)
        return
    with pytest.raises(Violation) as refusal:
        keys.verify(public, message, signature)
    assert refusal.value.code == Code.BAD_SIGNATURE, test["comment"]


# RFC 8032 §7.1: seed / public key / message / signature
RFC_8032 = [
    "".join(case.split()).split("/")
    for case in (
        """
    9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60 /
    d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a /
     /
    e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b
    d25bf5f0595bbe24655141438e7a100b
    """,
        """
    4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb /
    3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c /
    72 /
    92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c
    387b2eaeb4302aeeb00d291612bb0c00
    """,
        """
    c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7 /
    fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025 /
    af82 /
    6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659
    4a7c15e9716ed28dc027beceea1ec40a
    """,
        """
    833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42 /
    ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf /
    ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd
    454d4423643ce80e2a9ac94fa54ca49f /
    dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030
    3dca179c138ac17ad9bef1177331a704
    """,
    )
]


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC_8032)
def test_rfc_8032_keys_and_signatures(seed: str, public: str, message: str, signature: str) -> None:
    key = SigningKey.from_seed(bytes.fromhex(seed))
    assert key.public.hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    keys.verify(key.public, bytes.fromhex(message), bytes.fromhex(signature))


# COSE: a general verifier of the test's own, since the examples use the older algorithm id and free headers


def signed_structures(data: bytes) -> list[tuple[bytes, int, bytes]]:
    """Give (what is signed, algorithm, signature) for each signature of a COSE_Sign1 or COSE_Sign."""
    told: list[Any] = cbor.decode_list(data[1:] if data.startswith(b"\xd2") else data[2:])
    body, unprotected, payload, last = told

    def structure(*context: Any) -> bytes:
        # RFC 9052 §3: an empty map in the protected header is signed as no bytes at all.
        shown = [b"" if item == b"\xa0" else item for item in context]
        return cbor.encode([*shown, b"", payload])

    def algorithm(protected: bytes, free: dict[Any, Any]) -> int:
        header: dict[Any, Any] = free | cbor.decode_map(protected or b"\xa0")
        return int(header[1])

    if data.startswith(b"\xd2"):
        return [(structure("Signature1", body), algorithm(body, unprotected), last)]
    return [
        (structure("Signature", body, protected), algorithm(protected, free), signature)
        for protected, free, signature in last
    ]


@pytest.mark.parametrize("name", ["cose-eddsa-sig-01", "cose-eddsa-01"])
def test_cose_examples_with_ed25519_verify(name: str) -> None:
    example = published(name)
    ((signed, algorithm, signature),) = signed_structures(bytes.fromhex(example["output"]["cbor"]))
    key = (example["input"].get("sign0") or example["input"]["sign"]["signers"][0])["key"]
    told = example["intermediates"]
    expected = told.get("ToBeSign_hex") or told["signers"][0]["ToBeSign_hex"]
    assert signed.hex() == expected.lower()
    assert algorithm == -8
    keys.verify(bytes.fromhex(key["x_hex"]), signed, signature)
    assert SigningKey.from_seed(bytes.fromhex(key["d_hex"])).sign(signed) == signature


@pytest.mark.parametrize("name", ["cose-eddsa-sig-02", "cose-eddsa-02"])
def test_cose_examples_with_ed448_are_refused(name: str) -> None:
    example = published(name)
    ((signed, _, signature),) = signed_structures(bytes.fromhex(example["output"]["cbor"]))
    key = (example["input"].get("sign0") or example["input"]["sign"]["signers"][0])["key"]
    with pytest.raises(Violation) as refusal:
        keys.check_public(bytes.fromhex(key["x_hex"]))
    assert refusal.value.code == Code.KEY_ENCODING
    with pytest.raises(Violation) as refusal:
        keys.verify(bytes.fromhex(key["x_hex"]), signed, signature)
    assert refusal.value.code == Code.BAD_SIGNATURE


def test_the_general_cose_example_is_read_and_holds() -> None:
    example = published("cose-sign1-pass-01")
    ((signed, algorithm, signature),) = signed_structures(bytes.fromhex(example["output"]["cbor"]))
    assert signed.hex() == example["intermediates"]["ToBeSign_hex"].lower()
    assert algorithm == -7
    private = int.from_bytes(
        bytes.fromhex("57c92077664146e876760c9520d054aa93c3afb04e306705db6090308507b4d3"), "big"
    )
    r, s = (int.from_bytes(signature[at : at + 32], "big") for at in (0, 32))
    public = ec.derive_private_key(private, ec.SECP256R1()).public_key()
    public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))


@pytest.mark.parametrize(
    "name",
    ["cose-eddsa-01", "cose-eddsa-02", "cose-eddsa-sig-01", "cose-eddsa-sig-02", "cose-sign1-pass-01"],
)
def test_no_published_example_is_one_of_our_objects(name: str) -> None:
    data = bytes.fromhex(published(name)["output"]["cbor"])
    for typ in cose.TYPES:
        for read in (cose.parse_sign1, cose.parse_sign2):
            with pytest.raises(Violation) as refusal:
                read(data, typ)
            # Another structure, another header, or (in eddsa-02) a header of no bytes.
            assert refusal.value.code in {Code.COSE_STRUCTURE, Code.COSE_HEADER, Code.CBOR_MALFORMED}


# Names of keys as in the did:key method


@pytest.mark.parametrize("case", published("did-key-ed25519")["cases"], ids=lambda case: case["did"])
def test_did_keys_are_those_of_the_did_method(case: dict[str, str]) -> None:
    public = SigningKey.from_seed(bytes.fromhex(case["seed"])).public
    assert ids.did_key(public) == case["did"]
    assert ids.did_key_public(case["did"]) == public


# X-Wing HPKE


def test_the_hybrid_kem_opens_what_the_draft_sealed() -> None:
    (case,) = published("hpke-pq-mlkem768-x25519")["cases"]
    assert (case["mode"], case["kem_id"], case["kdf_id"], case["aead_id"]) == (0, 0x647A, 1, 3)
    key = HybridKey.from_seed(bytes.fromhex(case["skRm"]))
    assert key.public.hex() == case["pkRm"]
    keys.check_hybrid_public(key.public)
    first = case["encryptions"][0]
    info, sealed = bytes.fromhex(case["info"]), bytes.fromhex(case["enc"] + first["ct"])
    # The draft's cases carry additional data, of which our call has none: the library's test entrance.
    aad = bytes.fromhex(first["aad"])
    opened = openssl.hpke._decrypt_with_aad(keys._SUITE, sealed, key._opener(), info, aad)
    assert opened.hex() == first["pt"]
    with pytest.raises(Violation) as refusal:
        key.open(sealed, info)
    assert refusal.value.code == Code.NOT_OPENED
    ours = openssl.hpke._encrypt_with_aad(keys._SUITE, opened, key._opener().public_key(), info, b"")
    assert key.open(ours, info) == opened


def test_the_suite_is_the_one_of_the_spec() -> None:
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
    key = HybridKey.from_seed(bytes(32))
    assert key.open(suite.encrypt(b"x", key._opener().public_key(), info=b"i"), b"i") == b"x"


# The cipher as in RFC 8439 §2.8.2


def test_chacha20_poly1305_is_that_of_the_rfc() -> None:
    key, nonce = bytes(range(0x80, 0xA0)), bytes.fromhex("070000004041424344454647")
    aad = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    text = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
        b"sunscreen would be it."
    )
    sealed = keys.aead_seal(key, nonce, text, aad)
    assert sealed[:16].hex() == "d31a8d34648e60db7b86afbc53ef7ec2"
    assert sealed[-16:].hex() == "1ae10b594f09e26a7e902ecbd0600691"
    assert keys.aead_open(key, nonce, sealed, aad) == text


# RFC 5869 A.3: no salt, no info


def test_hkdf_is_that_of_the_rfc() -> None:
    assert keys.hkdf(b"\x0b" * 22, b"", 42).hex() == (
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )


# RFC 8949 Appendix A

TYPE, FORM = Code.CBOR_TYPE, Code.CBOR_NOT_DETERMINISTIC
OUT_OF_RANGE = {"1bffffffffffffffff", "3bffffffffffffffff"}
"""Integers beyond ±(2^53 - 1)."""


def expected_refusal(case: dict[str, Any], *, floats: bool) -> Code | None:
    """Say how the profile of spec 02 §2 treats a case, from the RFC's bytes alone."""
    data = bytes.fromhex(case["hex"])
    major, info = data[0] >> 5, data[0] & 31
    if major == 6:
        return TYPE
    if case["hex"] in OUT_OF_RANGE:
        return TYPE
    if (
        case["hex"] == "f818"
    ):  # simple(24) in two bytes, which RFC 7049 had and RFC 8949 §3.3 calls ill-formed
        return Code.CBOR_MALFORMED
    if major == 7 and info in {25, 26, 27}:
        number = case.get("decoded")
        if not floats or number is None or not math.isfinite(number):
            return TYPE
        if float(number).is_integer():
            return FORM if abs(number) < 2**53 else TYPE
        return None if case["roundtrip"] else FORM
    if major == 7 and info not in {20, 21, 22}:
        return TYPE
    if any(head in case["hex"] for head in ("5f42", "7f65", "9f", "bf")):
        return FORM
    return None


APPENDIX_A = published("cbor-appendix-a")


@pytest.mark.parametrize("case", APPENDIX_A, ids=lambda case: case["hex"][:40])
@pytest.mark.parametrize("floats", [False, True], ids=["protocol", "records"])
def test_every_example_of_rfc_8949_is_read_or_refused_as_the_profile_says(
    case: dict[str, Any], *, floats: bool
) -> None:
    data = bytes.fromhex(case["hex"])
    expected = expected_refusal(case, floats=floats)
    if expected is None:
        value = cbor.decode(data, floats=floats)
        assert cbor.encode(value, floats=floats) == data
        if "decoded" in case:
            assert value == case["decoded"]
        return
    with pytest.raises(Violation) as refusal:
        cbor.decode(data, floats=floats)
    assert refusal.value.code == expected


def test_appendix_a_is_complete_and_both_outcomes_occur() -> None:
    outcomes = [expected_refusal(case, floats=False) for case in APPENDIX_A]
    assert len(outcomes) == 82
    assert set(outcomes) == {None, TYPE, FORM, Code.CBOR_MALFORMED}
