"""[TERMS-26], [TERMS-27]."""

from hashlib import sha256
from typing import Any

import pytest

from pcloud.errors import Code, Violation
from pcloud.features.terms.agreement import agreement_of, record
from pcloud.features.terms.terminate import TermsTerminate
from pcloud.wire import cbor, cose


def test_the_record_is_one_object_signed_by_both_in_order(world: Any) -> None:
    """[TERMS-26]"""
    until = world.now + 30 * world.day
    thread = world.agreed(until=until, replaces=None)
    cosigned = cose.parse_sign2(record(thread), cose.AGREEMENT)
    cose.verify_sign2(cosigned, (world.person.key.public, world.shop.key.public))

    assert cbor.decode(cosigned.payload) == {
        1: 1,
        2: world.base.roster,
        3: "SD-BASE",
        4: world.base.text_hash,
        5: world.base.machine_hash,
        6: world.person.persona,
        7: world.shop.persona,
        8: thread.data["proffer"],
        9: thread.data["seal_by"],
        10: until,
    }
    assert cosigned.id == thread.data["agreement"]


def test_the_id_is_the_hash_of_what_the_first_party_signs(world: Any) -> None:
    """[TERMS-27]"""
    thread = world.agreed()
    payload = cose.parse_sign2(record(thread), cose.AGREEMENT).payload
    signed = cose.signing_input("pcloud-agreement", world.person.key.public, payload)
    assert agreement_of(thread).id == sha256(signed).digest()


def test_what_it_replaces_stands_in_it(world: Any) -> None:
    """[TERMS-26]"""
    old = world.agreed().data["agreement"]
    payload = cbor.decode_map(cose.parse_sign2(record(world.agreed(replaces=old)), cose.AGREEMENT).payload)
    assert payload[11] == old


def test_the_record_stays_when_the_agreement_ends(world: Any) -> None:
    """[TERMS-28]"""
    thread = world.agreed()
    ended = world.say(thread, world.shop, TermsTerminate(thread.data["agreement"]))
    assert record(ended) == record(thread)


def test_a_proffer_can_not_be_read_as_an_agreement(world: Any) -> None:
    """[TERMS-31]: the bytes of a message and of a header are of other types."""
    header = cose.sign1(world.person.key, cose.HEADER, world.proffer().write())
    with pytest.raises(Violation) as found:
        cose.parse_sign2(header, cose.AGREEMENT)
    assert found.value.code is Code.COSE_STRUCTURE
