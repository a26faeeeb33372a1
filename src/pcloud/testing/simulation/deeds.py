"""What owners do in a simulated world: commands, with whatever they need drawn from the dice.

A deed that cannot be done just then is refused by the node and changes nothing; which it was stands in the
journal. What is waited for by nobody, such as an answer, is the business of `habits`.
"""

import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, NamedTuple, TypeVar

from pcloud.runtime.owner import Owner
from pcloud.runtime.views import Peer
from pcloud.testing.simulation.machine import Machine

T = TypeVar("T")

DAY_S: Final = 86_400
TERMS: Final = ("SD-BASE", "SD-BASE-A", "SD-BASE-DP")
VALUES: Final = {
    "profile.name": "a name",
    "profile.email": "someone@example.org",
    "profile.address.home": {"streetAddress": "Quendelweg 7", "postalCode": "27386"},
    "profile.birthDate": "1990-04-01",
}
"""What an owner may give, and what stands there: invented."""
SERVICE: Final = "dpv:ServiceProvision"
PURPOSES: Final = (SERVICE, SERVICE, SERVICE, "dpv:ServiceUsageAnalytics", "dpv:Marketing")
"""What somebody may ask for: the last is nowhere allowed, the one before under some terms only."""


class Scene(NamedTuple):
    """Who does it, with whom, and by what chance."""

    me: Machine
    others: Sequence[Machine]
    """All other machines."""
    dice: random.Random


Deed = Callable[[Scene], Awaitable[str]]
"""Does it, and gives what came of it in a word or two."""


class NothingError(Exception):
    """There is nothing to do it to: no peer, no agreement, nothing held."""


def _one(dice: random.Random, found: Sequence[T]) -> T:
    if not found:
        raise NothingError
    return dice.choice(found)


async def _peer(scene: Scene) -> Peer:
    return _one(scene.dice, [peer for peer in await scene.me.owner(Owner.peers) if peer.state != "closed"])


async def meet(scene: Scene) -> str:
    """Ask somebody to be let in, by an invitation of theirs. Whether they do is their habit."""
    host = _one(scene.dice, scene.others)
    uses = scene.dice.choice((1, 3))
    invitation = await host.owner(lambda owner: owner.invite("to meet", uses=uses, expires_s=None))
    contact = await scene.me.owner(lambda owner: owner.connect(invitation.link))
    await scene.me.owner(lambda owner: owner.accept(contact.id))
    return f"asked {host.name}"


async def say(scene: Scene) -> str:
    """Say something, perhaps several things at once."""
    peer = await _peer(scene)
    count = scene.dice.choice((1, 1, 1, 3, 10))
    for _ in range(count):
        text = f"{scene.me.name} {scene.dice.randrange(10**9):09}"
        await scene.me.owner(partial(Owner.say, peer=peer.id, text=text))
    return f"said {count}"


async def proffer(scene: Scene) -> str:
    """Proffer terms of one's own."""
    peer = await _peer(scene)
    terms, days = scene.dice.choice(TERMS), scene.dice.choice((1, 30, 400))
    until = scene.me.clock.now() + days * DAY_S
    made = await scene.me.owner(lambda owner: owner.proffer(peer.id, terms, until=until))
    return f"proffered {made.terms}"


async def terminate(scene: Scene) -> str:
    """End an agreement."""
    page = await scene.me.owner(lambda owner: owner.negotiations(state="agreed"))
    one = _one(scene.dice, page.rows)
    await scene.me.owner(lambda owner: owner.terminate_terms(one.id))
    return "terminated"


async def change(scene: Scene) -> str:
    """Set a field of one's own anew: whoever has it is brought to it."""
    path = scene.dice.choice(sorted(VALUES))
    await scene.me.owner(lambda owner: owner.data_set(path, VALUES[path]))
    if path == "profile.name":
        value: object = f"a name {scene.dice.randrange(10**6)}"
    elif path == "profile.address.home":
        value = {"streetAddress": "Salbeigasse 3", "postalCode": f"{scene.dice.randrange(10**5):05}"}
    else:
        return f"set {path}"
    stored = await scene.me.owner(lambda owner: owner.data_set(path, value))
    return f"set {path} {stored.version}"


