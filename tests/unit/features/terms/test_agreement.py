"""[TERMS-26], [TERMS-27], [TERMS-28], [TERMS-31], [TERMS-40]."""

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from pcloud.errors import Code, Violation
from pcloud.features.terms.accept import TermsAccept
from pcloud.features.terms.agreement import accepted_payload, agreement_of, record
from pcloud.features.terms.counter import TermsCounter
from pcloud.features.terms.machine import MACHINE
from pcloud.features.terms.proffer import TermsProffer
from pcloud.features.terms.roster import read_roster
from pcloud.features.terms.seal import TermsSeal
from pcloud.features.terms.terminate import TermsTerminate
from pcloud.features.terms.withdraw import TermsWithdraw
from pcloud.kernel.context import Act, Me
from pcloud.kernel.machine import advance, open_thread
from pcloud.kernel.message import Message
from pcloud.kernel.thread import Thread
from pcloud.wire import cbor, cose
from pcloud.wire.keys import SigningKey

SPEC = Path(__file__).parents[4] / "spec"


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


def test_the_data_has_the_registered_keys_at_every_step(world: Any) -> None:
    """[TERMS-40]"""
    text = (SPEC / "08-terms.md").read_text()
    (rule,) = re.findall(r"^\* \[TERMS-40\].*$", text, re.MULTILINE)
    states = {state for row in MACHINE.rows for state in (row.state, row.next)}
    named = set(re.findall(r"`([a-z_]+)`", rule)) - states
    thread = world.agreed(until=world.now + 9 * world.day)
    ended = world.say(thread, world.person, TermsTerminate(thread.data["agreement"]))
    assert named - set(ended.data) == {"counter", "replaces", "by"}
    assert set(ended.data) <= named
    assert set(world.say(world.accepted(), world.person, TermsWithdraw()).data) <= named


def test_a_fold_without_some_entries_makes_no_agreement_and_no_accident(world: Any) -> None:
    """[TERMS-41]: the second proffer and the counter were rejected, the acceptance of it was not."""
    first = world.proffered()
    wished = world.say(first, world.shop, TermsCounter("SD-BASE-A"))
    again = world.say(wished, world.person, world.proffer(world.analytics))
    accept = TermsAccept.sign(again, world.shop, world.now + world.day)
    accepted = world.say(again, world.shop, accept)
    seal = TermsSeal.sign(accepted, world.person.key)
    end = TermsTerminate(bytes(32))

    thread = first
    for message, sender in [(accept, world.shop), (seal, world.person), (end, world.shop)]:
        with pytest.raises(Violation) as found:
            world.say(thread, sender, message)
        assert found.value.code is Code.REFERENCE_MISMATCH
        thread = stepped(thread, message, sender, bytes(32))
    assert thread.state == "terminated"
    assert thread.data == first.data


def stepped(thread: Thread | None, message: Message, sender: Me, first_id: bytes) -> Thread:
    act = Act(message, first_id, sender.persona, (sender.key.public,), 1_800_000_000, 0, 1, 1)
    thread = thread or open_thread(MACHINE, act)
    return advance(
        next(row for row in MACHINE.rows if row.message is type(message) and row.state == thread.state),
        thread,
        act,
    )[0]


def test_the_worked_example_of_the_chapter_is_right() -> None:
    """[TERMS-26] [TERMS-27]"""
    chapter = re.sub(r"(?<=[0-9a-f])\n +(?=[0-9a-f]{2})", "", (SPEC / "08-terms.md").read_text())
    keeper = SigningKey.from_seed(sha256(b"pcloud development roster key").digest()).public
    roster = read_roster((SPEC / "rosters/customer-commons.cbor").read_bytes(), keeper)
    chosen = roster.standards()[roster.id, "SD-BASE"]
    person = Me(b"\x11" * 32, "person", SigningKey.from_seed(b"\1" * 32))
    shop = Me(b"\x22" * 32, "organisation", SigningKey.from_seed(b"\2" * 32))

    thread = stepped(None, TermsProffer.choose(chosen, 1_800_086_400), person, b"\x33" * 32)
    accept = TermsAccept.sign(thread, shop, 1_800_172_800)
    thread = stepped(thread, accept, shop, b"\x44" * 32)
    seal = TermsSeal.sign(thread, person.key)
    thread = stepped(thread, seal, person, b"\x55" * 32)
    whole = record(thread)

    for value in (roster.id, chosen.text_hash, chosen.machine_hash, accept.signature, seal.signature):
        assert value.hex() in chapter
    assert thread.data["agreement"].hex() in chapter
    assert f"has {len(whole)} bytes" in chapter
    assert sha256(whole).hexdigest() in chapter
    assert f"{len(accepted_payload(thread)):02x} <payload>" in chapter
