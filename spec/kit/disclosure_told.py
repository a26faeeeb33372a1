"""The trace of a disclosure: one agreement, and what is said under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spec.kit.cbor import Value, enc
from spec.kit.fold import Data
from spec.kit.keys import sha
from spec.kit.talk import Side, Talk

DAY = 86400
YES: Value = True
WHY: Value = ["dpv:DeliveryOfGoods"]
NAME, HOME = enc("Anna"), enc({"addressLocality": "Bremen"})
BOTH, NEW = (NAME, HOME), (enc({"addressLocality": "Kiel"}),)


@dataclass
class Told:
    """A person, a shop, and an agreement between them."""

    talk: Talk
    under: bytes

    def __post_init__(self) -> None:
        self.until = self.talk.clock + 90 * DAY
        on: Data = {1: self.under, 3: "dpv:Use", 4: WHY, 5: self.until, 6: YES}
        name: Value = ["profile.name", YES, None]
        self.wish: Data = on | {2: [name, ["profile.address", YES, None], ["profile.email", False, None]]}
        self.free: Data = on | {2: [["profile.name", 1], ["profile.address", 1]]}
        self.given: Data = self.free | {8: [["profile.email", "not-needed"]]}

    def person(self, verb: str, body: Data, thread: bytes | None, why: str, **more: Any) -> bytes:
        """The person says something."""
        return self.say(self.talk.opener, verb, body, thread, why, **more)

    def shop(self, verb: str, body: Data, thread: bytes | None, why: str, **more: Any) -> bytes:
        """The shop says something."""
        return self.say(self.talk.other, verb, body, thread, why, **more)

    def say(self, side: Side, verb: str, body: Data, thread: bytes | None, why: str, **more: Any) -> bytes:
        """A message under the agreement, where it needs one; gives its id."""
        named = self.under if verb in {"request", "present", "update"} else None
        name = f"disclosure.{verb}"
        return self.talk.say(side, name, body, thread=thread, agreement=named, why=why, **more).id

    def asked(self) -> bytes:
        """A request, and one for more than the terms allow."""
        thread = self.shop("request", self.wish, None, "The shop asks for three fields")
        sold: Data = self.wish | {4: ["dpv:Marketing"]}
        self.shop("request", sold, None, "For what the terms prohibit", verdict="terms-forbid")
        odd: Data = self.wish | {8: 1}
        self.shop("request", odd, None, "Circumstances without their item", verdict="body-form")
        other: Data = self.wish | {1: sha(b"another agreement")}
        self.shop("request", other, None, "Another agreement", verdict="reference-mismatch")
        return thread

    def presented(self, thread: bytes) -> bytes:
        """Two of three fields; gives the grant."""
        more: Data = self.given | {2: [["profile.name", 1], ["profile.telephone", 1]]}
        self.person("present", more, thread, "More than was asked for", verdict="not-asked", items=BOTH)
        longer: Data = self.given | {5: self.until + 1}
        self.person("present", longer, thread, "For longer", verdict="not-asked", items=BOTH)
        self.person("present", self.given, thread, "An item too few", verdict="body-form", items=(NAME,))
        why = "All items are gone"
        self.person("present", self.given, thread, why, verdict="withdrawn", items=BOTH, gone=True)
        grant = self.person("present", self.given, thread, "The person gives two of three", items=BOTH)
        took: Data = {1: [["profile.name", 1, "applied"], ["profile.address", 1, "need-more"]]}
        self.shop("acknowledge", took, thread, "The shop took one and needs more of the other")
        return grant

    def changed(self, thread: bytes, grant: bytes) -> Data:
        """A change of address, and updates that are none; gives the body of it."""
        moved: Data = {1: grant, 2: [["profile.address", 2]], 3: "dpv:Use", 4: WHY}
        wrong: list[tuple[Data, str, str]] = [
            ({2: [["profile.email", 1]]}, "not-granted", "A field that was not granted"),
            ({4: ["dpv:ServiceProvision"]}, "not-granted", "For another purpose"),
            ({2: [["profile.address", 1]]}, "version-order", "No newer version"),
            ({1: sha(b"no grant")}, "no-grant", "No grant"),
        ]
        for change, verdict, why in wrong:
            self.person("update", moved | change, thread, why, verdict=verdict, items=NEW)
        self.shop("update", moved, thread, "By who does not give", verdict="not-your-turn", items=NEW)
        self.person("update", moved, thread, "The person moves house", items=NEW)
        return moved

    def taken_back(self, thread: bytes, moved: Data) -> None:
        """One field revoked, then deleted."""
        self.person("revoke", {1: ["profile.name", "profile.shoe"]}, thread, "The name, and what never was")
        again: Data = moved | {2: [["profile.name", 2]]}
        why = "A field that was taken back"
        self.person("update", again, thread, why, verdict="not-granted", items=(NAME,))
        name: Data = {1: ["profile.name"]}
        self.person("erase", name, thread, "The name is to be deleted")
        self.person("erase", name, thread, "The same again", verdict="already-erased")
        gone: Data = {1: [["profile.name", 1]], 2: self.talk.clock + 30 * DAY}
        self.shop("erased", gone, thread, "The shop signs that it did; backups for 30 days more")
        self.shop("erased", gone, thread, "The same again", verdict="already-erased")

    def ended(self, thread: bytes, moved: Data) -> None:
        """The shop gives the rest up, which a change crosses."""
        some: Data = {1: ["profile.address"]}
        self.shop("revoke", some, thread, "A taker gives all up or nothing", verdict="body-form")
        seen = len(self.talk.other.sent), len(self.talk.opener.sent)
        self.shop("revoke", {}, thread, "The shop needs nothing any more", seen=seen[1])
        late: Data = moved | {2: [["profile.address", 3]]}
        why = "The address changes at once, before the person knew"
        self.person("update", late, thread, why, seen=seen[0], items=NEW, verdict="crossed")
        self.person("update", late, thread, "And knowing it", items=NEW, verdict="agreement-ended")
        self.person("erase", {}, thread, "All of it is to be deleted")
        kept: Data = {1: [], 2: self.talk.clock, 3: [["profile.address", "legal-duty"]]}
        self.shop("erased", kept, thread, "The shop has to keep the address")
        nothing: Data = {1: [], 2: self.talk.clock}
        self.shop("erased", nothing, thread, "A receipt for nothing", verdict="body-form")

    def unasked(self) -> None:
        """Given and taken back; taken back before it was known; declined."""
        why = "Taken back before it was known: kept"
        self.person("revoke", {}, sha(b"a thread that never was"), why)
        share = self.person("present", self.free, None, "Given unasked", items=BOTH)
        self.person("revoke", {}, share, "And taken back")
        none: Data = self.given
        self.person("present", none, None, "Declined unasked", items=BOTH, verdict="body-form")
        no = self.shop("request", self.wish, None, "The shop asks again")
        other: Data = {2: [["profile.telephone", "not-now"]]}
        self.person("decline", other, no, "What nobody asked for", verdict="not-asked")
        self.person("decline", {1: "not-needed", 2: [["profile.email", "not-now"]]}, no, "Not now")
        self.person("present", self.given, no, "Too late", verdict="not-in-state", items=BOTH)
        self.person("erase", {}, no, "Nothing came, and nothing is refused")

    def claimed(self) -> None:
        """Data that arose with the shop, and a right to all of them."""
        bill: Value = [["receipts/4711", 1]]
        item = (enc({"price": 12}),)
        body: Data = {1: bill}
        thread = self.shop("handback", body, None, "The shop gives a receipt back", items=item)
        self.person("acknowledge", {1: [["receipts/4711", 1, "applied"]]}, thread, "The person has it")
        due = self.talk.clock + 30 * DAY
        mend: Data = {1: "correction", 2: ["profile.name"]}
        self.person("rights", mend, None, "A correction without a value", verdict="body-form")
        claim = self.person("rights", {1: "access", 3: due}, None, "What does the shop have?")
        self.shop("answer", {1: "extended"}, claim, "Extended to no day", verdict="body-form")
        self.shop("answer", {1: "partly"}, claim, "More will follow")
        self.shop("answer", {1: "done", 4: bill}, claim, "Everything it has", items=item)
        self.shop("answer", {1: "refused"}, claim, "It was answered", verdict="not-in-state")


def disclosed(talk: Talk, under: bytes) -> str:
    """Asked, given in part, changed, taken back, deleted; given unasked; declined; claimed."""
    told = Told(talk, under)
    thread = told.asked()
    grant = told.presented(thread)
    moved = told.changed(thread, grant)
    told.taken_back(thread, moved)
    told.ended(thread, moved)
    told.unasked()
    told.claimed()
    return "Data asked for, given in part, changed once, taken back, deleted, given back, claimed."