async def ask(scene: Scene) -> str:
    """Ask for somebody's data, under the terms in force."""
    peer = await _peer(scene)
    wanted = scene.dice.sample(sorted(VALUES), scene.dice.randint(1, 3))
    standing = scene.dice.random() < 0.7
    until = scene.me.clock.now() + scene.dice.choice((1, 20)) * DAY_S
    for_ = [scene.dice.choice(PURPOSES)]
    await scene.me.owner(lambda owner: owner.ask(peer.id, wanted, for_, standing=standing, until=until))
    return f"asked for {len(wanted)}"


async def share(scene: Scene) -> str:
    """Give something unasked."""
    peer = await _peer(scene)
    path = scene.dice.choice(sorted(VALUES))
    await scene.me.owner(lambda owner: owner.data_set(path, VALUES[path]))
    given = await scene.me.owner(lambda owner: owner.share(peer.id, [path], purposes=[SERVICE]))
    return f"gave {len(given.given)}"


async def revoke(scene: Scene) -> str:
    """Take back something that was given; where nothing was, give something."""
    rows = (await scene.me.owner(Owner.ledger)).rows
    if not rows:
        return await share(scene)
    row = _one(scene.dice, rows)
    await scene.me.owner(lambda owner: owner.revoke(row.peer, paths=[row.path]))
    return f"took back {row.path}"


async def erase(scene: Scene) -> str:
    """Order the deletion of something that was given, or of all of it; where nothing was, give something."""
    rows = (await scene.me.owner(Owner.ledger)).rows
    if not rows:
        return await share(scene)
    row = _one(scene.dice, rows)
    paths = None if scene.dice.random() < 0.3 else [row.path]
    await scene.me.owner(lambda owner: owner.erase(row.peer, paths=paths))
    return f"erased {row.path if paths else 'all'}"


async def give_up(scene: Scene) -> str:
    """Need a grant no more."""
    field = _one(scene.dice, (await scene.me.owner(Owner.held)).fields)
    await scene.me.owner(lambda owner: owner.give_up(field.peer, field.thread))
    return "gave up"


async def pause(scene: Scene) -> str:
    """Ask for silence."""
    peer = await _peer(scene)
    await scene.me.owner(lambda owner: owner.pause(peer.id))
    return "paused"


async def resume(scene: Scene) -> str:
    """End one's own pause."""
    peer = _one(scene.dice, [peer for peer in await scene.me.owner(Owner.peers) if peer.mine == "paused"])
    await scene.me.owner(lambda owner: owner.resume(peer.id))
    return "resumed"


async def rotate(scene: Scene) -> str:
    """Begin new sessions."""
    peer = await _peer(scene)
    await scene.me.owner(lambda owner: owner.rotate(peer.id))
    return "rotated"


async def close(scene: Scene) -> str:
    """End a relationship."""
    peer = await _peer(scene)
    held = scene.dice.choice(("none", "erased"))
    await scene.me.owner(lambda owner: owner.close(peer.id, held=held))
    return f"closed, {held}"


async def export(scene: Scene) -> str:
    """Take a relationship along as a file."""
    peer = await _peer(scene)
    data = await scene.me.owner(lambda owner: owner.export(peer.id))
    return "exported" if data else "empty"


DEEDS: Final[dict[str, tuple[Deed, int]]] = {
    "meet": (meet, 3),
    "say": (say, 12),
    "proffer": (proffer, 6),
    "terminate": (terminate, 1),
    "change": (change, 6),
    "ask": (ask, 6),
    "share": (share, 4),
    "revoke": (revoke, 3),
    "erase": (erase, 2),
    "give-up": (give_up, 1),
    "pause": (pause, 2),
    "resume": (resume, 3),
    "rotate": (rotate, 2),
    "close": (close, 1),
    "export": (export, 1),
}
"""Every deed, and how often it is drawn."""
