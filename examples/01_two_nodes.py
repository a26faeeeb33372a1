"""Two nodes meet by an invitation and compare a code. The README shows this file."""

from pcloud.testing.node import Clock, Node, ask, exchange, invite, pend, welcome
from pcloud.wire.keylog import pool

clock = Clock()
anna, shop = Node("anna", clock), Node("shop", clock)
invitation = invite(shop, "organisation", purpose="flowers on order")

pend(anna, invitation, pool(bytes(32), 0, 0, 1)[0])  # a pending contact; nothing is sent
exchange(anna, shop, ask(anna, invitation))  # Anna says yes: a sealed request
exchange(shop, anna, welcome(shop, pool(b"1" * 32, 0, 0, 1)[0]))

print("both show", anna.code(), shop.code())
print("both logs say the same:", anna.state().digest() == shop.state().digest())
