"""[REL-40]: a decline reaches who asked, and its receipt comes back, though that node was started again."""

from pcloud.limits import RETRY_FIRST_S
from pcloud.testing.home import Home, Village, asked, until

ROUNDS = 20


async def waits(home: Home) -> int:
    """Relationships in which something is still to be sent."""
    return await home.node.decider.do(lambda batch: batch.store.counts()["deliveries"])


async def state(home: Home) -> str:
    return (await home.owner.contacts())[0].state


async def declined(guest: Home, host: Home, *, starts: int) -> None:
    """The guest asks, is started again while the host is off, and is declined."""
    contact = await asked(guest, host)
    await host.down()
    for _ in range(starts):
        await guest.down()
        await guest.up()
    await host.up()
    await host.owner.decline(contact.id)

    async def heard() -> bool:
        return await state(guest) == "declined"

    await until(heard)


async def test_a_decline_is_acknowledged_though_the_asking_node_began_anew(village: Village) -> None:
    guest, host = await village.home("Guest"), await village.home("Host")
    await declined(guest, host, starts=2)
    for _ in range(ROUNDS):
        await village.clock.advance(RETRY_FIRST_S)
        if not await waits(host) and not await waits(guest):
            break
    assert not await waits(host), "it has the receipt, and says nothing more"
    assert not await waits(guest)
    assert await state(host) == await state(guest) == "declined"


async def test_who_was_declined_begins_nothing_any_more(village: Village) -> None:
    guest, host = await village.home("Guest"), await village.home("Host")
    await declined(guest, host, starts=1)
    await village.clock.advance(10 * RETRY_FIRST_S)
    await guest.down()
    await guest.up()
    await village.clock.advance(RETRY_FIRST_S)
    assert not await waits(guest), "there is nothing left to say"
    received = host.node.metrics.received
    await village.clock.advance(100 * RETRY_FIRST_S)
    assert host.node.metrics.received == received
    assert await state(host) == "declined"
