"""Making a node on a page: name and passphrase, 24 words to write down, three of them back, and it runs.

Everything stands in the memory of one process until the words were given back; whoever interrupts it before
has left nothing. The browser's connection waits in the same listening socket for the node that comes after.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, NamedTuple, Protocol

from aiohttp import web
from aiohttp.hdrs import LOCATION

from pcloud.ambient.port import Entropy
from pcloud.runtime.surface import OwnerError
from pcloud.vault.passphrase import check_new
from pcloud.vault.port import VaultError
from pcloud.vault.words import SECRET_BYTES, WORDS, drill, words_of
from pcloud.web.application import cookie_name
from pcloud.web.pages import entering
from pcloud.web.sessions import Notice
from pcloud.web.visit import Answer, GoneOn, Page, Shown, Visit, failed

KINDS: Final = ("person", "organisation")
SUGGESTED_WORDS: Final = 4
"""Of a passphrase that the page suggests: 44 bits."""
NEXT: Final = "/welcome"
"""The first page of the new node."""
_VOID: Final = "Words that were shown before are good for nothing now. Cross them out; these are yours."


class Newcomer(NamedTuple):
    """What a node is to be made of."""

    name: str
    kind: str
    passphrase: str
    rotation_secret: bytes

    def __repr__(self) -> str:
        """Without what opens it: what is printed ends in logs."""
        return f"Newcomer({self.kind})"


class Maker(Protocol):
    """Makes the node; the command line does it in the same way."""

    def check_name(self, name: str) -> str:
        """The name as it will be shown. Raises OwnerError for one that cannot be."""

    def make(self, newcomer: Newcomer) -> None:
        """Make it, and let it exist; takes a second, beside the loop. Raises OwnerError."""


@dataclass(slots=True)
class _Drafted:
    newcomer: Newcomer
    asked: dict[int, str] | None = None
    """The words that are asked back, by place."""


class FirstPages:
    """The pages of a node that does not exist yet, and how far its owner has come."""

    def __init__(self, maker: Maker, entropy: Entropy) -> None:
        self._maker, self._entropy = maker, entropy
        self._drafted: _Drafted | None = None
        self._making = asyncio.Lock()
        self.made: tuple[str, str] | None = None
        """Passphrase and cookie, once the node exists."""
        self.when_made: Callable[[], object] = lambda: None
        self.closing = asyncio.Event()
        """Nothing is taken here any more: who is sent on meets the node."""

    def rows(self) -> tuple[Page, ...]:
        """As `web.table` has them for a node that is there."""
        return (
            *entering.DOOR,
            Page("GET", "/", self.who),
            Page("POST", "/begin", self.begin),
            Page("GET", "/words", self.words),
            Page("POST", "/written", self.written),
            Page("GET", "/words/back", self.asked_back),
            Page("POST", "/words/back", self.give_back),
        )

    async def who(self, visit: Visit) -> Answer:
        """Ask for name, kind and passphrase."""
        return self._who(visit, None)

    async def begin(self, visit: Visit) -> Answer:
        """Take them, and draw the words; nothing is made yet."""
        try:
            newcomer = self._newcomer(visit)
        except (OwnerError, VaultError) as refusal:
            return self._who(visit, str(refusal))
        if self._drafted is not None and visit.session is not None:
            visit.session.tell(Notice("failed", _VOID))
        self._drafted = _Drafted(newcomer)
        return GoneOn("/words")

    def _newcomer(self, visit: Visit) -> Newcomer:
        """What the form says, with words of its own. Raises OwnerError, VaultError."""
        name = self._maker.check_name(visit.need("name", "your name"))
        passphrase, kind = visit.form.get("passphrase", ""), visit.form.get("kind", "")
        check_new(passphrase)
        if visit.form.get("again") != passphrase:
            raise OwnerError("invalid", "The two passphrases are not the same. Type both again.")
        if kind not in KINDS:
            raise OwnerError("invalid", "Please choose whose node this is.")
        return Newcomer(name, kind, passphrase, self._entropy(SECRET_BYTES))

    async def words(self, _: Visit) -> Answer:
        """Show the words, to be written down."""
        if self._drafted is None:
            return GoneOn("/")
        self._drafted.asked = None
        return Shown("first_words.html", {"words": words_of(self._drafted.newcomer.rotation_secret)})

    async def written(self, _: Visit) -> Answer:
        """Ask some of them back, others each time."""
        if self._drafted is None:
            return GoneOn("/")
        known = words_of(self._drafted.newcomer.rotation_secret)
        self._drafted.asked = drill(known, self._entropy)
        return GoneOn("/words/back")

    async def asked_back(self, _: Visit) -> Answer:
        """Where they are typed."""
        if self._drafted is None or self._drafted.asked is None:
            return GoneOn("/words")
        return Shown("first_back.html", {"places": list(self._drafted.asked), "count": WORDS})

    async def give_back(self, visit: Visit) -> Answer:
        """Make the node if they are right; else show the words again."""
        drafted = self._drafted
        if drafted is None or drafted.asked is None:
            return GoneOn("/words")
        for place, word in drafted.asked.items():
            if (visit.filled(f"word-{place}") or "").lower() != word:
                return failed("/words", f"That is not word {place}. Look at the words again.")
        async with self._making:
            if self.made is None:
                await asyncio.to_thread(self._maker.make, drafted.newcomer)
                self.made = (
                    drafted.newcomer.passphrase,
                    visit.request.cookies.get(cookie_name(visit.request, secure=False), ""),
                )
                self.when_made()
        await self.closing.wait()
        on = web.Response(status=HTTPStatus.SEE_OTHER, headers={LOCATION: NEXT})
        on.force_close()
        return on

    def _who(self, visit: Visit, refused: str | None) -> Answer:
        values = {
            "refused": refused,
            "name": visit.form.get("name", ""),
            "kind": visit.form.get("kind", KINDS[0]),
            "suggested": " ".join(words_of(self._entropy(SECRET_BYTES))[:SUGGESTED_WORDS]),
        }
        return Shown("first_who.html", values)
