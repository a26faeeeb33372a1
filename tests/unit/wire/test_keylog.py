"""Key logs: who may extend them, and what a thief of the running node cannot do."""

from hashlib import sha256
from typing import Any

import pytest

from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.limits import INTEGER_MAX, KEY_EVENTS_MAX
from pcloud.wire import cbor, cose, keylog
from pcloud.wire.keylog import KeyLog, Relation
from pcloud.wire.keys import HybridKey, SigningKey, hkdf

WORDS = b"w" * 32
CONTACT = HybridKey.from_seed(b"\1" * 32).public
NEW_CONTACT = HybridKey.from_seed(b"\2" * 32).public


def signing(number: int) -> SigningKey:
    """Make the number-th random signing key of a persona."""
    return SigningKey.from_seed(number.to_bytes(32, "big"))


def committed(index: int) -> bytes:
    return keylog.commitment(keylog.next_key(WORDS, 0, index).public)


def log_of(count: int) -> KeyLog:
    """Found a persona and let its owner extend it; event n commits to next key n."""
    log = KeyLog((keylog.first_event(signing(0), CONTACT, committed(0)),))
    for number in range(1, count):
        log = KeyLog((*log.events, step(log, number)))
    return log


def step(log: KeyLog, number: int) -> keylog.KeyEvent:
    signer = keylog.next_key(WORDS, 0, number - 1)
    return keylog.next_event(log, signer, signing(number).public, NEW_CONTACT, committed(number))


LOG = log_of(3)
DATAS = [event.data for event in LOG.events]


def event_with(signer: SigningKey, **changes: Any) -> bytes:
    """Sign the payload of event 0, or with changes by field number (f1=…), as `signer`."""
    payload: dict[Any, Any] = {1: 0, 2: None, 3: signing(0).public, 4: CONTACT, 5: committed(0)}
    payload |= {int(name[1:]): value for name, value in changes.items()}
    return cose.sign1(signer, cose.KEY_EVENT, cbor.encode(payload))


def refusal_of(datas: list[bytes]) -> tuple[Code, Stage]:
    with pytest.raises(Violation) as refusal:
        keylog.read_log(datas)
    return refusal.value.code, refusal.value.stage


def test_a_log_is_read_back_as_it_was_made() -> None:
    assert keylog.read_log(DATAS) == LOG
    assert [event.seq for event in LOG.events] == [0, 1, 2]
    assert LOG.events[0].prev is None
    assert [event.prev for event in LOG.events[1:]] == [event.id for event in LOG.events[:-1]]


def test_what_ones_own_store_kept_is_read_as_it_was_verified() -> None:
    assert keylog.stored_log(DATAS) == keylog.read_log(DATAS) == LOG
    with pytest.raises(Violation) as refused:
        keylog.stored_log([DATAS[0][:-1]])
    assert refused.value.stage is Stage.FORM


def test_a_persona_is_its_first_event_and_its_epoch_the_last() -> None:
    assert LOG.persona == LOG.events[0].id == cose.parse_sign1(DATAS[0], cose.KEY_EVENT).id
    assert (LOG.epoch, LOG.current) == (2, LOG.events[2])
    assert log_of(1).persona == LOG.persona


def test_a_one_time_persona_has_one_event() -> None:
    log = keylog.read_log([keylog.first_event(signing(0), CONTACT, None).data])
    assert log.current.commitment is None
    with pytest.raises(UsageError) as refusal:
        keylog.next_event(log, keylog.next_key(WORDS, 0, 0), signing(1).public, CONTACT, None)
    assert refusal.value.code == Code.LOG_INVALID
    later = event_with(keylog.next_key(WORDS, 0, 0), f1=1, f2=log.persona, f3=signing(1).public)
    assert refusal_of([log.events[0].data, later]) == (Code.LOG_INVALID, Stage.AUTHENTIC)


def test_a_thief_of_the_running_node_cannot_rotate() -> None:
    # He has the signing key, the log and the pool of commitments, but no next key.
    stolen = signing(0)
    log = log_of(1)
    with pytest.raises(UsageError) as refusal:
        keylog.next_event(log, stolen, signing(9).public, CONTACT, committed(1))
    assert refusal.value.code == Code.LOG_INVALID
    forged = event_with(stolen, f1=1, f2=log.persona, f3=signing(9).public, f5=committed(1))
    assert refusal_of([DATAS[0], forged]) == (Code.LOG_INVALID, Stage.AUTHENTIC)
    as_owner = forged.replace(stolen.public, keylog.next_key(WORDS, 0, 0).public)
    assert refusal_of([DATAS[0], as_owner]) == (Code.BAD_SIGNATURE, Stage.AUTHENTIC)
    assert keylog.read_log(DATAS[:1]) == log


