"""The rotation secret as 24 words, which only its owner keeps (spec 03 §4; BIP-39, English list)."""

import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

from mnemonic import Mnemonic

from pcloud.limits import POOL_SIZE
from pcloud.vault.port import VaultError
from pcloud.wire import keylog

SECRET_BYTES: Final = 32
WORDS: Final = 24
DRILL_WORDS: Final = 3
"""Words that are asked back before a node is made."""

_TEXT_MAX: Final = 1_024
"""Characters looked at: 24 words with the blanks between them have 215 at most."""
_POOL_STEP: Final = 64
"""Commitments made between two reports of progress; some 2 ms."""


class WordsError(VaultError):
    """What was typed is not the words. The text says which, by place; never the words themselves."""


def words_of(secret: bytes) -> tuple[str, ...]:
    """Write a rotation secret of 32 bytes as its 24 words. Raises ValueError for another length."""
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"a rotation secret has {SECRET_BYTES} bytes")
    return tuple(_english().to_mnemonic(secret).split())


def secret_of(text: str) -> bytes:
    """Read the rotation secret from its words, whatever their case, blanks and Unicode form.

    Raises WordsError. The checksum has 8 bits, so of wrong words that are all in the list one set in 256
    gives another secret: whoever acts on it compares it first with what is known (`check_secret`).
    """
    if len(text) > _TEXT_MAX:
        raise WordsError(f"That is more than {WORDS} words: type only the words, with blanks between them.")
    words = unicodedata.normalize("NFKD", text).lower().split()
    if len(words) != WORDS:
        raise WordsError(
            f"There are {WORDS} words, and that is {len(words)}: look for one missing, or there twice."
        )
    for place, word in enumerate(words, 1):
        if word not in _english().wordlist:
            raise WordsError(f"Word {place} is not in the list of words: look at its letters again.")
    try:
        return bytes(_english().to_entropy(words))
    except ValueError:
        raise WordsError(
            "These words do not belong together: one is not the word written down, or two changed places."
        ) from None


def check_secret(secret: bytes, generation: int, index: int, commitment: bytes) -> None:
    """Refuse a secret that did not make this commitment of the node: the words of another node, or a typo.

    Raises WordsError.
    """
    if keylog.pool(secret, generation, index, 1) != (commitment,):
        raise WordsError("These are the words of another node, or one of them is wrong: look at them again.")


def make_pool(
    secret: bytes, generation: int, start: int, progress: Callable[[int], None]
) -> tuple[bytes, ...]:
    """The next 4,096 next-key commitments of a node's generation, from index `start` on (spec 03 §4).

    Takes some 150 ms. `progress` is called with how many are made.
    """
    made: list[bytes] = []
    while len(made) < POOL_SIZE:
        made += keylog.pool(secret, generation, start + len(made), min(_POOL_STEP, POOL_SIZE - len(made)))
        progress(len(made))
    return tuple(made)


def drill(words: Sequence[str], draw: Callable[[int], bytes]) -> dict[int, str]:
    """Which words to ask back: three different ones by place, counted from 1, in rising order."""
    left = list(range(len(words)))
    # Four bytes, so that no place is likelier than another by more than one in a hundred million.
    places = [left.pop(int.from_bytes(draw(4), "big") % len(left)) for _ in range(DRILL_WORDS)]
    return {place + 1: words[place] for place in sorted(places)}


@cache
def _english() -> Mnemonic:
    """The list of words, read from the library's file once."""
    return Mnemonic("english")
