"""Padding (spec 04 §4): a 4-byte big-endian length, the content, zeros up to a Padmé length of 256 or more.

Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", PETS 2019, §4) lets a length show
only about log log of itself in bits, for at most 12 % more bytes.
"""

from typing import Final

from pcloud.errors import Code, UsageError, Violation
from pcloud.limits import CONTENT_BYTES_MAX, PADDED_BYTES_MIN

_PREFIX_BYTES: Final = 4


def padded_length(content_bytes: int) -> int:
    """Give the whole padded length for a content of so many bytes."""
    return padme(max(_PREFIX_BYTES + content_bytes, PADDED_BYTES_MIN))


def padme(whole: int) -> int:
    """The length that so many bytes, at least 2, are padded to."""
    exponent = whole.bit_length() - 1
    free_bits = exponent - exponent.bit_length()  # the low bits that may not tell anything
    mask = (1 << free_bits) - 1
    return whole + mask & ~mask


def pad(content: bytes) -> bytes:
    """Pad `content`. Raises UsageError(content-too-large) above 57,344 bytes."""
    size = len(content)
    if size > CONTENT_BYTES_MAX:
        raise UsageError(Code.CONTENT_TOO_LARGE, f"{size} bytes")
    return (size.to_bytes(_PREFIX_BYTES, "big") + content).ljust(padded_length(size), b"\0")


def unpad(padded: bytes) -> bytes:
    """Give back the content. Raises Violation(padding) for anything that `pad` would not have written."""
    size = int.from_bytes(padded[:_PREFIX_BYTES], "big")
    # The bound first: a huge length must not become a huge computation.
    if size > CONTENT_BYTES_MAX or len(padded) != padded_length(size):
        raise Violation(Code.PADDING, "length")
    end = _PREFIX_BYTES + size
    if padded.count(0, end) != len(padded) - end:
        raise Violation(Code.PADDING, "filler")
    return padded[_PREFIX_BYTES:end]
