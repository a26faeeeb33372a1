"""What a store holds, compared with what its peers know and with what its owner was told."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pcloud.engine.fold import fold
from pcloud.engine.registry import STANDARD
from pcloud.engine.snapshot import APPLIED, Entry
from pcloud.features.conversation.say import ConversationSay, read_text
from pcloud.store.port import Store

FEED_MAX = 1_000_000
"""Entries of a whole store; more than a run makes."""


class Word(NamedTuple):
    """One message of a line."""

    number: int
    id: bytes
    name: str
    text: str | None
    verdict: str | None


class Side(NamedTuple):
    """A relationship in one store: what its owner wrote, what came, and what the two logs amount to."""

    mine: tuple[Word, ...]
    theirs: tuple[Word, ...]
    digest: bytes
    judged: int
    """Number of the last message of the peer that was judged."""
    waiting: int
    """Own messages without a receipt."""
    fed: int
    """Rows of the feed: one for each effect."""


class AuditError(AssertionError):
    """Something that was promised does not hold."""


def side(store: Store, scope: bytes) -> Side:
    """Read one relationship."""
    relationship, history = store.relationship(scope), store.history(scope)
    require(relationship is not None, "a relationship is gone")
    assert relationship is not None
    mine, theirs = history.sequence(mine=True), history.sequence(mine=False)
    state = fold([*mine, *theirs], STANDARD, relationship.unaffirmed, relationship.logs)
    return Side(
        _words(mine),
        _words(theirs),
        state.digest(),
        relationship.incoming.number,
        len(relationship.outgoing.pending),
        len(store.log(scope, None, FEED_MAX)),
    )


def _words(entries: Iterable[Entry]) -> tuple[Word, ...]:
    return tuple(map(_word, entries))


def _word(entry: Entry) -> Word:
    header = entry.signed.header
    said = entry.parts[1] if header.name == ConversationSay.NAME else None
    text = None if said is None else read_text(said.data)
    return Word(header.number, entry.first_id, header.name, text, entry.verdict)


def require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Raise AuditError where something does not hold."""
    if not holds:
        raise AuditError(otherwise)


def texts(line: Iterable[Word]) -> list[str]:
    """What was said, in order."""
    return [word.text for word in line if word.text is not None]


def require_in_order(line: Sequence[Word]) -> None:
    """Numbers from 1 without a gap, no message and no text twice."""
    numbers = [word.number for word in line]
    require(numbers == list(range(1, len(line) + 1)), f"numbers leave a gap or repeat: {_gap(numbers)}")
    require(len({word.id for word in line}) == len(line), "a message stands twice")
    said = texts(line)
    require(len(set(said)) == len(said), "a text was said twice")


def _gap(numbers: list[int]) -> str:
    wrong = next((at for at, number in enumerate(numbers, 1) if at != number), len(numbers))
    return f"place {wrong} of {len(numbers)}"


def require_begins(shorter: Sequence[Word], longer: Sequence[Word], whose: str) -> None:
    """What one side has of a line is the beginning of what the other has."""
    for here, there in zip(shorter, longer, strict=False):
        require(
            here[:4] == there[:4], f"{whose} line differs at number {here.number}: {here[:4]}, {there[:4]}"
        )
    require(
        len(shorter) <= len(longer), f"{whose} line is longer where it was received than where it is from"
    )


def require_lost_nothing(
    victim: Side, peer: Side, acknowledged: Sequence[tuple[bytes, str]], kept: Sequence[str]
) -> None:
    """What a store must hold at any time, also right after a kill.

    `acknowledged`: ids and verdicts that the peer has a receipt for; `kept`: texts of which the victim's
    owner was told that they are kept.
    """
    for line in (victim.mine, victim.theirs, peer.mine, peer.theirs):
        require_in_order(line)
    require_begins(victim.theirs, peer.mine, "the peer's")
    require_begins(peer.theirs, victim.mine, "the victim's")
    require(victim.judged == len(victim.theirs), "the last judged number is not that of the last message")
    require(victim.fed == len(victim.mine) + len(victim.theirs), "an effect is missing or stands twice")
    stands = {word.id: word.verdict for word in victim.theirs}
    for id_, verdict in acknowledged:
        require(id_ in stands, f"an acknowledged message is lost: {id_.hex()}")
        require(stands[id_] == verdict == APPLIED, f"{id_.hex()} was acknowledged with another verdict")
    for word in victim.mine:
        judged = word.number <= len(peer.theirs)
        require(word.verdict is None or (judged and word.verdict == APPLIED), "the peer never judged this")
    said = texts(victim.mine)
    told = set(kept)
    require(
        [text for text in said if text in told] == list(kept), "the owner's texts are lost or out of order"
    )


def require_agreement(victim: Side, peer: Side) -> None:
    """What two stores must hold once nothing waits."""
    require(victim.mine == peer.theirs, "the victim's line differs")
    require(victim.theirs == peer.mine, "the peer's line differs")
    require(victim.digest == peer.digest, "the two logs fold to different states")
    require(not victim.waiting and not peer.waiting, "something waits")
    require(peer.judged == len(peer.theirs), "the last judged number is not that of the last message")
