"""What happened in a world, line by line: the same for the same seed, but for what begins a session.

A line names the time, the machine and what came to pass. Messages stand as the hash of their signed bytes.
The ciphertext that begins a session is made with randomness of the operating system: neither it nor anything
made from it stands here.
"""

import hashlib
from typing import Final

from pcloud.engine.snapshot import Entry
from pcloud.store.port import Changes
from pcloud.testing.simulation.loop import VirtualLoop

SHORT: Final = 12
"""Letters of a hash that is shown."""


class Journal:
    """The lines of one world."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.lines: list[str] = []
        self._loop = loop

    def note(self, who: str, what: str) -> None:
        """One line."""
        self.lines.append(f"{self._loop.moment:13.3f} {who:6} {what}")

    def commit(self, who: str, changes: Changes) -> None:
        """What a commit says of messages."""
        for entry in changes.entries.values():
            self.note(who, _line(entry))
        for (_, first_id), verdict in changes.verdicts.items():
            self.note(who, f"verdict {first_id.hex()[:SHORT]} {verdict}")

    def digest(self) -> str:
        """A hash of all of it."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()


def _line(entry: Entry) -> str:
    header = entry.signed.header
    whose = "mine" if entry.mine else "theirs"
    signed = hashlib.sha256(entry.signed.data).hexdigest()[:SHORT]
    return f"{whose} {header.name} {header.number} {signed} {entry.verdict}"
