"""Every statement of the store. Each finds its rows by a key or an index; a test asks SQLite for each."""

from typing import Final

# Scopes

SCOPE_NUMBER: Final = "SELECT number FROM scope WHERE id = ?"
ADD_SCOPE: Final = "INSERT INTO scope (id) VALUES (?) RETURNING number"

RELATIONSHIP: Final = """
    SELECT s.number,
        r.founding_own, r.founding_peer, r.me, r.peer, r.recovered,
        k.number, k.current_seed, k.current_public, k.spare_seed, k.spare_public,
        k.offered_number, k.offered_public,
        l.out_number, l.out_head, l.receipted, l.in_number, l.in_head, l.halted, l.clock, l.recovering,
        l.stopped, l.closed, l.refusals, l.sessions, l.thread, l.proofs, l.notices
    FROM scope s
    JOIN relationship r ON r.scope = s.number
    JOIN receiving k ON k.scope = s.number
    JOIN line l ON l.scope = s.number
    WHERE s.id = ?"""
PUT_RELATIONSHIP: Final = """
    INSERT INTO relationship (scope, founding_own, founding_peer, me, peer, recovered)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (scope) DO UPDATE SET
        founding_own = excluded.founding_own, founding_peer = excluded.founding_peer,
        me = excluded.me, peer = excluded.peer, recovered = excluded.recovered"""
PUT_RECEIVING: Final = """
    INSERT INTO receiving (scope, number, current_seed, current_public, spare_seed, spare_public,
        offered_number, offered_public)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (scope) DO UPDATE SET
        number = excluded.number,
        current_seed = excluded.current_seed, current_public = excluded.current_public,
        spare_seed = excluded.spare_seed, spare_public = excluded.spare_public,
        offered_number = excluded.offered_number, offered_public = excluded.offered_public"""
PUT_LINE: Final = """
    INSERT INTO line (scope, out_number, out_head, receipted, in_number, in_head, halted, clock, recovering,
        stopped, closed, refusals, sessions, thread, proofs, notices)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (scope) DO UPDATE SET
        out_number = excluded.out_number, out_head = excluded.out_head, receipted = excluded.receipted,
        in_number = excluded.in_number, in_head = excluded.in_head, halted = excluded.halted,
        clock = excluded.clock, recovering = excluded.recovering, stopped = excluded.stopped,
        closed = excluded.closed, refusals = excluded.refusals, sessions = excluded.sessions,
        thread = excluded.thread, proofs = excluded.proofs, notices = excluded.notices"""
PENDING: Final = """
    SELECT k.b, e.id, e.first_id
    FROM scope_key k JOIN entry e ON e.number = k.number
    WHERE k.scope = ? AND k.kind = 4 AND k.a = ? AND k.b > ? AND k.b <= ? ORDER BY k.b"""
SHADOWED: Final = "SELECT number FROM scope_key WHERE scope = ? AND kind = 7 AND a = ? LIMIT 1"

# The log

_ENTRY: Final = """e.number, e.first_id, e.id, e.mine, e.verdict, e.first_signer, e.signed, e.salt, e.body
    FROM"""

