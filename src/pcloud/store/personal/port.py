"""Personal data and who holds it, as a store keeps them (spec 09 §2, §11): rows, and what can be read."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple, Protocol

from pcloud.engine.ledger.index import DISCLOSURE, Given
from pcloud.features.custody import machine as custody
from pcloud.features.terms.machine import MACHINE
from pcloud.kernel.thread import Thread
from pcloud.wire import cbor

TERMS: Final = MACHINE.name
CUSTODY: Final = custody.MACHINE.name
NUMBERED: Final = (DISCLOSURE, TERMS, CUSTODY)
"""Machines whose threads are found by their state."""

WORDS_MAX: Final = 32
"""Words of one search."""

_WORD: Final = re.compile(r"\w+")
_TAG_BYTES: Final = 8


class Version(NamedTuple):
    """What stood at a path from some time on."""

    path: str
    number: int
    """1 for the first value of a path, then one more for each change."""
    value: bytes | None
    """Deterministic CBOR; None where it was deleted, or let go since."""
    at: int
    """In seconds since 1970."""
    source: str
    """Where it is from: `owner`, `import:<kind>`, `peer:<scope in hex>`, `example`."""

    def __repr__(self) -> str:
        """Without the value: what is printed ends in logs."""
        return f"Version(path={self.path!r}, number={self.number})"


class Stated(NamedTuple):
    """A thread of the machine `disclosure`, found by its state."""

    number: int
    """Its place among all threads of the node: the next page begins behind it."""
    scope: bytes
    thread: Thread


GivenPlace = tuple[bytes, bytes, str]
"""Scope, thread and path of a row of `Given`: the next page begins behind it."""


class PersonalTables(Protocol):
    """Records at paths with their history, and which fields were given to whom."""

    def newest(self, path: str) -> Version | None:
        """The last version of a path, without a value where it was deleted."""

    def version(self, path: str, number: int) -> Version | None:
        """One version of a path."""

    def history(self, path: str, before: int | None, limit: int) -> Sequence[Version]:
        """Versions of a path with numbers below `before`, newest first."""

    def list(self, prefix: str, after: str | None, limit: int) -> Sequence[Version]:
        """What stands at a path and below it now, in the order of paths, after the given one.

        An empty prefix stands for everything. What was deleted is left out.
        """

    def all(self, after: tuple[str, int] | None, limit: int) -> Sequence[Version]:
        """Every version of every path in the order of paths and numbers, after the given one."""

    def search(self, text: str, after: str | None, limit: int) -> Sequence[Version]:
        """What stands now and holds all of these words, the paths that came last first.

        `after` is the last path of the page before. Raises ValueError for more than `WORDS_MAX` words.
        """

    def holders(self, path: str) -> Sequence[Given]:
        """Who holds a path or a fact of it from this node's owner, as far as messages say."""

    def given(
        self, *, mine: bool, scope: bytes | None, prefix: str, after: GivenPlace | None, limit: int
    ) -> Sequence[Given]:
        """Fields that were given at a path and below it, also those that ended.

        `mine` says which way. Of one relationship they come in the order of thread id and path, of all in
        that of path, scope and thread id. `after` is the place of the last row of the page before.
        """

    def threads_in(self, state: str, after: int, limit: int, machine: str = DISCLOSURE) -> Sequence[Stated]:
        """Disclosures, terms or custodies of all relationships in one state, in order, behind `after`."""


def below(prefix: str) -> tuple[str, str]:
    """Between which two texts every path below a place or a collection is (spec 09 §2.1).

    `.` and `/` follow each other in ASCII, and nothing of a name is between them.
    """
    return (f"{prefix}.", f"{prefix}0") if prefix else ("", "\x7f")


def facts_of(path: str) -> tuple[str, str]:
    """Between which two texts every fact of a path is."""
    return f"{path}:", f"{path};"


def is_below(path: str, prefix: str) -> bool:
    """Whether a path, without its fact, is this one or stands below it."""
    lower, upper = below(prefix)
    bare = path.partition(":")[0]
    return bare == prefix or lower < bare < upper


def words_of(value: bytes) -> frozenset[str]:
    """Every word of a value, as it is compared. Raises Violation for what is no CBOR."""
    return words_in(" ".join(_texts(cbor.decode(value))))


def words_sought(text: str) -> frozenset[str]:
    """The words of a search. Raises ValueError for more than `WORDS_MAX`."""
    words = words_in(text)
    if len(words) > WORDS_MAX:
        raise ValueError(f"a search has at most {WORDS_MAX} words")
    return words


def words_in(text: str) -> frozenset[str]:
    """The words of a text, whatever the case and the accents."""
    plain = text.casefold()
    if not plain.isascii():
        marked = unicodedata.normalize("NFKD", plain)
        plain = "".join(each for each in marked if not unicodedata.combining(each))
    return frozenset(_WORD.findall(plain))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value)


def tags_of(words: Iterable[str]) -> str:
    """What stands for words in the index on disk, so that no piece of a value is left in it."""
    return " ".join(sorted(blake2b(word.encode(), digest_size=_TAG_BYTES).hexdigest() for word in set(words)))
