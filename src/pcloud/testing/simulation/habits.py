"""What owners do when something comes: let in who asks, answer terms and questions, after a while."""

import random
from functools import partial
from typing import Final

from pcloud.runtime.owner import Owner
from pcloud.runtime.surface import OwnerError
from pcloud.store.port import Changes
from pcloud.testing.simulation.deeds import DAY_S, TERMS, VALUES
from pcloud.testing.simulation.machine import Machine

WAITED_FOR: Final = frozenset(
    (
        "relationship.request",
        "relationship.accept",
        "relationship.confirm",
        "terms.proffer",
        "terms.counter",
        "disclosure.request",
        "disclosure.rights",
        "relationship.returned",
    )
)
"""Messages of others that an owner answers."""


def needs_owner(changes: Changes) -> bool:
    """Whether a commit holds something that an owner answers."""
    return any(
        not entry.mine and entry.signed.header.name in WAITED_FOR for entry in changes.entries.values()
    )


async def look(machine: Machine, dice: random.Random) -> list[str]:
    """Look what has come, and answer; gives what was done. Raises DownError."""
    done = await _own_up(machine)
    done += await _let_in(machine, dice)
    done += await _propose(machine, dice)
    done += await _negotiate(machine, dice)
    return done + await _answer(machine, dice)


async def _own_up(machine: Machine) -> list[str]:
    """After a recovery: what peers gave back was made by this owner, and by nobody else."""
    peers = {each.peer for each in await machine.owner(Owner.review)}
    return [await _try(machine, "affirm", peer) for peer in sorted(peers)]


async def _let_in(machine: Machine, dice: random.Random) -> list[str]:
    done = []
    for contact in await machine.owner(Owner.contacts):
        if contact.direction == "in" and contact.state == "requested":
            refuses = dice.random() < 0.05
            done.append(await _try(machine, "decline" if refuses else "accept", contact.id))
    return done


async def _propose(machine: Machine, dice: random.Random) -> list[str]:
    """People mostly proffer terms to a new peer: without an agreement hardly anything can happen."""
    done = []
    for peer in await machine.owner(Owner.peers) if machine.kind == "person" else ():
        before = await machine.owner(partial(Owner.terms, peer=peer.id))
        if peer.state == "active" and not before and dice.random() < 0.7:
            until = machine.clock.now() + dice.choice((30, 400)) * DAY_S
            terms = dice.choice(TERMS)
            try:
                await machine.owner(partial(Owner.proffer, peer=peer.id, terms=terms, until=until))
            except OwnerError as refused:
                done.append(f"proffer: {refused.code}")
            else:
                done.append("proffer")
    return done


async def _negotiate(machine: Machine, dice: random.Random) -> list[str]:
    done = []
    page = await machine.owner(Owner.negotiations)
    for each in page.rows:
        if each.turn != "mine":
            continue
        roll = dice.random()
        if roll < 0.1:
            done.append(await _try(machine, "decline_terms", each.id))
        elif roll < 0.2 or each.state == "countered":
            done.append(await _try(machine, "counter_terms", each.id, dice.choice(TERMS)))
        else:
            done.append(await _try(machine, "accept_terms", each.id))
    return done


async def _answer(machine: Machine, dice: random.Random) -> list[str]:
    done = []
    for ask in await machine.owner(Owner.asks):
        for path in [wanted.path for wanted in ask.wanted if not wanted.have and wanted.path in VALUES]:
            await machine.owner(partial(Owner.data_set, path=path, value=VALUES[path]))
        only = [wanted.path for wanted in ask.wanted if dice.random() < 0.9]
        try:
            given = await machine.owner(partial(Owner.answer, ask=ask.id, only=only))
        except OwnerError as refused:
            done.append(f"answer: {refused.code}")
        else:
            done.append(f"answer: gave {len(given.given)}")
    return done


async def _try(machine: Machine, what: str, *args: str) -> str:
    """One command; gives how it ended."""
    try:
        await machine.owner(lambda owner: getattr(owner, what)(*args))
    except OwnerError as refused:
        return f"{what}: {refused.code}"
    return what
