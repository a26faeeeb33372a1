"""A machine is lost, and its owner comes back with a copy and the words (spec 06 §1)."""

from typing import NamedTuple

from pcloud.ambient.port import Entropy
from pcloud.engine.archive.chain import check_chain, read_chain
from pcloud.runtime.owner import Owner
from pcloud.runtime.recovering.finding import Words
from pcloud.runtime.recovering.renewing import renew
from pcloud.runtime.recovering.restoring import rebuild, settle
from pcloud.store.port import Store


class Paper(NamedTuple):
    """What an owner has besides the machine."""

    secret: bytes
    """What the 24 words stand for."""
    copy: bytes
    """A whole copy of the node, from some time ago."""


async def copied(owner: Owner) -> bytes:
    """A whole copy of a node that runs."""
    return b"".join([piece async for piece in owner.backup()])


def come_back(store: Store, paper: Paper, entropy: Entropy, now: int) -> None:
    """Fill an empty store from the copy, and begin a new epoch in every relationship."""
    key = Words.of(paper.secret).key
    checked = check_chain(key, [[paper.copy]])
    assert checked is not None, "there is a copy"
    rebuild(store, read_chain(key, [[paper.copy]]), entropy)
    settle(store, paper.secret, checked.manifest)
    begin_anew(store, paper.secret, entropy, now)


def begin_anew(store: Store, secret: bytes, entropy: Entropy, now: int) -> None:
    """A new epoch in every relationship, above each that a peer has shown (spec 06 §8)."""
    renew(store, secret, entropy, now, lambda _: None)
