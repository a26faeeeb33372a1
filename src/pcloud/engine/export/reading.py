"""The messages and receipts of an export as they are read, each verified before it counts (spec 19 §4)."""

from collections.abc import Sequence

from pcloud.engine.export.lines import LineKey, Lines
from pcloud.engine.export.sides import Sides, receipt_key, sender_of
from pcloud.engine.registry import Registry
from pcloud.engine.snapshot import APPLIED, REJECTED, Entry
from pcloud.errors import Code, Violation
from pcloud.features.disclosure.machine import MACHINE as DISCLOSURE
from pcloud.features.relationship.accept import RelationshipAccept
from pcloud.features.relationship.fields import read_name
from pcloud.features.relationship.reject import RelationshipReject
from pcloud.features.relationship.request import RelationshipRequest
from pcloud.features.terms.terminate import TermsTerminate
from pcloud.wire import cose
from pcloud.wire.answers import Receipt, read_answer
from pcloud.wire.files import export
from pcloud.wire.files.export import Items
from pcloud.wire.header import SignedHeader, read_header
from pcloud.wire.parts import Part, check_parts
from pcloud.wire.shape import shape


class Reading:
    """What a file holds. Of a message header and body stay; items are verified and let go.

    But for those of disclosures: the report shows what was given.
    """

    def __init__(self, sides: Sides, registry: Registry, items: Items) -> None:
        self.sides = sides
        self.registry = registry
        self.lines = Lines(sides)
        self.entries: dict[bytes, Entry] = {}
        """By first id."""
        self.unaffirmed: set[bytes] = set()
        self.items_here: dict[bytes, int] = {}
        """How many items of a message are in the file, by first id."""
        self.disclosed: dict[bytes, tuple[Part | None, ...]] = {}
        """The parts of a disclosure as they are in the file, by first id."""
        self.formers: dict[bytes, SignedHeader] = {}
        """Earlier headers of messages that were sent again, by their own ids."""
        self.receipts: list[Receipt] = []
        self.unknown: set[str] = set()
        self.kinds: dict[bytes, str] = {}
        """Kind of its sender, by first id of a request."""
        self.names: dict[bool, str] = {}
        """Display names, by whether they are the exporter's."""
        self.rejected: set[bytes] = set()
        """First ids that the peer has rejected in messages that were applied."""
        self.named: set[bytes] = set()
        """Agreements that the peer has named."""
        self._items = items

    def message(self, record: export.Message) -> None:
        """Take a message. Raises Violation at the stages form, authentic, order and content."""
        signed, mine = self._header(record.signed)
        header = signed.header
        log = self.sides.log(mine=mine)
        if header.first is None and record.first_epoch is not None:
            raise shape("first epoch")
        if record.first_epoch is not None and record.first_epoch > header.sender_epoch:
            raise Violation(Code.EPOCH_UNKNOWN, "first epoch")
        if header.first is not None and header.first.generation >= header.generation:
            raise Violation(Code.FORK, "first generation")
        if record.verdict is None and not mine:
            raise shape("verdict")
        if self._items is Items.NONE and any(record.parts[1:]):
            raise shape("items that were to be left out")
        if signed.first_id in self.entries:
            raise Violation(Code.FORK, "one message twice")
        signer = None if record.first_epoch is None else log.events[record.first_epoch].signing_key
        entry = Entry(signed, record.parts[:1], record.verdict, mine, signer)
        acting = self._may_act(entry)
        _check_parts(header.digests, record.parts, needed=acting)
        self.entries[signed.first_id] = entry
        self.items_here[signed.first_id] = sum(part is not None for part in record.parts[1:])
        if header.name in DISCLOSURE.messages:
            self.disclosed[signed.first_id] = record.parts
        if record.unaffirmed:
            self.unaffirmed.add(signed.first_id)
        if not mine and header.agreement is not None:
            self.named.add(header.agreement)
        if acting:
            self._note(entry, record.parts)

    def _may_act(self, entry: Entry) -> bool:
        """Whether the message may act in a fold, so that its body has to be here (spec 05 §10)."""
        if entry.verdict == APPLIED or entry.verdict is None:
            return True
        message = self.registry.messages.get(entry.signed.header.name)
        return entry.mine and message is not None and message.ENDS and entry.verdict != REJECTED

    def _note(self, entry: Entry, parts: Sequence[Part | None]) -> None:
        """Note what the report needs of a message that may act. Whether its body is one, the fold asks."""
        body = parts[0]
        assert body is not None, "checked before"
        known = self.registry.messages.get(entry.signed.header.name)
        if known is None:
            self.unknown.add(entry.signed.header.name)
            return
        try:
            message = known.read(body.data)
        except Violation:
            return
        if isinstance(message, RelationshipRequest):
            self.kinds[entry.first_id] = message.kind
        if isinstance(message, RelationshipRequest | RelationshipAccept):
            name = read_name(parts)
            if name is not None:
                self.names[entry.mine] = name
        if isinstance(message, RelationshipReject) and not entry.mine:
            self.rejected.update(message.ids)
        if isinstance(message, TermsTerminate) and not entry.mine:
            self.named.add(message.agreement)

    def former(self, record: export.Former) -> None:
        """Take an earlier header. Raises Violation at the stages form, authentic and order."""
        signed, _ = self._header(record.signed)
        self.formers[signed.id] = signed

    def _header(self, data: bytes) -> tuple[SignedHeader, bool]:
        """A signed header by the key of its epoch, in its place; and whether the exporter sent it."""
        signed = cose.parse_sign1(data, cose.HEADER)
        header = read_header(signed.payload)
        mine = sender_of(self.sides, header)
        cose.verify_sign1(signed, self.sides.log(mine=mine).events[header.sender_epoch].signing_key)
        known = SignedHeader(header, signed.id, signed.kid, b"")
        self.lines.add(known, mine=mine)
        return known, mine

    def receipt(self, record: export.Receipted) -> None:
        """Take a receipt of the peer. Raises Violation at the stages form, authentic and order."""
        signed = cose.parse_sign1(record.signed, cose.RECEIPT)
        receipt = read_answer(cose.RECEIPT, signed.payload)
        assert isinstance(receipt, Receipt), "the type says so"
        cose.verify_sign1(signed, receipt_key(self.sides, receipt.parties))
        if receipt.id is not None:
            self.lines.acknowledge(receipted_line(receipt), receipt.number, receipt.id)
        self.receipts.append(receipt)

    def settle(self) -> None:
        """Compare what was read with itself, once all has come. Raises Violation `fork`, `key-mismatch`."""
        self.lines.settle()
        for former in self.formers.values():
            newest = self.entries.get(former.first_id)
            if newest is None or not _is_earlier(former, newest.signed):
                raise Violation(Code.FORK, "a message that was sent again")
        for entry in self.entries.values():
            first = self.first_of(entry)
            if first is not None and first.signer != (entry.signer or entry.signed.signer):
                raise Violation(Code.KEY_MISMATCH, "first epoch")

    def first_of(self, entry: Entry) -> SignedHeader | None:
        """The header under which a message was first sent, where it was sent again and the file has it."""
        first = self.formers.get(entry.first_id)
        return first if first is not None and first.header.first is None else None


def receipted_line(receipt: Receipt) -> LineKey:
    """The exporter's line that a receipt of the peer speaks of."""
    who = receipt.parties
    return LineKey(mine=True, sender_epoch=who.recipient_epoch, recipient_epoch=who.sender_epoch)


def _check_parts(digests: Sequence[bytes], parts: Sequence[Part | None], *, needed: bool) -> None:
    """Check the parts that are here. Only a message without effect may lack its body, and then has none."""
    if needed or any(parts):
        check_parts(digests, parts)
    elif len(parts) != len(digests):
        raise Violation(Code.PART_MISSING)


def _is_earlier(former: SignedHeader, newest: SignedHeader) -> bool:
    return former.header.generation < newest.header.generation and former.is_again(newest)
