"""The one way to a system of the owner's own that wants to be told: a POST, by the same door as all else."""

import time
from collections.abc import Mapping
from http import HTTPStatus

from pcloud.net.outbound import Outbound, system_lookup
from pcloud.net.port import UnreachableError
from pcloud.net.settings import NetSettings


class HttpHook:
    """Posts to one address. What it answers is not read."""

    def __init__(self, settings: NetSettings, url: str) -> None:
        self._outbound = Outbound(settings, system_lookup, time.monotonic)
        self._url = url

    async def tell(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Post it, once. Raises UnreachableError where it was not taken: any other status than 2xx."""
        async with (
            self._outbound.attempt(self._url) as way,
            way.session.post(way.url(""), data=body, headers=dict(headers)) as answer,
        ):
            if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                raise UnreachableError(f"it was not taken (status {answer.status})")
