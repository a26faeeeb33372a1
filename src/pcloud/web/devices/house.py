"""What the pages work with where devices are concerned."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pcloud.web.codes import LanPage
from pcloud.web.devices.book import Shelf
from pcloud.web.devices.proving import Challenges


@dataclass(slots=True)
class Devices:
    """The book of devices, and the listener that they come to."""

    shelf: Shelf
    challenges: Challenges
    look: Callable[[], Awaitable[None]]
    """Do at once what the book says: serve to the network or not, end visits of what is revoked."""
    lan: LanPage | None = None
    """Where the page is served to the network, or why it is not; None where it is not to be."""

    def knows(self, id_: str) -> bool:
        """Whether a device is paired now. Raises BookError."""
        return self.shelf.read().device(id_) is not None
