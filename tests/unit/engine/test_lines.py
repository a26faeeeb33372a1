"""[ORDER-1], [ORDER-2], [ORDER-18], [SEAL-9]: where lines begin, and the window of refusals."""

from tests.unit.engine.probe import Begin, made, pair

from pcloud.engine.lines import in_new_epochs, judged, new_lines, parties, take_events
from pcloud.engine.snapshot import Incoming, Outgoing
from pcloud.limits import WINDOW_MESSAGES
from pcloud.wire.answers import Parties, Refusal
from pcloud.wire.header import genesis


def test_both_lines_begin_from_the_newest_key_events() -> None:
    """[ORDER-2]"""
    two = pair()
    me, peer = two.anna.relationship.me.log, two.shop.relationship.me.log
    outgoing, incoming = new_lines(me, peer)
    assert outgoing == Outgoing(0, genesis(me.current.id, peer.current.id))
    assert incoming == Incoming(0, genesis(peer.current.id, me.current.id))
    mirrored = new_lines(peer, me)
    assert (mirrored[0].head, mirrored[1].head) == (incoming.head, outgoing.head)


def test_everything_signed_names_both_personas_and_epochs() -> None:
    """[ORDER-1]"""
    two = pair()
    me, peer = two.anna.relationship.me.log, two.shop.relationship.me.log
    assert parties(two.anna.relationship) == Parties(me.persona, peer.persona, 0, 0)
    newer = peer._replace(events=(*peer.events, peer.current._replace(seq=1)))
    assert parties(take_events(two.anna.relationship, newer)) == Parties(me.persona, peer.persona, 0, 1)


def test_the_window_holds_every_refusal_of_the_last_256() -> None:
    """[ORDER-18]"""
    two = pair()
    line = Incoming(0, b"")
    plain, _ = made(two.anna, Begin("a"))
    for number in range(1, 600):
        signed = plain._replace(header=plain.header._replace(number=number))
        line = judged(line, signed, "closed" if number % 3 else "applied")
        low = number - WINDOW_MESSAGES
        wanted = [n for n in range(max(1, low + 1), number + 1) if n % 3]
        assert [refusal.number for refusal in line.refusals] == wanted
    assert (line.number, line.head) == (599, plain.id)
    assert line.refusals[-1] == Refusal(599, "closed")


def test_new_epochs_drop_the_sessions_and_keep_the_rest() -> None:
    """[SEAL-9], [REC-12]"""
    two = pair()
    two.begun()
    before = two.anna.relationship
    me = before.me.log
    newer = me._replace(events=(*me.events, me.current._replace(seq=1)))
    after = in_new_epochs(before, newer, before.peer)
    assert (after.outgoing, after.incoming) == new_lines(newer, before.peer.log)
    keys = after.sealing
    assert (keys.out, keys.sessions, keys.started, keys.due) == (None, (), 0, False)
    assert (keys.receiving, keys.offered) == (before.sealing.receiving, before.sealing.offered)
    assert (after.thread, after.agreements, after.clock) == (before.thread, before.agreements, before.clock)
