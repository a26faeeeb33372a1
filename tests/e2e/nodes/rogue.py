"""A peer with keys that says what no honest node would: the pure engine, and sockets of its own."""

import asyncio
import time

from pcloud.engine import invitations, sealing
from pcloud.engine.compose import Command, make_parts, sign
from pcloud.engine.intake import open_frame
from pcloud.engine.lines import parties
from pcloud.engine.snapshot import Relationship
from pcloud.features.conversation.say import ConversationSay
from pcloud.net.http import HttpNet
from pcloud.net.port import Link, Packet
from pcloud.net.quiet import Quiet
from pcloud.net.settings import NetSettings
from pcloud.runtime.views import Peer
from pcloud.testing.home import Home, until
from pcloud.testing.node import Clock, Node, ask
from pcloud.wire.answers import Answer, Parties, sign_answer
from pcloud.wire.header import Header, SignedHeader, sign_header
from pcloud.wire.invitation import Invitation, open_blob, read_link
from pcloud.wire.keylog import KeyLog, next_event, next_key, pool
from pcloud.wire.keys import HybridKey
from pcloud.wire.parts import Part
from pcloud.wire.session import ContactFrame, read_frame


class Ear(Quiet):
    """What comes to its port and over its links."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.links: list[Link] = []
        self.ended: list[Link] = []

    async def receive(self, packet: Packet, link: Link | None, source: str) -> None:
        self.frames.append(packet.frame)
        if link is not None and link not in self.links:
            self.links.append(link)

    def closed(self, link: Link) -> None:
        self.ended.append(link)


class Rogue:
    """One of one's own peers. It behaves until it is told not to."""

    def __init__(self, name: str) -> None:
        self.node = Node(name, Clock(int(time.time())))
        self.ear = Ear()
        self.net = HttpNet(NetSettings(port=0, allow_private=("127.0.0.0/8",)))
        self.secret = b""
        """The words of its owner."""
        self._read = 0

    async def up(self) -> "Rogue":
        await self.net.listen(self.ear)
        return self

    async def down(self) -> None:
        await self.net.close()

    @property
    def endpoint(self) -> str:
        host, port = self.net.address
        return f"http://{host}:{port}"

    @property
    def relationship(self) -> Relationship:
        return self.node.relationship

    async def invited(self, link: str) -> Invitation:
        """What the link leads to, kept as a pending contact."""
        where = read_link(link)
        invitation = open_blob(await self.net.fetch(where.endpoint, where.mailbox), where)
        self.secret = self.node.draw(32)
        persona = self.node.persona(pool(self.secret, 0, 0, 1)[0])
        self.node.relationship = invitations.answer_invitation(
            invitation, persona, "person", (self.endpoint,), self.node.draw
        )
        return invitation

    async def befriend(self, host: Home) -> Peer:
        """Become a peer, as an honest guest does; gives how the host sees it."""
        known = {peer.id for peer in await host.owner.peers()}
        invitation = await self.invited((await host.owner.invite("to meet")).link)
        await self.post(ask(self.node, invitation))
        waiting = await until(lambda: _asking(host))
        await host.owner.accept(waiting[0])

        async def active() -> list[Peer]:
            await self.answer()
            if self.relationship.sealing.offered is None:
                return []  # its next session would have no key to begin with
            found = [peer for peer in await host.owner.peers() if peer.id not in known]
            return [peer for peer in found if peer.state == "active" and not peer.waiting]

        found = await until(active)
        return found[0]

    async def recover(self) -> None:
        """Open a new epoch with the words, and tell the peer."""
        key, contact = next_key(self.secret, 0, 0), HybridKey.from_seed(self.node.draw(32))
        self.node.contact_keys.append(contact)
        log = self.relationship.me.log
        event = next_event(log, key, key.public, contact.public, None)
        await self.post(self.node.recover(KeyLog((*log.events, event)), key))

    async def answer(self) -> int:
        """Take what has come as an honest node does, and send what follows; gives how many frames came."""
        new = self.ear.frames[self._read :]
        self._read = len(self.ear.frames)
        for frame in new:
            await self.post(*self.node.receive(frame).frames)
        return len(new)

    def heard(self) -> list[Answer]:
        """The answers among what has come since, without taking any of it."""
        found = []
        for frame in self.ear.frames[self._read :]:
            if isinstance(read_frame(frame), ContactFrame):
                continue
            opened = open_frame(self.relationship, frame, self.node.clock.now, self.node.draw)
            if opened.answer is not None:
                found.append(opened.answer)
        return found

    def forget(self) -> None:
        """Leave what has come unread."""
        self._read = len(self.ear.frames)

    async def post(self, *frames: bytes) -> None:
        """Give frames over, each in a request of its own."""
        peer = self.relationship.peer
        for frame in frames:
            await self.net.post(peer.endpoints[0], Packet(peer.mailbox, frame))

    async def dial(self) -> Link:
        """A link to its peer."""
        return await self.net.dial(self.relationship.peer.endpoints[0])

    async def pour(self, link: Link, *frames: bytes) -> None:
        """Give frames over a link."""
        await link.send(tuple(Packet(self.relationship.peer.mailbox, frame) for frame in frames))

    # Words that no honest node says

    def signed(self, wanted: Command, **changed: object) -> tuple[SignedHeader, tuple[Part, ...]]:
        """A header for a message, with any field changed before it is signed."""
        parts = make_parts(wanted, self.node.draw)
        header: Header = sign(self.relationship, wanted, parts, self.node.clock.now).header
        return sign_header(self.relationship.me.key, header._replace(**changed)), parts  # type: ignore[arg-type]  # any field

    def seal(self, data: bytes | None, parts: tuple[Part | None, ...] = ()) -> bytes:
        """Seal what was signed, whatever it is."""
        sealed = sealing.seal(self.relationship, data, parts, self.node.clock.now, self.node.draw)
        self.node.relationship = sealed.relationship
        return sealed.frame

    @property
    def parties(self) -> Parties:
        """Who signs for whom."""
        return parties(self.relationship)

    def claim(self, answer: Answer) -> bytes:
        """A frame with an answer to whatever it says."""
        return self.seal(sign_answer(self.relationship.me.key, answer))

    def say(self, text: str) -> bytes:
        """A frame with a text, as an honest node makes it."""
        message, items = ConversationSay.pack(text)
        return self.node.say(message, None, items)

    def lie(self, wanted: Command, **changed: object) -> bytes:
        """A frame with a message whose header says something else; nothing of it is remembered here."""
        header, parts = self.signed(wanted, **changed)
        return self.seal(header.data, parts)


async def _asking(host: Home) -> list[str]:
    await asyncio.sleep(0)
    found = await host.owner.contacts()
    return [each.id for each in found if each.direction == "in" and each.state == "requested"]
