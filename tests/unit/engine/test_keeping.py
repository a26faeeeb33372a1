"""[TABLE-10], [SEAL-35], [SEAL-39], [REL-15], [REL-26] to [REL-30]: what rows store in the scope."""

from tests.unit.engine.probe import digest, pair

from pcloud.engine.keeping import forget_thread, keep_all, keep_proofs, take_key
from pcloud.kernel.effects import Keep
from pcloud.kernel.gate import Grant
from pcloud.wire.answers import KeyOffer

ADDRESS = (b"m" * 16, ("https://new.example",))


def test_an_address_is_its_senders_and_the_peers_makes_a_session_due() -> None:
    """[REL-15], [REL-28], [SEAL-39]"""
    two = pair()
    before = two.anna.relationship
    me, peer = before.me.log.persona, before.peer.log.persona
    theirs = keep_all(before, [Keep("address", peer, ADDRESS)], b"t")
    assert (theirs.peer.mailbox, theirs.peer.endpoints) == ADDRESS
    assert theirs.me == before.me
    assert (theirs.sealing.due, theirs.sealing.moved) == (True, True)
    mine = keep_all(before, [Keep("address", me, ADDRESS)], b"t")
    assert (mine.me.mailbox, mine.me.endpoints) == ADDRESS
    assert mine.peer == before.peer
    assert mine.sealing == before.sealing, "the peer begins one, since it uses the new mailbox"


def test_only_the_peers_key_and_kind_are_taken() -> None:
    """[SEAL-35], [REL-27]"""
    two = pair()
    before = two.anna.relationship
    me, peer = before.me.log.persona, before.peer.log.persona
    key = KeyOffer(before.sealing.offered_number + 1, b"k")
    assert keep_all(before, [Keep("key", me, key), Keep("kind", me, "person")], b"t") == before
    after = keep_all(before, [Keep("key", peer, key), Keep("kind", peer, "person")], b"t")
    assert (after.sealing.offered, after.sealing.offered_number) == (key, key.number)
    assert after.peer == before.peer._replace(kind="person")


def test_a_lower_key_is_passed_over() -> None:
    """[SEAL-35], [REL-27]"""
    keys = pair().anna.relationship.sealing
    for key in (None, KeyOffer(keys.offered_number, b"k"), KeyOffer(0, b"k")):
        assert take_key(keys, key) is keys


def test_a_rotation_makes_a_session_due() -> None:
    """[REL-26]"""
    before = pair().anna.relationship
    after = keep_all(before, [Keep("renewed", digest("x"), digest("x"))], b"t")
    assert after == before._replace(sealing=before.sealing._replace(due=True))


def test_an_unknown_table_changes_nothing() -> None:
    """[TABLE-10]"""
    before = pair().anna.relationship
    assert keep_all(before, [Keep("elsewhere", b"k", 1)], b"t") == before


def test_proofs_know_the_thread_they_came_from_and_go_with_it() -> None:
    """[FOLD-4], [ORDER-16]"""
    two = pair()
    thread, agreement = two.dealt()
    before = two.anna.relationship
    grant = Grant(digest("g"), agreement, 5, ())
    after = keep_all(before, [Keep("grants", grant.id, grant)], b"t")
    assert after.grants == {grant.id: grant}
    assert after.origins == {agreement: thread, grant.id: b"t"}
    gone = forget_thread(after, thread)
    assert (gone.agreements, gone.grants, gone.origins) == ({}, {grant.id: grant}, {grant.id: b"t"})
    assert forget_thread(after, b"t") == before
    assert forget_thread(before, digest("x")) == before


def test_a_fold_moves_no_address_and_takes_no_key() -> None:
    """[FOLD-4], [REL-15]"""
    two = pair()
    before = two.anna.relationship
    peer = before.peer.log.persona
    grant = Grant(digest("g"), digest("a"), 5, ())
    keeps = [
        Keep("address", peer, ADDRESS),
        Keep("key", peer, KeyOffer(99, b"k")),
        Keep("grants", grant.id, grant),
    ]
    after = keep_proofs(before, keeps, b"t")
    assert after == before._replace(grants={grant.id: grant}, origins={grant.id: b"t"})
