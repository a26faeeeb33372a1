"""A customer that opens the address of a mailbox of the relay itself takes nothing from anybody."""

from tests.e2e.nodes.copying import endpoint
from tests.e2e.nodes.lodging import lodge, ready

from pcloud.runtime.owning import fetching
from pcloud.testing.home import Street
from pcloud.wire.services.relay import RELAY, Open, address_of, pickup_hash
from pcloud.wire.services.service import Outcome


async def test_a_relays_own_invitation_is_answered_though_a_customer_opened_its_address(
    street: Street,
) -> None:
    """[RELAY-18]"""
    relay = await lodge(street)
    invitation = await relay.owner.relay_invite(uses=2)
    eve, bob = await street.home("Eve"), await street.home("Bob")
    await eve.owner.relay_use(invitation.link)
    await ready(eve)
    shown = await fetching.fetch(eve.node.net, invitation.link)
    scope = bytes.fromhex((await eve.owner.relays())[0].id)
    vouchers = await eve.node.decider.do(lambda batch: batch.store.relays.vouchers(scope, 64))
    line = await eve.node.net.call(endpoint(relay))
    await line.send(RELAY.write_request(1, Open(vouchers[-1], address_of(shown.mailbox), pickup_hash(b"x"))))
    answer = await line.receive()
    assert answer is not None
    assert RELAY.read_back(answer).outcome is Outcome.DONE
    await line.close()
    await bob.owner.relay_use(invitation.link)
    await ready(bob)
    assert (await relay.owner.relay_stats()).frames == 0
