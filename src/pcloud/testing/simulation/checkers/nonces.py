"""No key and nonce are used for two texts (spec 04 §4)."""

import hashlib

from pcloud.net.port import Packet
from pcloud.testing.simulation.checkers.port import Checker
from pcloud.wire.session import Frame, read_frame


class Nonces(Checker):
    """Compares every frame that was ever let go under a nonce of a session."""

    promise = "No key and nonce are used for two texts."

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[bytes, bytes] = {}

    def flew(self, machine: str, packet: Packet) -> None:
        """A machine has let a packet go."""
        frame = read_frame(packet.frame)
        if isinstance(frame, Frame):
            place, digest = frame.session + frame.nonce, hashlib.sha256(frame.ciphertext).digest()
            if self._seen.setdefault(place, digest) != digest:
                self.violated(f"{machine} used a nonce for two texts")
