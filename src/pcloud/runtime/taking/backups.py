"""When the last copy of what was deleted here is gone (spec 09 §7): computed from what this node keeps."""

from typing import Final, NamedTuple, cast

from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.keeping.agreeing import DAYS_ASKED
from pcloud.runtime.keeping.places import FULL_EVERY_S
from pcloud.runtime.keeping.progress import DAY_S, read
from pcloud.wire import cbor

SPARE_S: Final = DAY_S
"""For what is under way when something is deleted, and for a copy that is let go a little late."""


class Settings(NamedTuple):
    """What the owner has set, as decisions read it: a decision knows nothing but what is stored."""

    confirms: bool = False
    """Whether the owner's own systems say what became of fields, and not the node."""
    days: int = 35
    """How long copies are kept that the owner makes beside the node's."""


def note(batch: Batch, settings: Settings) -> None:
    """Keep them, at the start of the node."""
    written = cbor.encode(list(settings))
    if batch.fact(facts.TAKING) != written:
        batch.changes.facts[facts.TAKING] = written


def settings(batch: Batch) -> Settings:
    """As they were at the last start."""
    written = batch.fact(facts.TAKING)
    return Settings() if written is None else Settings(*cast("tuple[bool, int]", cbor.decode_list(written)))


def gone_by(batch: Batch) -> int:
    """When no copy has any more what is deleted now, in seconds since 1970.

    Copies stand in the node's own folder, in the one that the owner named, and at holders. Each place gets a
    full copy without it soon, and keeps the older ones for its days from then on. A place that is used no
    more counts as if it were.
    """
    places = batch.store.copying.facts(facts.KEEPING).values()
    spans = [read(written).lasting_s for written in places]
    spans.append(int(batch.fact(facts.LASTING) or 0))  # also of before a recovery, and of longer terms
    longest = max([FULL_EVERY_S + DAYS_ASKED * DAY_S, settings(batch).days * DAY_S, *spans])
    return batch.now + longest + SPARE_S