NEWEST_ENTRY: Final = "SELECT max(number) FROM entry"
ADD_ENTRY: Final = """
    INSERT INTO entry (number, scope, first_id, id, mine, verdict, first_signer, signed, salt, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
ADD_ITEM: Final = "INSERT INTO item (number, salt, data) VALUES (? * 64 + ?, ?, ?)"
"""By the number of its entry, and its place among fewer than 64 parts (`PARTS_MAX`)."""
ADD_ENTRY_KEYS: Final = """
    INSERT INTO scope_key (scope, kind, a, b, number)
    VALUES (?1, 0, ?2, 0, ?2), (?1, 1, ?3, 0, ?2), (?1, 2, ?4, ?2, ?2), (?1, ?5, ?6, ?7, ?2)"""
"""Scope, number of the feed, first id, thread, kind of place, line, number in it."""
ADD_KEY: Final = "INSERT INTO scope_key (scope, kind, a, b, number) VALUES (?, ?, ?, ?, ?)"
PUT_KEY: Final = """
    INSERT INTO scope_key (scope, kind, a, b, number) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (scope, kind, a, b) DO UPDATE SET number = excluded.number"""
DROP_KEY: Final = "DELETE FROM scope_key WHERE scope = ? AND kind = ? AND a = ? AND b = ?"
KEYS_LIKE: Final = "SELECT b, number FROM scope_key WHERE scope = ? AND kind = ? AND a = ? ORDER BY b"
COUNT_ENTRIES: Final = "UPDATE tally SET rows = rows + ? WHERE name = 'entries'"

ITEMS: Final = """
    SELECT number & 63, salt, data FROM item
    WHERE number BETWEEN ?1 * 64 AND ?1 * 64 + 63 AND NOT gone ORDER BY number"""
ERASE_ITEMS: Final = """
    UPDATE item SET gone = 1, salt = zeroblob(length(salt)), data = zeroblob(length(data))
    WHERE number BETWEEN ?1 * 64 AND ?1 * 64 + 63"""
"""In their own place: rows that are deleted make others move, and leave what those were."""
FIND: Final = f"""
    SELECT {_ENTRY} scope_key k JOIN entry e ON e.number = k.number
    WHERE k.scope = ?1 AND k.kind = 1 AND k.a = ?2 AND ?3 IN (e.first_id, e.id)"""
FIND_EARLIER: Final = """
    SELECT r.first_id FROM scope_key k JOIN earlier r ON r.number = k.number
    WHERE k.scope = ?1 AND k.kind = 1 AND k.a = ?2 AND r.id = ?3"""
AT: Final = f"""
    SELECT {_ENTRY} scope_key k JOIN entry e ON e.number = k.number
    WHERE k.scope = ? AND k.kind = ? AND k.a = ? AND k.b = ?"""
AT_EARLIER: Final = """
    SELECT r.number, r.first_id, r.id, r.mine, r.verdict, r.first_signer, r.signed
    FROM scope_key k JOIN earlier r ON r.number = k.number
    WHERE k.scope = ? AND k.kind = ? AND k.a = ? AND k.b = ?"""
OF_THREAD: Final = f"""
    SELECT {_ENTRY} scope_key k JOIN entry e ON e.number = k.number
    WHERE k.scope = ? AND k.kind = 2 AND k.a = ? ORDER BY k.b"""
_HAS_ITEMS = """EXISTS (
        SELECT 1 FROM item WHERE number BETWEEN k.number * 64 AND k.number * 64 + 63 AND NOT gone)"""
HOLDING: Final = f"""
    SELECT {_ENTRY} scope_key k CROSS JOIN entry e ON e.number = k.number
    WHERE k.scope = ? AND k.kind = 2 AND k.a = ? AND {_HAS_ITEMS}"""
"""Of a thread only what still has an item: a look at each key, and at the place where its items would be."""
SEQUENCE: Final = f"""
    SELECT {_ENTRY} scope_key k JOIN entry e ON e.number = k.number
    WHERE k.scope = ? AND k.kind = 0 AND e.mine = ? ORDER BY k.a"""
LOG: Final = f"""
    SELECT {_ENTRY} scope_key k JOIN entry e ON e.number = k.number
    WHERE k.scope = ? AND k.kind = 0 AND k.a < ? ORDER BY k.a DESC LIMIT ?"""
FEED: Final = f"""
    SELECT s.id, {_ENTRY} entry e JOIN scope s ON s.number = e.scope
    WHERE e.number > ? ORDER BY e.number LIMIT ?"""

DROP_ENTRY: Final = "DELETE FROM entry WHERE number = ?"
ADD_EARLIER: Final = """
    INSERT INTO earlier (number, scope, first_id, id, mine, verdict, first_signer, signed)
    SELECT number, scope, first_id, id, mine, verdict, first_signer, signed FROM entry WHERE number = ?"""
PUT_VERDICT: Final = """
    UPDATE entry SET verdict = ?4 WHERE first_id = ?3
    AND number IN (SELECT number FROM scope_key WHERE scope = ?1 AND kind = 1 AND a = ?2)"""

EARLIER: Final = """
    SELECT s.id, r.number, r.first_id, r.id, r.mine, r.verdict, r.first_signer, r.signed
    FROM earlier r JOIN scope s ON s.number = r.scope WHERE r.number > ? ORDER BY r.number LIMIT ?"""

# Threads

_THREAD: Final = """
    t.number, t.id, t.machine, t.opener, t.state, t.data, t.opener_generation, t.opener_number,
    t.other_generation, t.other_number FROM scope_key k JOIN thread t ON t.number = k.number"""

NEWEST_THREAD: Final = "SELECT max(number) FROM thread"
THREAD: Final = f"SELECT {_THREAD} WHERE k.scope = ? AND k.kind = 5 AND k.a = ? AND t.id = ?"
THREADS: Final = f"""
    SELECT {_THREAD} WHERE k.scope = ?1 AND k.kind = 6 AND k.a = ?2 AND (?3 IS NULL OR t.state = ?3)
    ORDER BY k.b"""
THREADS_NAMED: Final = """
    SELECT s.id, t.id, t.machine, t.opener, t.state, t.data, t.opener_generation, t.opener_number,
        t.other_generation, t.other_number
    FROM thread t INDEXED BY thread_named CROSS JOIN scope s ON s.number = t.scope
    WHERE t.machine IN ('disclosure', 'terms') AND t.machine = ? AND t.id >= ? AND t.id < ?
    ORDER BY t.id LIMIT ?"""
PUT_THREAD: Final = """
    UPDATE thread SET machine = ?4, opener = ?5, state = ?6, data = ?7, opener_generation = ?8,
        opener_number = ?9, other_generation = ?10, other_number = ?11
    WHERE id = ?3
    AND number IN (SELECT number FROM scope_key WHERE scope = ?1 AND kind = 5 AND a = ?2)"""
ADD_THREAD: Final = """
    INSERT INTO thread (number, scope, id, machine, opener, state, data, opener_generation, opener_number,
        other_generation, other_number)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""

