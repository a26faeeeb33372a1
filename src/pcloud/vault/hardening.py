"""Keeps other processes of the same user, and the disk, away from what a running node holds (T63).

What this cannot do: Python does not promise to erase a secret from memory, and memory may be written to swap;
root reads everything. The service file of the node forbids swap and core dumps where systemd runs it.
"""

import ctypes
import os
import resource
from typing import Final

_PR_SET_DUMPABLE: Final = 4
"""Linux, prctl(2). Without it no other process of this user may read this one's memory or trace it."""
_OWN_FILES: Final = 0o077
"""The umask: what is made is for its owner alone."""


def harden() -> tuple[str, ...]:
    """Do it for this process. Gives a sentence for each thing that the system does not offer."""
    os.umask(_OWN_FILES)
    missing = []
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError) as failure:
        missing.append(f"Core dumps, which would hold keys, cannot be forbidden: {failure}.")
    if not _undumpable():
        missing.append("Other programs of this user can read this one's memory: the system cannot forbid it.")
    return tuple(missing)


def _undumpable() -> bool:
    try:
        prctl = ctypes.CDLL(None).prctl
    except (AttributeError, OSError):  # not Linux
        return False
    return bool(prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
