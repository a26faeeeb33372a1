"""Domain separation: each hash and key derivation of the protocol starts from its own label. Spec 02 to 06.

All begin `pcloud/1 `, so the version is bound too. No label of one construction is a prefix of another of the
same construction. The rows of `spec/registry/labels.csv`; a test keeps both equal.
"""

from typing import Final

# As first element of a CBOR array that is the `info` of HKDF-SHA256
NEXT_KEY: Final = "pcloud/1 next key"
"""Seed of the next key (rotation secret -> Ed25519 seed), with generation and index."""

MANIFEST_KEY: Final = "pcloud/1 manifest key"
"""Seed of the X-Wing key that manifests are sealed to (rotation secret -> 32 bytes)."""

LOCATOR: Final = "pcloud/1 locator"
"""Locators of kept volumes (rotation secret -> 32 bytes), with the index."""

SESSION: Final = "pcloud/1 session"
"""HPKE `info` of a start block."""

FRAME_KEY: Final = "pcloud/1 frame key"
"""Key of a session's frames (session secret -> 32 bytes)."""

CONTACT: Final = "pcloud/1 contact"
"""HPKE `info` of a contact frame."""

INVITATION_BLOB: Final = "pcloud/1 invitation blob"
"""Key of the blob that a host keeps for a short link."""

MANIFEST: Final = "pcloud/1 manifest"
"""HPKE `info` of a sealed manifest."""

MANIFEST_CONTENT: Final = "pcloud/1 manifest content"
"""Key of a manifest's ciphertext (manifest secret -> 32 bytes)."""

ARCHIVE_STREAM: Final = "pcloud/1 archive stream"
"""Key of the stream of a volume (manifest secret -> 32 bytes), with the hash of its sealed head."""

STATE: Final = "pcloud/1 state"
"""First element of what a state digest is taken over (spec 05 §10)."""

# As the first bytes under HMAC-SHA-256
NONCE: Final = b"pcloud/1 nonce"
"""Nonce of a frame, from random bytes and the padded content."""

MANIFEST_COMMITMENT: Final = b"pcloud/1 manifest commitment"
"""Commitment to a manifest's secret, checked before anything is decrypted."""

# As the first bytes under SHA-256
COMMITMENT: Final = b"pcloud/1 next-key commitment"
"""What a key event says of the key that may sign the following one: SHA-256(label, public key)."""

LOCATOR_ADDRESS: Final = b"pcloud/1 locator address"
"""What a holder keeps of a locator: SHA-256(label, locator)."""

CUSTODY_TOKEN: Final = b"pcloud/1 custody token"
"""What a holder keeps of the token that permits to put volumes: SHA-256(label, token)."""

CUSTODY_PROOF: Final = b"pcloud/1 custody proof"
"""A holder's proof that it has a volume: SHA-256(label, nonce, volume)."""

RELAY_ADDRESS: Final = b"pcloud/1 relay address"
"""What a relay keeps of a mailbox: SHA-256(label, mailbox id)."""

RELAY_PICKUP: Final = b"pcloud/1 relay pickup"
"""What a relay keeps of the token that permits to collect: SHA-256(label, token)."""

RELAY_VOUCHER: Final = b"pcloud/1 relay voucher"
"""What a relay keeps of a voucher that is not spent: SHA-256(label, voucher)."""

NONCE_COMMITMENT: Final = b"pcloud/1 nonce commitment"
"""The commitment in a request to the nonce that its confirm opens."""

SHORT_CODE: Final = b"pcloud/1 short code"
"""The code that both sides of a new relationship show."""
