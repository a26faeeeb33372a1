"""Receipts: what was asked for, given, refused and taken back, read from the log (spec 09 §11).

A receipt is never written: it is computed from signed messages whenever somebody wants to see it, so it
cannot say anything else than they do. It names paths and purposes, and holds no value (spec 09 §2.1).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pcloud.engine.fold import act_of, acts, merge
from pcloud.engine.registry import Registry
from pcloud.engine.snapshot import Entry
from pcloud.features.disclosure.decline import DisclosureDecline
from pcloud.features.disclosure.erase import DisclosureErase
from pcloud.features.disclosure.erased import DisclosureErased
from pcloud.features.disclosure.fields import paths_of
from pcloud.features.disclosure.present import DisclosurePresent
from pcloud.features.disclosure.request import DisclosureRequest
from pcloud.features.disclosure.revoke import DisclosureRevoke
from pcloud.features.disclosure.update import DisclosureUpdate
from pcloud.kernel.context import Act

What = Literal["asked", "given", "declined", "refused", "updated", "withdrawn", "given-up", "erase", "erased"]
By = Literal["giver", "taker"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was said; who said it has signed it."""

    at: int
    """By the clock of who said it; seconds since 1970."""
    what: What
    by: By
    message: str
    """First id of the message."""
    paths: list[str] = field(default_factory=list)
    """What it is about; none where it is about all."""
    reasons: dict[str, str] = field(default_factory=dict)
    """Why something is not given, or has to be kept, by path."""
    backups: int | None = None
    """When the last copy of what was deleted is gone."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One question and what became of it, or something that was given unasked."""

    id: str
    """Of the thread; of the message where it was refused before it had one."""
    peer: str
    """Id of the relationship."""
    name: str | None
    """The peer's."""
    mine: bool
    """Whether the data are this node's owner's; else the peer's."""
    giver: str
    """Persona ids in this relationship, as hex."""
    taker: str
    terms: str
    """Id of the terms that it was asked under."""
    agreement: str
    state: Literal["asked", "given", "declined", "refused", "withdrawn", "expired"]
    action: str
    purposes: list[str]
    wanted: dict[str, bool]
    """What was asked for, and whether they said that they cannot do without it."""
    given: list[str]
    """What they may hold now."""
    declined: dict[str, str]
    """Why not, by what was asked for."""
    until: int | None
    standing: bool
    onward: str | None
    clause: str | None = None
    """What of the terms forbade it, where it was refused."""
    rules: list[str] = field(default_factory=list)
    """Ids of the owner's rules that answered; none where the owner did."""
    events: list[Event] = field(default_factory=list)


class Refused(NamedTuple):
    """A message that the terms forbade; of what it asked for nothing is kept."""

    id: bytes
    at: int
    clause: str
    agreement: bytes


class Known(NamedTuple):
    """What of a relationship stands beside its log."""

    peer: str
    name: str | None
    me: bytes
    """Own persona."""
    other: bytes
    now: int
    terms: Mapping[bytes, str]
    """Id of the terms of each agreement."""
    unaffirmed: frozenset[bytes] = frozenset()
    rules: Mapping[bytes, tuple[str, ...]] = {}
    """Rules that answered, by thread."""


