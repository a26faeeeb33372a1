"""A surface that writes down what it is asked and gives fixed answers: the API's other end in these tests."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from tests.contract.api import consenting, taking

from pcloud.runtime.cares import Care
from pcloud.runtime.giving.views import (
    Answered,
    Ask,
    Disclosed,
    Disclosure,
    Known,
    Ledger,
    LedgerRow,
    RefusedAsk,
    WantedField,
)
from pcloud.runtime.recording.views import Carried, Kind, Property, Record, Stored
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
    Negotiations,
    News,
    Peer,
    People,
    Recovery,
    Relay,
    RelayStats,
    Status,
    Terms,
    Unaffirmed,
)

STATUS = Status("Anna", "person", "0.1.0", 1, "127.0.0.1:7012", ["https://a.example"], 2, 1, 0, 4096)
INVITATION = Invitation("aa11", "pcloud:contact/1/x", "to meet", None, 1, 0, 10, 96_400, "open")
CONTACT = Contact("bb22", "out", "Blüte & Söhne", "flowers", "pending", "organisation", None, 5, "oak elm")
PEER = Peer("cc33", "Anna", "active", ["SD-BASE"], "active", "paused", 9, "person", "p", None, "1 2", 0)
ENTRY = Entry(7, "dd44", 11, mine=True, what="conversation.say", thread="ee55", verdict=None, text="hello")
TERMS = Terms("SD-BASE", "Base", "in short", "roster", None)
NEGOTIATION = Negotiation(
    "ff66",
    "cc33",
    "SD-BASE",
    "Base",
    "proffered",
    mine=True,
    turn="theirs",
    expires=1,
    until=None,
    sealed=None,
    agreement=None,
    ended=None,
)

HOLDING = Holding(
    "peer",
    "ee55",
    "cc33",
    "Anna",
    "kept",
    2**30,
    90,
    1_800_000_000,
    current=True,
    checked=1_800_000_000,
)
HOLDER_STATS = HolderStats(True, False, 2**30, 90, 1, 40_960, 3)  # noqa: FBT003 - in the order of the view

UNAFFIRMED = Unaffirmed(
    "cc33",
    "Anna",
    "dd44",
    11,
    "conversation.say",
    "ee55",
    restricts=False,
    suspended=False,
    rejectable=True,
    text="hello",
)
RECOVERY = Recovery(
    2,
    created=1,
    recovered=5,
    held_until=4,
    unfinished=False,
    unanswered=["cc33"],
    stopped=[],
    unaffirmed=1,
)

RELAY = Relay(
    "cc33",
    "Relay",
    "granted",
    chosen=True,
    connected=True,
    endpoints=["https://r.example"],
    used=3,
    spare=16,
    left=1,
    collected=40,
)
RELAY_STATS = RelayStats("granted", 5, 6, 7_000, 8, 9, 0, ["cc33"])
MOVE = Move("cc33", ["https://r.example"], moving=True, followed=4, laggards=[Laggard("cc33", "Anna", 8)])

ASK = Ask(
    "ab12",
    "cc33",
    "Flora",
    "organisation",
    None,
    "SD-BASE",
    "in short",
    "dpv:Use",
    ["dpv:DeliveryOfGoods"],
    "to use it for delivery of goods",
    10,
    20,
    30,
    standing=True,
    onward=None,
    over_asked=7,
    wanted=[WantedField("profile.name", "name", True, True, False, True, "Anna")],  # noqa: FBT003 - as above
)
REFUSED_ASK = RefusedAsk("dd44", "cc33", "Flora", 11, "disclosure.request", "no-marketing", "SD-BASE")
ANSWERED = Answered("ab12", "cc33", ["profile.name"], {"profile.email": "not-held"}, 30, standing=True)
LEDGER_ROW = LedgerRow(
    "profile.name",
    "name",
    "cc33",
    "Flora",
    "ab12",
    1,
    1,
    2,
    lagging=True,
    state="sent",
    since=11,
    until=30,
    ending=False,
    standing=True,
    purposes=["dpv:DeliveryOfGoods"],
    terms="SD-BASE",
    onward=None,
    backups=None,
)
LEDGER = Ledger([LEDGER_ROW], "aa.bb.profile.name")
KNOWN = Known("cc33", [LEDGER_ROW], more=True)
DISCLOSURE = Disclosure(
    7, 11, "cc33", "Flora", "given", mine=True, paths=["profile.name"], labels=["name"], backups=None
)

RECORD = Record("receipts/7fQ2", "Receipt", 2, {"seller": "Flora"}, 9, "owner", 2, 1, ["odd"])
STORED = Stored("receipts/7fQ2", "new", 1, 2, None)
CARRIED = Carried("receipts/7fQ2", 2, {"seller": "Flora"}, 9, "import:mail")
KIND = Kind("receipts", "Receipt", True, "a text", [Property("seller", "a text", False)])  # noqa: FBT003 - as above

ANSWERS: dict[str, Any] = {
    **consenting.ANSWERS,
    **taking.ANSWERS,
    "data_set": RECORD,
    "data_put": [STORED],
    "data_get": RECORD,
    "data_list": [RECORD],
    "data_history": [RECORD],
    "data_search": [RECORD],
    "data_delete": RECORD,
    "data_versions": [CARRIED],
    "data_take": [STORED],
    "vocabulary": [KIND],
    "asks": [ASK],
    "show_ask": ASK,
    "answer": ANSWERED,
    "refused_asks": [REFUSED_ASK],
    "share": ANSWERED,
    "ledger": LEDGER,
    "known": [KNOWN],
    "disclosed": Disclosed([DISCLOSURE], 5),
    "revoke": LEDGER,
    "erase": LEDGER,
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
    "people": People([PEER], 3, "Flora"),
    "peer": PEER,
    "pause": PEER,
    "resume": PEER,
    "close": PEER,
    "rotate": PEER,
    "say": ENTRY,
    "log": [ENTRY],
    "news": [News("cc33", "Flora", ENTRY)],
    "export": bytes(range(256)),
    "rosters": [TERMS],
    "terms": [NEGOTIATION],
    "negotiations": Negotiations([NEGOTIATION], 7),
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
    "discover": [Nearby("192.0.2.1", 7012, "token")],
    "announce": None,
    "care": Care(
        interrupted=False, recovered=5, elsewhere=True, moving=False, keep_for=["Rose"], behind=[None]
    ),
    "doctor": [Check("clock", ok=True, detail="exact")],
    "metrics": b"pcloud_peers 2\n",
}

READING = (
    consenting.READING
    | taking.READING
    | frozenset(
        "holders holder_stats asks show_ask refused_asks ledger data_get data_list data_history vocabulary "
        "relay_stats relays moving backup review recovery status invitations contacts peers peer log "
        "disclosed rosters terms negotiations news show_terms happenings care doctor metrics".split()
    )
)
"""What changes nothing, so that a GET may do it."""


class Recorder:
    """Every method of `Surface`, with its own parameters."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers = dict(ANSWERS)
        self.fault: Exception | None = None
        self.asked = asyncio.Event()
        self.released = asyncio.Event()
        """Cleared, answers wait."""
        self.released.set()
        self.happened: list[Happening] = []
        self.stopped = False
        self.listening = 0
        self.changed = asyncio.Condition()

    def __getattr__(self, operation: str) -> Callable[..., Awaitable[Any]]:
        wanted = inspect.signature(getattr(Surface, operation))

        async def called(*given: Any, **named: Any) -> Any:
            bound = wanted.bind(self, *given, **named)
            bound.apply_defaults()
            self.calls.append(
                (operation, {name: value for name, value in bound.arguments.items() if name != "self"})
            )
            self.asked.set()
            await self.released.wait()
            if self.fault is not None:
                raise self.fault
            return self.answers[operation]

        return called

    async def happenings(self, *, after: int | None = None) -> AsyncIterator[Happening]:
        """What `happen` says, from now on or after a number."""
        self.calls.append(("happenings", {"after": after}))
        place = len(self.happened) if after is None else after
        self.listening += 1
        try:
            while True:
                async with self.changed:
                    self.changed.notify_all()
                    while not self.stopped and len(self.happened) <= place:
                        await self.changed.wait()
                    if len(self.happened) <= place:
                        return
                    found = self.happened[place]
                place += 1
                yield found
        finally:
            self.listening -= 1
            async with self.changed:
                self.changed.notify_all()

    async def backup(self) -> AsyncIterator[bytes]:
        """More than fits into one piece of anything."""
        self.calls.append(("backup", {}))
        for number in range(64):
            if self.fault is not None and number == 32:
                raise self.fault
            yield bytes([number]) * 10_000

    async def happen(self, what: str, *, listeners: int = 1) -> None:
        """Let something happen, once that many listen."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.listening >= listeners)
            self.happened.append(Happening(len(self.happened) + 1, what, "cc33"))
            self.changed.notify_all()

    async def stop(self) -> None:
        """End every stream, as a node that stops does."""
        async with self.changed:
            self.stopped = True
            self.changed.notify_all()
