"""How Hypothesis searches: freely on a desk, the same way every time where nobody watches."""

import os

from hypothesis import HealthCheck, Phase, settings

# A deadline measures the machine, not the code; the limits of time and memory have tests of their own.
settings.register_profile("desk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("desk"), derandomize=True, database=None)
# The mutation runner needs one counterexample, not the smallest.
settings.register_profile(
    "mutants",
    parent=settings.get_profile("ci"),
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
)
# `make check` looks less far; `make test` and CI look as far as they can.
settings.register_profile("quick", parent=settings.get_profile("ci"), max_examples=25)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "desk"))
