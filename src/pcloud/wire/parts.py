"""Parts of a message (spec 05 §3): the signed header holds their salted digests, the parts travel beside it.

Part 0 is the body, which always travels. Parts 1 and on are items; each can be dropped with its salt, and
then neither the header nor its digest tells the value.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from pcloud.errors import Code, Violation
from pcloud.limits import SALT_BYTES


class Part(NamedTuple):
    """One part: a 16-byte random salt and the bytes that are hashed behind it."""

    salt: bytes
    data: bytes

    def __repr__(self) -> str:
        """Without the value: what is printed ends in logs."""
        return f"Part({len(self.data)} bytes)"


def digest(salt: bytes, data: bytes) -> bytes:
    """Give SHA-256(salt ‖ data), 32 bytes."""
    return sha256(salt + data).digest()


def check_parts(digests: Sequence[bytes], parts: Sequence[Part | None]) -> None:
    """Check a message's parts, None for an absent item, against its header, before judging (spec 05 §3).

    Raises Violation: part-missing without part 0 or with fewer places than digests, part-mismatch where a
    part does not give its digest or has none. Whether an item may be absent is the message's own rule.
    """
    if len(parts) < len(digests) or not parts or parts[0] is None:
        raise Violation(Code.PART_MISSING)
    if len(parts) > len(digests):
        raise Violation(Code.PART_MISMATCH, "part without a digest")
    for expected, part in zip(digests, parts, strict=True):
        # The salt's length is fixed, else the border between salt and data could be moved.
        if part is not None:
            salt, data = part
            if len(salt) != SALT_BYTES or sha256(salt + data).digest() != expected:
                raise Violation(Code.PART_MISMATCH)
