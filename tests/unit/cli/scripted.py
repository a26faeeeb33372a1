"""A node that answers what a test gives it, and notes what it is asked: the other end of the command line."""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pcloud.cli.main import run
from pcloud.cli.place import Place
from pcloud.runtime.surface import Surface
from pcloud.runtime.views import (
    Check,
    Contact,
    Decided,
    Entry,
    Happening,
    HolderStats,
    Holding,
    Invitation,
    Laggard,
    Move,
    Nearby,
    Negotiation,
    Peer,
    Recovery,
    Relay,
    RelayStats,
    Status,
    Terms,
    Unaffirmed,
)
from pcloud.wire.invitation import Link, write_link

ID = "ab12" * 16
LINK = write_link(Link("https://a.example:7012", bytes(16), bytes(32), bytes(16)))
"""A link whose host is `a.example`."""

STATUS = Status("Anna", "person", "0.1.0", 1_800_000_000, "127.0.0.1:7012", [], 2, 1, 0, 40_960)
INVITATION = Invitation(ID, LINK, "flowers", "florist", 1, 0, 1_800_000_000, 4_000_000_000, "open")
CONTACT = Contact(
    ID,
    "out",
    "Rose",
    "flowers",
    "pending",
    "organisation",
    None,
    1_800_000_000,
    "two words",
    ["SD-BASE"],
    "a.example",
)
PEER = Peer(
    ID, "Rose", "active", ["SD-BASE"], "active", "paused", None, "organisation", "flowers", None, "1234", 0
)
ENTRY = Entry(
    7, ID, 1_800_000_000, mine=True, what="conversation.say", thread=ID, verdict=None, text="Good morning"
)
NEGOTIATION = Negotiation(
    ID,
    ID,
    "SD-BASE",
    "Base",
    "proffered",
    mine=True,
    turn="theirs",
    expires=4_000_000_000,
    until=None,
    sealed=None,
    agreement=None,
    ended=None,
)
TERMS = Terms("SD-BASE", "Base", "Only what you asked for.", "customer-commons", None)
CHECK = Check("clock", ok=True, detail="is right")
HAPPENING = Happening(3, "conversation.say", ID, ID, "applied")
NEARBY = Nearby("192.0.2.7", 7012, "token")

HOLDING = Holding(
    "peer",
    ID,
    ID,
    "Rose",
    "kept",
    2**30,
    90,
    1_800_000_000,
    current=True,
    checked=1_800_000_000,
)
HOLDER_STATS = HolderStats(True, False, 2**30, 90, 1, 40_960, 3)  # noqa: FBT003 - in the order of the view

UNAFFIRMED = Unaffirmed(
    ID,
    "Rose",
    ID,
    1_800_000_000,
    "relationship.close",
    ID,
    restricts=True,
    suspended=True,
    rejectable=True,
)
RECOVERY = Recovery(
    2,
    created=1_800_000_000,
    recovered=1_800_000_600,
    held_until=1_800_000_500,
    unfinished=False,
    unanswered=[ID],
    stopped=[],
    unaffirmed=1,
)

RELAY = Relay(
    ID,
    "Rose",
    "granted",
    chosen=True,
    connected=True,
    endpoints=["https://r.example"],
    used=3,
    spare=16,
    left=1,
    collected=40,
)
RELAY_STATS = RelayStats("granted", 5, 6, 7_000, 8, 9, 0, [ID])
MOVE = Move(ID, ["https://r.example"], moving=True, followed=4, laggards=[Laggard(ID, "Rose", 1_800_000_000)])

ANSWERS: dict[str, Any] = {
    "holders": [HOLDING],
    "holder_ask": HOLDING,
    "holder_remove": None,
    "holder_check": [HOLDING],
    "holder_grant": HOLDING,
    "holder_serve": HOLDER_STATS,
    "holder_stats": HOLDER_STATS,
    "relay_serve": RELAY_STATS,
    "relay_invite": INVITATION,
    "relay_grant": PEER,
    "relay_stats": RELAY_STATS,
    "relay_use": RELAY,
    "relays": [RELAY],
    "move": MOVE,
    "moving": MOVE,
    "status": STATUS,
    "invite": INVITATION,
    "invitations": [INVITATION],
    "withdraw": None,
    "connect": CONTACT,
    "contacts": [CONTACT],
    "accept": CONTACT,
    "decline": CONTACT,
    "peers": [PEER],
    "peer": PEER,
    "pause": PEER,
    "resume": PEER,
    "close": PEER,
    "rotate": PEER,
    "say": ENTRY,
    "log": [ENTRY],
    "export": b"the file",
    "rosters": [TERMS],
    "terms": [NEGOTIATION],
    "show_terms": NEGOTIATION,
    "proffer": NEGOTIATION,
    "accept_terms": NEGOTIATION,
    "counter_terms": NEGOTIATION,
    "decline_terms": NEGOTIATION,
    "terminate_terms": NEGOTIATION,
    "review": [UNAFFIRMED],
    "affirm": Decided(1),
    "reject": Decided(1),
    "recovery": RECOVERY,
    "discover": [NEARBY],
    "announce": None,
    "doctor": [CHECK],
    "metrics": b"",
}


class Scripted:
    """Every method of the surface: answers from a table, or raises what stands there."""

    def __init__(self, **answers: Any) -> None:
        self.answers = ANSWERS | answers
        self.asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        if name not in self.answers and not hasattr(Surface, name):
            raise AttributeError(name)

        async def answer(*arguments: Any, **named: Any) -> Any:
            self.asked.append((name, arguments, named))
            found = self.answers[name]
            if isinstance(found, Exception):
                raise found
            return found(*arguments, **named) if callable(found) else found

        return answer

    async def happenings(self, *, after: int | None = None) -> AsyncIterator[Happening]:
        self.asked.append(("happenings", (), {"after": after}))
        yield HAPPENING
        yield dataclasses.replace(HAPPENING, number=None, what="acknowledged", peer=None)

    async def backup(self) -> AsyncIterator[bytes]:
        self.asked.append(("backup", (), {}))
        yield b"the "
        yield b"copy"

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self.asked]


def place_with(node: Any, folder: Path) -> Place:
    """A place with a node in it, which is this one."""
    (folder / "vault").touch()

    @asynccontextmanager
    async def reach(asked: Path) -> AsyncIterator[Surface]:
        assert asked == folder
        yield node

    return Place(folder=folder, reach=reach)


def typed(node: Any, folder: Path, *arguments: str) -> int:
    """Type a command to that node; gives the exit code."""
    return run(arguments, place_with(node, folder))
