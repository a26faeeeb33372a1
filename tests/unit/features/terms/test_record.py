"""[TERMS-26], [TERMS-31]: the record as somebody reads it who holds nothing else."""

from typing import Any

import pytest

from pcloud.errors import Code, Violation
from pcloud.features.terms.agreement import accepted_payload, record
from pcloud.features.terms.record import read_record
from pcloud.wire import cose


def test_what_the_parties_made_is_read_whole(world: Any) -> None:
    """[TERMS-26]"""
    until = world.now + 30 * world.day
    thread = world.agreed(until=until)
    found = read_record(record(thread), (world.person.key.public, world.shop.key.public))
    assert found.id == thread.data["agreement"]
    assert (found.first, found.second) == (world.person.persona, world.shop.persona)
    assert (found.roster, found.terms) == (world.base.roster, "SD-BASE")
    assert (found.text_hash, found.machine_hash) == (world.base.text_hash, world.base.machine_hash)
    assert (found.proffer, found.seal_by) == (thread.data["proffer"], thread.data["seal_by"])
    assert (found.until, found.replaces) == (until, None)


def test_the_parties_stand_in_order(world: Any) -> None:
    """[TERMS-26]"""
    with pytest.raises(Violation) as refusal:
        read_record(record(world.agreed()), (world.shop.key.public, world.person.key.public))
    assert refusal.value.code is Code.KEY_MISMATCH


def test_the_signature_of_one_party_makes_no_agreement(world: Any) -> None:
    """[TERMS-31]"""
    half = cose.sign1(world.shop.key, cose.AGREEMENT, accepted_payload(world.agreed()))
    with pytest.raises(Violation) as refusal:
        read_record(half, (world.person.key.public, world.shop.key.public))
    assert refusal.value.code is Code.COSE_STRUCTURE
