"""Every bound of the protocol, named with its unit. Each is a protocol constant, never a setting.

A valid sender never meets the size limits, so both sides must use these same numbers.
"""

from typing import Final

# Bytes on the wire (spec 04, spec 05)

FRAME_BYTES_MAX: Final = 65_536
"""A whole frame as received, before anything is read."""

SERVICE_BYTES_MAX: Final = 66_560
"""One message of a service line (spec 13): the longest frame or blob, and what stands around it."""

CONTENT_BYTES_MAX: Final = 57_344
"""What a frame seals, before padding; leaves room for padding (at most 12 %), start block and tag."""

MESSAGE_BYTES_MAX: Final = 49_152
"""A message's signed header and the data of its parts, as its sender may make it."""

RETURN_BYTES_MAX: Final = 55_296
"""The same for `relationship.returned`, so that it can carry any message back."""

PADDED_BYTES_MIN: Final = 256
"""The smallest padded content, length prefix included."""

SALT_BYTES: Final = 16
"""The random salt in front of each part."""

PARTS_MAX: Final = 64
"""Parts of one message: the body and 63 items."""

# Encoding (spec 02 §2)

CBOR_DEPTH_MAX: Final = 16
"""Arrays and maps inside each other; a bare number has depth 0."""

CBOR_ITEMS_MAX: Final = 4_096
"""Items in one encoding: every number, text, key, array... Bounds the work 64 KiB can ask for (5 ms)."""

INTEGER_MAX: Final = 2**53 - 1
"""The largest integer, and its negative the smallest: what JavaScript and JSON tools keep exactly."""

# Identity (spec 03)

PERSONA_ID_BYTES: Final = 32
"""A persona id on the wire: the SHA-256 behind its CID."""

KEY_EVENTS_MAX: Final = 24
"""Events in one key log, the first included."""

POOL_SIZE: Final = 4_096
"""Next-key commitments made ahead at `init`, each good for one key event."""

# Messages and frames (spec 04, 05)

PROTOCOL_VERSION: Final = 1
"""The one version this specification describes; it fixes one suite (spec 04 §1)."""

SESSION_ID_BYTES: Final = 16
"""A session id, and the tag of a contact key."""

NAME_BYTES_MAX: Final = 64
"""A message name."""

CODE_BYTES_MAX: Final = 32
"""A refusal code as it travels in a receipt."""

WINDOW_MESSAGES: Final = 256
"""Messages of one line in flight, and the span of numbers whose refusals a receipt lists."""

AHEAD_MESSAGES_MAX: Final = 64
"""Later messages a receiver may keep unjudged while it waits for the next number."""

ANSWER_INTERVAL_S: Final = 10
"""The least time between two answers of one kind in a relationship, receipts for what was judged apart."""

NOTICE_INTERVAL_S: Final = 3_600
"""The least time between two notices to an outdated copy."""

SESSION_AGE_S_MAX: Final = 86_400
"""After this a new session is due."""

SESSION_FRAMES_DUE: Final = 1_000
"""After so many frames a new session is due."""

SESSION_FRAMES_MAX: Final = 65_536
"""No session seals more frames than this."""

SESSIONS_KEPT_MAX: Final = 4
"""Session secrets a receiver keeps per direction."""

SESSION_KEPT_S_MAX: Final = 86_400
"""How long a receiver keeps a session's secret after the next session began."""

RETRY_FIRST_S: Final = 30
"""First wait before a message is sent again; it doubles."""

RETRY_S_MAX: Final = 21_600
"""The longest wait between two tries within the first 30 days."""

RETRY_SILENT_S: Final = 604_800
"""The wait between two tries once the peer has been silent for 30 days."""

SILENCE_S_MAX: Final = 2_592_000
"""Silence after which tries become weekly and a waiting message loses its items."""

SILENCE_RESET_S: Final = 21_600
"""The first frame after this silence resets the wait."""

ITEMS_KEPT_S: Final = 2_592_000
"""How long items are kept after their receipt, because the peer may have to recover."""

# Identity, relationship, recovery (spec 03, 06, 07)

MAILBOX_BYTES: Final = 16
"""A mailbox id."""

ENDPOINTS_MAX: Final = 3
"""Endpoints a party names, the preferred one first."""

ENDPOINT_BYTES_MAX: Final = 255
"""One endpoint."""

PURPOSE_BYTES_MAX: Final = 200
"""What an invitation or a request is for."""

ROLE_BYTES_MAX: Final = 64
"""A role in a relationship."""

TITLE_BYTES_MAX: Final = 100
"""A display name or title."""

DISPLAY_NAME_BYTES_MAX: Final = 100
"""The display name a party may give as an item."""

REASON_BYTES_MAX: Final = 64
"""A reason given with a refusal of a person's, not of the protocol's."""

TERMS_ID_BYTES_MAX: Final = 64
"""An id in a roster."""

TERMS_LISTED_MAX: Final = 64
"""Terms that an invitation or a card lists as acceptable."""

DOMAIN_BYTES_MAX: Final = 253
"""A domain name (RFC 1035 §2.3.4, without the root label)."""

DOMAINS_MAX: Final = 8
"""Domains a card names."""

USES_MAX: Final = 1_000_000
"""How often a counted invitation may be used."""

LINK_BYTES_MAX: Final = 512
"""A short link."""

LINK_KEY_BYTES: Final = 16
"""The key in a short link, under which the host keeps the invitation."""

