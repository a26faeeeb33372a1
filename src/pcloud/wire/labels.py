"""Domain separation: each hash and key derivation of the protocol starts from its own label. Design D2, D4.

All begin `pcloud/1 `, so the version is bound too. No label of one construction is a prefix of another of the
same construction. The rows of `spec/registry/labels.csv`; a test keeps both equal.
"""

from typing import Final

# As first element of a CBOR array that is the `info` of HKDF-SHA256
NEXT_KEY: Final = "pcloud/1 next key"
"""Seed of the next key (rotation secret -> Ed25519 seed), with generation and index."""

MANIFEST_KEY: Final = "pcloud/1 manifest key"
"""Seed of the X-Wing key that manifests are sealed to (rotation secret -> 32 bytes)."""

# As the first bytes under SHA-256
COMMITMENT: Final = b"pcloud/1 next-key commitment"
"""What a key event says of the key that may sign the following one: SHA-256(label, public key)."""