OWNER = keylog.next_key(WORDS, 0, 0)
NEXT = {"f1": 1, "f2": LOG.persona, "f3": signing(1).public, "f5": committed(1)}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"f1": 2}, Code.LOG_INVALID),
        ({"f1": 0, "f2": None}, Code.LOG_INVALID),
        ({"f2": bytes(32)}, Code.LOG_INVALID),
        ({"f2": LOG.events[1].id}, Code.LOG_INVALID),
        ({"f3": signing(0).public}, Code.LOG_INVALID),
        ({"f1": KEY_EVENTS_MAX}, Code.SHAPE),
        ({"f1": -1}, Code.SHAPE),
        ({"f1": True}, Code.SHAPE),
        ({"f1": "1"}, Code.SHAPE),
        ({"f2": None}, Code.LOG_INVALID),
        ({"f2": LOG.persona[:31]}, Code.SHAPE),
        ({"f2": "x" * 32}, Code.SHAPE),
        ({"f3": None}, Code.SHAPE),
        ({"f4": None}, Code.SHAPE),
        ({"f5": b""}, Code.SHAPE),
        ({"f5": committed(1) + b"\0"}, Code.SHAPE),
        ({"f5": False}, Code.SHAPE),
        ({"f6": None}, Code.SHAPE),
        ({"f3": b""}, Code.KEY_ENCODING),
        ({"f3": (2).to_bytes(32, "little")}, Code.KEY_ENCODING),
        ({"f3": bytes(32)}, Code.KEY_SMALL_ORDER),
        ({"f4": CONTACT[:-1]}, Code.KEY_ENCODING),
        ({"f4": b"\xff" * 1184 + CONTACT[1184:]}, Code.KEY_ENCODING),
        ({"f4": CONTACT[:1184] + bytes(32)}, Code.KEY_SMALL_ORDER),
    ],
)
def test_even_the_owner_can_only_write_the_next_event(changes: dict[str, Any], code: Code) -> None:
    keylog.read_log([DATAS[0], event_with(OWNER, **NEXT)])
    assert refusal_of([DATAS[0], event_with(OWNER, **(NEXT | changes))])[0] == code


def test_an_event_lacking_a_field_is_refused() -> None:
    for payload in ({1: 0, 2: None, 3: signing(0).public, 4: CONTACT}, {}, {"1": 0}):
        data = cose.sign1(signing(0), cose.KEY_EVENT, cbor.encode(payload))
        assert refusal_of([data]) == (Code.SHAPE, Stage.FORM)
    data = cose.sign1(signing(0), cose.KEY_EVENT, cbor.encode([0, None, signing(0).public, CONTACT, None]))
    assert refusal_of([data]) == (Code.SHAPE, Stage.FORM)
    assert refusal_of([cose.sign1(signing(0), cose.KEY_EVENT, b"")]) == (Code.CBOR_MALFORMED, Stage.FORM)


def test_event_0_is_signed_by_the_key_it_names() -> None:
    assert refusal_of([event_with(signing(1))]) == (Code.LOG_INVALID, Stage.AUTHENTIC)
    bad = DATAS[0][:-1] + bytes((DATAS[0][-1] ^ 1,))
    assert refusal_of([bad]) == (Code.BAD_SIGNATURE, Stage.AUTHENTIC)
    assert refusal_of([event_with(signing(0), f2=bytes(32))]) == (Code.LOG_INVALID, Stage.AUTHENTIC)
    assert refusal_of([event_with(signing(0), f1=1)]) == (Code.LOG_INVALID, Stage.AUTHENTIC)


def test_an_object_of_another_type_is_no_event() -> None:
    payload = cose.parse_sign1(DATAS[0], cose.KEY_EVENT).payload
    assert refusal_of([cose.sign1(signing(0), cose.HEADER, payload)]) == (Code.TYPE_MISMATCH, Stage.FORM)


@pytest.mark.parametrize(
    "order", [[1], [1, 0], [0, 0], [0, 2], [0, 1, 1], [0, 2, 1], [0, 1, 2, 1], [2, 1, 0]]
)
def test_events_stand_in_their_order_without_gaps_or_repeats(order: list[int]) -> None:
    assert refusal_of([DATAS[number] for number in order]) == (Code.LOG_INVALID, Stage.AUTHENTIC)


