"""Whoever takes packets and does nothing else that a node does: the rest of `Receiver`."""

from pcloud.net.port import Line, Link


class Quiet:
    """Keeps no connection, judges no source, gives nothing out, serves no line."""

    def closed(self, link: Link) -> None:
        """Nothing depends on it."""

    def refused_often(self, source: str) -> bool:
        """Whether a source is shut out: none is."""
        del source
        return False

    async def blob(self, mailbox: bytes) -> bytes | None:
        """An invitation: there is none."""
        del mailbox
        return None

    async def card(self) -> bytes | None:
        """A node card: there is none."""
        return None

    @property
    def serves(self) -> bool:
        """Whether service lines are answered: they are not."""
        return False

    async def serve(self, line: Line) -> None:
        """No line comes where none is served."""
        await line.close()
