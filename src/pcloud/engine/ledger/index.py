"""What one thread says of its fields, as a store finds it again by path (spec 09 §10).

The ledger itself is computed from the log (`projection`). This is the part of it that a thread alone tells,
so that nobody has to look through all relationships to know who holds something.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from pcloud.features.disclosure.grant import GRANTED, STANDING, VERSION
from pcloud.features.disclosure.machine import GIVEN, MACHINE
from pcloud.features.disclosure.machine import GRANTED as ANSWERED
from pcloud.kernel.gate import Agreement
from pcloud.kernel.thread import Thread

DISCLOSURE: Final = MACHINE.name
"""The machine of the threads that this is about."""


class Given(NamedTuple):
    """One field of one grant, as its thread has it. Ids and versions, never a value."""

    path: str
    scope: bytes
    thread: bytes
    mine: bool
    """Whether the owner of this node is the giver."""
    version: int
    """The newest that was given."""
    standing: int
    """0 granted, 1 taken back, 2 to be erased."""
    follows: bool
    """Whether later versions are to follow."""
    until: int
    """The end of the grant, in seconds since 1970."""
    agreement: bytes
    over: bool
    """Whether the grant or its agreement was ended before its day."""
    erased: int
    """Up to which version the taker has signed that it deleted the field; 0 for none."""

    @property
    def held(self) -> bool:
        """Whether the taker may have it, as far as messages say; the day of the grant is not looked at."""
        return self.standing == GRANTED and not self.over and self.erased < self.version


def fields_of(
    thread: Thread, scope: bytes, me: bytes, agreements: Mapping[bytes, Agreement]
) -> Iterator[Given]:
    """Every field of a thread of this machine, in the order of paths; none where it is no grant.

    `me` is the persona id of this side, `agreements` are those of the relationship.
    """
    if thread.state not in (ANSWERED, GIVEN):
        return
    data = thread.data
    mine = (thread.opener == me) is (thread.state == GIVEN)
    over = "ended" in data or is_over(data["agreement"], agreements)
    erased = data.get("erased", {})
    for path, field in sorted(data["fields"].items()):
        deleted, _ = erased.get(path, (0, 0))
        yield Given(
            path,
            scope,
            thread.id,
            mine,
            field[VERSION],
            field[STANDING],
            data["standing"],
            data["until"],
            data["agreement"],
            over,
            deleted,
        )


def is_over(agreement: bytes, agreements: Mapping[bytes, Agreement]) -> bool:
    """Whether an agreement was ended, or is none of these."""
    found = agreements.get(agreement)
    return found is None or bool(found.ended)
