"""What a node of some kind has to do, as data, and whether a run has shown that it does."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, NamedTuple

from pcloud_interop.found import Run
from pcloud_interop.result import Check, Outcome, Result
from pcloud_interop.spec import TRACES

REASONS_MAX: Final = 12
"""Checks that are told one by one; the report has all."""
PART: Final = "only a part was run: it is shown without --only, --attack, --level and --quick"
_PACKAGE: Final = Path(__file__).parent
_KEYS: Final = frozenset(
    ("title", "about", "levels", "role", "chapters", "traces", "commands", "stories", "attacks")
)


class ProfileError(Exception):
    """There is no profile of that name, or it is not one."""


@dataclass(frozen=True)
class Profile:
    """One of them."""

    name: str
    title: str
    about: str
    levels: tuple[int, ...]
    role: str
    """In which its stories and attacks count: `guest` or `host`."""
    chapters: tuple[str, ...]
    """Numbers of chapters, of which every vector has to pass."""
    traces: tuple[str, ...]
    commands: tuple[str, ...]
    """Those of the contract that a driver of it needs."""
    stories: tuple[str, ...]
    attacks: tuple[str, ...]

    def __contains__(self, check: object) -> bool:
        assert isinstance(check, Check)
        if check.level == 1:
            return check.chapter[:2] in (*self.chapters, "16")
        patterns = self.traces if check.chapter == TRACES else (*self.stories, *self.attacks)
        id_ = check.part if check.chapter == TRACES else f"{check.part}/{check.name}"
        return any(fnmatchcase(id_, pattern) for pattern in patterns)


class Judgement(NamedTuple):
    """Whether a driver conforms to a profile, and why not."""

    profile: Profile
    subject: int
    passed: int
    reasons: tuple[str, ...]

    @property
    def conforms(self) -> bool:
        """Whether nothing is missing."""
        return not self.reasons


def folder() -> Path:
    """Where they are: what came with the package, or the checkout around it."""
    places = (_PACKAGE / "profiles", _PACKAGE.parents[1] / "profiles")
    for place in places:
        if place.is_dir():
            return place
    raise ProfileError(f"no profiles in {' or '.join(map(str, places))}")


def names() -> list[str]:
    """Those that there are."""
    return sorted(path.stem for path in folder().glob("*.toml"))


def read(name: str) -> Profile:
    """A profile by its name. Raises ProfileError."""
    path = folder() / f"{name}.toml"
    if not path.is_file():
        raise ProfileError(f"no profile {name}; there are {', '.join(names())}")
    found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    if found.keys() != _KEYS:
        odd = ", ".join(sorted(found.keys() ^ _KEYS))
        raise ProfileError(f"{path}: a key is missing or unknown: {odd}")
    lists: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in found.items()
    }
    return Profile(name, **lists)


def judge(profile: Profile, found: Run, subject: int, *, whole: bool) -> Judgement:
    """Whether this run has shown that a driver conforms: everything was run, and everything passed.

    `whole` says that nothing was left out by whoever began the run.
    """
    known = found.subjects[subject].implementation
    reasons = [f"level {level} is not done" for level in profile.levels if level not in known.levels]
    if not whole:
        reasons.append(PART)
    missing = [name for name in profile.commands if name not in known.commands]
    if missing:
        reasons.append(f"commands that the driver does not know: {', '.join(missing)}")
    results = [each for each in _of(found, subject, profile.role) if each.check in profile]
    for what, count in _counted(profile, results):
        if not count:
            reasons.append(f"{what} were not run")
    reasons += [
        f"{each.outcome}: {each.check.id}" + (f": {each.detail}" if each.detail else "")
        for each in results
        if each.outcome is not Outcome.PASSED
    ]
    return Judgement(
        profile, subject, sum(each.outcome is Outcome.PASSED for each in results), tuple(reasons)
    )


def _of(found: Run, subject: int, role: str) -> Iterator[Result]:
    """What there is of a driver in a role: alone, with every other, and under attack."""
    yield from found.subjects[subject].results
    for told in found.told:
        if (told.guest if role == "guest" else told.host) == subject:
            yield told.result
    for attacked in found.attacked:
        if (attacked.subject, attacked.role) == (subject, role):
            yield attacked.result


def _counted(profile: Profile, results: list[Result]) -> Iterator[tuple[str, int]]:
    """Whether there is anything of each kind that the profile names."""
    for chapter in profile.chapters:
        count = sum(each.check.level == 1 and each.check.chapter.startswith(chapter) for each in results)
        yield f"the vectors of chapter {chapter}", count
    ids = [f"{each.check.part}/{each.check.name}" for each in results]
    for pattern in (*profile.stories, *profile.attacks):
        yield f"checks {pattern}", sum(fnmatchcase(id_, pattern) for id_ in ids)
    parts = [each.check.part for each in results if each.check.chapter == TRACES]
    for pattern in profile.traces:
        yield f"traces {pattern}", sum(fnmatchcase(part, pattern) for part in parts)
