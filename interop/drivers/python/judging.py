"""Level 2: every entry of a published conversation judged by the engine, as its receiver would (spec 05 §4).

Both sides are built up from what the trace shows and nothing else: no frames, sessions or own keys. So lines
are taken to be where the header says that they are, and what a receiver would reply is left out.
"""

from collections.abc import Mapping
from typing import Any, Final

from interop.drivers.python.folding import OPENER, OTHER, Logs, read_entry, read_logs

from pcloud.engine.compose import Setting
from pcloud.engine.decide import judge
from pcloud.engine.intake import Opened
from pcloud.engine.refold import refold
from pcloud.engine.registry import STANDARD, Registry
from pcloud.engine.snapshot import (
    APPLIED,
    Entry,
    Incoming,
    Outgoing,
    Peer,
    Receiving,
    Relationship,
    Sealing,
    Side,
)
from pcloud.features.relationship.request import RelationshipRequest
from pcloud.features.terms.roster import read_roster
from pcloud.kernel.gate import Rosters
from pcloud.kernel.machine import Machine
from pcloud.testing.memory import MemoryLog
from pcloud.testing.vectors_input import Input, malformed
from pcloud.wire.invitation import Invitation, read_invitation
from pcloud.wire.keylog import KeyLog
from pcloud.wire.keys import HybridKey, SigningKey
from pcloud.wire.session import FrameKey

NO_KEY: Final = SigningKey.from_seed(bytes(32))
"""In place of the keys that a trace does not have. Nothing is signed with it."""
NO_RECEIVING: Final = Receiving(0, HybridKey.later(bytes(32)), HybridKey.later(bytes(32)))
NO_FRAME: Final = FrameKey(bytes(32), bytes(16))
ACROSS: Final[Mapping[str, str]] = {OPENER: OTHER, OTHER: OPENER}


def _without_replies(registry: Registry) -> Registry:
    silent = {
        name: Machine(each.name, tuple(row._replace(reply=None) for row in each.rows))
        for name, each in registry.machines.items()
    }
    return registry._replace(machines=silent)


SILENT: Final = _without_replies(STANDARD)


def answer_judge(given: Input) -> dict[str, Any]:
    """What each receiver says of each entry. Raises Violation where something does not verify."""
    context, entries = given.given.get("context"), given.given.get("entries")
    if not isinstance(context, dict) or not isinstance(entries, list):
        raise malformed("a context and entries")
    roster = read_roster(given.octets("roster"), given.octets("roster_key"))
    logs = read_logs(Input(context))
    invitation = read_invitation(Input(context).octets("invitation"))
    sides = {side: Receiver(side, logs, invitation, roster.standards()) for side in ACROSS}
    read = [(one.get("from"), read_entry({**one, "verdict": None}, logs, acting=False)) for one in entries]
    verdicts = []
    for side, entry in read:
        verdict = sides[ACROSS[side]].judge(entry)
        if verdict == APPLIED:  # who sends what is refused is no honest node, and has no state to go by
            sides[side].note(entry._replace(verdict=verdict, mine=True))
        verdicts.append(verdict)
    return {"ok": True, "verdicts": verdicts}


class Receiver:
    """One side of a conversation, as far as it has come."""

    def __init__(self, side: str, logs: Logs, invitation: Invitation, rosters: Rosters) -> None:
        self._me, self._peer = logs[side], logs[ACROSS[side]]
        self._invitation, self._rosters = invitation, rosters
        self._kinds = {OPENER: "", OTHER: invitation.kind}
        self._side = side
        self._log = MemoryLog()
        self._relationship = self._begin()

    def _begin(self) -> Relationship:
        founding = self._me.persona, self._peer.persona
        sealing = Sealing(founding, NO_RECEIVING, None, 0)
        me = Side(self._me, NO_KEY, "", bytes(16), (), invitation=self._invitation.id)
        peer = Peer(self._peer, "", bytes(16), ())
        return Relationship(me, peer, sealing, Outgoing(0, b""), Incoming(0, b""))

    def judge(self, entry: Entry) -> str:
        """Its verdict at the time of the header, which is put into its log."""
        header = entry.signed.header
        shown = KeyLog(self._peer.events[: header.sender_epoch + 1])
        before = self._relationship._replace(
            me=self._relationship.me._replace(kind=self._kinds[self._side]),
            peer=self._relationship.peer._replace(log=shown, kind=self._kinds[ACROSS[self._side]]),
            outgoing=Outgoing(header.highest, header.highest_id or b""),
            incoming=Incoming(header.number - 1, header.prev),
        )
        opened = Opened(before, entry.signed, entry.parts, None, None, None, None, NO_FRAME)
        setting = Setting(header.time, bytes, self._rosters, SILENT)
        (judged,) = judge(opened, self._log, setting).entries
        verdict = str(judged.verdict)
        self.note(entry._replace(verdict=verdict, mine=False))
        return verdict

    def note(self, entry: Entry) -> None:
        """Put an entry into the log, its own or the other's, and fold its thread anew."""
        known = self._log.find(entry.first_id)
        if known is not None:  # it comes again: what its first sending brought is held already
            entry = entry._replace(first_signer=known.signer, parts=known.parts)
        self._log.put(entry)
        if entry.verdict != APPLIED:
            return
        if entry.signed.header.name == RelationshipRequest.NAME and entry.parts[0] is not None:
            self._kinds[OPENER] = RelationshipRequest.read(entry.parts[0].data).kind
        folded = refold(self._relationship, [entry.signed.thread_id], {}, self._log, SILENT)
        self._relationship = folded.relationship
        for thread in folded.threads:
            self._log.threads[thread.id] = thread
