"""What a thread holds of a grant, and how it ends (spec 09 §5).

Fields are changed by the giver alone and `erased` by the taker alone, so that what crosses ends alike.
"""

from collections.abc import Mapping
from typing import Any

from pcloud.kernel.context import Act
from pcloud.kernel.effects import Keep
from pcloud.kernel.gate import Ended, Grant
from pcloud.kernel.machine import Step
from pcloud.kernel.thread import Thread

GRANTED, REVOKED, ERASE = 0, 1, 2
"""How a field stands: it may be held and updated, it may be held no longer, it is to be erased."""

VERSION, STANDING = 0, 1
"""Places in what a thread holds of a field."""


def keep(data: Mapping[str, Any]) -> Step:
    """Make the step to these data, and the grant as the gatekeeper judges by it."""
    ended = tuple(Ended(*end) for end in data.get("ended", ()))
    grant = Grant(data["grant"], data["agreement"], data["until"], (data["grant"],), ended)
    return Step(data, (Keep("grants", grant.id, grant),))


def lowered(data: Mapping[str, Any], paths: tuple[str, ...] | None, standing: int) -> dict[str, Any]:
    """Data in which these fields, or all, stand at most that well; what is not there is passed over."""
    fields = {
        path: [version, max(before, standing) if paths is None or path in paths else before]
        for path, (version, before) in data["fields"].items()
    }
    return {**data, "fields": fields}


def ended(act: Act, data: Mapping[str, Any]) -> Step:
    """Note that the sender ended the grant: once for each party, in order of persona id."""
    before = [list(end) for end in data.get("ended", ())]
    if all(sender != act.sender for sender, *_ in before):
        before.append([act.sender, act.generation, act.number, act.id])
    return keep({**data, "ended": sorted(before)})


def lower(act: Act, thread: Thread, paths: tuple[str, ...] | None, standing: int) -> Step:
    """What the giver takes back: some fields, or all and the grant with them."""
    data = lowered(thread.data, paths, standing)
    return Step(data) if paths is not None else ended(act, data)
