"""Two living nodes: the guest, who connects, and the host, who invites."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from pcloud_interop.driver import Answer, Driver
from pcloud_interop.live.node import LiveNode, MismatchError
from pcloud_interop.live.waiting import until
from pcloud_interop.vectors import short

T = TypeVar("T")

BEGIN: Final = 1_798_700_000
"""The clocks of both begin here; nothing depends on it."""
DAY_S: Final = 86_400
TERMS: Final = "SD-BASE"
SERVICE: Final = "dpv:ServiceProvision"


class Pair:
    """What most scenarios need of two nodes."""

    def __init__(self, guest: Driver, host: Driver, folder: Path, story: str, wait_s_max: float) -> None:
        self._story, self._wait_s_max = story, wait_s_max
        self.folder = folder
        self.guest = self._node(guest, folder, "guest", "person")
        self.host = self._node(host, folder, "host", "organisation")
        self.others: list[LiveNode] = []
        """Further nodes of a story, each in a process of its own."""
        self.to_host = ""
        """The host, as the guest calls it."""
        self.to_guest = ""

    def _node(self, driver: Driver, folder: Path, role: str, kind: str) -> LiveNode:
        own = folder / role
        own.mkdir()
        return LiveNode(driver, own, role, kind, BEGIN, f"{self._story} {role}")

    def another(self, like: LiveNode, role: str) -> LiveNode:
        """A third node, up, of the implementation of one of the two."""
        node = self._node(Driver(like.driver.path), self.folder, role, "organisation")
        self.others.append(node)
        node.up()
        return node

    def up(self) -> None:
        """Start both."""
        self.host.up()
        self.guest.up()

    def down(self) -> None:
        """Stop both."""
        self.guest.down()
        self.host.down()

    def advance(self, seconds: int) -> None:
        """Let time pass for both."""
        for node in (self.host, self.guest, *self.others):
            node.advance(seconds)

    def over(self) -> None:
        """End the processes of further nodes."""
        for node in self.others:
            node.driver.kill()

    def requested(self, purpose: str = "to meet") -> str:
        """Up to the request of the guest; gives the contact as the host has it."""
        self.up()
        link = self.host.tell("invite", purpose=purpose)["link"]
        self.guest.tell("accept", contact=self.guest.tell("connect", link=link)["contact"])
        (contact,) = self.until("the guest's request is with the host", self._requests)
        return str(contact["id"])

    def _requests(self) -> list[dict[str, Any]]:
        contacts = self.host.rows("contacts", "contacts")
        return [each for each in contacts if (each["direction"], each["state"]) == ("in", "requested")]

    def related(self) -> None:
        """Up to the relationship."""
        self.host.tell("accept", contact=self.requested())
        self.to_host, self.to_guest = self.until("both are peers and show a code", self.peers)

    def peers(self) -> tuple[str, str] | None:
        """Both as the other calls them, once both are active and show a code."""
        mine, theirs = self.guest.rows("peers", "peers"), self.host.rows("peers", "peers")
        if len(mine) != 1 or len(theirs) != 1 or not (mine[0]["code"] and theirs[0]["code"]):
            return None
        return (
            (mine[0]["id"], theirs[0]["id"]) if mine[0]["state"] == theirs[0]["state"] == "active" else None
        )

    def agreed(self) -> str:
        """Up to terms in force, which the guest has proffered; gives the negotiation as the guest has it."""
        self.related()
        return self.agree()

    def agree(self) -> str:
        """From a relationship to terms in force."""
        mine: str = self.guest.tell("proffer", peer=self.to_host, terms=TERMS)["negotiation"]
        self.host.tell("agree", negotiation=self.negotiated(self.host, "proffered")["id"])
        for node in (self.guest, self.host):
            self.negotiated(node, "agreed")
        return mine

    def negotiated(self, node: LiveNode, state: str) -> dict[str, Any]:
        """The one negotiation, once it is in that state."""

        def look() -> dict[str, Any] | None:
            found = self.negotiations(node)
            return found[0] if len(found) == 1 and found[0]["state"] == state else None

        return self.until(f"the {node.role} has one negotiation, {state}", look)

    def negotiations(self, node: LiveNode) -> list[dict[str, Any]]:
        """All of them, of this relationship."""
        return node.rows("terms", "negotiations", peer=self.peer_of(node))

    def peer_of(self, node: LiveNode) -> str:
        """The other, as a node calls it."""
        return self.to_host if node is self.guest else self.to_guest

    def view(self, node: LiveNode) -> dict[str, Any]:
        """The other, as a node shows it."""
        (found,) = [each for each in node.rows("peers", "peers") if each["id"] == self.peer_of(node)]
        return found

    def quiet(self) -> None:
        """Wait until both have acknowledged everything, and both logs fold to one digest (FOLD-5)."""

        def nothing_waits() -> tuple[Answer, Answer] | None:
            mine, theirs = self.guest.state(self.to_host), self.host.state(self.to_guest)
            if mine["waiting"] or theirs["waiting"] or self.guest.state(self.to_host) != mine:
                return None  # what came between the two looks would make them differ
            return mine, theirs

        mine, theirs = self.until("nothing waits on either side", nothing_waits)
        self.same("the state digests", mine["digest"], theirs["digest"])

    def crossed(self, of_guest: Callable[[], object], of_host: Callable[[], object]) -> None:
        """Let each do something that the other has not seen when it does its own; then both hear of it."""
        self.guest.down()
        of_host()
        self.host.down()
        self.guest.up()
        of_guest()
        self.host.up()
        self.advance(DAY_S)
        self.quiet()

    def sentinel(self, sender: LiveNode) -> None:
        """Let a word arrive that was said last, so that what is not there by now never comes."""
        receiver = self.host if sender is self.guest else self.guest
        text = f"the last word of the {sender.role}"
        sender.tell("say", peer=self.peer_of(sender), text=text)
        self.until(f"{text} arrives", lambda: text in receiver.texts(self.peer_of(receiver)))

    def until(self, what: str, look: Callable[[], T | None]) -> T:
        """What a look gives once it gives something. Raises MismatchError where it never does."""
        return until(what, look, self._wait_s_max)

    @staticmethod
    def same(what: str, one: object, other: object) -> None:
        """Require two values to be one."""
        if one != other:
            raise MismatchError(f"{what}: {short(one)} and {short(other)}")
