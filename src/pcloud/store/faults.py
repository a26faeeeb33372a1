"""What SQLite reports, as sentences for the owner. None of them holds a value or a path."""

import errno

import apsw

from pcloud.store.port import DamagedError, FullError, InUseError, StoreError

FULL = (
    "There is no room on the disk for the node's data. Make room, then try again: nothing of this was stored."
)
DAMAGED = "The node's data is damaged. Stop the node, keep the file, and restore the newest backup."
IN_USE = "Another node is running on this data. Stop it, or use another folder."
UNWRITABLE = "The node's data cannot be read or written. Check the folder's permissions and the disk."
FAILED = "The disk failed while the node's data was written. Check the disk, then start the node again."

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


def told(error: apsw.Error, system_errno: int) -> StoreError:
    """The error to raise for one of SQLite's; `system_errno` is the operating system's last one."""
    match error:
        case apsw.FullError():
            return FullError(FULL)
        case apsw.IOError() if _is_full_write(error, system_errno):
            return FullError(FULL)
        case apsw.CorruptError() | apsw.NotADBError() | apsw.FormatError():
            return DamagedError(DAMAGED)
        case apsw.BusyError() | apsw.LockedError():
            return InUseError(IN_USE)
        case apsw.CantOpenError() | apsw.PermissionsError() | apsw.ReadOnlyError() | apsw.AuthError():
            return StoreError(UNWRITABLE)
        case _:
            return StoreError(FAILED)


def _is_full_write(error: apsw.Error, system_errno: int) -> bool:
    """A quota that is reached is reported as a failed write; a failed sync is never taken as that."""
    result = getattr(error, "extendedresult", 0)
    return result == apsw.SQLITE_IOERR_WRITE and is_no_room(system_errno)


def is_no_room(system_errno: int | None) -> bool:
    """Whether the operating system says that the disk, or one's share of it, is full."""
    return system_errno in _NO_ROOM


def goes_on(error: StoreError) -> bool:
    """Whether the store may be used after it: not where nobody knows what reached the disk."""
    return isinstance(error, FullError)
