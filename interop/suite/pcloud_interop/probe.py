"""A published node, looked at through its invitation alone: does it do what a peer relies on.

The prober's own side is played by a node of any driver. Nothing is sent unless it is asked for.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from pcloud_interop.live.node import LiveNode, MismatchError, NotImplementedHereError
from pcloud_interop.live.waiting import until

T = TypeVar("T")


class Step(NamedTuple):
    """One thing that was looked at."""

    good: bool
    what: str


class Probe:
    """Looks at the node that a link leads to."""

    def __init__(self, node: LiveNode, link: str, wait_s_max: float) -> None:
        self._node, self._link, self._wait_s_max = node, link, wait_s_max

    def run(self, *, ask: bool, say: str | None) -> Iterator[Step]:
        """Look from the outside; with `ask` enter a relationship too, and with `say` speak in it."""
        try:
            yield from self._outside()
            if ask or say is not None:
                yield from self._inside(say)
        except (MismatchError, NotImplementedHereError) as fault:
            yield Step(good=False, what=str(fault))

    def _outside(self) -> Iterator[Step]:
        self._contact = str(self._node.tell("connect", link=self._link)["contact"])
        (seen,) = self._node.rows("contacts", "contacts")
        yield Step(
            good=True, what=f"the invitation verifies: {seen['name'] or 'nobody by name'}, {seen['purpose']}"
        )
        changed = self._link[:-1] + ("A" if self._link[-1] != "A" else "E")
        self._node.cannot("connect", link=changed)
        yield Step(good=True, what="a link that was changed opens nothing")

    def _inside(self, say: str | None) -> Iterator[Step]:
        self._node.tell("accept", contact=self._contact)
        peer = self._until("it lets us in", self._related)
        yield Step(good=True, what=f"it has let us in; both show the code {peer['code']}")
        id_ = peer["id"]
        self._until("it acknowledges the handshake", lambda: self._node.state(id_)["waiting"] == 0)
        if say is not None:
            said = self._node.tell("say", peer=id_, text=say)["id"]
            verdict = self._until("it acknowledges what we say", lambda: self._verdict(id_, said))
            yield Step(good=verdict == "applied", what=f"what we said is {verdict}")
        self._node.tell("close", peer=id_, held="none")
        self._until("it acknowledges the end", lambda: self._node.state(id_)["waiting"] == 0)
        yield Step(good=True, what="it acknowledges the end of the relationship")

    def _related(self) -> dict[str, Any] | None:
        found = self._node.rows("peers", "peers")
        if found and found[0]["state"] == "active" and found[0]["code"]:
            return found[0]
        if any(each["state"] in {"declined", "closed"} for each in self._node.rows("contacts", "contacts")):
            raise MismatchError("its owner has declined")
        return None

    def _verdict(self, peer: str, said: str) -> str | None:
        entries = self._node.rows("log", "entries", peer=peer)
        found: str | None = next((each["verdict"] for each in entries if each["id"] == said), None)
        return found

    def _until(self, what: str, look: Callable[[], T | None]) -> T:
        return until(what, look, self._wait_s_max)
