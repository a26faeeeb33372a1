"""A scenario: a story of two nodes, told to every pair of implementations in both roles."""

from collections.abc import Callable
from typing import Final, NamedTuple

from pcloud_interop.live.pair import Pair

Story = Callable[[Pair], None]


class Scenario(NamedTuple):
    """One story, with the chapter that it shows most of."""

    chapter: str
    part: str
    name: str
    story: Story
    rules: tuple[str, ...]


SCENARIOS: Final[list[Scenario]] = []
"""All of them, in the order in which they are told."""


def scenario(chapter: str, *rules: str) -> Callable[[Story], Story]:
    """Let a function be told: its module and its name, with dashes, are those of the check."""

    def told(story: Story) -> Story:
        part = story.__module__.rpartition(".")[2]
        SCENARIOS.append(Scenario(chapter, part, story.__name__.replace("_", "-"), story, rules))
        return story

    return told
