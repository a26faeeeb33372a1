"""Terms: one party proffers standard terms, the other answers, both hold one co-signed agreement (spec 08).

    start --proffer--> proffered --accept--> accepted --seal--> agreed --terminate--> terminated
                        |      |                 |                 `----replace----> replaced
                     counter  decline, withdraw  `--withdraw
                        |
                    countered --proffer--> proffered-again   (as proffered, without another counter)

The opener of the thread is the first party: it proffers, and it signs last.
"""
