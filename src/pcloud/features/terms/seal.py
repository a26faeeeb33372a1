"""`terms.seal`: the first party signs last, and the agreement is in force (spec 08 §3)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from pcloud.errors import Code, Violation
from pcloud.features.terms.agreement import accepted_payload, agreement_id, check_signature, keep, signer_of
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, octets, required
from pcloud.kernel.thread import Thread
from pcloud.limits import PERSONA_ID_BYTES
from pcloud.wire import cose
from pcloud.wire.keys import SIGNATURE_BYTES, SigningKey


@dataclass(frozen=True, slots=True)
class TermsSeal(Message):
    """The second signature. Permits: from its header's time on the agreement supports what it allows."""

    NAME: ClassVar[str] = "terms.seal"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.PERMITS

    accept: bytes = required(1, octets(PERSONA_ID_BYTES))
    signature: bytes = required(2, octets(SIGNATURE_BYTES))

    @classmethod
    def sign(cls, thread: Thread, key: SigningKey) -> Self:
        """Make the seal of the acceptance in the thread."""
        return cls(thread.data["accept"], cose.sign_part(key, cose.AGREEMENT, accepted_payload(thread)))


def check(act: Act, thread: Thread, ctx: Context) -> None:
    """Judge a seal. Raises Violation: reference-mismatch, seal-late, agreement-signature."""
    body = act.message
    assert isinstance(body, TermsSeal)
    if body.accept != thread.data.get("accept"):
        raise Violation(Code.REFERENCE_MISMATCH, "acceptance")
    if max(act.time, ctx.now) > thread.data["seal_by"]:
        raise Violation(Code.SEAL_LATE)
    check_signature(act.signers, accepted_payload(thread), body.signature)


def then(act: Act, thread: Thread) -> Step:
    """Hold the first party's signature, and keep the agreement.

    Of another acceptance it holds nothing: only a fold from which entries were rejected can bring that here.
    """
    body = act.message
    assert isinstance(body, TermsSeal)
    if body.accept != thread.data.get("accept"):
        return Step(thread.data)
    key = signer_of(act.signers, accepted_payload(thread), body.signature)
    data = {
        **thread.data,
        "seal": act.id,
        "sealed": act.time,
        "first_key": key,
        "first_signature": body.signature,
        "agreement": agreement_id(thread, key),
    }
    return keep(thread._replace(data=data))


def reply(act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner."""
    return (Tell("terms.agreed", then(act, thread).data["agreement"]),)
