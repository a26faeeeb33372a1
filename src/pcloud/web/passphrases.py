"""Asking for the passphrase: to come in where no terminal is near, and again before what matters most.

Each try costs half a second of a core and 256 MiB for that long, so there is one at a time, and after a few
wrong ones a wait that grows.
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pcloud.ambient.port import Clock
from pcloud.runtime.surface import OwnerError
from pcloud.vault.passphrase import check_new
from pcloud.vault.port import PassphraseError, Vault, VaultError, WrongPassphraseError

WRONG_MAX: Final = 5
"""Wrong passphrases in a row before the first wait."""

WAIT_S_FIRST: Final = 30
"""The first wait; each further wrong one doubles it."""

WAIT_S_MAX: Final = 900

CONFIRMED_S: Final = 300
"""How long a passphrase that was typed in a visit counts there."""


@dataclass(slots=True)
class Tries:
    """What one door, or one visit, remembers of passphrases typed there."""

    wrong: int = 0
    """In a row."""
    not_before: float = 0
    """When the next one is looked at, by the clock that counts sleep."""


class Passphrases:
    """Compares what is typed with what opens the vault."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def check(self, given: str, tries: Tries) -> bool:
        """Whether it opens the vault; beside the loop, as it takes half a second.

        Raises OwnerError `busy` where it is too early for another try, `store` for a vault that is not whole.
        """
        return await self._try(lambda: self._vault.open(given), tries)

    async def change(self, old: str, new: str, tries: Tries) -> bool:
        """Let `new` open the vault instead of `old`; False where `old` does not.

        Raises as `check`, and OwnerError `invalid` for a new one that cannot be.
        """
        try:
            check_new(new)
        except PassphraseError as refusal:
            raise OwnerError("invalid", str(refusal)) from refusal
        return await self._try(lambda: self._vault.change(old, new), tries)

    async def _try(self, work: Callable[[], object], tries: Tries) -> bool:
        left_s = math.ceil(tries.not_before - self._clock.since_boot())
        if left_s > 0:
            raise OwnerError("busy", f"Too many wrong passphrases. Wait {left_s} seconds, then try again.")
        if self._one_at_a_time.locked():
            raise OwnerError("busy", "Another passphrase is being looked at. Try again.")
        async with self._one_at_a_time:
            try:
                await asyncio.to_thread(work)
            except (WrongPassphraseError, PassphraseError):
                self._note_wrong(tries)
                return False
            except VaultError as fault:
                raise OwnerError("store", str(fault)) from fault
        tries.wrong = 0
        return True

    def _note_wrong(self, tries: Tries) -> None:
        tries.wrong += 1
        if tries.wrong >= WRONG_MAX:
            wait_s = min(WAIT_S_FIRST * 2 ** min(tries.wrong - WRONG_MAX, 16), WAIT_S_MAX)
            tries.not_before = self._clock.since_boot() + wait_s
