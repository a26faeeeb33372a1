"""Every statement of a relay's file. Each finds its rows by a key or an index; a test asks SQLite."""

from typing import Final

TALLY: Final = "SELECT vouchers, mailboxes, frames, bytes FROM tally WHERE one = 1"
PUT_TALLY: Final = "UPDATE tally SET vouchers = ?, mailboxes = ?, frames = ?, bytes = ? WHERE one = 1"

VOUCHER: Final = "SELECT until FROM voucher WHERE hash = ?"
ADD_VOUCHER: Final = "INSERT INTO voucher (hash, until) VALUES (?, ?)"
DROP_VOUCHER: Final = "DELETE FROM voucher WHERE hash = ?"
VOUCHERS_OVER: Final = "SELECT hash FROM voucher WHERE until <= ? ORDER BY until LIMIT ?"

_BOX: Final = "SELECT number, address, pickup, until, last, frames, bytes FROM box"
BOX: Final = f"{_BOX} WHERE number = ?"
BOX_OF: Final = f"{_BOX} WHERE pickup = ?"
BOXES_OVER: Final = f"{_BOX} WHERE until <= ? ORDER BY until LIMIT ?"
PUT_BOX: Final = """
    INSERT INTO box (number, address, pickup, until, last, frames, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (number) DO UPDATE SET
        until = excluded.until, last = excluded.last, frames = excluded.frames, bytes = excluded.bytes"""
BOXES: Final = f"{_BOX} WHERE number >= ? ORDER BY number LIMIT -1"
DROP_BOXES: Final = "DELETE FROM box WHERE number >= ?"
CHECK_AT_END: Final = "PRAGMA defer_foreign_keys = ON"
DROP_BOX: Final = "DELETE FROM box WHERE number = ?"

BLOB: Final = "SELECT until, data FROM blob WHERE box = ?"
PUT_BLOB: Final = "INSERT INTO blob (box, until, data) VALUES (?, ?, ?)"
DROP_BLOB: Final = "DELETE FROM blob WHERE box = ?"

ADD_FRAME: Final = "INSERT INTO frame (box, number, hour, data) VALUES (?, ?, ?, ?)"
SIZES: Final = """
    SELECT number, length(data) FROM frame WHERE box = ? AND number <= ? ORDER BY number LIMIT ?"""
SIZES_AFTER: Final = """
    SELECT number, length(data) FROM frame WHERE box = ? AND number > ? ORDER BY number LIMIT ?"""
FRAMES: Final = "SELECT number, data FROM frame WHERE box = ? AND number > ? AND number <= ? ORDER BY number"
DROP_FRAMES: Final = "DELETE FROM frame WHERE box = ? AND number <= ?"
OLDEST_FRAMES: Final = "SELECT box, number, hour FROM frame ORDER BY place LIMIT ?"

MARK_CLOSED: Final = "UPDATE opened SET now = 0 WHERE one = 1"
