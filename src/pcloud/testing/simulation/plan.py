"""What a seed stands for: how many machines, which faults, how often, how long, and who does what when.

Swarm testing: the seed first draws which faults there are at all, so that each is also seen without the
others (Groce et al., "Swarm testing", ISSTA 2012). Everything that happens is drawn here, each with a seed of
its own, so that one thing can be left out and all others stay as they are.
"""

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

HOUR_S: Final = 3_600
DAY_S: Final = 86_400

SPANS_S: Final = {120: 30, 900: 30, 2 * HOUR_S: 14, 8 * HOUR_S: 3, 2 * DAY_S: 1}
"""How long chaos lasts, and how often that is drawn."""
SIZES: Final = {2: 12, 3: 5, 4: 2, 5: 1}
"""How many nodes there are, and how often that is drawn."""
DEEDS_MAX: Final = 40
"""What owners do, at most, without the meeting of each two."""

RELAYED: Final = 0.25
"""In how many worlds there is a relay, honest or not."""
LOST: Final = 0.25
"""In how many worlds a machine is lost, and comes back from a copy."""

PACKET_FAULTS: Final = ("loss", "double", "swap", "late")
"""What befalls packets all the time, where it is on."""
FAULTS: Final = ("crash", "crash-at-commit", "power", "fail", "fill", "part", "part-one-way", "clog", "clock")
"""What befalls machines and paths from time to time, where it is on, with how often it is drawn."""


class Role(NamedTuple):
    """One machine."""

    name: str
    kind: str
    listens: bool = True
    """Whether it opens a port; where not, a relay keeps what is sent to it."""


RELAY: Final = Role("Relay", "organisation")
PEOPLE: Final = (
    Role("Anna", "person"),
    Role("Flora", "organisation"),
    Role("Bert", "person"),
    Role("Gilda", "organisation"),
    Role("Clara", "person"),
)


class Event(NamedTuple):
    """One thing that happens."""

    number: int
    at_s: float
    """Since the world began."""
    what: str
    """The name of a deed or of a fault."""
    who: int
    """Which machine."""
    seed: str
    """For all that is drawn while it happens."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One world."""

    seed: int
    roles: tuple[Role, ...]
    relay: Literal["none", "honest", "lying"]
    """Where there is one, it is one machine more, behind those of the roles."""
    span_s: int
    rates: Mapping[str, float]
    """How many packets each fault of packets befalls, between 0 and 1."""
    late_s_max: int
    events: tuple[Event, ...]

    def without(self, numbers: Collection[int], calm: Collection[str]) -> "Plan":
        """The same world without some of its events, and without some faults of packets."""
        events = tuple(event for event in self.events if event.number not in numbers)
        rates = {name: 0.0 if name in calm else rate for name, rate in self.rates.items()}
        return replace(self, events=events, rates=rates)


def draw(seed: int, deeds: Mapping[str, int]) -> Plan:
    """The world of a seed; `deeds` says how often each deed is drawn."""
    dice = random.Random(f"plan/{seed}")
    span_s, size = _one_of(dice, SPANS_S), _one_of(dice, SIZES)
    relay: Literal["none", "honest", "lying"] = "none"
    roles = PEOPLE[:size]
    if dice.random() < RELAYED:
        relay = dice.choice(("honest", "lying"))
        roles = tuple(role._replace(listens=dice.random() < 0.4) for role in roles)
    on = {fault for fault in (*PACKET_FAULTS, *FAULTS) if dice.random() < 0.4}
    rates = {
        "loss": dice.choice((0.02, 0.1, 0.3)),
        "double": dice.choice((0.02, 0.2, 0.5)),
        "swap": dice.choice((0.05, 0.3)),
        "late": dice.choice((0.01, 0.1)),
    }
    victim = dice.randrange(size)  # what two machines have lost, nobody has any more (spec 06)
    events = [*_meetings(dice, size, span_s), *_deeds(dice, size, span_s, deeds)]
    machines = size + (relay != "none")
    events += _faults(dice, machines, span_s, sorted(on & set(FAULTS)))
    if dice.random() < LOST:
        events += [(dice.uniform(0, span_s), "lose", victim) for _ in range(dice.randint(1, 2))]
    events.sort()
    return Plan(
        seed,
        roles,
        relay,
        span_s,
        {fault: rates[fault] if fault in on else 0.0 for fault in PACKET_FAULTS},
        late_s_max=dice.choice((60, 2 * HOUR_S, 2 * DAY_S)),
        events=tuple(Event(number, *event, f"{seed}/{number}") for number, event in enumerate(events)),
    )


Drawn = tuple[float, str, int]


def _one_of(dice: random.Random, weights: Mapping[int, int]) -> int:
    return dice.choices(list(weights), list(weights.values()))[0]


def _meetings(dice: random.Random, size: int, span_s: int) -> list[Drawn]:
    """Everybody meets somebody at the beginning; the first two each other."""
    soon = dice.choice((1.0, span_s / 10))
    return [(dice.uniform(0, soon), "meet", who) for who in range(size) if size > 2 or who == 0]


def _deeds(dice: random.Random, size: int, span_s: int, deeds: Mapping[str, int]) -> list[Drawn]:
    """What owners do: each world has its own habits."""
    names = [name for name in deeds if dice.random() < 0.7] or list(deeds)
    weights = [deeds[name] for name in names]
    return [
        (dice.uniform(0, span_s), dice.choices(names, weights)[0], dice.randrange(size))
        for _ in range(dice.randint(5, DEEDS_MAX))
    ]


def _faults(dice: random.Random, size: int, span_s: int, on: list[str]) -> list[Drawn]:
    return [
        (dice.uniform(0, span_s), fault, dice.randrange(size))
        for fault in on
        for _ in range(dice.randint(1, 4))
    ]
