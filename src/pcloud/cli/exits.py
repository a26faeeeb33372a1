"""How a command ends: one number for scripts, one sentence for people (docs/cli.md)."""

import errno
from enum import IntEnum
from typing import Final

from pcloud.errors import PcloudError


class Exit(IntEnum):
    """Exit codes; each is documented in docs/cli.md, and a test compares."""

    DONE = 0
    REFUSED = 1
    """The node, the other side or the network says no; the text says why."""
    USAGE = 2
    """The command was typed in a way that is not understood, or a consent is missing."""
    NO_NODE = 3
    """No node runs here, or none was made here yet."""
    PASSPHRASE = 4
    """The passphrase is wrong, or there is none."""
    DAMAGED = 5
    """The vault or the store is not whole, or does not belong to the other."""
    NEWER = 6
    """A newer version of this program has written what is here."""
    BUSY = 7
    """Another process uses the folder, or a node is here already."""
    ADDRESS = 8
    """The address cannot be listened on."""
    FULL = 9
    """There is no room on the disk."""
    CONFIG = 10
    """The configuration file says something that cannot be."""
    UNSAFE = 11
    """A file or folder can be read by others than its owner."""
    FAULT = 70
    """A fault of this program."""
    INTERRUPTED = 130
    """Stopped by the keyboard."""


NO_NODE: Final = "no-node"
"""The code where no node was made, or none answers."""


class CommandError(PcloudError):
    """A command cannot go on. `code` is for scripts, the text one or two sentences that say what to do."""

    def __init__(self, exit_code: Exit, code: str, text: str) -> None:
        super().__init__(code, text)
        self.exit_code = exit_code
        self.code = code
        self.text = text

    def __str__(self) -> str:
        return self.text


def usage(text: str) -> CommandError:
    """What was typed cannot be done as typed."""
    return CommandError(Exit.USAGE, "usage", text)


_ADDRESS: Final = frozenset({errno.EADDRINUSE, errno.EADDRNOTAVAIL})
_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def explain(problem: Exception) -> CommandError | None:
    """Say what an expected problem means for the owner; None where it is a fault of ours."""
    if isinstance(problem, CommandError):
        return problem
    if isinstance(problem, OSError):
        return _of_system(problem)
    if isinstance(problem, PcloudError):
        return _of_node(problem)
    return None


def _of_system(problem: OSError) -> CommandError:
    """An error of the operating system: its own words, and the file it speaks of."""
    said = problem.strerror or type(problem).__name__
    where = f" ({problem.filename})" if problem.filename else ""
    if problem.errno in _ROOM:
        return CommandError(
            Exit.FULL,
            "full",
            f"There is no room on the disk{where}. Make room and try again; nothing is lost.",
        )
    if problem.errno in _ADDRESS:
        return CommandError(
            Exit.ADDRESS, "address", f"{said}{where}. Choose another address with --listen HOST:PORT."
        )
    return CommandError(Exit.REFUSED, "system", f"{said}{where}.")


def _of_node(problem: PcloudError) -> CommandError | None:
    """An error of the parts below. They are imported here, where something went wrong, and not at start."""
    from pcloud.api.sockets import ListenError
    from pcloud.errors import UsageError, Violation
    from pcloud.runtime.config import ConfigError
    from pcloud.runtime.surface import OwnerError
    from pcloud.store.port import (
        DamagedError,
        ExposedError,
        FullError,
        InUseError,
        NewerSchemaError,
        StoreError,
        WrongKeyError,
    )
    from pcloud.vault.port import (
        DamagedVaultError,
        NewerVaultError,
        NoRoomError,
        PassphraseError,
        UnsafeError,
        VaultError,
        WrongPassphraseError,
    )
    from pcloud.web.devices.book import BookError

    if isinstance(problem, OwnerError):
        answers = problem.code != NO_NODE
        return CommandError(Exit.REFUSED if answers else Exit.NO_NODE, problem.code, problem.text)
    if isinstance(problem, Violation | UsageError):
        return CommandError(Exit.REFUSED, problem.code, f"That is refused: {problem}.")
    known: tuple[tuple[type[PcloudError], Exit, str], ...] = (
        (WrongPassphraseError, Exit.PASSPHRASE, "passphrase"),
        (PassphraseError, Exit.PASSPHRASE, "passphrase"),
        (NewerVaultError, Exit.NEWER, "newer"),
        (UnsafeError, Exit.UNSAFE, "unsafe"),
        (DamagedVaultError, Exit.DAMAGED, "vault"),
        (NoRoomError, Exit.FULL, "full"),
        (VaultError, Exit.REFUSED, "vault"),
        (WrongKeyError, Exit.DAMAGED, "wrong-key"),
        (DamagedError, Exit.DAMAGED, "damaged"),
        (NewerSchemaError, Exit.NEWER, "newer"),
        (InUseError, Exit.BUSY, "in-use"),
        (ExposedError, Exit.UNSAFE, "unsafe"),
        (FullError, Exit.FULL, "full"),
        (ConfigError, Exit.CONFIG, "config"),
        (ListenError, Exit.ADDRESS, "address"),
        (BookError, Exit.DAMAGED, "damaged"),
        (StoreError, Exit.REFUSED, "store"),
    )
    for kind, exit_code, code in known:
        if isinstance(problem, kind):
            return CommandError(exit_code, code, str(problem))
    return None
