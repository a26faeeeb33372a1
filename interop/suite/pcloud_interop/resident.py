"""A well-behaved peer that stays, to develop against: it lets in who asks, and answers what it is told.

It is played by a node of any driver. What it does, it does by the commands of an owner.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from pcloud_interop.live.node import LiveNode, MismatchError, NotImplementedHereError

DATA: Final = {
    "profile.name": "Robin Resident",
    "profile.email": "robin@resident.example",
    "profile.address.home": {"streetAddress": "Residenzweg 1", "addressLocality": "Sagehorn"},
}
"""What it knows of itself, and gives to who asks under terms."""
ECHO: Final = "You said: "


class Resident:
    """Tends a node that is up."""

    def __init__(self, node: LiveNode) -> None:
        self._node = node
        self._done: set[str] = set()
        """Ids of what was answered, or was refused to be."""

    def settle(self, uses: int, expires_s: int) -> str:
        """Get ready for guests; gives the link that leads here."""
        self._try(lambda: [self._node.tell("set", path=path, value=value) for path, value in DATA.items()])
        made = self._node.tell("invite", purpose="to develop against", uses=uses, expires_s=expires_s)
        return str(made["link"])

    def tend(self) -> Iterator[str]:
        """Answer whatever waits; gives a line for each thing that was done."""
        for contact in self._node.rows("contacts", "contacts"):
            if (contact["direction"], contact["state"]) == ("in", "requested"):
                yield from self._once(contact["id"], "accept", "let in", contact=contact["id"])
        for peer in self._node.rows("peers", "peers"):
            if peer["state"] == "active":
                yield from self._answer_terms(peer["id"])
                yield from self._answer_words(peer["id"])
        yield from self._answer_asks()

    def _answer_terms(self, peer: str) -> Iterator[str]:
        for each in self._rows("terms", "negotiations", peer=peer):
            if not each["mine"] and each["state"] in {"proffered", "proffered-again"}:
                key = f"{each['id']} {each['state']}"
                yield from self._once(key, "agree", f"agreed to {each['terms']}", negotiation=each["id"])

    def _answer_words(self, peer: str) -> Iterator[str]:
        for each in self._rows("log", "entries", peer=peer):
            if not each["mine"] and each["text"] is not None:
                text, thread = ECHO + each["text"], each["thread"]
                yield from self._once(each["id"], "say", "answered", peer=peer, text=text, thread=thread)

    def _answer_asks(self) -> Iterator[str]:
        for each in self._rows("asks", "asks"):
            given = [path for path in each["paths"] if path in DATA]
            what = f"gave {', '.join(given)}" if given else "declined"
            yield from self._once(each["ask"], "answer", what, ask=each["ask"], only=given)

    def _rows(self, command: str, member: str, /, **arguments: object) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        self._try(lambda: found.extend(self._node.rows(command, member, **arguments)))
        return found

    def _once(self, key: str, command: str, what: str, /, **arguments: object) -> Iterator[str]:
        if key in self._done:
            return
        self._done.add(key)
        try:
            self._node.tell(command, **arguments)
        except MismatchError as refused:
            yield str(refused)
        except NotImplementedHereError as missing:
            yield f"not implemented: {missing}"
        else:
            yield what

    @staticmethod
    def _try(work: Callable[[], object]) -> None:
        """Leave out what the driver does not know."""
        try:
            work()
        except NotImplementedHereError:
            return
