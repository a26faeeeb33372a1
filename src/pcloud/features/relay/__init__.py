"""Relay: a peer keeps mailboxes for somebody who cannot always be reached (spec 20).

    start --ask--> asked --grant--> granted --ask--> asked-again --grant, refuse--> granted
                     `--refuse--> refused  `--end, by either side--> ended

The opener of the thread is the *customer*, the other is the *relay*. A grant brings vouchers; what is done
with them travels on service lines, under no name.
"""
