"""A relay, and homes that are its customers."""

from pcloud.runtime.views import Relay
from pcloud.testing.home import Home, Street, until


async def lodge(street: Street, *homes: Home, name: str = "Relay") -> Home:
    """A new relay, at which each of these homes has mailboxes ready."""
    relay = await street.home(name, "organisation")
    await relay.owner.relay_serve(on=True)
    for home in homes:
        await take_lodging(relay, home)
    return relay


async def take_lodging(relay: Home, home: Home, *, move: bool = False) -> None:
    """One more customer of a relay."""
    invitation = await relay.owner.relay_invite()
    used = await home.owner.relay_use(invitation.link, move=move)
    await ready(home, used.id)


async def ready(home: Home, relay: str | None = None) -> None:
    """Until a home can meet somebody by its relay."""

    async def look() -> bool:
        return any(
            each.chosen and each.connected and each.spare and relay in (None, each.id)
            for each in await home.owner.relays()
        )

    await until(look)


async def relay_of(home: Home) -> Relay:
    """The relay that a home uses for whom it meets."""
    return next(each for each in await home.owner.relays() if each.chosen)


async def settled(relay: Home) -> None:
    """Until everything that a relay has kept was collected, and deleted (RELAY-14)."""

    async def look() -> bool:
        return (await relay.owner.relay_stats()).frames == 0

    await until(look)
