"""The tables. One integer stands for a scope where rows are many: new ones come to the end of each table.

`scope_key` holds all that is looked up inside a scope, side by side: a message to one of 100,000
relationships then touches one page of keys and not four (ADR 17).
"""

from enum import IntEnum
from typing import Final


class Kind(IntEnum):
    """What a row of `scope_key` is looked up by: its columns `a` and `b`."""

    ORDER = 0
    """A number of the feed, 0: the log of the scope."""
    ID = 1
    """Beginning of a message id, 0 or a counter where two ids begin alike."""
    THREAD = 2
    """Beginning of a thread id, number of the feed: the entries of the thread."""
    THEIRS = 3
    """Line and number of a place of the peer's."""
    MINE = 4
    """The same of one's own."""
    THREAD_ID = 5
    """Beginning of a thread id, 0 or a counter: the thread itself."""
    MACHINE = 6
    """Beginning of a machine's hash, number of the thread: the threads of one feature."""
    SHADOWED = 7
    """Line and number of the feed: an own entry whose place another one claims too."""


TABLES: Final = (
    """CREATE TABLE opened (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        now INTEGER NOT NULL
    ) STRICT""",
    "INSERT INTO opened (one, now) VALUES (1, 0)",
    "CREATE TABLE tally (name TEXT PRIMARY KEY, rows INTEGER NOT NULL) WITHOUT ROWID, STRICT",
    """INSERT INTO tally (name, rows)
        VALUES ('commitments', 0), ('contacts', 0), ('deliveries', 0), ('entries', 0), ('threads', 0)""",
    "CREATE TABLE contact_tally (state TEXT PRIMARY KEY, rows INTEGER NOT NULL) WITHOUT ROWID, STRICT",
    "CREATE TABLE scope (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE) STRICT",
    # A relationship is three rows: parts that change together stand together.
    """CREATE TABLE relationship (
        scope INTEGER PRIMARY KEY REFERENCES scope,
        founding_own BLOB NOT NULL,
        founding_peer BLOB NOT NULL,
        me BLOB NOT NULL,
        peer BLOB NOT NULL,
        recovered BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE receiving (
        scope INTEGER PRIMARY KEY REFERENCES scope,
        number INTEGER NOT NULL,
        current_seed BLOB NOT NULL,
        current_public BLOB,
        spare_seed BLOB NOT NULL,
        spare_public BLOB,
        offered_number INTEGER,
        offered_public BLOB
    ) STRICT""",
    """CREATE TABLE line (
        scope INTEGER PRIMARY KEY REFERENCES scope,
        out_number INTEGER NOT NULL,
        out_head BLOB NOT NULL,
        receipted INTEGER NOT NULL,
        in_number INTEGER NOT NULL,
        in_head BLOB NOT NULL,
        halted INTEGER NOT NULL,
        clock INTEGER NOT NULL,
        recovering INTEGER NOT NULL,
        stopped TEXT NOT NULL,
        closed INTEGER NOT NULL,
        refusals BLOB,
        sessions BLOB NOT NULL,
        thread BLOB,
        proofs BLOB,
        notices BLOB
    ) STRICT""",
    # The log. The number of an entry is its place in the feed.
    """CREATE TABLE entry (
        number INTEGER PRIMARY KEY,
        scope INTEGER NOT NULL,
        first_id BLOB NOT NULL,
        id BLOB,
        mine INTEGER NOT NULL,
        verdict TEXT,
        first_signer BLOB,
        signed BLOB NOT NULL,
        salt BLOB,
        body BLOB
    ) STRICT""",
    # Rows are added at the end and never deleted, so none moves: what is written over is nowhere else.
    """CREATE TABLE item (
        number INTEGER PRIMARY KEY,
        gone INTEGER NOT NULL DEFAULT 0,
        salt BLOB NOT NULL,
        data BLOB NOT NULL
    ) STRICT""",
    # How an entry was signed before it was sent again; its parts are those of the entry.
    """CREATE TABLE earlier (
        number INTEGER PRIMARY KEY,
        scope INTEGER NOT NULL,
        first_id BLOB NOT NULL,
        id BLOB,
        mine INTEGER NOT NULL,
        verdict TEXT,
        first_signer BLOB,
        signed BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE thread (
        number INTEGER PRIMARY KEY,
        scope INTEGER NOT NULL,
        id BLOB NOT NULL,
        machine TEXT NOT NULL,
        opener BLOB NOT NULL,
        state TEXT NOT NULL,
        data BLOB NOT NULL,
        opener_generation INTEGER NOT NULL,
        opener_number INTEGER NOT NULL,
        other_generation INTEGER NOT NULL,
        other_number INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE scope_key (
        scope INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        a INTEGER NOT NULL,
        b INTEGER NOT NULL,
        number INTEGER NOT NULL,
        PRIMARY KEY (scope, kind, a, b)
    ) WITHOUT ROWID, STRICT""",
    """CREATE TABLE evidence (
        number INTEGER PRIMARY KEY,
        scope BLOB NOT NULL,
        signed BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX evidence_of_scope ON evidence (scope)",
    # The node's own lists.
    "CREATE TABLE fact (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID, STRICT",
    "CREATE TABLE commitment (number INTEGER PRIMARY KEY, value BLOB NOT NULL) STRICT",
    """CREATE TABLE offer (
        number INTEGER PRIMARY KEY,
        scope BLOB NOT NULL UNIQUE,
        invitation BLOB NOT NULL,
        key_seed BLOB NOT NULL,
        key_public BLOB NOT NULL,
        receiving_seed BLOB NOT NULL,
        receiving_public BLOB NOT NULL,
        blob_mailbox BLOB NOT NULL UNIQUE,
        blob_key BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE offer_use (
        offer INTEGER PRIMARY KEY REFERENCES offer ON DELETE CASCADE,
        used INTEGER NOT NULL,
        pending BLOB NOT NULL,
        withdrawn INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX offer_open ON offer_use (offer) WHERE withdrawn = 0",
    """CREATE TABLE contact (
        scope INTEGER PRIMARY KEY REFERENCES scope,
        direction TEXT NOT NULL,
        state TEXT NOT NULL,
        name TEXT,
        folded TEXT,
        purpose TEXT NOT NULL,
        kind TEXT NOT NULL,
        role TEXT,
        invitation BLOB NOT NULL,
        created INTEGER NOT NULL,
        heard INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX contact_named ON contact (folded) WHERE folded IS NOT NULL",
    """CREATE INDEX contact_requested ON contact (invitation)
        WHERE direction = 'in' AND state IN ('requested', 'accepted')""",
    """CREATE TABLE route (
        mailbox BLOB PRIMARY KEY,
        scope BLOB NOT NULL,
        kind TEXT NOT NULL
    ) WITHOUT ROWID, STRICT""",
    "CREATE INDEX route_of_scope ON route (scope)",
    "CREATE TABLE session (id BLOB PRIMARY KEY, scope BLOB NOT NULL) WITHOUT ROWID, STRICT",
    """CREATE TABLE contact_key (
        number INTEGER PRIMARY KEY,
        tag BLOB NOT NULL UNIQUE,
        scope INTEGER NOT NULL,
        seed BLOB NOT NULL,
        public BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX contact_key_of_scope ON contact_key (scope)",
    """CREATE TABLE delivery (
        scope INTEGER PRIMARY KEY REFERENCES scope,
        first_try INTEGER NOT NULL,
        tries INTEGER NOT NULL,
        next_try INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX delivery_due ON delivery (next_try)",
    """CREATE TABLE timer (
        scope BLOB NOT NULL,
        command TEXT NOT NULL,
        key BLOB NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (scope, command, key)
    ) WITHOUT ROWID, STRICT""",
    "CREATE INDEX timer_due ON timer (at)",
    # Relays that this node uses, its mailboxes there, and the vouchers that open more.
    """CREATE TABLE relay (
        scope BLOB PRIMARY KEY,
        state TEXT NOT NULL,
        since INTEGER NOT NULL,
        endpoints BLOB NOT NULL,
        lease_s INTEGER NOT NULL,
        frames INTEGER NOT NULL,
        octets INTEGER NOT NULL
    ) WITHOUT ROWID, STRICT""",
    """CREATE TABLE berth (
        mailbox BLOB PRIMARY KEY,
        pickup BLOB NOT NULL,
        relay BLOB NOT NULL,
        state TEXT NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER NOT NULL,
        voucher BLOB NOT NULL
    ) WITHOUT ROWID, STRICT""",
    "CREATE INDEX berth_of_relay ON berth (relay, state, mailbox)",
    "CREATE INDEX berth_ending ON berth (relay, until) WHERE until > 0",
    "CREATE TABLE voucher (secret BLOB PRIMARY KEY, relay BLOB NOT NULL) WITHOUT ROWID, STRICT",
    "CREATE INDEX voucher_of_relay ON voucher (relay, secret)",
    # Personal data: a record at each path, its versions, and the words of the newest.
    """CREATE TABLE record (
        number INTEGER PRIMARY KEY,
        path TEXT NOT NULL UNIQUE,
        newest INTEGER NOT NULL,
        held INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX record_held ON record (path) WHERE held = 1",
    # The value is the last column, so that zeros of its length take its very place.
    """CREATE TABLE version (
        row INTEGER PRIMARY KEY,
        record INTEGER NOT NULL REFERENCES record,
        number INTEGER NOT NULL,
        at INTEGER NOT NULL,
        source TEXT NOT NULL,
        held INTEGER NOT NULL,
        value BLOB NOT NULL
    ) STRICT""",
    "CREATE UNIQUE INDEX version_of_record ON version (record, number)",
    # It knows tags of words (`store/personal/port.py`), and forgets them without a trace.
    """CREATE VIRTUAL TABLE record_word
        USING fts5 (words, content = '', columnsize = 0, detail = none, tokenize = ascii)""",
    "INSERT INTO record_word (record_word, rank) VALUES ('secure-delete', 1)",
    # What disclosures say of their fields, by path: computed from `thread` in the same commit.
    """CREATE TABLE given (
        path TEXT NOT NULL,
        scope BLOB NOT NULL,
        thread BLOB NOT NULL,
        mine INTEGER NOT NULL,
        version INTEGER NOT NULL,
        standing INTEGER NOT NULL,
        follows INTEGER NOT NULL,
        until INTEGER NOT NULL,
        agreement BLOB NOT NULL,
        over INTEGER NOT NULL,
        erased INTEGER NOT NULL,
        PRIMARY KEY (scope, thread, path)
    ) WITHOUT ROWID, STRICT""",
    "CREATE INDEX given_at ON given (mine, path, scope, thread)",
    """CREATE INDEX thread_in_state ON thread (machine, state)
        WHERE machine IN ('disclosure', 'terms', 'custody')""",
    """CREATE TABLE desk (
        scope BLOB PRIMARY KEY,
        outbound BLOB NOT NULL
    ) WITHOUT ROWID, STRICT""",
    """CREATE TABLE desk_source (
        scope BLOB NOT NULL,
        source TEXT NOT NULL,
        taken BLOB,
        forgotten INTEGER,
        PRIMARY KEY (scope, source)
    ) WITHOUT ROWID, STRICT""",
)


def _tallied(table: str, name: str) -> tuple[str, str]:
    """Triggers that count rows as they come and go, so that nobody ever has to count them."""
    came, went = (
        f"UPDATE tally SET rows = rows {change} WHERE name = '{name}'"  # noqa: S608 - our own two names
        for change in ("+ 1", "- 1")
    )
    return (
        f"CREATE TRIGGER {table}_came AFTER INSERT ON {table} BEGIN {came}; END",
        f"CREATE TRIGGER {table}_went AFTER DELETE ON {table} BEGIN {went}; END",
    )


_STATE_CAME: Final = """INSERT INTO contact_tally (state, rows) VALUES (NEW.state, 1)
    ON CONFLICT (state) DO UPDATE SET rows = rows + 1"""
_STATE_WENT: Final = "UPDATE contact_tally SET rows = rows - 1 WHERE state = OLD.state"

TRIGGERS: Final = (
    f"CREATE TRIGGER contact_state_came AFTER INSERT ON contact BEGIN {_STATE_CAME}; END",
    f"CREATE TRIGGER contact_state_went AFTER DELETE ON contact BEGIN {_STATE_WENT}; END",
    f"""CREATE TRIGGER contact_state_changed AFTER UPDATE OF state ON contact WHEN OLD.state <> NEW.state
        BEGIN {_STATE_WENT}; {_STATE_CAME}; END""",
    *_tallied("commitment", "commitments"),
    *_tallied("contact", "contacts"),
    *_tallied("delivery", "deliveries"),
    *_tallied("thread", "threads"),
)

VERSION_1: Final = TABLES + TRIGGERS

# An owner names a question, a claim or a negotiation by the beginning of its id, whosever it is.
VERSION_2: Final = ("CREATE INDEX thread_named ON thread (id) WHERE machine IN ('disclosure', 'terms')",)

# Who was declined may not have heard of it, and comes again by the mailbox of the invitation.
VERSION_3: Final = (
    """CREATE INDEX contact_declined ON contact (invitation)
        WHERE direction = 'in' AND state = 'declined'""",
)
