"""From a verified file to its report: what each claim rests on (spec 19 §5)."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Final, Literal, NamedTuple

from pcloud.engine import handshake
from pcloud.engine.export import report
from pcloud.engine.export.disclosed import fields_of
from pcloud.engine.export.lines import Elsewhere, Line, LineKey, Lines, held, line_of
from pcloud.engine.export.reading import Reading, receipted_line
from pcloud.engine.export.report import Listed, Proof, Report, Who
from pcloud.engine.fold import State, fold
from pcloud.engine.snapshot import APPLIED, REJECTED, Entry
from pcloud.errors import Code, UsageError, Violation
from pcloud.features.terms.agreement import agreement_of, record
from pcloud.features.terms.machine import MACHINE as TERMS
from pcloud.features.terms.record import Record, read_record
from pcloud.kernel.gate import Agreement, Rosters
from pcloud.kernel.thread import Thread
from pcloud.limits import WINDOW_MESSAGES
from pcloud.wire.answers import Receipt
from pcloud.wire.files.export import Items, Opening
from pcloud.wire.ids import persona_text

_ITEMS: Final[Mapping[Items, Literal["all", "none", "some"]]] = {
    Items.ALL: "all",
    Items.NONE: "none",
    Items.SOME: "some",
}


def tell(reading: Reading, opening: Opening, now: int, rosters: Rosters) -> Report:
    """Fold what was read, and tell what it shows. Raises Violation where the messages contradict it."""
    state = fold(
        reading.entries.values(), reading.registry, frozenset(reading.unaffirmed), reading.sides.logs
    )
    relation = _relation(reading, state)
    words = _Receipts(reading.receipts, reading.lines)
    messages = {id_: _said(reading, entry, words) for id_, entry in reading.entries.items()}
    elsewhere = _elsewhere(reading)
    lines = [_line(key, line, elsewhere) for key, line in reading.lines.items()]
    return Report(
        time=now,
        exporter=_persona(reading, relation, mine=True),
        peer=_persona(reading, relation, mine=False),
        opener=None if relation is None else _who(reading, relation.opener),
        state=None if relation is None else relation.state,
        code=None if relation is None else handshake.short_code(relation),
        meeting=_meeting(reading, relation),
        digest=state.digest().hex(),
        complete=not opening.left_out and not any(line.missing or line.forks for line in lines),
        items=_ITEMS[opening.items],
        left_out=opening.left_out,
        unknown=sorted(reading.unknown),
        receipt=words.newest(),
        lines=lines,
        messages=list(messages.values()),
        threads=[_thread(reading, thread) for _, thread in sorted(state.threads.items())],
        agreements=_agreements(reading, state, messages, rosters),
        fields=fields_of(reading, state),
    )


def _who(reading: Reading, persona: bytes) -> Who:
    return "exporter" if persona == reading.sides.log(mine=True).persona else "peer"


def _side(*, mine: bool) -> Who:
    return "exporter" if mine else "peer"


# Who the two are


def _relation(reading: Reading, state: State) -> Thread | None:
    """The thread of the relationship. Raises Violation where it is not that of this invitation."""
    found = [thread for thread in state.threads.values() if thread.machine == reading.registry.relation]
    if not found:
        return None
    if len(found) > 1:
        raise Violation(Code.NOT_IN_STATE, "two relationships")
    (thread,) = found
    sides = reading.sides
    inviting = sides.inviting()
    if inviting is not None and thread.opener == sides.log(mine=inviting).persona:
        raise Violation(Code.WRONG_PARTY, "the inviting side asks")
    if sides.invitation is not None and thread.data["invitation"] != sides.invitation.id:
        raise Violation(Code.INVITATION_MISMATCH)
    return thread


def _persona(reading: Reading, relation: Thread | None, *, mine: bool) -> report.Persona:
    log, invitation = reading.sides.log(mine=mine), reading.sides.invitation
    kind = None
    if relation is not None and relation.opener == log.persona:
        kind = reading.kinds[relation.id]
    elif invitation is not None and reading.sides.inviting() is mine:
        kind = invitation.kind
    text = persona_text(log.persona)
    return report.Persona(log.persona.hex(), text, log.epoch, kind, reading.names.get(mine))


def _meeting(reading: Reading, relation: Thread | None) -> report.Meeting:
    sides = reading.sides
    invitation = sides.invitation
    named = relation.data["invitation"] if relation is not None else None
    if invitation is not None:
        named = invitation.id
    mine = sides.inviting()
    if mine is None:
        mine = relation is not None and relation.opener != sides.log(mine=True).persona
    return report.Meeting(
        invitation=None if named is None else named.hex(),
        founding=sides.founding[not mine].hex(),
        proof="both" if sides.tied else "exporter",
        purpose=None if invitation is None else invitation.purpose,
        title=None if invitation is None else invitation.title,
    )


def _thread(reading: Reading, thread: Thread) -> report.Thread:
    return report.Thread(thread.id.hex(), thread.machine, _who(reading, thread.opener), thread.state)


# Messages and lines


class _Taken(NamedTuple):
    """A receipt, with its refusals by number."""

    number: int
    id: bytes | None
    refused: dict[int, str]


class _Receipts:
    """What the peer's receipts say of the exporter's messages."""

    def __init__(self, receipts: Iterable[Receipt], lines: Lines) -> None:
        self._lines = lines
        self._by_line: dict[LineKey, list[_Taken]] = {}
        for receipt in sorted(receipts, key=lambda each: each.number):
            refused = {number: code for number, code in receipt.refusals if code != APPLIED}
            taken = _Taken(receipt.number, receipt.id, refused)
            self._by_line.setdefault(receipted_line(receipt), []).append(taken)

    def word(self, key: LineKey, number: int, id_: bytes) -> str | None:
        """`applied`, or a code; None where no receipt says anything of this very message.

        In its window a receipt speaks of the message that it names by its id, and of those it is linked to;
        of several the newest counts.
        """
        receipts = self._by_line.get(key, [])
        first = bisect_left(receipts, number, key=itemgetter(0))
        after = bisect_left(receipts, number + WINDOW_MESSAGES, key=itemgetter(0))
        speaking = (each for each in reversed(receipts[first:after]) if self._speaks(each, key, number, id_))
        newest = next(speaking, None)
        return None if newest is None else newest.refused.get(number, APPLIED)

    def _speaks(self, receipt: _Taken, key: LineKey, number: int, id_: bytes) -> bool:
        if receipt.number == number:
            return receipt.id == id_
        assert receipt.id is not None, "its number is above 0"
        return self._lines.reaches(key, (receipt.number, receipt.id), number)

    def newest(self) -> report.Receipt | None:
        """The last one of the newest line."""
        if not self._by_line:
            return None
        key = max(self._by_line, key=lambda each: (each.generation, each))
        number, id_, refused = self._by_line[key][-1]
        named = None if id_ is None else id_.hex()
        return report.Receipt(key.sender_epoch, key.recipient_epoch, number, named, refused)


def _said(reading: Reading, entry: Entry, receipts: _Receipts) -> report.Said:
    header, id_ = entry.signed.header, entry.first_id
    key = line_of(header, mine=entry.mine)
    place = key, header.number, entry.signed.id
    word = receipts.word(*place) if entry.mine else None
    return report.Said(
        id=id_.hex(),
        sender=_side(mine=entry.mine),
        name=header.name,
        time=header.time,
        thread=entry.signed.thread_id.hex(),
        sender_epoch=header.sender_epoch,
        recipient_epoch=header.recipient_epoch,
        number=header.number,
        verdict=entry.verdict,
        proof=_proof(reading, entry, word),
        receipt=word,
        acknowledged=not entry.mine or reading.lines.is_acknowledged(*place),
        body=entry.parts[0] is not None,
        items=len(header.digests) - 1,
        items_here=reading.items_here[id_],
        first="here" if header.first is None else "proven" if reading.first_of(entry) else "said",
        unaffirmed=id_ in reading.unaffirmed,
    )


def _proof(reading: Reading, entry: Entry, word: str | None) -> Proof:
    """Who proves a verdict. The peer's is the exporter's to give; its own messages the peer has judged.

    What is rejected was so by its sender, later than any receipt.
    """
    if entry.verdict == REJECTED:
        return "both" if not entry.mine and entry.first_id in reading.rejected else "exporter"
    if not entry.mine:
        return "both"
    if entry.verdict is None or word is None:
        return "exporter"
    # Only its own sender rejects an end; who says otherwise has refused it (spec 05 §10).
    return "both" if word == entry.verdict or (word, entry.verdict) == (REJECTED, Code.INTERNAL) else "none"


def _elsewhere(reading: Reading) -> Elsewhere:
    found: dict[tuple[bool, int], list[int]] = {}
    for entry in reading.entries.values():
        first = entry.signed.header.first
        if first is not None:
            found.setdefault((entry.mine, first.generation), []).append(first.number)
    return found


def _line(key: LineKey, line: Line, elsewhere: Elsewhere) -> report.Line:
    known = held(key, line, elsewhere)
    return report.Line(
        sender=_side(mine=key.mine),
        sender_epoch=key.sender_epoch,
        recipient_epoch=key.recipient_epoch,
        headers=len(line.numbers),
        last=known.last,
        acknowledged=line.acknowledged,
        elsewhere=known.elsewhere,
        missing=[list(run) for run in known.missing],
        forks=sorted(line.forks),
    )


# Agreements


def _agreements(
    reading: Reading, state: State, said: Mapping[bytes, report.Said], rosters: Rosters
) -> list[report.Agreement]:
    """The agreements with their records. Raises Violation where one is not signed by both.

    But for what a thief signed and nobody has affirmed: it is none.
    """
    found = []
    for thread in state.threads.values():
        if thread.machine == TERMS.name and "agreement" in thread.data:
            agreement = agreement_of(thread)
            unaffirmed = not reading.unaffirmed.isdisjoint(agreement.entries)
            try:
                signed = _signed_by_both(thread)
            except Violation:
                if not unaffirmed:
                    raise
                continue
            seal = said[thread.data["seal"]]
            found.append(_agreement(reading, agreement, signed, seal, rosters, unaffirmed=unaffirmed))
    return sorted(found, key=lambda made: made.id)


def _agreement(
    reading: Reading,
    agreement: Agreement,
    signed: tuple[bytes, Record],
    seal: report.Said,
    rosters: Rosters,
    *,
    unaffirmed: bool,
) -> report.Agreement:
    data, made = signed
    standard = rosters.get((made.roster, made.terms))
    listed: Listed = "not-loaded"
    if standard is not None:
        hashes = (standard.text_hash, standard.machine_hash)
        listed = "matches" if hashes == (made.text_hash, made.machine_hash) else "differs"
    return report.Agreement(
        id=made.id.hex(),
        roster=made.roster.hex(),
        terms=made.terms,
        text_hash=made.text_hash.hex(),
        machine_hash=made.machine_hash.hex(),
        first=_who(reading, made.first),
        sealed=agreement.sealed,
        until=made.until,
        replaces=None if made.replaces is None else made.replaces.hex(),
        ended=[_who(reading, ended.sender) for ended in agreement.ended],
        proof="both" if seal.proof == "both" or made.id in reading.named else "exporter",
        listed=listed,
        unaffirmed=unaffirmed,
        record=data.hex(),
    )


def _signed_by_both(thread: Thread) -> tuple[bytes, Record]:
    """The record of a sealed thread, both signatures verified. Raises Violation `agreement-signature`."""
    try:
        data = record(thread)
        return data, read_record(data, (thread.data["first_key"], thread.data["second_key"]))
    except (Violation, UsageError) as broken:
        raise Violation(Code.AGREEMENT_SIGNATURE) from broken
