"""Who has come in: sessions of browsers, kept in memory and gone with the node.

The cookie is a random value of which only the hash is kept here. Each session has its own token for forms,
so that no other page can send one, even where a browser sends the cookie along. Times are those of the clock
that counts sleep: who sets the wall clock lets nobody stay, and nobody out.
"""

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from pcloud.ambient.port import Clock, Entropy
from pcloud.web.passphrases import Tries

SESSION_S_MAX: Final = 43_200
"""A session ends twelve hours after it began, whatever is done in it."""

IDLE_S_MAX: Final = 7_200
"""And two hours after it was last used."""

SESSIONS_MAX: Final = 32
"""At once; the one that was not used for longest makes room."""

NOTICES_MAX: Final = 8
"""Sentences that wait to be shown in one session."""

SECRET_BYTES: Final = 32


class Notice(NamedTuple):
    """One sentence about what was just done, shown once."""

    kind: Literal["done", "failed"]
    text: str


@dataclass(slots=True)
class Session:
    """One browser that has come in."""

    began: float
    used: float
    form_token: str
    """Stands in every form of this session."""
    device: str | None = None
    """Id of the paired device; None for a browser on the node's own machine."""
    notices: list[Notice] = field(default_factory=list)
    tries: Tries = field(default_factory=Tries)
    """Passphrases typed in this visit."""
    confirmed_until: float = 0
    """How long the passphrase that was typed last counts."""
    followers: set[Callable[[], None]] = field(default_factory=set)
    """Ends of streams that are open in this visit, called where it is ended."""

    def tell(self, notice: Notice) -> None:
        """Let a sentence be shown on the next page."""
        self.notices = [*self.notices, notice][-NOTICES_MAX:]

    def told(self) -> list[Notice]:
        """What is to be shown now, once."""
        shown, self.notices = self.notices, []
        return shown

    def is_form_token(self, given: str) -> bool:
        """Whether a form came from a page of this session."""
        return hmac.compare_digest(given.encode(errors="surrogateescape"), self.form_token.encode())


class Sessions:
    """All sessions of one node."""

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        self._clock = clock
        self._entropy = entropy
        self._all: OrderedDict[bytes, Session] = OrderedDict()

    def begin(self, device: str | None = None) -> str:
        """Let a browser in; gives the value of its cookie."""
        cookie = self._entropy(SECRET_BYTES).hex()
        self.admit(cookie, device)
        return cookie

    def admit(self, cookie: str, device: str | None = None) -> None:
        """Let a browser in under a cookie that it has, such as the one that has just made the node."""
        now = self._clock.since_boot()
        self._all[_hash(cookie)] = Session(now, now, self._entropy(SECRET_BYTES).hex(), device)
        while len(self._all) > SESSIONS_MAX:
            self.end(next(iter(self._all.values())))

    def find(self, cookie: str | None, *, used: bool = True) -> Session | None:
        """The session of a cookie, if it still runs. `used`: by its owner, not by a page that lies open."""
        key = _hash(cookie or "")
        session, now = self._all.get(key), self._clock.since_boot()
        if session is None:
            return None
        if now - session.began > SESSION_S_MAX or now - session.used > IDLE_S_MAX:
            self.end(session)
            return None
        if used:
            session.used = max(session.used, now)
            self._all.move_to_end(key)
        return session

    def end(self, session: Session) -> None:
        """Let a browser out."""
        self._drop(lambda each: each is session)

    def end_others(self, session: Session) -> None:
        """Let all other browsers out."""
        self._drop(lambda each: each is not session)

    def end_of_device(self, device: str) -> None:
        """Let all browsers of a device out: it was revoked."""
        self._drop(lambda each: each.device == device)

    def end_of_devices_but(self, devices: Collection[str]) -> None:
        """Let all browsers of other devices out."""
        self._drop(lambda each: each.device is not None and each.device not in devices)

    def _drop(self, wanted: Callable[[Session], bool]) -> None:
        for key in [key for key, each in self._all.items() if wanted(each)]:
            for end in self._all.pop(key).followers:
                end()


def _hash(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode(errors="surrogateescape")).digest()
