"""How a device shows that it is the one that was paired: it signs what the node has just drawn.

ECDSA over P-256 with SHA-256, because that is what every browser can make in a key that never leaves it
(Web Cryptography, section 23); the signature is r and s in 32 bytes each.
"""

from collections import OrderedDict
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from pcloud.ambient.port import Clock, Entropy

POINT_BYTES: Final = 65
SIGNATURE_BYTES: Final = 64
CHALLENGE_BYTES: Final = 32
CHALLENGE_S_MAX: Final = 60
CHALLENGES_MAX: Final = 256
"""Drawn and not used; one more lets the oldest go."""
_PURPOSE: Final = b"pcloud page session 1"


class Challenges:
    """What was drawn for devices that want to come in; each is good once, and soon or never."""

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        self._clock, self._entropy = clock, entropy
        self._drawn: OrderedDict[str, float] = OrderedDict()

    def draw(self) -> str:
        """A new one."""
        challenge = self._entropy(CHALLENGE_BYTES).hex()
        self._drawn[challenge] = self._clock.since_boot()
        while len(self._drawn) > CHALLENGES_MAX:
            self._drawn.popitem(last=False)
        return challenge

    def spend(self, challenge: str) -> bool:
        """Whether it was drawn a moment ago, and not used since."""
        drawn = self._drawn.pop(challenge, None)
        return drawn is not None and self._clock.since_boot() - drawn <= CHALLENGE_S_MAX


def is_key(key: bytes) -> bool:
    """Whether that is a public key of P-256."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    except ValueError:
        return False
    return len(key) == POINT_BYTES


def signs(key: bytes, origin: str, challenge: str, signature: bytes) -> bool:
    """Whether the key's device has signed this challenge for this page and no other."""
    if len(signature) != SIGNATURE_BYTES:
        return False
    half = SIGNATURE_BYTES // 2
    r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    told = b"\0".join([_PURPOSE, origin.encode(), challenge.encode()])
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key).verify(
            encode_dss_signature(r, s), told, ec.ECDSA(hashes.SHA256())
        )
    except (InvalidSignature, ValueError):
        return False
    return True
