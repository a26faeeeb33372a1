"""The tables of a relay's file: nothing in them says whose a mailbox is, or in which order they were opened.

A mailbox is found by a number that is the beginning of its address, so its place in the table tells nothing.
Frames of all mailboxes stand in the order in which they came: each goes to the end of the file, and those
that came first are found first.
"""

from typing import Final

VERSION_1: Final = (
    """CREATE TABLE opened (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        now INTEGER NOT NULL
    ) STRICT""",
    "INSERT INTO opened (one, now) VALUES (1, 0)",
    """CREATE TABLE tally (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        vouchers INTEGER NOT NULL,
        mailboxes INTEGER NOT NULL,
        frames INTEGER NOT NULL,
        bytes INTEGER NOT NULL
    ) STRICT""",
    "INSERT INTO tally (one, vouchers, mailboxes, frames, bytes) VALUES (1, 0, 0, 0, 0)",
    """CREATE TABLE voucher (
        hash BLOB PRIMARY KEY,
        until INTEGER NOT NULL
    ) WITHOUT ROWID, STRICT""",
    "CREATE INDEX voucher_until ON voucher (until)",
    """CREATE TABLE box (
        number INTEGER PRIMARY KEY,
        address BLOB NOT NULL,
        pickup BLOB NOT NULL UNIQUE,
        until INTEGER NOT NULL,
        last INTEGER NOT NULL,
        frames INTEGER NOT NULL,
        bytes INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX box_until ON box (until)",
    """CREATE TABLE blob (
        box INTEGER PRIMARY KEY REFERENCES box,
        until INTEGER NOT NULL,
        data BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE frame (
        place INTEGER PRIMARY KEY,
        box INTEGER NOT NULL REFERENCES box,
        number INTEGER NOT NULL,
        hour INTEGER NOT NULL,
        data BLOB NOT NULL
    ) STRICT""",
    "CREATE UNIQUE INDEX frame_of_box ON frame (box, number)",
)

STEPS: Final = (VERSION_1,)
"""The n-th leads to version n."""
