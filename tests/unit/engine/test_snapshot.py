"""[ORDER-13], [TABLE-10]: a decision reads one scope, and what it adds is seen before it is written."""

from tests.unit.engine.probe import Note, Pair, digest, made, pair, tell

from pcloud.engine.snapshot import APPLIED, Decision, Overlay
from pcloud.kernel.thread import Thread
from pcloud.wire.header import First


def with_note(two: Pair) -> tuple[Overlay, bytes]:
    thread = two.begun()
    decision = Decision(two.anna.relationship)
    tell(two.anna, Note("n"), thread)
    entry = two.anna.log.sequence(mine=True)[-1]
    known = two.anna.log.sequence(mine=True)[-2]._replace(verdict="changed")
    later = Thread(thread, "x-probe", digest("o"), "later")
    new = Thread(digest("new"), "x-probe", digest("o"))
    decision = decision._replace(entries=(known, entry), threads=(later._replace(state="first"), later, new))
    return Overlay(two.anna.log.copy(), decision), thread


def test_an_overlay_shows_threads_as_they_will_be() -> None:
    """[ORDER-13]"""
    two = pair()
    overlay, thread = with_note(two)
    seen = overlay.thread(thread)
    assert seen is not None
    assert seen.state == "later", "the last word counts"
    assert overlay.thread(digest("new")) is not None
    assert overlay.thread(two.anna.thread) == two.anna.log.thread(two.anna.thread)
    assert overlay.thread(digest("nobody")) is None


def test_an_overlay_shows_each_entry_once() -> None:
    """[ORDER-13]"""
    two = pair()
    overlay, thread = with_note(two)
    known, entry = overlay.decision.entries
    assert list(overlay.entries(thread)) == [known, entry], "in place of the stored one"
    assert list(overlay.entries(digest("nobody"))) == []
    assert overlay.find(entry.signed.id) is overlay.find(entry.first_id) is entry
    first = two.anna.log.sequence(mine=True)[0]
    assert overlay.find(first.signed.id) == first
    assert overlay.find(digest("nobody")) is None
    assert overlay.at(mine=True, epochs=(0, 0), number=1) == first
    assert list(overlay.sequence(mine=False)) == list(two.anna.log.sequence(mine=False))


def test_an_overlay_tells_which_entries_still_hold_an_item() -> None:
    two = pair()
    overlay, thread = with_note(two)
    known, entry = overlay.decision.entries
    assert list(overlay.holding(thread)) == [], "a body alone is no item"
    gone, holding = (
        known._replace(parts=(known.parts[0], None)),
        entry._replace(parts=(*entry.parts, entry.parts[0])),
    )
    after = Overlay(overlay.base, overlay.decision._replace(entries=(gone, holding)))
    assert list(after.holding(thread)) == [holding]


def test_a_reissued_entry_keeps_its_first_id() -> None:
    """[REC-20]"""
    two = pair()
    two.begun()
    entry = two.anna.log.sequence(mine=True)[-1]
    assert entry.first_id == entry.signed.id
    assert entry.verdict == APPLIED
    first = First(digest("first"), 0, 1, 0)
    signed, parts = made(two.anna, Note("n"), None, first=first, sender_epoch=1)
    assert entry._replace(signed=signed, parts=parts).first_id == digest("first")
    assert signed.thread_id == digest("first")
