"""The agreement: what both parties sign, its id, and the record that both hold alike (spec 08 §4)."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from pcloud.errors import Code, Violation
from pcloud.kernel.context import Act
from pcloud.kernel.effects import Keep
from pcloud.kernel.gate import Agreement, Ended
from pcloud.kernel.machine import Step
from pcloud.kernel.thread import Thread
from pcloud.limits import PROTOCOL_VERSION
from pcloud.wire import cbor, cose

_NEGOTIATED = ("proffer", "roster", "terms", "text", "machine", "expires", "until", "replaces")
"""What a thread's data holds of a proffer; all that stays when no agreement comes of it."""


def payload(thread: Thread, second: bytes, seal_by: int) -> bytes:
    """Give what both parties sign, from the proffer in the thread and the two choices of the second party."""
    data = thread.data
    body: dict[int | str, Any] = {
        1: PROTOCOL_VERSION,
        2: data["roster"],
        3: data["terms"],
        4: data["text"],
        5: data["machine"],
        6: thread.opener,
        7: second,
        8: data["proffer"],
        9: seal_by,
    }
    if "until" in data:
        body[10] = data["until"]
    if "replaces" in data:
        body[11] = data["replaces"]
    return cbor.encode(body)


def accepted_payload(thread: Thread) -> bytes:
    """Give the payload of a thread that holds an acceptance."""
    return payload(thread, thread.data["second"], thread.data["seal_by"])


def agreement_id(thread: Thread, first_key: bytes) -> bytes:
    """Give the agreement's id: SHA-256 of what the first party signs with the key of that public key."""
    return sha256(cose.signing_input(cose.AGREEMENT, first_key, accepted_payload(thread))).digest()


def check_signature(signers: Sequence[bytes], signed: bytes, signature: bytes) -> None:
    """Check one party's signature on a payload: one of these keys made it. Raises `agreement-signature`."""
    if not any(_holds(key, signed, signature) for key in signers):
        raise Violation(Code.AGREEMENT_SIGNATURE)


def signer_of(signers: Sequence[bytes], signed: bytes, signature: bytes) -> bytes:
    """The key that made it, of those that may have; the first where none did (spec 08 §5)."""
    if len(signers) == 1:
        return signers[0]
    return next((key for key in signers if _holds(key, signed, signature)), signers[0])


def _holds(key: bytes, signed: bytes, signature: bytes) -> bool:
    try:
        cose.verify_part(key, cose.AGREEMENT, signed, signature)
    except Violation:
        return False
    return True


def agreement_of(thread: Thread) -> Agreement:
    """Give the agreement of a sealed thread as the gatekeeper keeps it.

    Its first entry is the thread's own id, so whoever holds the agreement can write into the thread.
    """
    data = thread.data
    return Agreement(
        id=data["agreement"],
        first=thread.opener,
        second=data["second"],
        roster=data["roster"],
        terms=data["terms"],
        sealed=data["sealed"],
        until=data.get("until"),
        entries=(thread.id, data["accept"], data["seal"]),
        ended=tuple(Ended(*entry) for entry in data.get("ended", ())),
    )


def record(thread: Thread) -> bytes:
    """Give the co-signed record of a sealed thread: the same bytes whoever asks."""
    data = thread.data
    return cose.assemble(
        cose.AGREEMENT,
        accepted_payload(thread),
        (data["first_key"], data["first_signature"]),
        (data["second_key"], data["second_signature"]),
    )


def keep(thread: Thread) -> Step:
    """Make the step of a sealed thread: its data, and the agreement beside it."""
    agreement = agreement_of(thread)
    return Step(thread.data, (Keep("agreements", agreement.id, agreement),))


def end(act: Act, thread: Thread, more: Mapping[str, Any]) -> Step:
    """Note that the sender of `act` has ended the agreement, once per party and ordered by persona id.

    Where a fold without its seal left none, there is nothing to note.
    """
    if "agreement" not in thread.data:
        return Step(thread.data)
    before = [list(entry) for entry in thread.data.get("ended", ())]
    if all(sender != act.sender for sender, *_ in before):
        before.append([act.sender, act.generation, act.number, act.id])
    return keep(thread._replace(data={**thread.data, **more, "ended": sorted(before)}))


def give_up(_act: Act, thread: Thread) -> Step:
    """Forget everything but the proffer: no agreement came of it."""
    return Step({key: value for key, value in thread.data.items() if key in _NEGOTIATED})


def in_force(agreement: Agreement, act: Act) -> bool:
    """Tell whether the sender of `act` could take the agreement to be in force.

    Neither past its day nor ended, except by a message that the sender had not seen.
    """
    if agreement.until is not None and act.time >= agreement.until:
        return False
    return all(
        ended.sender != act.sender and ended.generation == act.generation and ended.number > act.highest
        for ended in agreement.ended
    )
