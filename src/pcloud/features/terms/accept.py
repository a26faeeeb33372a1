"""`terms.accept`: the second party accepts the proffer as it stands, and signs the agreement (spec 08 §3)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from pcloud.errors import Code, Violation
from pcloud.features.terms.agreement import agreement_id, check_signature, payload, signer_of
from pcloud.features.terms.replace import TermsReplace
from pcloud.features.terms.seal import TermsSeal
from pcloud.features.terms.withdraw import TermsWithdraw
from pcloud.kernel.context import Act, Context, Me
from pcloud.kernel.effects import Effect, Send, Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, octets, required, unsigned
from pcloud.kernel.thread import Thread
from pcloud.limits import PERSONA_ID_BYTES, SEAL_AFTER_EXPIRY_S_MAX
from pcloud.wire import cose
from pcloud.wire.keys import SIGNATURE_BYTES


@dataclass(frozen=True, slots=True)
class TermsAccept(Message):
    """An acceptance that binds until `seal_by` (seconds since 1970 UTC).

    Permits: with the first party's signature it is an agreement.
    """

    NAME: ClassVar[str] = "terms.accept"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.PERMITS

    proffer: bytes = required(1, octets(PERSONA_ID_BYTES))
    seal_by: int = required(2, unsigned())
    signature: bytes = required(3, octets(SIGNATURE_BYTES))

    @classmethod
    def sign(cls, thread: Thread, me: Me, seal_by: int) -> Self:
        """Make the acceptance of the proffer in the thread, bound until `seal_by`."""
        signature = cose.sign_part(me.key, cose.AGREEMENT, payload(thread, me.persona, seal_by))
        return cls(thread.data["proffer"], seal_by, signature)


def check(act: Act, thread: Thread, ctx: Context) -> None:
    """Judge an acceptance.

    Raises Violation: reference-mismatch, proffer-expired, seal-by-invalid, agreement-signature. To come later
    than its own seal-by is no fault of it: the first party then withdraws.
    """
    body = act.message
    assert isinstance(body, TermsAccept)
    if body.proffer != thread.data["proffer"]:
        raise Violation(Code.REFERENCE_MISMATCH, "proffer")
    expires: int = thread.data["expires"]
    if ctx.now > expires:
        raise Violation(Code.PROFFER_EXPIRED)
    if not act.time < body.seal_by <= expires + SEAL_AFTER_EXPIRY_S_MAX:
        raise Violation(Code.SEAL_BY_INVALID)
    check_signature(act.signers, payload(thread, act.sender, body.seal_by), body.signature)


def then(act: Act, thread: Thread) -> Step:
    """Hold the second party's signature, and by when the first has to add its own.

    Of another proffer it holds nothing: only a fold from which entries were rejected can bring that here.
    """
    body = act.message
    assert isinstance(body, TermsAccept)
    if body.proffer != thread.data["proffer"]:
        return Step(thread.data)
    return Step(
        {
            **thread.data,
            "accept": act.id,
            "seal_by": body.seal_by,
            "second": act.sender,
            "second_key": signer_of(act.signers, payload(thread, act.sender, body.seal_by), body.signature),
            "second_signature": body.signature,
        }
    )


def reply(act: Act, thread: Thread, ctx: Context) -> tuple[Effect, ...]:
    """Sign last, in the commit that takes the acceptance; or withdraw where that would be too late.

    An agreement that was proffered in place of another ends that one in the same commit.
    """
    accepted = thread._replace(data=then(act, thread).data)
    if ctx.now > accepted.data["seal_by"]:
        return (Send(TermsWithdraw(), thread.id), Tell("terms.withdrawn", thread.id))
    agreement = agreement_id(accepted, ctx.me.key.public)
    effects: tuple[Effect, ...] = (
        Send(TermsSeal.sign(accepted, ctx.me.key), thread.id),
        Tell("terms.agreed", agreement),
    )
    old = ctx.evidence.agreements.get(accepted.data.get("replaces", b""))
    if old is not None and not old.ended:
        effects += (Send(TermsReplace(old.id, agreement), old.entries[0]),)
    return effects