# Evidence

ADD_EVIDENCE: Final = "INSERT INTO evidence (scope, signed) VALUES (?, ?)"
EVIDENCE: Final = "SELECT signed FROM evidence WHERE scope = ? ORDER BY number"

# The node's own lists

FACT: Final = "SELECT value FROM fact WHERE key = ?"
FACTS: Final = "SELECT key, value FROM fact WHERE key >= ? AND key < ? ORDER BY key"
PUT_FACT: Final = """
    INSERT INTO fact (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"""
DROP_FACT: Final = "DELETE FROM fact WHERE key = ?"

_OFFER: Final = """
    SELECT o.scope, o.invitation, o.key_seed, o.key_public, o.receiving_seed, o.receiving_public,
        o.blob_mailbox, o.blob_key, u.used, u.pending, u.withdrawn"""
OFFER: Final = f"{_OFFER} FROM offer o JOIN offer_use u ON u.offer = o.number WHERE o.scope = ?"
OFFER_OF_BLOB: Final = (
    f"{_OFFER} FROM offer o JOIN offer_use u ON u.offer = o.number WHERE o.blob_mailbox = ?"
)
OFFERS: Final = f"""{_OFFER} FROM offer_use u CROSS JOIN offer o ON o.number = u.offer
    WHERE u.withdrawn = 0 AND u.offer > 0 ORDER BY u.offer"""
