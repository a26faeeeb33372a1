"""Who knows what, as a picture: people by kinds of data, each place coloured by how it stands. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from pcloud.home import vocabulary
from pcloud.home.marking import mark as _
from pcloud.runtime.giving.views import Known, LedgerRow
from pcloud.runtime.views import Peer
from pcloud.web.naming import kind_at

STANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "trouble": _("they refused it, or need more"),
        "lagging": _("on its way"),
        "leaving": _("being deleted"),
        "ending": _("ends soon"),
        "kept": _("they have to keep it"),
        "current": _("up to date"),
    }
)
"""How things stand that somebody has, what needs the owner's eye first."""

_GONE: Final = frozenset({"revoked", "erased", "over"})
_TROUBLE: Final = frozenset({"refused", "need-more"})
_SIZES: Final = (1, 2, 4)
"""From how many things on a dot is larger."""


@dataclass(slots=True)
class Dot:
    """What somebody has of one kind."""

    kind: str
    """The kind's place, or what a path of no kind begins with."""
    count: int = 0
    stands: str = "current"

    @property
    def size(self) -> int:
        """1 to 3: how large it is drawn."""
        return sum(self.count >= least for least in _SIZES)


@dataclass(frozen=True, slots=True)
class Person:
    """One row of the picture."""

    peer: Peer
    more: bool
    """Whether they have more than is counted here."""
    dots: Mapping[str, Dot]


@dataclass(frozen=True, slots=True)
class Picture:
    """People by kinds."""

    kinds: Sequence[str] = ()
    people: Sequence[Person] = field(default_factory=list)

    @property
    def stand(self) -> frozenset[str]:
        """How things stand that are in it."""
        return frozenset(dot.stands for person in self.people for dot in person.dots.values())


def stands(row: LedgerRow) -> str | None:
    """How one thing stands, in a word of `STANDS`; None where they have it no longer."""
    if row.state in _GONE:
        return None
    if row.state in _TROUBLE:
        return "trouble"
    if row.state == "erasing":
        return "leaving"
    if row.state == "kept":
        return "kept"
    if row.lagging:
        return "lagging"
    return "ending" if row.ending else "current"


def picture(peers: Iterable[Peer], known: Iterable[Known]) -> Picture:
    """Of the people who have something; the kinds in the order of the vocabulary, others behind them."""
    by_id = {each.peer: each for each in known}
    people = [_person(peer, by_id[peer.id]) for peer in peers if peer.id in by_id]
    people = [each for each in people if each.dots]
    there = {kind for each in people for kind in each.dots}
    order = {place: number for number, place in enumerate(vocabulary.kinds())}
    return Picture(sorted(there, key=lambda place: (order.get(place, len(order)), place)), people)


def _person(peer: Peer, known: Known) -> Person:
    dots: dict[str, Dot] = {}
    for row in known.rows:
        how = stands(row)
        if how is None:
            continue
        dot = dots.setdefault(kind_at(row.path), Dot(kind_at(row.path)))
        dot.count += 1
        dot.stands = min(dot.stands, how, key=list(STANDS).index)
    return Person(peer, known.more, dots)