def test_every_signature_of_the_chain_is_checked() -> None:
    for number in range(3):
        datas = list(DATAS)
        datas[number] = datas[number][:-1] + bytes((datas[number][-1] ^ 1,))
        assert refusal_of(datas) == (Code.BAD_SIGNATURE, Stage.AUTHENTIC)


def test_a_log_holds_at_most_its_bound_of_events() -> None:
    full = log_of(KEY_EVENTS_MAX)
    assert keylog.read_log([event.data for event in full.events]) == full
    with pytest.raises(UsageError) as refusal:
        step(full, KEY_EVENTS_MAX)
    assert refusal.value.code == Code.SHAPE
    assert refusal_of([DATAS[0]] * (KEY_EVENTS_MAX + 1)) == (Code.SHAPE, Stage.FORM)
    assert refusal_of([]) == (Code.SHAPE, Stage.FORM)


def test_a_replaced_signing_key_never_comes_back() -> None:
    with pytest.raises(UsageError) as refusal:
        keylog.next_event(LOG, keylog.next_key(WORDS, 0, 2), signing(0).public, CONTACT, committed(3))
    assert refusal.value.code == Code.LOG_INVALID


@pytest.mark.parametrize(
    ("public", "contact", "next_commitment", "code"),
    [
        (bytes(32), CONTACT, None, Code.KEY_SMALL_ORDER),
        (b"short", CONTACT, None, Code.KEY_ENCODING),
        (signing(9).public, b"", None, Code.KEY_ENCODING),
        (signing(9).public, CONTACT, b"short", Code.SHAPE),
    ],
)
def test_an_event_that_others_would_refuse_is_not_made(
    public: bytes, contact: bytes, next_commitment: bytes | None, code: Code
) -> None:
    with pytest.raises(UsageError) as refusal:
        keylog.next_event(LOG, keylog.next_key(WORDS, 0, 2), public, contact, next_commitment)
    assert refusal.value.code == code


def test_logs_are_compared_event_by_event() -> None:
    assert keylog.compare(LOG, log_of(3)) == (Relation.SAME, None)
    assert keylog.compare(log_of(1), LOG) == (Relation.EXTENDS, None)
    assert keylog.compare(LOG, log_of(2)) == (Relation.OUTDATED, None)


def test_a_conflict_names_the_event_that_differs() -> None:
    # Two restores from one manifest: both next events are equally committed (spec 06 §6).
    twin = keylog.next_event(log_of(1), OWNER, signing(77).public, CONTACT, committed(1))
    other = KeyLog((LOG.events[0], twin))
    assert keylog.read_log([event.data for event in other.events]) == other
    assert keylog.compare(LOG, other) == (Relation.CONFLICT, twin)
    assert keylog.compare(other, LOG) == (Relation.CONFLICT, LOG.events[1])
    stranger = keylog.first_event(signing(8), CONTACT, None)
    assert keylog.compare(LOG, KeyLog((stranger,))) == (Relation.CONFLICT, stranger)


def test_next_keys_follow_from_the_words_and_differ_by_generation_and_index() -> None:
    expected = SigningKey.from_seed(hkdf(WORDS, cbor.encode(["pcloud/1 next key", 3, 5])))
    assert keylog.next_key(WORDS, 3, 5).public == expected.public
    several = {
        keylog.next_key(WORDS, generation, index).public for generation in range(4) for index in range(4)
    }
    assert len(several) == 16
    assert keylog.next_key(b"v" * 32, 3, 5).public != expected.public


@pytest.mark.parametrize(("generation", "index"), [(-1, 0), (0, -1), (INTEGER_MAX + 1, 0), (0, 2**60)])
def test_generation_and_index_count_from_zero(generation: int, index: int) -> None:
    with pytest.raises(UsageError) as refusal:
        keylog.next_key(WORDS, generation, index)
    assert refusal.value.code == Code.SHAPE


def test_the_pool_holds_commitments_and_no_keys() -> None:
    pool = keylog.pool(WORDS, 0, 5, 10)
    assert pool == tuple(committed(index) for index in range(5, 15))
    assert keylog.pool(WORDS, 1, 5, 10) != pool
    public = keylog.next_key(WORDS, 0, 5).public
    assert pool[0] == sha256(b"pcloud/1 next-key commitment" + public).digest()
    assert public not in pool


def test_the_manifest_key_is_not_a_next_key() -> None:
    seed = keylog.manifest_seed(WORDS)
    assert seed == hkdf(WORDS, cbor.encode(["pcloud/1 manifest key"]))
    assert keylog.manifest_seed(b"v" * 32) != seed
    HybridKey.from_seed(seed)
