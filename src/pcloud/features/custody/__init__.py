"""Custody: a peer keeps sealed volumes that it cannot read (spec 22).

start --ask--> asked --grant--> kept --end, by either side--> ended

The opener of the thread is the owner of the volumes; the other is the *holder*. Volumes travel on service
lines: only the agreement about them is made of messages.
"""
