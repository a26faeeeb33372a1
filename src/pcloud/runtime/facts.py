"""Facts about the node itself, as its store keeps them."""

from collections.abc import Mapping

from pcloud.wire.keylog import manifest_seed
from pcloud.wire.keys import HybridKey
from pcloud.wire.services import custody

NAME = "name"
"""The display name that others are shown; UTF-8."""
KIND = "kind"
"""`person` or `organisation`."""
CREATED = "created"
"""When the node was made: seconds since 1970 UTC, as decimal text."""
POOL_FIRST = "pool-first"
"""The commitment of index 0: it shows whether somebody's 24 words are those of this node."""
POOL_END = "pool-end"
"""How many commitments were made so far, used ones included, as decimal text."""
GENERATION = "pool-generation"
"""Generation of the commitments in the store, as decimal text (spec 03 §4)."""
ALIVE = "alive"
"""When a row was last written for who watches over the process, in the same form as `created`."""
RENEWING = "renewing"
"""There while a recovery with the words is not finished: its generation, as decimal text (spec 06 §1)."""
RECOVERED = "recovered"
"""When the owner last recovered this node with the words, in the same form as `created`."""
HELD_UNTIL = "held-until"
"""The time of the newest message that it held then, in the same form: look at what was taken back since."""
SHOWN = "shown/"
"""With the id of a relationship in hex: the peer's signed notice that another copy of this node exists."""
ENDPOINTS = "kept/endpoints"
"""Where the node was found when it last started, without its relays: one endpoint on each line."""
MANIFEST_PUBLIC = "manifest-public"
"""The key that copies of this node are sealed to; only the words open them (spec 04 §13)."""
ADDRESSES = "locator-addresses"
"""The addresses of the 16 locators of the words, one after the other (spec 22 §2)."""
KEEPING = "keeping/"
"""With the name of a place where copies are kept: how far it is. Not part of a copy."""
HOLDING = "holding"
"""For whom this node keeps copies, where it does (`runtime.keeping.allowance`)."""
RELAY = "relay"
"""The relay that keeps mailboxes for whom the owner meets from now on: scope of the relationship with it."""
MOVING = "moving"
"""There while peers are still to be told that this node has moved."""
MOVED = "moved/"
"""With the id of a relationship in hex: first id of the message that told the peer of the last move."""
MOVE_TO = "move-to/"
"""With the id of a relay in hex: all peers are told to go there as soon as it has granted."""
REHOUSED = "relay-rehoused"
"""The recovery (`recovered`) after which mailboxes were left that another copy of this node may know."""
SERVING = "relay-serving"
"""There since this node was a relay: `granted` for those whom the owner names, `anyone`, or `off`."""
CUSTOMER = "relay-customer/"
"""With the id of a relationship in hex: the owner lets this peer have mailboxes."""
CUSTOMERS = "relay-invitation/"
"""With the id of an invitation in hex: who comes by it is let in, and may have mailboxes."""
GIVEN = "relay-given/"
"""With the id of a relationship in hex: day and number of the vouchers that it was given on that day."""
KEPT = "kept/"
"""How the names of all begin that go into every copy of the node, beside what a relationship needs."""
INVITED = "invited/"
"""With the id of an invitation in hex: which relationship came of it; connecting twice gives one contact."""
INVITATION = "invitation/"
"""With the id of a relationship in hex: the invitation by which two met; it can be proven (spec 19)."""
SUCCESSION = "succession/"
"""With the same: what ties one's own persona to that of the invitation (spec 03 §5)."""


def of_words(secret: bytes) -> Mapping[str, bytes]:
    """What a node keeps of the rotation secret while it has it: nothing that opens or finds a copy."""
    return {
        MANIFEST_PUBLIC: HybridKey.from_seed(manifest_seed(secret)).public,
        ADDRESSES: b"".join(custody.addresses(secret)),
    }
