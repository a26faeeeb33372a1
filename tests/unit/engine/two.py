"""Anna and a shop, and what happens to Anna's node; for the tests of recovery."""

from pcloud.engine import recovery
from pcloud.engine.snapshot import Entry
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.testing.node import Node, exchange
from pcloud.testing.world import Owner, World


class Two:
    """Anna and a shop; anna is the one who loses her node."""

    def __init__(self) -> None:
        self.world = World(1)
        self.hers, self.its = self.world.owners

    @property
    def anna(self) -> Node:
        return self.hers.node

    @property
    def shop(self) -> Node:
        return self.its.node

    def says(self, owner: Owner, *messages: object) -> None:
        other = self.its if owner is self.hers else self.hers
        for message in messages:
            exchange(owner.node, other.node, owner.node.say(message, owner.node.thread))  # type: ignore[arg-type]

    def back(self, owner: Owner, copy: Node) -> bytes:
        """The owner goes on with an old copy and the words: the `recover` frame."""
        owner.node = copy
        frame = owner.recover()
        assert frame is not None
        return frame

    def returns(self, owner: Owner, copy: Node) -> None:
        """As `back`, and all that follows."""
        frame = self.back(owner, copy)
        exchange(owner.node, self.shop if owner is self.hers else self.anna, frame)

    def agree(self) -> None:
        assert self.anna.state().digest() == self.shop.state().digest()
        assert not self.anna.relationship.outgoing.pending
        assert not self.shop.relationship.outgoing.pending

    def lost(self) -> None:
        """Anna pauses and resumes, and all that is lost to her."""
        copy = self.world.copy(self.hers)
        self.says(self.hers, RelationshipPause(), RelationshipResume())
        self.returns(self.hers, copy)


def held(node: Node, id_: bytes) -> Entry:
    entry = node.log.find(id_)
    assert entry is not None
    return entry


def recover_of(node: Node) -> bytes:
    return recovery.repeat_recover(node.relationship, node.log)
