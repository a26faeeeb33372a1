"""Homes without an open port meet and talk by a relay, which keeps what comes while they are away."""

from pathlib import Path

from pcloud.testing.home import Home, Street, quiet, related, texts, until


async def relay_for(street: Street, *homes: Home) -> Home:
    """A relay, and these homes as its customers, with mailboxes ready."""
    relay = await street.home("Relay", "organisation")
    await relay.owner.relay_serve(on=True)
    for home in homes:
        invitation = await relay.owner.relay_invite()
        await home.owner.relay_use(invitation.link)
        await ready(home)
    return relay


async def ready(home: Home) -> None:
    async def look() -> bool:
        return any(relay.chosen and relay.connected and relay.spare for relay in await home.owner.relays())

    await until(look)


async def test_two_homes_without_a_port_meet_and_talk(tmp_path: Path) -> None:
    street = Street(tmp_path)
    anna, bert = await street.home("Anna", listens=False), await street.home("Bert", listens=False)
    await relay_for(street, anna, bert)
    mine, theirs = await related(anna, bert)
    assert mine.code == theirs.code
    await anna.owner.say(mine.id, "Good morning.")
    await bert.owner.say(theirs.id, "Good evening.")
    await quiet(anna, bert)
    assert await texts(anna, mine.id) == await texts(bert, theirs.id) 
    await street.clear()