SAME_OFFER: Final = """
    SELECT number FROM offer
    WHERE scope = ? AND invitation = ? AND key_seed = ? AND key_public = ? AND receiving_seed = ?
        AND receiving_public = ? AND blob_mailbox = ? AND blob_key = ?"""
PUT_OFFER: Final = """
    INSERT INTO offer (scope, invitation, key_seed, key_public, receiving_seed, receiving_public,
        blob_mailbox, blob_key)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (scope) DO UPDATE SET
        invitation = excluded.invitation, key_seed = excluded.key_seed, key_public = excluded.key_public,
        receiving_seed = excluded.receiving_seed, receiving_public = excluded.receiving_public,
        blob_mailbox = excluded.blob_mailbox, blob_key = excluded.blob_key"""
PUT_USE: Final = """
    INSERT INTO offer_use (offer, used, pending, withdrawn)
    VALUES ((SELECT number FROM offer WHERE scope = ?), ?, ?, ?)
    ON CONFLICT (offer) DO UPDATE SET
        used = excluded.used, pending = excluded.pending, withdrawn = excluded.withdrawn"""
DROP_OFFER: Final = "DELETE FROM offer WHERE scope = ?"

_CONTACT: Final = """
    SELECT s.id, c.direction, c.state, c.name, c.purpose, c.kind, c.role, c.invitation, c.created, c.heard
    FROM"""
_BY_ID: Final = "scope s CROSS JOIN contact c ON c.scope = s.number"
CONTACT: Final = f"{_CONTACT} {_BY_ID} WHERE s.id = ?"
CONTACTS: Final = f"{_CONTACT} {_BY_ID} WHERE s.id > ? ORDER BY s.id LIMIT ?"
CONTACTS_BETWEEN: Final = f"{_CONTACT} {_BY_ID} WHERE s.id >= ? AND s.id < ? ORDER BY s.id LIMIT ?"
CONTACTS_NAMED: Final = f"""{_CONTACT} contact c CROSS JOIN scope s ON s.number = c.scope
    WHERE c.folded = ? ORDER BY c.scope LIMIT ?"""
REQUESTED: Final = """
    SELECT s.id FROM contact c CROSS JOIN scope s ON s.number = c.scope
    WHERE c.invitation = ? AND c.direction = 'in' AND c.state IN ('requested', 'accepted')
    ORDER BY c.scope DESC"""
DECLINED: Final = """
    SELECT s.id FROM contact c CROSS JOIN scope s ON s.number = c.scope
    WHERE c.invitation = ? AND c.direction = 'in' AND c.state = 'declined'
    ORDER BY c.scope DESC LIMIT ?"""
HEARD: Final = """
    UPDATE contact SET heard = ?10
    WHERE scope = ?1 AND direction = ?2 AND state = ?3 AND name IS ?4 AND purpose = ?5 AND kind = ?6
        AND role IS ?7 AND invitation = ?8 AND created = ?9"""
"""Nearly every change of a contact is this one, and it touches no index."""
PUT_CONTACT: Final = """
    INSERT INTO contact (scope, direction, state, name, purpose, kind, role, invitation, created, heard,
        folded)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (scope) DO UPDATE SET
        direction = excluded.direction, state = excluded.state, name = excluded.name,
        purpose = excluded.purpose, kind = excluded.kind, role = excluded.role,
        invitation = excluded.invitation, created = excluded.created, heard = excluded.heard,
        folded = excluded.folded"""
DROP_CONTACT: Final = "DELETE FROM contact WHERE scope = ?"

ROUTE: Final = "SELECT mailbox, scope, kind FROM route WHERE mailbox = ?"
ROUTES: Final = "SELECT mailbox FROM route WHERE scope = ? ORDER BY mailbox"
PUT_ROUTE: Final = """
    INSERT INTO route (mailbox, scope, kind) VALUES (?, ?, ?)
    ON CONFLICT (mailbox) DO UPDATE SET scope = excluded.scope, kind = excluded.kind"""