PENDING_REQUESTS_MAX: Final = 256
"""Requests that wait for the owner's word; beyond it the oldest goes."""

POSITION_LINES_MAX: Final = 4
"""Lines that a position names: both directions of the two newest pairs of epochs that were used."""

POSITION_STEPS_MAX: Final = 56
"""Ids per line: 2 and one for each doubling up to the largest number."""

POSITION_REFUSALS_MAX: Final = 48
"""Refusals that a position lists for one line, the newest; a full list says nothing of what is older."""

RETURNED_ENTRIES_MAX: Final = 16
"""Entries that one `relationship.returned` carries."""

AFFIRMED_IDS_MAX: Final = 256
"""Ids that one `relationship.affirm` or `relationship.reject` names."""

CONTACT_KEPT_S: Final = 7_776_000
"""How long a contact key is kept after every peer has answered its successor's `recover`."""

CLOSED_RECOVER_S_MAX: Final = 7_776_000
"""How long after closing a relationship accepts `recover`."""

# Scopes (spec 05 §9)

ASK_KEPT_S: Final = 604_800
"""How long a target keeps an ask after the source's row is gone."""

# Terms (spec 08)

SEAL_AFTER_EXPIRY_S_MAX: Final = 604_800
"""How long after a proffer's expiry an acceptance may let the first party's seal come."""

ROSTER_BYTES_MAX: Final = 65_536
"""A roster file."""

ROSTER_ENTRIES_MAX: Final = 64
"""Entries of a roster."""

TERMS_URL_BYTES_MAX: Final = 255
"""Where the official text of an entry stands."""

CLAUSES_MAX: Final = 32
"""Clauses of one machine form."""

CLAUSE_WORD_BYTES_MAX: Final = 64
"""The name of a clause, or a term of a vocabulary in it."""

CLAUSE_WORDS_MAX: Final = 64
"""Actions, categories or purposes that one clause lists."""

DUTIES_MAX: Final = 16
"""Duties of one machine form."""

# Conversation (spec 18)

SAY_BYTES_MAX: Final = 8_192
"""The text of one `conversation.say`."""

# Disclosure (spec 09)

DISCLOSED_MAX: Final = 32
"""Fields that one message asks for, gives, takes back or speaks of."""

DISCLOSURE_PURPOSES_MAX: Final = 8
"""Purposes that one request or one grant names."""

PATH_BYTES_MAX: Final = 128
"""The path of a field."""

VALUE_BYTES_MAX: Final = 16_384
"""The encoding of one disclosed value, or of an example."""

EXAMPLE_FIELDS_MAX: Final = 16
"""Fields of an example, or of circumstances."""

FACT_BYTES_MAX: Final = 100
"""A derived fact that is a text."""

# Relay (spec 20)

VOUCHER_BYTES: Final = 32
"""A voucher: it opens or renews one mailbox at a relay, once."""

VOUCHERS_MAX: Final = 1_024
"""Vouchers that one grant brings."""

PICKUP_BYTES: Final = 32
"""The token that permits to collect what came for a mailbox."""

RELAY_KEPT_S: Final = 2_592_000
"""How long a relay keeps a frame that nobody collects."""

RELAY_LEASE_S_MIN: Final = 2_592_000
"""The shortest lease of a mailbox."""

RELAY_BLOB_BYTES_MAX: Final = 65_536
"""A sealed invitation that a relay serves."""

RELAY_WINDOW_FRAMES: Final = 64
"""Frames of one mailbox, pushed on a line and not taken, from which on nothing more is pushed."""

RELAY_WINDOW_BYTES: Final = 1_048_576
"""The same in bytes."""

RELAY_WATCHED_MAX: Final = 4_096
"""Mailboxes that one line watches."""

# Custody (spec 22)

LOCATOR_BYTES: Final = 32
"""What finds kept volumes again: derived from the rotation secret, one a holder. So long is its address."""

LOCATORS: Final = 16
"""Locators of one rotation secret, and so holders at one time."""

CUSTODY_TOKEN_BYTES: Final = 32
"""The permission to put volumes at a holder."""

CUSTODY_CHUNK_BYTES_MAX: Final = 65_536
"""A piece of a volume, as it is put or fetched."""

CUSTODY_LISTED_MAX: Final = 512
"""Volumes that one answer to `list` names."""

CUSTODY_VOLUMES_MAX: Final = 20_000
"""Volumes that a holder keeps in one custody: more than a week of increments, one each 40 seconds."""

CUSTODY_INCREMENT_KEPT_S: Final = 604_800
"""How long at most a holder keeps an increment once a newer full volume came."""

# Export (spec 19)

EXPORT_RECORD_BYTES_MAX: Final = 65_535
"""One record of an export: a message with its salts, a key log, or how the two met."""

# Archive (spec 21)

ARCHIVE_HEAD_BYTES_MAX: Final = 4_096
"""The sealed head of a volume."""

ARCHIVE_ROW_BYTES_MAX: Final = 131_072
"""One row of a volume: two key logs and what stands beside them, or a message with its salts."""

ARCHIVE_TEXT_BYTES_MIN: Final = 4_096
"""The rows of a volume, with what fills them up, before they are sealed."""

ARCHIVE_MAILBOXES_MAX: Final = 256
"""Own mailboxes of one relationship in a volume, the newest; frames to older ones are lost with the node."""

ARCHIVE_IDS_MAX: Final = 1_024
"""Ids of unaffirmed entries in one row."""
