"""What a page works with, and what it answers: one request of an owner, and a page or a way on."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Literal, NamedTuple

from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from pcloud.ambient.port import Clock, Entropy
from pcloud.api.events import Events
from pcloud.runtime.notifying import Notifying
from pcloud.runtime.surface import OwnerError, Surface
from pcloud.web.codes import Codes
from pcloud.web.devices.house import Devices
from pcloud.web.passphrases import Passphrases, Tries
from pcloud.web.scratch import Scratch
from pcloud.web.sessions import Notice, Session, Sessions
from pcloud.web.showing import advice

FORM_FIELD: Final = "form_token"
"""The field that shows that a form came from a page of this session."""


@dataclass(frozen=True, slots=True)
class Within:
    """The node that pages show."""

    surface: Surface
    events: Events
    keys: Passphrases
    scratch: Scratch
    devices: Devices
    notifying: Notifying | None = None


_OWN_PATH: Final = re.compile(r"/(?!/)[!-\[\]-~]{0,512}")
"""A path of this page: nothing that a browser could take for another site."""
DIGITS_MAX: Final = 18
"""Of a number in a query."""


@dataclass(frozen=True, slots=True)
class Site:
    """What all pages of one listener work with."""

    clock: Clock
    entropy: Entropy
    sessions: Sessions
    codes: Codes
    within: Within | None = None
    """None as long as the node is not made."""
    tries: Tries = field(default_factory=Tries)
    """Passphrases typed at the door of this machine."""


def own_path(path: str | None, otherwise: str = "/") -> str:
    """A place on this page to go on to, where that is one; never another site."""
    return path if path is not None and _OWN_PATH.fullmatch(path) else otherwise


@dataclass(frozen=True, slots=True)
class Visit:
    """One request. A page that needs no session may be visited without one."""

    site: Site
    request: web.Request
    session: Session | None
    form: Mapping[str, str] = field(default_factory=dict)
    """Of a POST: each field once, the first where it stands twice; see `fields` for the others."""
    fields: MultiDictProxy[str] = field(default_factory=lambda: MultiDictProxy(MultiDict()))

    @property
    def within(self) -> Within:
        """What only a node that is there has."""
        assert self.site.within is not None, "only the pages that make a node come before it"
        return self.site.within

    @property
    def surface(self) -> Surface:
        """The node."""
        return self.within.surface

    @property
    def now(self) -> int:
        """Seconds since 1970 UTC."""
        return self.site.clock.now()

    @property
    def confirmed(self) -> bool:
        """Whether the passphrase was typed in this visit a moment ago."""
        return self.session is not None and self.site.clock.since_boot() < self.session.confirmed_until

    def part(self, name: str) -> str:
        """A part of the path."""
        return self.request.match_info[name]

    def asked(self, name: str) -> str | None:
        """A value of the query that is not empty."""
        return self.request.query.get(name) or None

    def number(self, name: str) -> int | None:
        """A whole number of the query. Raises OwnerError for anything else."""
        text = self.asked(name)
        if text is not None and not (text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX):
            raise OwnerError("invalid", "That is no place in a list: begin from its first page.")
        return None if text is None else int(text)

    def filled(self, name: str) -> str | None:
        """A field of the form that is not empty, without the space around it."""
        return self.form.get(name, "").strip() or None

    def need(self, name: str, what: str) -> str:
        """A field that must be filled. Raises OwnerError, which says so in the owner's words."""
        value = self.filled(name)
        if value is None:
            raise OwnerError("invalid", f"Please fill in: {what}.")
        return value

    def back(self, otherwise: str) -> str:
        """The page that the form came from, where it says so and it is one of ours."""
        return own_path(self.filled("back"), otherwise)

    def ticked(self, name: str) -> bool:
        """Whether a box of the form is ticked."""
        return name in self.form


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: the name of its template, and what is filled in."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class GoneOn:
    """Another page comes next (RFC 9110 section 15.4.4), perhaps with a sentence about what was done."""

    to: str
    notice: Notice | None = None
    cookie: str | None = None
    """Of a session that begins; empty for one that ends."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file for the owner to keep."""

    name: str
    """Without any personal value."""
    media: str
    body: bytes


def done(to: str, text: str) -> GoneOn:
    """Go on, and say what was done."""
    return GoneOn(to, Notice("done", text))


def failed(to: str, text: str) -> GoneOn:
    """Go on, and say why it was not done."""
    return GoneOn(to, Notice("failed", text))


Answer = Shown | GoneOn | Download | web.StreamResponse
"""A response of its own is for what is no page: streams, pictures."""


class Page(NamedTuple):
    """One row of the table: what answers a path."""

    method: Literal["GET", "POST"]
    path: str
    answer: Callable[[Visit], Awaitable[Answer]]
    needs_session: bool = True
    open_to_links: bool = False
    """A link on another site may lead here; then it shows nothing of the owner's and does nothing."""
    confirmed: bool = False
    """Only for who has typed the passphrase a moment ago; who has not is asked for it, and comes back."""
    reads_form: bool = True
    """False where a POST reads its body itself, such as a file, and compares the form's token itself."""


def staying(place: str, answer: Callable[[Visit], Awaitable[Answer]]) -> Callable[[Visit], Awaitable[Answer]]:
    """The same answer; but what the node refuses is said on the page whose form it was, and is not lost.

    `place` is a path of the table, filled in with the parts of the one that was asked for.
    """

    async def stay(visit: Visit) -> Answer:
        try:
            return await answer(visit)
        except OwnerError as refusal:
            return failed(place.format_map(visit.request.match_info), advice(refusal.text))

    return stay
