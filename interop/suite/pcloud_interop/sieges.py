"""The attacks on each driver, in both roles, where the libraries of the hostile peer are here."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from pcloud_interop.found import Attacked, Found
from pcloud_interop.jobs import Job
from pcloud_interop.live.run import LEVEL, Actor
from pcloud_interop.result import Chosen, Outcome, Result

if TYPE_CHECKING:
    from pcloud_interop.hostile.attack import Attack

LEFT_OUT: Final = "attacks were left out: their peer needs pip install 'pcloud-interop[hostile]' ({})"


def sieges(
    actors: Sequence[Actor], names: Sequence[str], chosen: Chosen, wait_s_max: float
) -> tuple[list[Job[Found]], tuple[str, ...]]:
    """A job for each part of the attacks, and what was left out."""
    if not chosen.of_level(LEVEL):
        return [], ()
    try:
        from pcloud_interop.hostile.attack import ATTACKS, ROLES  # noqa: PLC0415 - its libraries are an extra
        from pcloud_interop.hostile.run import PLAYED_MAX, besiege  # noqa: PLC0415 - its libraries are an extra
    except ModuleNotFoundError as missing:
        return [], (LEFT_OUT.format(f"no module {missing.name}"),)
    jobs: list[Job[Found]] = []
    for subject, actor in enumerate(actors):
        for role in filter(chosen.attacked, ROLES):
            by = f"{names[subject]} {role}"
            drawn = [each for each in ATTACKS if role in each.roles and chosen.drawn(each.check, by)]
            for first in range(0, len(drawn), PLAYED_MAX):
                some = drawn[first : first + PLAYED_MAX]
                if actor.lives:
                    found = besiege(actor.path, role, some, wait_s_max)
                else:
                    found = (Result(each.check, Outcome.NOT_IMPLEMENTED, "level 3") for each in some)
                known = {each.check.id: each for each in some}
                jobs.append(partial(_attacked, subject, role, actor, known, found))
    return jobs, ()


def _attacked(
    subject: int, role: str, actor: Actor, known: Mapping[str, "Attack"], found: Iterator[Result]
) -> Iterator[Found]:
    for result in found:
        each = known[result.check.id]
        told = each.sent, f"{each.stage} {each.code}", str(each.shows)
        yield Attacked(subject, role, actor.expected.judge(result, role), *told)
