"""One-time codes that let a browser in: made by whoever can read the node's folder, spent at the page.

A code is a moment, a random value, and an HMAC (RFC 2104) of both under a key that the node makes at each
start and writes into a file that only its owner can read. So the command line needs no further operation of
the node, and a code that stayed behind in a history of addresses opens nothing.
"""

import hashlib
import hmac
import os
from pathlib import Path
from typing import Final, Literal

import msgspec

from pcloud.ambient.port import Clock, Entropy

FILE_NAME: Final = "page.json"
"""In the node's folder, while the page is served: where it is, and what codes are made with."""

CODE_S_MAX: Final = 600
"""How long a code can be used."""

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 16
_PARTS: Final = 3
_CODE_CHARACTERS_MAX: Final = 256


Purpose = Literal["enter", "pair"]
"""What a code is for: to come in on this machine, or to let another device ask to be paired."""


class LanPage(msgspec.Struct, frozen=True):
    """The page as it is served to this network, or why it is not."""

    url: str = ""
    fingerprint: str = ""
    """Of its certificate."""
    problem: str = ""


class PageFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the file says."""

    urls: list[str]
    """Of the page on this machine, the preferred one first."""
    key: str
    lan: LanPage | None = None


class Codes:
    """What the node knows of codes: the key, and which were spent."""

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        self.key = entropy(_KEY_BYTES).hex()
        self._clock = clock
        self._spent: dict[str, int] = {}

    def spend(self, code: str, purpose: Purpose = "enter") -> str | None:
        """The nonce of a code that is good for this; it is so once. None for every other."""
        parts = code.split(".") if len(code) <= _CODE_CHARACTERS_MAX else []
        if len(parts) != _PARTS or not (parts[0].isascii() and parts[0].isdecimal()):
            return None
        end, nonce, now = int(parts[0]), parts[1], self._clock.now()
        expected = _mac(self.key, purpose, parts[0], nonce)
        if not hmac.compare_digest(parts[2].encode(errors="surrogateescape"), expected.encode()):
            return None
        self._spent = {known: until for known, until in self._spent.items() if until >= now}
        if not now <= end <= now + CODE_S_MAX or nonce in self._spent:
            return None
        self._spent[nonce] = end
        return nonce


def make_code(key: str, now: int, entropy: Entropy, purpose: Purpose = "enter") -> str:
    """A code that is good for this once, from now on for a while."""
    end, nonce = str(now + CODE_S_MAX), entropy(_NONCE_BYTES).hex()
    return f"{end}.{nonce}.{_mac(key, purpose, end, nonce)}"


def nonce_of(code: str) -> str:
    """What tells one code from the others."""
    return code.split(".")[1]


def write_file(folder: Path, urls: list[str], key: str, lan: LanPage | None = None) -> Path:
    """Say where the page is, to the owner alone. Raises OSError."""
    path = folder / FILE_NAME
    fresh = path.with_name(f"{FILE_NAME}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(msgspec.json.encode(PageFile(urls, key, lan)))
    fresh.replace(path)
    return path


def read_file(folder: Path) -> PageFile:
    """Where the page of a node is. Raises FileNotFoundError where none is served, msgspec.DecodeError."""
    return msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=PageFile)


def _mac(key: str, purpose: Purpose, end: str, nonce: str) -> str:
    return hmac.new(bytes.fromhex(key), f"{purpose}.{end}.{nonce}".encode(), hashlib.sha256).hexdigest()
