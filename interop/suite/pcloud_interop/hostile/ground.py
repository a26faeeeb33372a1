"""The ground of one attack: a node, a hostile peer that has come so far with it, and how all stood before."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from pcloud_interop.hostile import agreeing, meeting
from pcloud_interop.hostile.attack import Scene
from pcloud_interop.hostile.lines import Sent
from pcloud_interop.hostile.peer import Peer
from pcloud_interop.hostile.wire.cbor import enc
from pcloud_interop.hostile.wire.invitations import Invitation
from pcloud_interop.live.node import LiveNode, MismatchError, NotImplementedHereError
from pcloud_interop.live.waiting import until
from pcloud_interop.vectors import short

View = dict[str, Any]

SENTINEL: Final = "hostile.sentinel"
"""The name of a message that nobody knows: it is judged in its turn, and changes nothing."""
UNKNOWN: Final = "unknown-name"
_OF_A_PEER: Final = (
    ("log", "entries"),
    ("terms", "negotiations"),
    ("held", "fields"),
    ("ledger", "rows"),
    ("asked", "questions"),
)
_MEMBERS: Final = {
    "log": ("id", "mine", "name", "thread", "verdict", "text"),
    "terms": ("id", "terms", "state", "mine", "agreement", "record"),
    "held": ("path", "version", "value"),
    "ledger": ("path", "version", "has", "state"),
    "asked": ("ask", "state", "given"),
    "contacts": ("id", "direction", "name", "purpose", "state"),
    "peers": ("id", "name", "kind", "state", "mine", "theirs", "code", "terms"),
    "asks": ("ask", "peer", "paths", "required", "purposes", "until", "standing"),
}
"""What the contract names; whatever else a driver tells may change."""
_OF_ALL: Final = (("contacts", "contacts"), ("peers", "peers"), ("asks", "asks"))


class Ground:
    """What an attack is given."""

    def __init__(self, node: LiveNode, peer: Peer, wait_s_max: float, *, invites: bool) -> None:
        self.node, self.peer, self._wait_s_max = node, peer, wait_s_max
        self.invites = invites
        """Whether the node is the inviting side."""
        self.to_peer = ""
        """The hostile peer, as the node calls it."""
        self.invitation: Invitation | None = None
        """Of the node, for all who come, where it is the inviting side."""
        self.before: View = {}
        """How all stood when the attack began."""
        self.stranger: Callable[[], Ground]
        """Gives the ground of another peer of the same node."""
        self.anew = False
        """Whether the honest story goes on in a new session."""
        self.agreement = b""
        self.negotiation = ""
        """As the node calls it."""
        self.proffer = self.acceptance = b""
        self.grant: bytes = b""

    # How far they come

    def prepare(self, scene: Scene) -> None:
        """Come so far, honestly."""
        meet, relate = self._meet, self._relate
        steps = {
            Scene.STRANGERS: (),
            Scene.ASKED: (meet,),
            Scene.RELATED: (meet, relate),
            Scene.AGREED: (meet, relate, self._agree),
            Scene.GIVEN: (meet, relate, self._agree, self._give),
            Scene.OWED: (meet, relate, self._owe),
        }
        for step in steps[scene]:
            step()
        self.mark()

    def mark(self) -> None:
        """Keep in mind how all stands now, once nothing is under way."""
        if self.to_peer and self.peer.answering:
            self.settle()
        self.before = self.view()

    def be_invited(self) -> Invitation:
        """The peer has read the invitation of the node that is for all."""
        assert self.invitation is not None
        meeting.invited(self.peer, self.invitation)
        return self.invitation

    def invite(self) -> str:
        """The peer invites; gives the link."""
        signed = meeting.invitation(self.peer.persona, meeting.invitation_fields(self.peer))
        return meeting.published(self.peer, signed.data).text

    def connect(self) -> str:
        """The node reads the peer's link; gives its contact."""
        return str(self.node.tell("connect", link=self.invite())["contact"])

    def _meet(self) -> None:
        if self.invites:
            meeting.requested(self.peer, self.be_invited())
        else:
            self.node.tell("accept", contact=self.connect())
            meeting.asked(self.peer)

    def waiting(self) -> str:
        """The contact of the one that waits for the node's yes."""
        found = [
            each["id"]
            for each in self.node.rows("contacts", "contacts")
            if (each["direction"], each["state"]) == ("in", "requested")
        ]
        if len(found) != 1:
            raise MismatchError(f"one request waits, and contacts shows {short(found)}")
        return str(found[0])

    def _relate(self) -> None:
        before = {each["id"] for each in self.node.rows("peers", "peers")}
        if self.invites:
            self.node.tell("accept", contact=self.waiting())
            meeting.confirmed(self.peer)
        else:
            meeting.accepted(self.peer)

        def active() -> str | None:
            rows = self.node.rows("peers", "peers")
            found = [each for each in rows if each["id"] not in before and each["state"] == "active"]
            return str(found[0]["id"]) if len(found) == 1 and found[0]["code"] else None

        self.to_peer = self.until("the node shows its peer as active", active)
        self.settle()

    def _agree(self) -> None:
        agreeing.agree(self)

    def _give(self) -> None:
        agreeing.give(self)

    def _owe(self) -> None:
        self.peer.answering = False
        said = self.node.tell("say", peer=self.to_peer, text="do you have it?")["id"]
        self.peer.until("the node's word", lambda: self.peer.into.got[-1].id.hex() == said)

    # How it stands

    def view(self) -> View:
        """All that the node's owner sees of this relationship, and of the others."""
        seen: View = {}
        for command, member in _OF_ALL:
            self._look(seen, command, member)
        if self.to_peer:
            for command, member in _OF_A_PEER:
                self._look(seen, command, member, peer=self.to_peer)
            seen["digest"] = self.node.state(self.to_peer)["digest"]
        return seen

    def _look(self, seen: View, command: str, member: str, **arguments: str) -> None:
        try:
            rows = self.node.rows(command, member, **arguments)
            seen[command] = [{name: each[name] for name in _MEMBERS[command]} for each in rows]
        except NotImplementedHereError:
            return

    def settle(self) -> None:
        """Wait until neither side owes the other anything."""
        self.until("nothing of the node waits", lambda: self.node.state(self.to_peer)["waiting"] == 0)
        self.peer.until("the peer's messages are receipted", lambda: self.peer.out.receipted == self.sent)

    @property
    def sent(self) -> int:
        """The number of the peer's last message."""
        return len(self.peer.out.sent)

    def same(self, before: View, now: View, new: Iterable[tuple[str, str]]) -> None:
        """Require that nothing changed but the log, by these names and verdicts of the peer."""
        for what, value in before.items():
            if what != "log":
                if now.get(what) != value:
                    raise MismatchError(f"{what} has changed: {short(value)} and {short(now.get(what))}")
                continue
            more = now["log"][len(value) :]
            got = [(each["name"], each["verdict"]) for each in more]
            if now["log"][: len(value)] != value or got != list(new):
                raise MismatchError(f"the log goes on with {short(got)}, not with {short(list(new))}")
            if any(each["text"] is not None or each["mine"] for each in more):
                raise MismatchError(f"the log shows what was refused: {short(more)}")

    # What is said to see that the node is there

    def sentinel(self) -> Sent:
        """Say what nobody knows, and wait for its verdict: what is not there by then never comes."""
        sent = self.peer.say(SENTINEL, {})
        verdict = self.peer.judged(sent)
        if verdict != UNKNOWN:
            raise MismatchError(f"a message of no known name is {verdict}")
        return sent

    def speaks(self) -> None:
        """The peer says a word, and the node's owner reads it."""
        text = f"still here, {self.sent}"
        if self.anew:
            self.peer.begin()
        sent = self.peer.say("conversation.say", {}, [enc(text)])
        if (verdict := self.peer.judged(sent)) != "applied":
            raise MismatchError(f"an honest word afterwards is {verdict}")
        if self.node.texts(self.to_peer)[-1:] != [text]:
            raise MismatchError("an honest word afterwards cannot be read")

    def hears(self) -> None:
        """The node's owner says a word, and the peer gets it."""
        said = self.node.tell("say", peer=self.to_peer, text="and I")["id"]
        self.peer.answering = True
        self.peer.until(
            "the node's word afterwards", lambda: any(each.id.hex() == said for each in self.peer.into.got)
        )

    def until(self, what: str, look: Any) -> Any:
        """What a look gives once it gives something, while the peer keeps its side of things."""

        def both() -> Any:
            self.peer.pump()
            return look()

        return until(what, both, self._wait_s_max)
