"""From scopes to what the owner sees: plain words, and no control characters of anybody else's."""

import unicodedata
from functools import cache
from typing import Literal

from pcloud.engine import handshake
from pcloud.features.conversation.say import ConversationSay, read_text
from pcloud.features.terms.agreement import record
from pcloud.kernel.thread import Thread
from pcloud.runtime import views
from pcloud.runtime.deciding import refusals
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.rosters import summary_of
from pcloud.store.port import Direction, Fed
from pcloud.wire.invitation import Invitation

_WORDS = 4
_WORD_BITS = 11
_PAUSED = {
    "paused-by-opener": (True, False),
    "paused-by-other": (False, True),
    "paused-by-both": (True, True),
}
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of writing, with which a name can be made to look like another."""
_RELATED = ("active", *_PAUSED)


def clean(text: str | None) -> str | None:
    """Text of somebody else as it may be shown: nothing steers a screen or turns writing (spec 18 §5)."""
    if text is None:
        return None
    kept = ("" if each in _TURNING else each if each == "\n" or not _steers(each) else " " for each in text)
    return unicodedata.normalize("NFC", "".join(kept))


def _steers(character: str) -> bool:
    return unicodedata.category(character) == "Cc"


def line(text: str | None) -> str | None:
    """The same on one line."""
    shown = clean(text)
    return None if shown is None else " ".join(shown.split())


@cache
def _wordlist() -> list[str]:
    from mnemonic import Mnemonic  # noqa: PLC0415 - read only where somebody compares words

    return list(Mnemonic("english").wordlist)


def persona_words(persona: bytes) -> str:
    """The first 44 bits of a persona id as four words, to compare by voice."""
    bits = int.from_bytes(persona[:8], "big")
    shifts = range(64 - _WORD_BITS, 64 - _WORD_BITS * (_WORDS + 1), -_WORD_BITS)
    return " ".join(_wordlist()[bits >> shift & 2**_WORD_BITS - 1] for shift in shifts)


def is_peer(scope: Scope) -> bool:
    """Whether the two have become peers: the handshake was completed, whatever came after."""
    thread = scope.relationship.thread
    return thread is not None and (thread.state in _RELATED or "opened" in thread.data)


def contact(scope: Scope, invitation: Invitation | None) -> views.Contact:
    """Somebody who is not a peer yet."""
    row, peer = scope.contact, scope.relationship.peer
    states: dict[str, Literal["pending", "requested", "accepted", "declined", "closed"]] = {
        "requested": "requested",
        "accepted": "accepted",
        "declined": "declined",
        "closed": "closed",
    }
    return views.Contact(
        row.scope.hex(),
        "in" if row.direction is Direction.IN else "out",
        line(row.name),
        line(row.purpose) or "",
        states.get(row.state, "pending"),
        row.kind,
        line(row.role),
        row.created,
        persona_words(peer.log.persona),
        list(invitation.terms or ()) if invitation is not None else [],
        peer.endpoints[0] if row.direction is Direction.OUT else None,
    )


def peer(scope: Scope, now: int) -> views.Peer:
    """A relationship with both halves of its r-button."""
    relationship, row = scope.relationship, scope.contact
    thread = relationship.thread
    state, mine, theirs = _sides(scope)
    in_force = [
        agreement.terms
        for agreement in relationship.agreements.values()
        if not agreement.ended and (agreement.until is None or agreement.until > now)
    ]
    heard = max(scope.heard, row.heard)
    return views.Peer(
        scope.id.hex(),
        line(row.name),
        state,
        sorted(in_force),
        mine,
        theirs,
        heard or None,
        row.kind,
        line(row.purpose) or "",
        line(row.role),
        None if thread is None else handshake.short_code(thread),
        len(relationship.outgoing.pending),
        _advice(scope),
        refusals.total(scope),
    )


_State = Literal["active", "paused", "closed", "recovering", "stopped"]


def _sides(scope: Scope) -> tuple[_State, views.Side, views.Side]:
    relationship = scope.relationship
    thread = relationship.thread
    assert thread is not None, "a peer has its thread"
    mine: views.Side = "active"
    theirs: views.Side = "active"
    state: _State = "active"
    if thread.state in _PAUSED:
        by_opener, by_other = _PAUSED[thread.state]
        i_opened = thread.opener in (relationship.me.log.persona, relationship.sealing.founding[0])
        by_me, by_them = (by_opener, by_other) if i_opened else (by_other, by_opener)
        state = "paused"
        mine, theirs = "paused" if by_me else "active", "paused" if by_them else "active"
    elif thread.state == "closed":
        state, mine, theirs = "closed", "closed", "closed"
    if relationship.stopped:
        state = "stopped"
    elif relationship.recovering:
        state = "recovering"
    return state, mine, theirs


def _advice(scope: Scope) -> str | None:
    relationship = scope.relationship
    if relationship.stopped:
        return (
            "Another copy of your node is newer than this one. If you use that one, let this one go; "
            "else stop this one and recover it with your 24 words: pcloud recover --here"
        )
    if relationship.incoming.halted:
        return "The other side has sent two different messages in one place. It has to recover."
    beyond = refusals.total(scope)
    if beyond:
        times = "once" if beyond == 1 else f"{beyond} times"
        return f"It asked {times} for more than your terms allow, and was refused: pcloud asks --refused"
    return None


def entry(fed: Fed) -> views.Entry:
    """One message of the log, with what was said where that is still kept."""
    item = fed.entry
    header = item.signed.header
    said = None
    if header.name == ConversationSay.NAME and len(item.parts) > 1 and item.verdict in (None, "applied"):
        part = item.parts[1]
        said = None if part is None else clean(read_text(part.data))
    return views.Entry(
        fed.number,
        item.first_id.hex(),
        header.time,
        item.mine,
        header.name,
        item.signed.thread_id.hex(),
        item.verdict,
        said,
    )


def negotiation(scope: Scope, thread: Thread, *, whole: bool = False) -> views.Negotiation:
    """Terms with one peer."""
    data = thread.data
    mine = thread.opener == scope.relationship.me.log.persona
    ended = scope.relationship.agreements.get(data.get("agreement", b""))
    over = None
    if ended is not None and ended.ended:
        last = scope.log.find(ended.ended[-1].id)
        over = None if last is None else last.signed.header.time
    terms = data["counter"] if thread.state == "countered" else data["terms"]
    return views.Negotiation(
        thread.id.hex(),
        scope.id.hex(),
        terms,
        summary_of(terms),
        thread.state,
        mine,
        _turn(thread.state, mine=mine),
        data.get("expires"),
        data.get("until"),
        data.get("sealed"),
        data["agreement"].hex() if "agreement" in data else None,
        over,
        record(thread).hex() if whole and "agreement" in data else None,
        line(scope.contact.name),
    )


def _turn(state: str, *, mine: bool) -> Literal["mine", "theirs", "none"]:
    """Who has to answer."""
    if state in ("proffered", "proffered-again"):
        return "theirs" if mine else "mine"
    if state == "countered":
        return "mine" if mine else "theirs"
    return "none"
