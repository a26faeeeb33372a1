"""What a volume says of a relationship holds by itself, or is not taken (spec 21 §4).

Sealing to the manifest key proves nothing: a thief of the node has its public half. So key logs, signatures
and parts are verified as if a stranger had brought them. Verdicts and marks are the owner's own word.
"""

from typing import NamedTuple

from pcloud.engine.archive.rows import Kept, Said
from pcloud.engine.export.sides import receipt_key, tied_sides
from pcloud.engine.snapshot import APPLIED, Entry
from pcloud.errors import Code, Violation
from pcloud.wire import cose
from pcloud.wire.answers import read_answer
from pcloud.wire.files import export
from pcloud.wire.header import SignedHeader
from pcloud.wire.keys import HybridKey
from pcloud.wire.parts import check_parts
from pcloud.wire.shape import shape


class Signers(NamedTuple):
    """Who signs in a relationship: all that is remembered of it while its messages are read."""

    mine: tuple[bytes, bytes]
    """Own persona and own founding persona."""
    theirs: tuple[bytes, bytes]
    keys: bytes
    """The peer's signing keys, one behind the other."""

    def key(self, epoch: int) -> bytes:
        """The peer's signing key of an epoch. Raises Violation `epoch-unknown`."""
        found = self.keys[32 * epoch : 32 * epoch + 32]
        if not found:
            raise Violation(Code.EPOCH_UNKNOWN)
        return found


def signers_of(kept: Kept) -> Signers:
    """Verify who the two sides are. Raises Violation at stages form and authentic."""
    me, peer, proofs = kept.me, kept.peer, kept.proofs
    if me.log.events[0].commitment is None:
        raise Violation(Code.LOG_INVALID, "an own persona that cannot come back")
    founding = me.founding, kept.peer_founding
    opening = export.Opening(founding, proofs.invitation, proofs.succession, export.Items.ALL, left_out=0)
    sides = tied_sides(opening, (me.log, peer.log))
    shown = {event.contact_key for event in me.log.events}
    if any(HybridKey.from_seed(seed).public not in shown for seed in me.contact_seeds):
        raise Violation(Code.KEY_MISMATCH, "contact key")
    if proofs.receipt is not None:
        signed = cose.parse_sign1(proofs.receipt, cose.RECEIPT)
        cose.verify_sign1(signed, receipt_key(sides, read_answer(cose.RECEIPT, signed.payload).parties))
    keys = b"".join(event.signing_key for event in peer.log.events)
    return Signers((me.log.persona, founding[0]), (peer.log.persona, founding[1]), keys)


def check_said(signers: Signers, said: Said) -> None:
    """Verify a message. Raises Violation at stages form, authentic and content."""
    entry = said.entry
    check_header(signers, entry.signed, mine=entry.mine)
    if entry.verdict is None and not entry.mine:
        raise shape("verdict")
    if entry.signed.header.first is None and entry.first_signer is not None:
        raise shape("first signer")
    _check_parts(entry)


def check_header(signers: Signers, signed: SignedHeader, *, mine: bool) -> None:
    """Verify who signed a header for whom. Raises Violation `wrong-party`, `key-mismatch` and others.

    One's own may be signed by a key that is in no log that is known: another copy of this node had it.
    """
    header = signed.header
    senders, recipients = (signers.mine, signers.theirs) if mine else (signers.theirs, signers.mine)
    if header.sender != senders[0] or header.recipient not in recipients:
        raise Violation(Code.WRONG_PARTY)
    if not mine and signed.signer != signers.key(header.sender_epoch):
        raise Violation(Code.KEY_MISMATCH)
    cose.verify_sign1(cose.parse_sign1(signed.data, cose.HEADER), signed.signer)


def _check_parts(entry: Entry) -> None:
    """Check the parts that are here. Only a message without effect may lack its body, and then has none."""
    digests, parts = entry.signed.header.digests, entry.parts
    if any(parts) or entry.verdict in (None, APPLIED):
        check_parts(digests, parts)
    elif len(parts) != len(digests):
        raise Violation(Code.PART_MISSING)
