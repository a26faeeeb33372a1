"""A side that lost what followed its request is given back its relationship (spec 05 §6, step 11)."""

from tests.unit.engine.two import Two

from pcloud.engine.refold import refold
from pcloud.engine.registry import STANDARD
from pcloud.engine.snapshot import Incoming, Outgoing
from pcloud.testing.memory import MemoryLog
from pcloud.testing.node import Node
from pcloud.wire.header import genesis


def asked(node: Node) -> Node:
    """The node with its request alone, as a copy from before the answer has it."""
    (request, _) = node.log.sequence(mine=True)
    node.log = MemoryLog()
    node.log.put(request)
    was = node.relationship
    first = was._replace(
        outgoing=Outgoing(1, request.signed.id, receipted=1),
        incoming=Incoming(0, genesis(was.peer.log.current.id, was.me.log.current.id)),
    )
    folded = refold(first, [request.signed.thread_id], {}, node.log, STANDARD)
    node.relationship = folded.relationship
    for thread in folded.threads:
        node.log.threads[thread.id] = thread
    return node


def test_an_accept_that_comes_after_the_confirm_that_followed_it_is_applied() -> None:
    """[REC-21] The confirm comes back first, and the accept is sent again: it did not know the confirm."""
    two = Two()
    two.returns(two.hers, asked(two.world.copy(two.hers)))
    came = {entry.signed.header.name: entry.verdict for entry in two.anna.log.sequence(mine=False)}
    assert came == {"relationship.returned": "applied", "relationship.accept": "applied"}
    states = [node.state().threads[node.thread].state for node in (two.anna, two.shop)]
    assert states == ["active", "active"]
    two.agree()
