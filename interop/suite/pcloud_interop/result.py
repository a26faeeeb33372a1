"""What came of a check, and what is known to fail beside a driver."""

import csv
from collections.abc import Container, Iterable
from enum import StrEnum
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

EXPECTED_FILE: Final = "expected-failures.csv"


class Outcome(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_IMPLEMENTED = "not implemented"
    EXPECTED = "failed as expected"
    """It is listed beside the driver, with a reason."""
    UNEXPECTED = "passed against expectation"
    """It is listed beside the driver, and passes: the list is to be mended."""

    @property
    def bad(self) -> bool:
        """Whether a run with it is not good."""
        return self in (Outcome.FAILED, Outcome.UNEXPECTED)


class Check(NamedTuple):
    """One thing that is looked at."""

    level: int
    chapter: str
    """Name of the chapter's file, or `traces`."""
    part: str
    name: str
    rules: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """By which it is chosen, and listed beside a driver."""
        return f"{self.level}/{self.part}/{self.name}"


class Result(NamedTuple):
    """What came of it."""

    check: Check
    outcome: Outcome
    detail: str = ""


class ExpectedError(Exception):
    """The list beside a driver cannot be read."""


class Expected:
    """What is known to fail with a driver."""

    def __init__(self, folder: Path) -> None:
        self._reasons: dict[str, str] = {}
        path = folder / EXPECTED_FILE
        if not path.exists():
            return
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                check, reason = row.get("check"), row.get("reason")
                if not check or not reason:
                    raise ExpectedError(f"{path}: every line needs a check and a reason")
                self._reasons[check] = reason

    def reason(self, check: Check, role: str = "") -> str | None:
        """Why it is known to fail; None where it is not. A role is that of the driver in a live pair."""
        names = (check.id, f"{check.id}@{role}") if role else (check.id,)
        for pattern, reason in self._reasons.items():
            if any(fnmatchcase(name, pattern) for name in names):
                return reason
        return None

    def judge(self, result: Result, role: str = "") -> Result:
        """The result in the light of what is known."""
        reason = self.reason(result.check, role)
        if reason is None:
            return result
        if result.outcome is Outcome.FAILED:
            return result._replace(outcome=Outcome.EXPECTED, detail=reason)
        if result.outcome is Outcome.PASSED:
            return result._replace(outcome=Outcome.UNEXPECTED, detail=f"it passes now: {reason}")
        return result


class Chosen:
    """Which checks are run: all, or those whose id fits one of some patterns."""

    def __init__(
        self,
        patterns: Iterable[str] = (),
        levels: Iterable[int] = (1, 2, 3),
        one_in: int = 1,
        within: Container[Check] | None = None,
        role: str | None = None,
    ) -> None:
        """Of level 3, each pair and each role is given one check in so many: always the same ones.

        Nothing is run that is not `within`, and no node is attacked in another role.
        """
        self.levels = frozenset(levels)
        self._patterns, self._one_in = tuple(patterns), one_in
        self._within, self._role = within, role

    def __contains__(self, check: Check) -> bool:
        if check.level not in self.levels or (self._within is not None and check not in self._within):
            return False
        return not self._patterns or any(fnmatchcase(check.id, pattern) for pattern in self._patterns)

    def of_level(self, level: int) -> bool:
        """Whether anything of a level is run."""
        begins = {str(level), *"*?["}
        return level in self.levels and (
            not self._patterns or any(pattern[:1] in begins for pattern in self._patterns)
        )

    def attacked(self, role: str) -> bool:
        """Whether nodes in this role are."""
        return self._role in (None, role)

    def drawn(self, check: Check, by: str) -> bool:
        """Whether it is run with these: a pair, or a driver in a role."""
        lot = int.from_bytes(sha256(f"{check.id} {by}".encode()).digest()[:8], "big")
        return check in self and lot % self._one_in == 0
