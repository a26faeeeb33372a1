"""Every bound of the protocol, named with its unit. Design D17: each is a protocol constant, never a setting.

A valid sender never meets the size limits (core rule 11), so both sides must use these same numbers.
"""

from typing import Final

# Bytes on the wire (design D5, D6)

FRAME_BYTES_MAX: Final = 65_536
"""A whole frame as received, before anything is read."""

CONTENT_BYTES_MAX: Final = 57_344
"""What a frame seals, before padding; leaves room for padding (at most 12 %), start block and tag."""

PADDED_BYTES_MIN: Final = 256
"""The smallest padded content, length prefix included."""

SALT_BYTES: Final = 16
"""The random salt in front of each part."""

PARTS_MAX: Final = 64
"""Parts of one message: the body and 63 items."""

# Encoding (design D1)

CBOR_DEPTH_MAX: Final = 16
"""Arrays and maps inside each other; a bare number has depth 0."""

CBOR_ITEMS_MAX: Final = 4_096
"""Items in one encoding: every number, text, key, array... Bounds the work 64 KiB can ask for (5 ms)."""

INTEGER_MAX: Final = 2**53 - 1
"""The largest integer, and its negative the smallest: what JavaScript and JSON tools keep exactly."""

# Identity (design D4)

PERSONA_ID_BYTES: Final = 32
"""A persona id on the wire: the SHA-256 behind its CID."""

KEY_EVENTS_MAX: Final = 64
"""Events in one key log, the first included."""

POOL_SIZE: Final = 4_096
"""Next-key commitments made ahead at `init`, each good for one key event."""
