"""`pcloud`, for somebody who does not care what terms say: its node sends what they forbid.

It is here to show that this gains nothing: whoever is asked judges by the same terms, refuses, and counts.
"""

from pcloud.cli.main import main
from pcloud.kernel.gate import Clause, Policy, Rosters
from pcloud.runtime.rosters import Loaded

ANYTHING = Policy((Clause("anything", allowed=True),), onward=True)


def read_carelessly(loaded: Loaded) -> Rosters:
    """All terms of a roster, as if each of them allowed everything."""
    return {key: terms._replace(policy=ANYTHING) for key, terms in loaded.roster.standards().items()}


if __name__ == "__main__":
    Loaded.standards = property(read_carelessly)  # type: ignore[assignment]  # in this process only
    main()
