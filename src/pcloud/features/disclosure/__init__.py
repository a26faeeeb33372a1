"""Disclosure: what one side gives of its data, on which terms, and how it takes them back (spec 09).

start --request--> asked --present--> granted, or --decline--> declined
start --present--> given
granted, given: update, revoke, erase by the giver; acknowledge, erased, revoke by the taker
start --handback--> returned; start --rights--> claimed, answered in it

The *giver* is the side whose data they are, the *taker* the side that gets them. One thread is one grant.
"""