DROP_ROUTE: Final = "DELETE FROM route WHERE mailbox = ?"

SESSION: Final = "SELECT scope FROM session WHERE id = ?"
PUT_SESSION: Final = """
    INSERT INTO session (id, scope) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET scope = excluded.scope"""
DROP_SESSION: Final = "DELETE FROM session WHERE id = ?"

CONTACT_KEY: Final = """
    SELECT s.id, k.seed, k.public FROM contact_key k JOIN scope s ON s.number = k.scope WHERE k.tag = ?"""
CONTACT_KEYS: Final = "SELECT seed, public FROM contact_key WHERE scope = ? ORDER BY number"
PUT_CONTACT_KEY: Final = """
    INSERT INTO contact_key (tag, scope, seed, public) VALUES (?, ?, ?, ?)
    ON CONFLICT (tag) DO UPDATE SET
        scope = excluded.scope, seed = excluded.seed, public = excluded.public"""
DROP_CONTACT_KEY: Final = "DELETE FROM contact_key WHERE tag = ?"

DELIVERY: Final = "SELECT first_try, tries, next_try FROM delivery WHERE scope = ?"
DELIVERIES_DUE: Final = """
    SELECT s.id FROM delivery d CROSS JOIN scope s ON s.number = d.scope
    WHERE d.next_try <= ? ORDER BY d.next_try, d.scope LIMIT ?"""
NEXT_DELIVERY: Final = "SELECT min(next_try) FROM delivery"
PUT_DELIVERY: Final = """
    INSERT INTO delivery (scope, first_try, tries, next_try) VALUES (?, ?, ?, ?)
    ON CONFLICT (scope) DO UPDATE SET
        first_try = excluded.first_try, tries = excluded.tries, next_try = excluded.next_try"""
DROP_DELIVERY: Final = "DELETE FROM delivery WHERE scope = ?"

TIMERS_DUE: Final = """
    SELECT scope, command, key, at FROM timer WHERE at <= ? ORDER BY at, scope, command, key LIMIT ?"""
TIMERS: Final = "SELECT scope, command, key, at FROM timer WHERE scope = ? ORDER BY command, key"
NEXT_TIMER: Final = "SELECT min(at) FROM timer"
PUT_TIMER: Final = """
    INSERT INTO timer (scope, command, key, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (scope, command, key) DO UPDATE SET at = excluded.at"""
DROP_TIMER: Final = "DELETE FROM timer WHERE scope = ? AND command = ? AND key = ?"

# Relays in use. There are a few of them, and thousands of mailboxes.

RELAYS: Final = """
    SELECT scope, state, since, endpoints, lease_s, frames, octets FROM relay
    WHERE scope > x'' ORDER BY scope"""
PUT_RELAY: Final = """
    INSERT INTO relay (scope, state, since, endpoints, lease_s, frames, octets) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (scope) DO UPDATE SET
        state = excluded.state, since = excluded.since, endpoints = excluded.endpoints,
        lease_s = excluded.lease_s, frames = excluded.frames, octets = excluded.octets"""
DROP_RELAY: Final = "DELETE FROM relay WHERE scope = ?"
_BERTH: Final = "SELECT mailbox, pickup, relay, state, since, until, voucher FROM berth"
BERTH: Final = f"{_BERTH} WHERE mailbox = ?"
BERTHS: Final = f"{_BERTH} WHERE relay = ? AND state = ? AND mailbox > ? ORDER BY mailbox LIMIT ?"
BERTHS_ENDING: Final = f"{_BERTH} WHERE relay = ? AND until > 0 AND until < ? ORDER BY until, mailbox LIMIT ?"
COUNT_BERTHS: Final = "SELECT state, count(*) FROM berth WHERE relay = ? GROUP BY state"
PUT_BERTH: Final = """
    INSERT INTO berth (mailbox, pickup, relay, state, since, until, voucher) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (mailbox) DO UPDATE SET
        pickup = excluded.pickup, relay = excluded.relay, state = excluded.state,
        since = excluded.since, until = excluded.until, voucher = excluded.voucher"""
