"""`terms.proffer`: the first party offers terms that it chose from a roster (spec 08 §3)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from pcloud.errors import Code, Violation
from pcloud.features.terms.agreement import in_force
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark, StandardTerms
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, octets, optional, refuse, required, text, unsigned
from pcloud.kernel.thread import START, Thread
from pcloud.limits import PERSONA_ID_BYTES, TERMS_ID_BYTES_MAX


@dataclass(frozen=True, slots=True)
class TermsProffer(Message):
    """An offer that the other party may accept until `expires`; times in seconds since 1970 UTC.

    Permits, because accepting it is all that is missing to an agreement.
    """

    NAME: ClassVar[str] = "terms.proffer"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.PERMITS

    roster: bytes = required(1, octets(PERSONA_ID_BYTES))
    terms: str = required(2, text(TERMS_ID_BYTES_MAX))
    text_hash: bytes = required(3, octets(PERSONA_ID_BYTES))
    machine_hash: bytes = required(4, octets(PERSONA_ID_BYTES))
    expires: int = required(5, unsigned())
    until: int | None = optional(6, unsigned())
    replaces: bytes | None = optional(7, octets(PERSONA_ID_BYTES))

    @classmethod
    def choose(
        cls, chosen: StandardTerms, expires: int, until: int | None = None, replaces: bytes | None = None
    ) -> Self:
        """Make the proffer of a roster's entry: open until `expires`, in force at most until `until`."""
        return cls(
            chosen.roster, chosen.terms, chosen.text_hash, chosen.machine_hash, expires, until, replaces
        )


def check(act: Act, thread: Thread, ctx: Context) -> None:
    """Judge a proffer, the first or the one that answers a counter.

    Raises Violation: proffer-by-organisation, counter-invalid, roster-unknown, text-mismatch,
    proffer-expired, body-form (an agreement that would end before the proffer does), replaces-unknown.
    """
    body = act.message
    assert isinstance(body, TermsProffer)
    mine = act.sender == ctx.me.persona
    sender, other = (ctx.me, ctx.peer) if mine else (ctx.peer, ctx.me)
    if sender.kind == "organisation" and other.kind == "person":
        raise Violation(Code.PROFFER_BY_ORGANISATION)
    if thread.state != START and body.roster != thread.data["roster"]:
        raise Violation(Code.COUNTER_INVALID, "another roster")
    standard = ctx.evidence.rosters.get((body.roster, body.terms))
    if standard is None:
        raise Violation(Code.ROSTER_UNKNOWN)
    if (body.text_hash, body.machine_hash) != (standard.text_hash, standard.machine_hash):
        raise Violation(Code.TEXT_MISMATCH)
    if ctx.now > body.expires:
        raise Violation(Code.PROFFER_EXPIRED)
    if body.until is not None and body.until <= body.expires:
        raise refuse("ends before it can begin")
    if body.replaces is not None:
        old = ctx.evidence.agreements.get(body.replaces)
        if (
            old is None
            or (old.first, old.second) != (sender.persona, other.persona)
            or not in_force(old, act)
        ):
            raise Violation(Code.REPLACES_UNKNOWN)


def then(act: Act, thread: Thread) -> Step:
    """Hold what is proffered; an earlier counter stays on record."""
    body = act.message
    assert isinstance(body, TermsProffer)
    data = {
        "proffer": act.id,
        "roster": body.roster,
        "terms": body.terms,
        "text": body.text_hash,
        "machine": body.machine_hash,
        "expires": body.expires,
    }
    if body.until is not None:
        data["until"] = body.until
    if body.replaces is not None:
        data["replaces"] = body.replaces
    if "counter" in thread.data:
        data["counter"] = thread.data["counter"]
    return Step(data)


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner, who answers."""
    return (Tell("terms.proffered", thread.id),)
