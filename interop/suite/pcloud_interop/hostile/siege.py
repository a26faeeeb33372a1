"""One living node under attack: each attack on fresh ground, beside a neighbour that none may touch."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pcloud_interop.driver import Driver, DriverError
from pcloud_interop.hostile.attack import After, Attack, Scene, Shows
from pcloud_interop.hostile.carrier import Harbour
from pcloud_interop.hostile.ground import SENTINEL, UNKNOWN, Ground, View
from pcloud_interop.hostile.lines import Sent
from pcloud_interop.hostile.meeting import read
from pcloud_interop.hostile.peer import Peer
from pcloud_interop.hostile.wire.invitations import Invitation
from pcloud_interop.live.node import LiveNode, MismatchError
from pcloud_interop.live.pair import BEGIN, DAY_S

ANSWERED_BY: Final = {
    "fork": "pcloud-fork",
    "halted": "pcloud-fork",
    "expected": "pcloud-expected",
    "busy": "pcloud-busy",
}
"""Which answer shows a refusal that no receipt lists."""
BETWEEN_S: Final = 0.4
"""Between two attacks without an answer: who fails too often is shut out (TRANSPORT-12)."""
USES, EXPIRES_S = 10_000, 10 * 365 * DAY_S
"""Of the one invitation by which all come; nodes bound how often one source may fetch (TRANSPORT-22)."""
KINDS: Final = {"guest": "person", "host": "organisation"}


class Siege:
    """A node in one role, up, and who surrounds it."""

    def __init__(self, driver: Driver, folder: Path, role: str, wait_s_max: float) -> None:
        self.role, self._wait_s_max = role, wait_s_max
        self.node = LiveNode(driver, folder, role, KINDS[role], BEGIN)
        self.harbour = Harbour()
        self._began = time.monotonic()
        self._peers: list[Peer] = []
        self._silent = 0.0
        self._invitation: Invitation | None = None
        self.neighbour: Ground | None = None

    def begin(self) -> None:
        """Start the node, and let it have a neighbour."""
        self.node.up()
        if self.role == "host":
            made = self.node.tell("invite", purpose="to be tried", uses=USES, expires_s=EXPIRES_S)
            self._invitation = read(made["link"])
        self.neighbour = self._ground()
        self.neighbour.prepare(Scene.RELATED)
        self._tidy()

    def stands(self) -> bool:
        """Whether the node still answers its owner."""
        try:
            self.node.rows("peers", "peers")
        except (DriverError, MismatchError):
            return False
        return True

    def leave(self) -> None:
        """End the node, and go."""
        self.node.driver.kill()
        self.harbour.close()

    def play(self, attack: Attack) -> None:
        """Play one attack. Raises MismatchError where the node does not stand."""
        with self._fresh() as ground:
            ground.prepare(attack.scene)
            others = self.neighbour.view() if self.neighbour else {}
            if attack.shows in (Shows.SILENCE, Shows.CARRIER):
                self._wait_for_turn()
            marked = len(ground.peer.answers)
            played = attack.play(ground)
            sent = list(played) if isinstance(played, Sequence) and not isinstance(played, Sent) else [played]
            self._shown(attack, ground, [each for each in sent if each is not None], marked)
            if attack.scene is not Scene.STRANGERS and attack.after is After.SPEAKS:
                self._stands(attack, ground, [each for each in sent if each is not None])
            elif attack.after is After.HEARS:
                ground.same(ground.before, ground.view(), [])
            self._untouched(others)
            if attack.scene is Scene.STRANGERS:
                self._learns_nothing(attack, ground)
            self._goes_on(attack, ground)

    def _shown(self, attack: Attack, ground: Ground, sent: list[Sent], marked: int) -> None:
        """See that the refusal is shown as the protocol says."""
        peer = ground.peer
        if attack.shows is Shows.VERDICT:
            for each in sent:
                if (verdict := peer.judged(each)) != attack.code:
                    raise MismatchError(f"it has to be refused {attack.code}, and is {verdict}")
        elif attack.shows is Shows.ANSWER:
            typ = ANSWERED_BY[attack.code]
            peer.until(f"a {typ}", lambda: any(each.typ == typ for each in peer.answers[marked:]))

    def _stands(self, attack: Attack, ground: Ground, sent: list[Sent]) -> None:
        """See, by a sentinel, that nothing came of it."""
        marked = len(ground.peer.answers)
        ground.sentinel()
        if attack.shows is Shows.SILENCE:
            odd = [each.typ for each in ground.peer.answers[marked:] if each.typ != "pcloud-receipt"]
            if odd:
                raise MismatchError(f"it has to be answered by nothing, and is by {', '.join(odd)}")
        verdicts = [(each.fields["name"], attack.code) for each in sent]
        if attack.shows is not Shows.VERDICT:
            verdicts = []
        ground.same(ground.before, ground.view(), [*verdicts, (SENTINEL, UNKNOWN)])

    def _untouched(self, before: View) -> None:
        """See that the neighbour's relationship is as it was, and that the node is there for it."""
        assert self.neighbour is not None
        self.neighbour.sentinel()
        of_it: View = {what: before[what] for what in ("log", "terms", "held", "digest") if what in before}
        self.neighbour.same(of_it, self.neighbour.view(), [(SENTINEL, UNKNOWN)])

    def _learns_nothing(self, attack: Attack, ground: Ground) -> None:
        """See that who was a stranger still is one: its owner is shown nothing, and nothing came back."""
        alone: View = {
            what: ground.before[what] for what in ("contacts", "peers", "asks") if what in ground.before
        }
        ground.same(alone, ground.view(), [])
        ground.peer.pump()
        if ground.invites and attack.shows is Shows.SILENCE and ground.peer.frames:
            raise MismatchError("a stranger has to be answered by nothing, and got a frame")

    def _goes_on(self, attack: Attack, ground: Ground) -> None:
        """Go on with the honest story."""
        assert self.neighbour is not None
        if attack.after is After.OTHERS or not ground.to_peer:
            self.neighbour.speaks()
            return
        if attack.after is After.SPEAKS:
            ground.speaks()
        ground.hears()

    def _wait_for_turn(self) -> None:
        left = self._silent + BETWEEN_S - time.monotonic()
        if left > 0:
            time.sleep(left)
        self._silent = time.monotonic()

    def _now(self) -> int:
        return self.node.now + int(time.monotonic() - self._began)

    def _ground(self) -> Ground:
        peer = Peer(self.harbour, self._wait_s_max, self._now)
        self._peers.append(peer)
        ground = Ground(self.node, peer, self._wait_s_max, invites=self.role == "host")
        ground.invitation, ground.stranger = self._invitation, self._ground
        return ground

    @contextmanager
    def _fresh(self) -> Iterator[Ground]:
        ground = self._ground()
        try:
            yield ground
        finally:
            if self.stands():
                self._tidy()

    def _tidy(self) -> None:
        """Leave nothing waiting for the node's owner."""
        for each in self.node.rows("contacts", "contacts"):
            if (each["direction"], each["state"]) in {("in", "requested"), ("out", "pending")}:
                self.node.tell("decline", contact=each["id"])
