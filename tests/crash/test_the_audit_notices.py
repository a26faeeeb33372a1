"""What the crash test looks for it also finds: each fault is made here, in what a store would show."""

import pytest
from tests.crash.audit import AuditError, Side, Word, require_agreement, require_lost_nothing

WORDS = tuple(
    Word(number, bytes([number]) * 32, "conversation.say", f"text {number}", "applied")
    for number in range(1, 7)
)
OWN = tuple(
    Word(number, bytes([100 + number]) * 32, "conversation.say", f"own {number}", "applied")
    for number in range(1, 4)
)
VICTIM = Side(mine=OWN, theirs=WORDS[:5], digest=b"state", judged=5, waiting=0, fed=8)
PEER = Side(mine=WORDS, theirs=OWN[:2], digest=b"state", judged=2, waiting=1, fed=8)
ACKNOWLEDGED = [(word.id, "applied") for word in WORDS[:4]]
KEPT = ["own 1", "own 3"]


def with_line(*words: Word) -> Side:
    """The victim where this has come from its peer, all of it counted right."""
    return VICTIM._replace(theirs=words, judged=len(words), fed=len(words) + len(OWN))


def renumbered(*words: Word) -> Side:
    return with_line(*(word._replace(number=number) for number, word in enumerate(words, 1)))


def test_a_store_that_a_kill_has_left_whole_passes() -> None:
    """The peer has said more than came, and was acknowledged less; both are as they may be."""
    require_lost_nothing(VICTIM, PEER, ACKNOWLEDGED, KEPT)


@pytest.mark.parametrize(
    ("victim", "reason"),
    [
        (with_line(*WORDS[:3]), "lost"),
        (with_line(*WORDS[:2], *WORDS[3:5]), "gap"),
        (renumbered(*WORDS[:2], *WORDS[3:5]), "differs"),
        (renumbered(*WORDS[:2], WORDS[3], WORDS[2], WORDS[4]), "differs"),
        (renumbered(*WORDS[:5], WORDS[4]), "stands twice"),
        (renumbered(*WORDS[:4], WORDS[4]._replace(text="text 4")), "said twice"),
        (with_line(*WORDS[:4], WORDS[4]._replace(text="text five")), "differs"),
        (with_line(WORDS[0]._replace(verdict="internal"), *WORDS[1:5]), "another verdict"),
        (VICTIM._replace(judged=4), "last judged"),
        (VICTIM._replace(fed=9), "effect"),
        (VICTIM._replace(fed=7), "effect"),
        (VICTIM._replace(mine=OWN[:2], fed=7), "owner's texts"),
        (VICTIM._replace(mine=OWN[:1], fed=6), "longer where it was received"),
    ],
)
def test_a_fault_in_what_a_kill_has_left_is_noticed(victim: Side, reason: str) -> None:
    with pytest.raises(AuditError, match=reason):
        require_lost_nothing(victim, PEER, ACKNOWLEDGED, KEPT)


def test_two_stores_that_agree_pass() -> None:
    victim = with_line(*WORDS)
    require_agreement(victim, PEER._replace(theirs=OWN, judged=3, waiting=0))


@pytest.mark.parametrize(
    ("peer", "reason"),
    [
        (PEER._replace(waiting=0), "victim's line"),
        (PEER._replace(theirs=OWN, mine=WORDS[:5], judged=3, waiting=0), "peer's line"),
        (PEER._replace(theirs=OWN, judged=3, waiting=0, digest=b"other"), "different states"),
        (PEER._replace(theirs=OWN, judged=3), "waits"),
        (PEER._replace(theirs=OWN, judged=2, waiting=0), "last judged"),
    ],
)
def test_two_stores_that_do_not_agree_are_noticed(peer: Side, reason: str) -> None:
    with pytest.raises(AuditError, match=reason):
        require_agreement(with_line(*WORDS), peer)