DROP_BERTH: Final = "DELETE FROM berth WHERE mailbox = ?"
VOUCHERS: Final = "SELECT secret FROM voucher WHERE relay = ? ORDER BY secret LIMIT ?"
PUT_VOUCHER: Final = """
    INSERT INTO voucher (secret, relay) VALUES (?, ?)
    ON CONFLICT (secret) DO UPDATE SET relay = excluded.relay"""
DROP_VOUCHER: Final = "DELETE FROM voucher WHERE secret = ?"

# Personal data, and who holds it

RECORD: Final = "SELECT number, newest, held FROM record WHERE path = ?"
ADD_RECORD: Final = "INSERT INTO record (path, newest, held) VALUES (?, ?, ?) RETURNING number"
MOVE_RECORD: Final = "UPDATE record SET newest = ?, held = ? WHERE number = ?"
_VERSION: Final = """
    SELECT r.path, v.number, iif(v.held, v.value, NULL), v.at, v.source
    FROM record r CROSS JOIN version v ON v.record = r.number"""
NEWEST_VERSION: Final = f"{_VERSION} AND v.number = r.newest WHERE r.path = ?"
VERSION: Final = f"{_VERSION} WHERE r.path = ? AND v.number = ?"
HISTORY: Final = f"{_VERSION} WHERE r.path = ? AND v.number < ? ORDER BY v.number DESC LIMIT ?"
RECORDS: Final = f"""{_VERSION} AND v.number = r.newest
    WHERE r.held = 1 AND r.path > ? AND r.path < ? ORDER BY r.path LIMIT ?"""
VERSIONS: Final = f"""{_VERSION}
    WHERE r.path >= ?1 AND (r.path, v.number) > (?1, ?2) ORDER BY r.path, v.number LIMIT ?3"""
SEARCH: Final = """
    SELECT r.path, v.number, v.value, v.at, v.source
    FROM record_word
    CROSS JOIN record r ON r.number = record_word.rowid
    CROSS JOIN version v ON v.record = r.number AND v.number = r.newest
    WHERE record_word MATCH ? AND record_word.rowid < ? ORDER BY record_word.rowid DESC LIMIT ?"""
ADD_VERSION: Final = "INSERT INTO version (record, number, at, source, held, value) VALUES (?, ?, ?, ?, ?, ?)"
PUT_VERSION: Final = """
    UPDATE version SET at = ?3, source = ?4, held = ?5, value = ?6 WHERE record = ?1 AND number = ?2"""
LET_GO: Final = """
    UPDATE version SET held = 0, value = zeroblob(length(value)) WHERE record = ? AND number = ?"""
"""Nothing else of the row changes, so that it keeps its length and its place."""
ADD_WORDS: Final = "INSERT INTO record_word (rowid, words) VALUES (?, ?)"
DROP_WORDS: Final = "INSERT INTO record_word (record_word, rowid, words) VALUES ('delete', ?, ?)"

_GIVEN: Final = """
    SELECT path, scope, thread, mine, version, standing, follows, until, agreement, over, erased FROM given"""
GIVEN_IN: Final = f"{_GIVEN} WHERE scope = ? AND thread = ?"
GIVEN_AT: Final = f"{_GIVEN} WHERE mine = 1 AND path = ? ORDER BY scope, thread"
FACTS_GIVEN: Final = f"""{_GIVEN}
    WHERE mine = 1 AND path >= ? AND path < ? ORDER BY path, scope, thread"""
GIVEN_ON: Final = f"""{_GIVEN}
    WHERE mine = ? AND path = ? AND (scope, thread) > (?, ?) ORDER BY scope, thread LIMIT ?"""
