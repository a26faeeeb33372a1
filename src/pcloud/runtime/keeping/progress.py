"""How far the copies at one place are, as the store keeps it (a fact for each place)."""

from hashlib import sha256
from typing import Any, Final, NamedTuple

from pcloud.errors import Violation
from pcloud.limits import CUSTODY_INCREMENT_KEPT_S
from pcloud.wire import cbor

DAY_S: Final = 86_400
TESTS_MAX: Final = 16
"""Volumes of a holder for which proofs are kept: so many full ones, and so many others."""


class Proof(NamedTuple):
    """A question that was never asked yet, and its only right answer."""

    nonce: bytes
    answer: bytes


class Known(NamedTuple):
    """A volume that a holder has, and how to find out whether it still has it."""

    digest: bytes
    came: int
    full: bool
    proofs: tuple[Proof, ...]


class Progress(NamedTuple):
    """What was done at a place, in seconds since 1970 UTC; 0 for never."""

    newest: int = 0
    """When the newest copy there was made."""
    full: int = 0
    """The same of the newest full one."""
    full_bytes: int = 0
    number: int = 0
    """Of the last volume: a chain that begins anew goes on counting."""
    checked: int = 0
    """When a holder last gave every proof that it was asked for."""
    failed: int = 0
    """When it last did not."""
    lasting_s: int = 0
    """How long something that was deleted here may still be in copies there."""
    tests: tuple[Known, ...] = ()

    def with_test(self, test: Known, days: int, now: int) -> "Progress":
        """One volume more to ask for; those that a holder may have let go are forgotten."""
        fulls, others = self._replace(tests=(*self.tests, test)).there(days, now)
        return self._replace(tests=(*fulls[-TESTS_MAX:], *others[-TESTS_MAX:]))

    def there(self, days: int, now: int) -> tuple[list[Known], list[Known]]:
        """Volumes that a holder may not have let go yet: full ones, and others, oldest first."""
        full_from, more_from = now - days * DAY_S, now - min(days * DAY_S, CUSTODY_INCREMENT_KEPT_S)
        fulls = [test for test in self.tests if test.full]
        older = [test for test in fulls[:-1] if test.came >= full_from]
        others = [test for test in self.tests if not test.full and test.came >= more_from]
        return [*older, *fulls[-1:]], others

    def without(self, digest: bytes) -> "Progress":
        """A volume that is not there any more."""
        return self._replace(tests=tuple(each for each in self.tests if each.digest != digest))

    def write(self) -> bytes:
        """For the store."""
        tests = [
            [test.digest, test.came, test.full, [list(proof) for proof in test.proofs]] for test in self.tests
        ]
        return cbor.encode([*self[:-1], tests])


def read(data: bytes | None) -> Progress:
    """As it was written; from the beginning where nothing was, or it cannot be read."""
    if data is None:
        return Progress()
    try:
        *counts, tests = list[Any](cbor.decode_list(data))
        newest, full, full_bytes, number, checked, failed, lasting_s = counts
        read_tests = tuple(_test(each) for each in tests)
        return Progress(newest, full, full_bytes, number, checked, failed, lasting_s, read_tests)
    except (Violation, ValueError, TypeError):
        return Progress()  # all that is lost is what was checked: the next volume is a full one


def _test(values: Any) -> Known:
    digest, came, full, proofs = values
    return Known(digest, came, full, tuple(Proof(*each) for each in proofs))


class Prover:
    """Takes a volume in as it is made, and gives the proofs that will be asked for."""

    def __init__(self, prefixes: tuple[tuple[bytes, bytes], ...]) -> None:
        """`prefixes`: nonces, and what stands in front of the volume for each."""
        self.digest = sha256()
        self.size = 0
        self._proofs = [(nonce, sha256(prefix)) for nonce, prefix in prefixes]

    def add(self, data: bytes) -> None:
        """The next bytes."""
        self.size += len(data)
        self.digest.update(data)
        for _, proof in self._proofs:
            proof.update(data)

    def proofs(self) -> tuple[Proof, ...]:
        """After the last byte."""
        return tuple(Proof(nonce, proof.digest()) for nonce, proof in self._proofs)
