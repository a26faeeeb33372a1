"""Vectors of the ledger: logs of a disclosure at several moments, from both sides."""

from __future__ import annotations

from dataclasses import replace

from spec.kit.cbor import enc
from spec.kit.disclosure_told import Told
from spec.kit.fold import Data, Entry
from spec.kit.keys import sha
from spec.kit.ledger import ledger
from spec.kit.talk import Side, Talk
from spec.kit.vectors import Vectors, plain


class Moments:
    """A disclosure as it goes on."""

    def __init__(self, out: Vectors) -> None:
        self.out = out
        self.talk = Talk("ledger")
        self.talk.handshake()
        self.under = sha(b"an agreement in force")
        self.signed: dict[bytes, bytes] = {}
        self.told = Told(self.talk, self.under)

    def log(self, side: Side, *, waiting: bool = False) -> list[Entry]:
        """What a side holds; the last of its own messages may wait for its receipt."""
        found = [one for one in self.talk.log if one.header.name.startswith("disclosure.")]
        if waiting:
            last = [one for one in found if one in side.sent][-1]
            found = [replace(one, verdict=None) if one is last else one for one in found]
        return found

    def moment(
        self,
        name: str,
        why: str,
        *,
        waiting: bool = False,
        left: bool = False,
        over: bool = False,
        backwards: bool = False,
    ) -> None:
        """The ledger now, as a side computes it."""
        side = self.talk.opener
        log = self.log(side, waiting=waiting)
        sent = [one.first for one in log if one.verdict is None and left]
        in_force = [] if over else [self.under]
        data = {bytes.fromhex(str(one["id"])): one for one in self.talk.told if isinstance(one, dict)}
        coded = [
            enc(
                [
                    bytes.fromhex(str(data[one.id]["signed"])),
                    enc(dict(one.body)),
                    one.verdict,
                    one.header.sender == side.one.id,
                ]
            )
            for one in log
        ]
        given = {"entries": coded[::-1] if backwards else coded, "agreements": in_force, "sent": sent}
        rows = ledger(log, in_force, sent)
        rules = "DISC-40 DISC-41" + ("" if waiting else " DISC-42")
        self.out.good(f"ledger-{name}", why, rules, "ledger.make", given, rows=plain(rows))


def ledgers(out: Vectors) -> None:
    """Who holds which field, computed from a log at each moment."""
    now = Moments(out)
    told = now.told
    now.moment("empty", "Nothing was said")
    thread = told.asked()
    now.moment("asked", "What is only asked for is held by nobody")
    grant = told.person("present", told.given, thread, "Two of three", items=(b"\x60", b"\x61x"))
    now.moment("queued", "It waits for its receipt", waiting=True)
    now.moment("sent", "It left, and may be held", waiting=True, left=True)
    now.moment("applied", "The taker's node has it")
    now.moment("agreement-over", "The agreement has ended", over=True)
    took: Data = {1: [["profile.name", 1, "applied"], ["profile.address", 1, "need-more"]]}
    told.shop("acknowledge", took, thread, "One is taken, of the other more is needed")
    now.moment("acknowledged", "What the taker's systems say")
    refused: Data = {1: [["profile.address", 1, "refused"], ["profile.name", 9, "refused"]]}
    told.shop("acknowledge", refused, thread, "The last word on a version counts")
    now.moment("refused", "What they said last; another version does not count")
    moved = told.changed(thread, grant)
    now.moment("changed", "The address is another")
    now.moment("changed-queued", "The update waits: the version before is held", waiting=True)
    told.taken_back(thread, moved)
    now.moment("taken-back", "One field is gone")
    told.ended(thread, moved)
    now.moment("ended", "The taker gave all up, and keeps one")
    told.unasked()
    now.moment("unasked", "Two grants, of which one was given unasked and taken back")
    told.claimed()
    now.moment("all", "What is given back and claimed is in no ledger", backwards=True)