GIVEN_BELOW: Final = f"""{_GIVEN}
    WHERE mine = ? AND path >= ? AND path < ? ORDER BY path, scope, thread LIMIT ?"""
GIVEN_TO: Final = f"""{_GIVEN}
    WHERE scope = ?1 AND (thread, path) > (?2, ?3) AND mine = ?4
        AND (path = ?5 OR (path > ?6 AND path < ?7) OR (path > ?8 AND path < ?9))
    ORDER BY thread, path LIMIT ?10"""
ANY_GIVEN: Final = "SELECT 1 FROM given WHERE scope = ? LIMIT 1"
PUT_GIVEN: Final = """
    INSERT INTO given (path, scope, thread, mine, version, standing, follows, until, agreement, over, erased)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (scope, thread, path) DO UPDATE SET
        mine = excluded.mine, version = excluded.version, standing = excluded.standing,
        follows = excluded.follows, until = excluded.until, agreement = excluded.agreement,
        over = excluded.over, erased = excluded.erased"""
DROP_GIVEN: Final = "DELETE FROM given WHERE scope = ? AND thread = ? AND path = ?"
# The machine stands in the text: only so the index over the states of these machines serves.
_THREADS_IN: Final = """
    SELECT t.number, s.id, t.id, t.machine, t.opener, t.state, t.data, t.opener_generation, t.opener_number,
        t.other_generation, t.other_number
    FROM thread t CROSS JOIN scope s ON s.number = t.scope
    WHERE t.machine = '{machine}' AND t.state = ? AND t.number > ? ORDER BY t.number LIMIT ?"""
DISCLOSURES_IN: Final = _THREADS_IN.replace("{machine}", "disclosure")
TERMS_IN: Final = _THREADS_IN.replace("{machine}", "terms")
CUSTODIES_IN: Final = _THREADS_IN.replace("{machine}", "custody")

DESK: Final = "SELECT outbound FROM desk WHERE scope = ?"
DESK_SOURCES: Final = "SELECT source, taken, forgotten FROM desk_source WHERE scope = ?"
PUT_DESK: Final = """
    INSERT INTO desk (scope, outbound) VALUES (?, ?)
    ON CONFLICT (scope) DO UPDATE SET outbound = excluded.outbound"""
PUT_SOURCE: Final = """
    INSERT INTO desk_source (scope, source, taken, forgotten) VALUES (?, ?, ?, ?)
    ON CONFLICT (scope, source) DO UPDATE SET taken = excluded.taken, forgotten = excluded.forgotten"""
DROP_SOURCE: Final = "DELETE FROM desk_source WHERE scope = ? AND source = ?"

COMMITMENT: Final = "SELECT number, value FROM commitment WHERE number > ? ORDER BY number LIMIT 1"
PUT_COMMITMENT: Final = """
    INSERT INTO commitment (number, value) VALUES (?, ?)
    ON CONFLICT (number) DO UPDATE SET value = excluded.value"""
DROP_COMMITMENT: Final = "DELETE FROM commitment WHERE number = ?"

CONTACT_TALLY: Final = """
    SELECT state, rows FROM contact_tally
    WHERE state IN ('pending', 'requested', 'accepted', 'active', 'paused-by-opener', 'paused-by-other',
        'paused-by-both', 'declined', 'closed')"""
TALLY: Final = """
    SELECT name, rows FROM tally
    WHERE name IN ('commitments', 'contacts', 'deliveries', 'entries', 'threads')"""

CHECK: Final = "PRAGMA integrity_check"
CHECK_REFERENCES: Final = "PRAGMA foreign_key_check"
CHECK_ITEMS: Final = """
    SELECT number FROM item i WHERE NOT gone AND NOT EXISTS (SELECT 1 FROM entry WHERE number = i.number >> 6)
    LIMIT 1"""
"""Items of no entry, which no reference shows."""