class _Story:
    """What the entries of one thread say, in their order."""

    def __init__(self) -> None:
        self.request: DisclosureRequest | None = None
        self.present: DisclosurePresent | None = None
        self.held: list[str] = []
        self.declined: dict[str, str] = {}
        self.events: list[Event] = []
        self.over = False
        """Whether the grant was ended as a whole, or the question declined."""

    def take(self, act: Act, giver: bytes) -> None:
        """One message that acts."""
        body = act.message
        by: By = "giver" if act.sender == giver else "taker"
        if isinstance(body, DisclosureRequest):
            self.request = body
            self._tell(act, "asked", by, [each.path for each in body.wanted])
        elif isinstance(body, DisclosurePresent):
            self.present, self.held = body, list(paths_of(body.fields))
            self.declined = dict(body.declined or ())
            self._tell(act, "given", by, self.held)
            if self.declined:
                self._tell(act, "declined", by, list(self.declined), self.declined)
        elif isinstance(body, DisclosureDecline):
            wanted = [each.path for each in self.request.wanted] if self.request is not None else []
            given = dict(body.declined or ())
            self.declined = {path: given.get(path, body.reason or "") for path in wanted}
            reasons = {path: reason for path, reason in self.declined.items() if reason}
            self.over = True
            self._tell(act, "declined", by, wanted, reasons)
        elif isinstance(body, DisclosureUpdate):
            self._tell(act, "updated", by, list(paths_of(body.fields)))
        elif isinstance(body, DisclosureRevoke | DisclosureErase):
            self._take_back(act, body, by)
        elif isinstance(body, DisclosureErased):
            gone, kept = list(paths_of(body.fields)), dict(body.kept or ())
            self._tell(act, "erased", by, [*gone, *kept], kept, body.backups)

    def _take_back(self, act: Act, body: DisclosureRevoke | DisclosureErase, by: By) -> None:
        what: What = "erase" if isinstance(body, DisclosureErase) else "withdrawn"
        self.held = [] if body.paths is None else [path for path in self.held if path not in body.paths]
        self.over = self.over or body.paths is None
        self._tell(act, "given-up" if by == "taker" else what, by, list(body.paths or ()))

    def _tell(
        self,
        act: Act,
        what: What,
        by: By,
        paths: list[str],
        reasons: Mapping[str, str] | None = None,
        backups: int | None = None,
    ) -> None:
        told = Event(act.time, what, by, act.id.hex(), list(paths), dict(reasons or {}), backups)
        self.events.append(told)


_SAID = (
    DisclosureRequest.NAME,
    DisclosurePresent.NAME,
    DisclosureDecline.NAME,
    DisclosureUpdate.NAME,
    DisclosureRevoke.NAME,
    DisclosureErase.NAME,
    DisclosureErased.NAME,
)


def events_of(act: Act, giver: bytes) -> list[Event]:
    """What one message says for itself, without the others of its thread. `giver`: persona id."""
    story = _Story()
    story.take(act, giver)
    return story.events


def receipt(said: Iterable[Entry], registry: Registry, known: Known) -> Receipt | None:
    """The receipt of one thread; None where nothing was asked for or given in it."""
    acting = merge(
        entry
        for entry in said
        if entry.signed.header.name in _SAID and acts(entry, registry, known.unaffirmed)
    )
    if not acting:
        return None
    order = [act_of(registry, entry.signed, entry.parts) for entry in acting]
    asks = isinstance(order[0].message, DisclosureRequest)
    giver = known.me if asks is not (order[0].sender == known.me) else known.other
    thread, story = acting[0].signed.thread_id, _Story()
    for act in order:
        story.take(act, giver)
    grant = story.present or story.request
    if grant is None:
        return None
    wanted = () if story.request is None else story.request.wanted
    return Receipt(
        thread.hex(),
        known.peer,
        known.name,
        giver == known.me,
        giver.hex(),
        (known.other if giver == known.me else known.me).hex(),
        known.terms.get(grant.agreement, ""),
        grant.agreement.hex(),
        _state(story, grant.until, known.now),
        grant.action,
        list(grant.purposes),
        {each.path: each.required for each in wanted},
        story.held,
        story.declined,
        grant.until,
        grant.standing,
        grant.onward,
        rules=list(known.rules.get(thread, ())),
        events=story.events,
    )


def _state(
    story: _Story, until: int, now: int
) -> Literal["asked", "given", "declined", "withdrawn", "expired"]:
    if story.present is None:
        return "declined" if story.over else "expired" if until < now else "asked"
    if story.over or not story.held:
        return "withdrawn"
    return "expired" if until < now else "given"


def refusal(refused: Refused, known: Known) -> Receipt:
    """The receipt of something that went beyond the terms: this node refused it."""
    return Receipt(
        refused.id.hex(),
        known.peer,
        known.name,
        mine=True,
        giver=known.me.hex(),
        taker=known.other.hex(),
        terms=known.terms.get(refused.agreement, ""),
        agreement=refused.agreement.hex(),
        state="refused",
        action="",
        purposes=[],
        wanted={},
        given=[],
        declined={},
        until=None,
        standing=False,
        onward=None,
        clause=refused.clause,
        events=[Event(refused.at, "refused", "giver", refused.id.hex())],
    )
