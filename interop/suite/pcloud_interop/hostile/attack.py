"""What an attack is: a sentence, the rules that it breaks, and what the protocol shows of its refusal."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, NamedTuple

from pcloud_interop.result import Check

LEVEL: Final = 3
PREFIX: Final = "hostile-"
"""Of the parts that hold attacks."""
ROLES: Final = ("guest", "host")
"""Of the node that is attacked: who connects, and who invites."""


class Scene(StrEnum):
    """How far the two have come when the attack begins."""

    STRANGERS = "strangers"
    ASKED = "asked"
    """One has asked to be let in, and nobody has answered."""
    RELATED = "related"
    AGREED = "agreed"
    """Under terms, of which the person is the first party."""
    GIVEN = "given"
    """The organisation holds one field of the person, under them."""
    OWED = "owed"
    """Related; the node has said a word, and its peer has it and sends no receipt."""


class Shows(StrEnum):
    """What a node shows of the refusal."""

    VERDICT = "its receipt lists the code"
    ANSWER = "a signed answer of that kind"
    SILENCE = "nothing"
    COMMAND = "its owner's command is refused"
    CARRIER = "the carrier's answer, or the end of the connection"


class After(StrEnum):
    """How the story goes on."""

    SPEAKS = "both speak and are heard"
    HEARS = "the node speaks and is heard; the line of the attacker is halted"
    OTHERS = "all others of the node go on"


Play = Callable[[Any], Any]
"""Given the ground, it attacks; gives the messages whose verdict is asked for, if any."""


class Attack(NamedTuple):
    """One attack."""

    chapter: str
    part: str
    name: str
    rules: tuple[str, ...]
    sent: str
    """What is sent, in a sentence."""
    stage: str
    code: str
    shows: Shows
    scene: Scene
    roles: tuple[str, ...]
    after: After
    play: Play

    @property
    def check(self) -> Check:
        """As it is counted."""
        return Check(LEVEL, self.chapter, self.part, self.name, self.rules)


ATTACKS: Final[list[Attack]] = []
"""All of them, in the order in which they are played."""


def attack(
    chapter: str,
    rules: str,
    *,
    refused: str,
    shows: Shows = Shows.VERDICT,
    scene: Scene = Scene.RELATED,
    roles: tuple[str, ...] = ROLES,
    after: After = After.SPEAKS,
) -> Callable[[Play], Play]:
    """Let a function be played. `refused` is stage and code; its docstring says what is sent."""

    def told(play: Play) -> Play:
        stage, _, code = refused.partition(" ")
        part = PREFIX + play.__module__.rpartition(".")[2]
        name, sent = play.__name__.replace("_", "-"), (play.__doc__ or "").strip()
        known = chapter, part, name, tuple(rules.split()), sent, stage, code
        ATTACKS.append(Attack(*known, shows, scene, roles, after, play))
        return play

    return told
