"""What a node holds goes into a volume and comes back; what is not as it should be is refused by name."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.engine.archive.archived import (
    KEY,
    NODE,
    NOW,
    SCOPE,
    Told,
    back,
    bare,
    changed,
    kept_of,
    linked,
    made_of,
    met_of,
    refusal,
    rows_in,
    rows_of,
    said,
    taken,
    told,
    volume,
)

from pcloud.engine.archive import coding
from pcloud.engine.archive.chain import Chain, Link, check_chain, follows, next_manifest, read_chain
from pcloud.engine.archive.kept import Beside, can_come_back, kept
from pcloud.engine.archive.rows import (
    End,
    Fork,
    Former,
    Judged,
    Kept,
    Marked,
    Own,
    Row,
    Said,
    Timed,
)
from pcloud.engine.export.write import UNKNOWN, Origin
from pcloud.engine.snapshot import APPLIED
from pcloud.errors import Code, Violation
from pcloud.limits import ARCHIVE_IDS_MAX, ARCHIVE_MAILBOXES_MAX
from pcloud.testing import node as nodes
from pcloud.testing.node import Clock, ask, exchange, invite, pend
from pcloud.testing.story import WORDS
from pcloud.wire import cbor
from pcloud.wire.header import sign_header
from pcloud.wire.keylog import KeyLog, next_event, next_key, pool
from pcloud.wire.keys import HybridKey, SigningKey


@pytest.fixture
def both() -> Told:
    return told()


# What comes back


@pytest.mark.parametrize("mine", [True, False], ids=["anna", "shop"])
def test_all_that_a_node_holds_comes_back(both: Told, *, mine: bool) -> None:
    """[ARCHIVE-6], [ARCHIVE-12]"""
    node = both.anna if mine else both.shop
    rows = rows_of(node)
    assert any(isinstance(row, Former) for row in rows) is not mine
    *read, end = rows_in(volume(rows, upto=9))
    assert read == rows
    assert end == End(9, len(rows))
    restored = back(read)
    assert restored.state().digest() == node.state().digest()
    assert restored.log.by_first_id == node.log.by_first_id
    assert restored.relationship.unaffirmed == node.relationship.unaffirmed
    assert restored.relationship.notices.peer_receipt == node.relationship.notices.peer_receipt
    assert restored.relationship.recovering


def test_a_restored_node_recovers_and_its_peer_follows(both: Told) -> None:
    """[ARCHIVE-12] The words, the volume, and the peer: both end with one state."""

    anna, shop = both.anna.clone("anna, lost"), both.shop.clone("shop, still there")
    rows = rows_in(volume(rows_of(anna)))
    message, _, items = said("After the copy was made.")
    exchange(anna, shop, anna.say(message, None, items))
    restored = back(rows, "anna, restored")
    restored.clock = shop.clock
    log = restored.relationship.me.log
    key, contact = SigningKey.from_seed(b"n" * 32), HybridKey.from_seed(b"m" * 32)
    event = next_event(log, next_key(WORDS, 2, 0), key.public, contact.public, pool(WORDS, 3, 0, 1)[0])
    restored.contact_keys.append(contact)
    exchange(restored, shop, restored.recover(KeyLog((*log.events, event)), key))
    assert not restored.relationship.recovering
    assert restored.state().digest() == shop.state().digest()
    assert len(restored.log.by_first_id) >= len(anna.log.by_first_id)
    assert restored.relationship.unaffirmed


def test_a_row_names_no_value_where_it_is_printed(both: Told) -> None:
    row = kept_of(both.anna)
    assert row.me.nonce.hex() not in repr(row.me)
    assert repr(row.me).startswith("Mine(")
    assert repr(Own("kept/x", b"canary")) == "Own('kept/x')"


def test_of_many_mailboxes_the_present_one_and_the_first_others_are_kept(both: Told) -> None:
    relationship = both.anna.relationship
    many = tuple(number.to_bytes(16, "big") for number in range(ARCHIVE_MAILBOXES_MAX + 9))
    found = kept(SCOPE, relationship, Beside(met_of(both.anna), UNKNOWN, (*many, relationship.me.mailbox)))
    assert len(found.me.mailboxes) == ARCHIVE_MAILBOXES_MAX
    assert found.me.mailboxes[0] == relationship.me.mailbox


def test_a_contact_key_that_no_log_shows_is_not_kept(both: Told) -> None:
    stray = HybridKey.from_seed(b"x" * 32)
    keys = (*both.anna.contact_keys, stray)
    found = kept(SCOPE, both.anna.relationship, Beside(met_of(both.anna), UNKNOWN, (), keys))
    assert stray.seed not in found.me.contact_seeds
    assert len(found.me.contact_seeds) == len(found.me.log.events)


def test_without_the_invitation_what_needs_it_is_left_out(both: Told) -> None:
    """[ARCHIVE-8]"""
    succession = both.anna.relationship.peer.succession
    assert succession is not None
    row = kept_of(both.anna, origin=Origin(None, succession))
    assert (row.proofs.invitation, row.proofs.succession) == (None, None)
    assert row.proofs.receipt == both.anna.relationship.notices.peer_receipt
    assert rows_in(volume([NODE, row]))[1] == row._replace(peer=row.peer._replace(succession=None))


def asking() -> tuple[nodes.Node, nodes.Node]:
    """One who has asked, and one who has not answered yet."""
    guest, host = nodes.Node("guest", Clock()), nodes.Node("host", Clock())
    invitation = invite(host)
    pend(guest, invitation, pool(b"g" * 32, 0, 0, 1)[0])
    exchange(guest, host, ask(guest, invitation))
    return guest, host


def test_who_was_asked_cannot_come_back_and_who_asked_can(both: Told) -> None:
    """[ARCHIVE-15]"""
    guest, host = asking()
    assert can_come_back(guest.relationship)
    assert not can_come_back(host.relationship)
    data = host.scope.invitation.data if host.scope else b""
    receipt = guest.relationship.notices.peer_receipt
    assert receipt is not None
    for origin, proof in ((Origin(data), receipt), (UNKNOWN, receipt)):
        row = kept_of(guest, origin=origin)
        assert row.proofs.receipt == proof
        assert rows_in(volume([NODE, row]))[1] == row
    assert refusal(volume([NODE, kept_of_any(host)])) is Code.LOG_INVALID


def kept_of_any(node: nodes.Node) -> Kept:
    return kept(SCOPE, node.relationship, Beside(met_of(node), UNKNOWN, (), tuple(node.contact_keys)))


def test_a_receipt_of_the_persona_that_invited_stays_only_with_the_invitation(both: Told) -> None:
    """[ARCHIVE-8]"""
    guest, host = asking()
    receipt = guest.relationship.notices.peer_receipt
    node = both.anna.clone("with an old receipt")
    assert receipt is not None
    old = node.relationship.notices._replace(peer_receipt=receipt)
    node.relationship = node.relationship._replace(notices=old)
    assert host.scope is not None
    assert kept_of(node, origin=UNKNOWN).proofs.receipt is None
    assert kept_of(node, origin=Origin(host.scope.invitation.data)).proofs.receipt == receipt


def test_a_refused_message_stands_without_any_part_and_a_relationship_without_a_receipt(both: Told) -> None:
    """[ARCHIVE-9]"""
    row = kept_of(both.anna)
    entry = bare(both.anna.log.sequence(mine=False)[0])._replace(verdict="paused")
    rows: list[Row] = [NODE, row._replace(proofs=row.proofs._replace(receipt=None)), Said(SCOPE, entry)]
    assert rows_in(volume(rows))[:-1] == rows


# What is refused


def test_rows_of_every_kind_are_read_as_they_were_written(both: Told) -> None:
    signed = both.anna.log.sequence(mine=False)[0].signed
    rows: list[Row] = [
        NODE,
        Own("kept/x", b"1"),
        Own("kept/y", None),
        kept_of(both.anna),
        Marked(SCOPE, (b"i" * 32,)),
        Judged(SCOPE, b"i" * 32, "applied"),
        Fork(SCOPE, signed),
        Timed(SCOPE, "resume", b"", 5),
    ]
    assert rows_in(volume(rows))[:-1] == rows


KEPT_FIELDS = "scope met mine peer proofs lines clock closed".split()


def kept_changed(both: Told, path: tuple[int, ...], value: Any) -> bytes:
    """A volume whose one relationship has another value at a place of its row."""

    def change(values: list[Any]) -> list[Any]:
        place = values[1]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value(place[path[-1]]) if callable(value) else value
        return values

    return changed([NODE, kept_of(both.anna)], change)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((1,), b"s" * 15),
        ((1,), "s"),
        ((2,), []),
        ((2, 0), 1),
        ((2, 1), ""),
        ((2, 2), ""),
        ((2, 3), "x" * 201),
        ((2, 3), None),
        ((2, 4), "robot"),
        ((2, 5), "x" * 65),
        ((2, 6), b"i"),
        ((2, 7), -1),
        ((2, 8), "x"),
        ((3,), [1]),
        ((3, 0), b""),
        ((3, 1), []),
        ((3, 2), ""),
        ((3, 3), []),
        ((3, 3), [b"m" * 15]),
        ((3, 3), [b"m" * 16] * (ARCHIVE_MAILBOXES_MAX + 1)),
        ((3, 4), ["x"] * 4),
        ((3, 4), ["x" * 256]),
        ((3, 5), b"n" * 31),
        ((3, 6), []),
        ((3, 6), [b"k" * 31]),
        ((3, 6), [b"k" * 32] * 25),
        ((4,), {}),
        ((4, 0), None),
        ((4, 2), None),
        ((4, 3), b"m"),
        ((4, 4), "x"),
        ((5,), [None, None]),
        ((5, 0), 7),
        ((6,), [0]),
        ((6, 0), -1),
        ((6, 1), None),
        ((6, 2), "x"),
        ((6, 3), None),
        ((6, 4), b""),
        ((7,), -1),
        ((8,), None),
    ],
    ids=str,
)
def test_a_relationship_that_is_no_such_row_is_refused(both: Told, path: tuple[int, ...], value: Any) -> None:
    """[ARCHIVE-6]"""
    assert refusal(kept_changed(both, path, value)) is Code.SHAPE


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ((3, 1), lambda log: [*log[:-1], flipped(log[-1])], Code.BAD_SIGNATURE),
        ((3, 1), lambda log: log[1:], Code.LOG_INVALID),
        ((4, 1), lambda log: [flipped(log[0])], Code.BAD_SIGNATURE),
        ((3, 6), lambda seeds: [*seeds, b"k" * 32], Code.KEY_MISMATCH),
        ((3, 0), b"f" * 32, Code.WRONG_PARTY),
        ((4, 0), b"f" * 32, Code.WRONG_PARTY),
        ((5, 0), None, Code.SHAPE),
        ((5, 0), flipped, Code.BAD_SIGNATURE),
        ((5, 1), flipped, Code.BAD_SIGNATURE),
        ((5, 2), flipped, Code.BAD_SIGNATURE),
        ((5, 2), b"", Code.COSE_STRUCTURE),
    ],
    ids=range(11),
)
def test_a_relationship_that_does_not_hold_is_refused(
    both: Told, path: tuple[int, ...], value: Any, code: Code
) -> None:
    """[ARCHIVE-8]"""
    assert refusal(kept_changed(both, path, value)) is code


def test_two_sides_that_are_one_persona_are_refused(both: Told) -> None:
    """[ARCHIVE-8]"""
    row = kept_of(both.anna, origin=UNKNOWN)
    proofs = row.proofs._replace(receipt=None)
    one = row._replace(peer=row.peer._replace(log=row.me.log), peer_founding=row.me.founding, proofs=proofs)
    assert refusal(volume([NODE, one])) is Code.WRONG_PARTY


def said_changed(both: Told, change: Callable[[Said], Said], *, mine: bool) -> Code:
    """How a volume is refused in which one message is another."""
    entry = next(
        entry
        for entry in both.anna.log.sequence(mine=mine)
        if entry.verdict == APPLIED and len(entry.parts) > 1 and entry.signed.header.first is None
    )
    return refusal(volume([NODE, kept_of(both.anna), change(Said(SCOPE, entry))]))


def with_entry(**fields: Any) -> Callable[[Said], Said]:
    return lambda said: said._replace(entry=said.entry._replace(**fields))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (with_entry(mine=True), Code.WRONG_PARTY),
        (with_entry(verdict=None), Code.SHAPE),
        (with_entry(verdict="x" * 33), Code.SHAPE),
        (with_entry(first_signer=b"k" * 32), Code.SHAPE),
        (with_entry(first_signer=b"k"), Code.SHAPE),
        (with_entry(parts=()), Code.PART_MISSING),
        (with_entry(parts=(None, None)), Code.PART_MISSING),
        (with_entry(parts=(None,), verdict="paused"), Code.PART_MISSING),
        (
            lambda said: said._replace(
                entry=said.entry._replace(parts=(said.entry.parts[0], said.entry.parts[0]))
            ),
            Code.PART_MISMATCH,
        ),
        (
            lambda said: said._replace(entry=said.entry._replace(parts=(*said.entry.parts, None))),
            Code.PART_MISMATCH,
        ),
        (lambda said: said._replace(scope=b"o" * 16), Code.SHAPE),
    ],
    ids=range(11),
)
def test_a_message_that_does_not_hold_is_refused(
    both: Told, change: Callable[[Said], Said], code: Code
) -> None:
    """[ARCHIVE-9]"""
    assert said_changed(both, change, mine=False) is code


def test_a_message_whose_signature_does_not_verify_is_refused(both: Told) -> None:
    """[ARCHIVE-9]"""

    def broken(said: Said) -> Said:
        signed = said.entry.signed
        return said._replace(entry=said.entry._replace(signed=signed._replace(data=flipped(signed.data))))

    for mine in (True, False):
        assert said_changed(both, broken, mine=mine) is Code.BAD_SIGNATURE


def test_a_message_that_the_peer_has_not_signed_is_refused(both: Told) -> None:
    """[ARCHIVE-9] Whoever has the public half can seal; nobody can speak for the peer."""

    entry = next(e for e in both.anna.log.sequence(mine=False) if e.verdict == APPLIED and e.parts[0])
    thief = SigningKey.from_seed(b"t" * 32)
    forged = entry._replace(signed=sign_header(thief, entry.signed.header))
    rows: list[Row] = [NODE, kept_of(both.anna)]
    assert refusal(volume([*rows, Said(SCOPE, forged)])) is Code.KEY_MISMATCH
    assert refusal(volume([*rows, Former(SCOPE, bare(forged))])) is Code.KEY_MISMATCH
    assert refusal(volume([*rows, Fork(SCOPE, forged.signed)])) is Code.KEY_MISMATCH
    later = sign_header(thief, entry.signed.header._replace(sender_epoch=9))
    assert refusal(volume([*rows, Fork(SCOPE, later)])) is Code.EPOCH_UNKNOWN
    stranger = sign_header(thief, entry.signed.header._replace(sender=b"x" * 32))
    assert refusal(volume([*rows, Fork(SCOPE, stranger)])) is Code.WRONG_PARTY
    elsewhere = sign_header(thief, entry.signed.header._replace(recipient=b"x" * 32))
    assert refusal(volume([*rows, Fork(SCOPE, elsewhere)])) is Code.WRONG_PARTY


def test_what_a_thief_signed_for_the_owner_is_taken_as_the_nodes_own_word(both: Told) -> None:
    """Another copy of the node may have signed under a key event that lost; its messages are in the log."""

    entry = next(e for e in both.anna.log.sequence(mine=True) if e.parts[0])
    other = entry._replace(signed=sign_header(SigningKey.from_seed(b"t" * 32), entry.signed.header))
    rows: list[Row] = [NODE, kept_of(both.anna), Said(SCOPE, other)]
    assert rows_in(volume(rows))[:-1] == rows


@pytest.mark.parametrize(
    "row",
    [
        [0],
        [],
        [10],
        [-1],
        [True],
        ["x"],
        {},
        [0, "", "person", 1],
        [0, "x" * 101, "person", 1],
        [0, "Anna", "robot", 1],
        [0, "Anna", "person", -1],
        [1, "", b""],
        [1, "x" * 129, b""],
        [1, "x", "y"],
        [1, "x"],
        [3, SCOPE, []],
        [3, SCOPE, [b"i" * 31]],
        [3, SCOPE, [b"i" * 32] * (ARCHIVE_IDS_MAX + 1)],
        [3, b"s", [b"i" * 32]],
        [6, SCOPE, b"i" * 31, "applied"],
        [6, SCOPE, b"i" * 32, ""],
        [6, SCOPE, b"i" * 32, None],
        [7, SCOPE, None],
        [8, SCOPE, "", b"", 1],
        [8, SCOPE, "resume", b"k" * 129, 1],
        [8, SCOPE, "resume", None, 1],
        [8, SCOPE, "resume", b"", -1],
        [9, 0],
        [9, -1, 2],
    ],
    ids=str,
)
def test_what_is_no_row_is_refused(both: Told, row: Any) -> None:
    """[ARCHIVE-6]"""
    before = [coding.encode(each) for each in (NODE, kept_of(both.anna))]
    assert refusal(made_of([*before, cbor.encode(row), cbor.encode([9, 0, 3])])) is Code.SHAPE


def test_rows_in_another_order_are_refused(both: Told) -> None:
    """[ARCHIVE-7]"""
    kept_row, end = kept_of(both.anna), End(0, 2)
    encoded = [coding.encode(row) for row in (NODE, kept_row)]
    last = coding.encode(end)
    assert rows_in(made_of([*encoded, last]))[-1] == end
    assert refusal(made_of([])) is Code.SHAPE
    assert refusal(made_of(encoded)) is Code.SHAPE
    assert refusal(made_of([*reversed(encoded), last])) is Code.SHAPE
    assert refusal(made_of([last])) is Code.SHAPE
    assert refusal(made_of([encoded[0], encoded[0], coding.encode(End(0, 2))])) is Code.SHAPE
    assert refusal(made_of([*encoded, last, last])) is Code.SHAPE
    assert refusal(made_of([*encoded, last, encoded[1]])) is Code.SHAPE
    assert refusal(made_of([*encoded, coding.encode(End(0, 1))])) is Code.SHAPE
    assert refusal(made_of([*encoded, coding.encode(End(0, 3))])) is Code.SHAPE
    for row in (Marked(SCOPE, (b"i" * 32,)), Judged(SCOPE, b"i" * 32, "x"), Timed(SCOPE, "x", b"", 1)):
        assert refusal(volume([NODE, row])) is Code.SHAPE


# Chains


def chain_of(both: Told) -> tuple[list[bytes], list[Link]]:
    """A full volume and two increments: a verdict, then an erased item and a mark."""
    rows = rows_of(both.anna)
    first, link = linked(rows, None, 40)
    entry = next(row.entry for row in rows if isinstance(row, Said) and any(row.entry.parts[1:]))
    middle: list[Row] = [NODE, kept_of(both.anna), Judged(SCOPE, entry.first_id, "rejected")]
    second, after = linked(middle, link, 41)
    erased = entry._replace(parts=(entry.parts[0], *(None for _ in entry.parts[1:])), verdict="rejected")
    closing: list[Row] = [
        NODE,
        kept_of(both.anna),
        Marked(SCOPE, (entry.first_id,)),
        Said(SCOPE, erased),
        Judged(SCOPE, b"u" * 32, "applied"),
    ]
    third, last = linked(closing, after, 42)
    return [first, second, third], [link, after, last]


def test_a_chain_says_what_its_last_volume_makes_of_it(both: Told) -> None:
    """[ARCHIVE-10]"""
    volumes, links = chain_of(both)
    entry = next(
        row.entry for row in rows_of(both.anna) if isinstance(row, Said) and any(row.entry.parts[1:])
    )
    for count, verdict, item in ((1, entry.verdict, True), (2, "rejected", True), (3, "rejected", False)):
        found = taken(read_chain(KEY, ([each] for each in volumes[:count])))
        held = found.entries[SCOPE, entry.first_id]
        assert (held.verdict, any(held.parts[1:])) == (verdict, item)
        assert (entry.first_id in found.marked[SCOPE]) is (count == 3)
        checked = check_chain(KEY, ([each] for each in volumes[:count]))
        assert checked is not None
        assert checked.link == links[count - 1]
        assert checked.manifest.number == count
    assert check_chain(KEY, []) is None


def test_a_chain_with_a_volume_missing_twice_or_of_another_is_refused(both: Told) -> None:
    """[ARCHIVE-11]"""
    volumes, links = chain_of(both)
    other, _ = linked([NODE], None, 40)
    elsewhere, _ = linked([NODE], links[0]._replace(digest=b"d" * 32), 41)
    first, second, third = volumes
    for order in (
        [second],
        [first, third],
        [first, first],
        [first, second, second],
        [other, second],
        [first, elsewhere],
        [first, second, third, first],
        [first, other],
    ):
        with pytest.raises(Violation) as refused:
            check_chain(KEY, ([each] for each in order))
        assert refused.value.code is Code.STALE


def test_an_increment_that_ends_below_where_it_begins_is_refused(both: Told) -> None:
    """[ARCHIVE-7]"""
    _, link = linked([NODE], None, 40)
    data, _ = linked([NODE], link, 39)
    assert refusal(data) is Code.SHAPE


def test_what_follows_is_the_next_number_of_the_same_chain() -> None:
    """[ARCHIVE-11]"""
    link = Link(4, 2, b"d" * 32, 70)
    manifest = next_manifest(link, 1, 4_096, NOW)
    assert follows(manifest, link)
    assert not follows(manifest, None)
    assert follows(next_manifest(None, 1, 4_096, NOW, 9), None)
    assert not follows(next_manifest(None, 1, 4_096, NOW, 5), link)
    for change in ({"number": 6}, {"base": 3}, {"previous": b"e" * 32}, {"after": 71}):
        assert not follows(manifest._replace(**change), link)


def test_a_chain_that_breaks_says_nothing_of_the_volume_that_broke(both: Told) -> None:
    volumes, links = chain_of(both)
    chain = Chain(KEY)
    list(chain.read([volumes[0]]))
    with pytest.raises(Violation):
        list(chain.read([volumes[1][:-1]]))
    assert chain.checked is not None
    assert chain.checked.link == links[0]
    list(chain.read([volumes[1]]))
    assert chain.checked.link == links[1]
