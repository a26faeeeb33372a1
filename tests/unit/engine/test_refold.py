"""Threads folded anew (spec 05 §10)."""

from pcloud.engine.refold import refold
from pcloud.engine.registry import STANDARD
from pcloud.engine.snapshot import REJECTED
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.kernel.thread import START
from pcloud.testing.node import exchange
from pcloud.testing.world import World


def test_a_changed_verdict_takes_the_place_of_the_stored_one() -> None:
    """[REC-33]"""
    anna, shop = (owner.node for owner in World(4).owners)
    exchange(anna, shop, anna.say(RelationshipPause(), anna.thread))
    entry = shop.log.sequence(mine=False)[-1]
    changed = {entry.first_id: entry._replace(verdict=REJECTED)}
    folded = refold(shop.relationship, [shop.thread], changed, shop.log, STANDARD)
    assert [thread.state for thread in folded.threads] == ["active"]
    assert folded.relationship.thread == folded.threads[0]
    assert refold(shop.relationship, [], {}, shop.log, STANDARD).threads == ()


def test_a_thread_in_which_nothing_acts_is_as_before_its_start() -> None:
    anna, _ = (owner.node for owner in World(4).owners)
    gone = {id_: entry._replace(verdict=REJECTED) for id_, entry in anna.log.by_first_id.items()}
    folded = refold(anna.relationship, [anna.thread, bytes(32)], gone, anna.log, STANDARD)
    assert [thread.state for thread in folded.threads] == [START]
