"""A browser without a browser: what it would send to a page on real sockets, and what comes back."""

import re
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

from pcloud.ambient.port import Clock
from pcloud.ambient.system import SystemClock, system_entropy
from pcloud.runtime.surface import Surface
from pcloud.testing.home import PASSPHRASE, Home
from pcloud.web.codes import make_code, read_file
from pcloud.web.ports import Ground, Ports
from pcloud.web.server import PageServer

TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')


@dataclass
class Seen:
    """An answer: its status, where it leads, and its text."""

    status: int
    to: str | None
    text: str
    headers: dict[str, str]


@dataclass
class Bytes:
    """A file that was given."""

    status: int
    body: bytes
    headers: dict[str, str]


class Browser:
    """Keeps a cookie, follows nothing by itself, and says where it comes from as browsers do."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), connector=aiohttp.TCPConnector(ssl=False)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.session.close()

    async def get(self, path: str, **headers: str) -> Seen:
        return await self._ask("GET", path, {"Sec-Fetch-Site": "same-origin", **headers})

    async def post(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> Seen:
        """Send a form of a page: its token stands in the page that was seen last."""
        about = {"Origin": self.url, "Sec-Fetch-Site": "same-origin", **headers}
        form = {"form_token": self.token, **(fields or {})} if self.token else fields or {}
        return await self._ask("POST", path, about, data=form)

    async def raw(self, path: str) -> "Bytes":
        """A file."""
        async with self.session.get(self.url + path, headers={"Sec-Fetch-Site": "same-origin"}) as answer:
            return Bytes(answer.status, await answer.read(), dict(answer.headers))

    async def post_bytes(self, path: str, fields: dict[str, str] | None = None) -> bytes:
        """The same for a file that is downloaded."""
        about = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        form = {"form_token": self.token, **(fields or {})}
        async with self.session.post(self.url + path, data=form, headers=about) as answer:
            assert answer.status == 200
            return await answer.read()

    async def tick(self, path: str, fields: list[tuple[str, str]]) -> Seen:
        """Send a form in which some fields stand more than once."""
        about = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        return await self._ask("POST", path, about, data=[("form_token", self.token), *fields])

    async def upload(
        self, path: str, name: str, content: bytes, token: str | None = None, **more: str
    ) -> Seen:
        """Send a form with a file, which stands last."""
        about = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        form = aiohttp.FormData()
        for field_name, value in {"form_token": self.token if token is None else token, **more}.items():
            form.add_field(field_name, value, content_type="text/plain")
        form.add_field("file", content, filename=name, content_type="application/octet-stream")
        return await self._ask("POST", path, about, data=form)

    token = ""

    async def _ask(self, method: str, path: str, headers: dict[str, str], **more: Any) -> Seen:
        target = URL(self.url + path, encoded=True)
        async with self.session.request(
            method, target, headers=headers, allow_redirects=False, **more
        ) as answer:
            text = await answer.text()
            found = TOKEN.search(text)
            if found:
                self.token = found[1]
            return Seen(answer.status, answer.headers.get("Location"), text, dict(answer.headers))


@dataclass
class Served:
    """A home's page."""

    home: Home
    server: PageServer
    faults: list[BaseException] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.server.urls[0]

    def link(self) -> str:
        """The path that `pcloud page` would print."""
        served = read_file(self.home.folder)
        return f"/enter?code={make_code(served.key, self.home.clock.now(), system_entropy)}"

    async def owner(self) -> Browser:
        """A browser that has come in."""
        browser = Browser(self.url)
        code = self.link().partition("=")[2]
        assert (await browser.post("/enter", {"code": code})).to == "/"
        await browser.get("/confirm")  # has a form, and so the token of all forms
        return browser


async def serve(home: Home, clock: Clock | None = None, surface: Surface | None = None) -> Served:
    """Begin to serve the page of a home that is up, over its own surface or another."""
    faults: list[BaseException] = []
    ground = Ground(
        home.folder,
        home.vault,
        home.vault.open(PASSPHRASE).derive("page"),
        clock or SystemClock(),
        system_entropy,
        lambda _, fault: faults.append(fault),
    )
    server = PageServer(surface or home.owner, ground, Ports(0, "127.0.0.1", 0))
    await server.start()
    return Served(home, server, faults)


__all__ = ["PASSPHRASE", "Browser", "Seen", "Served", "serve"]
