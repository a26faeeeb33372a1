"""What the crash test looks for it also finds: each fault is made here, in what a store would show."""

import pytest
from tests.crash.audit import AuditError, Side, Word, require_agreement, require_lost_nothing

WORDS = tuple(
    Word(number, bytes([number]) * 32, "conversation.say", f"text {number}", "applied")
    for number in range(1, 7)
)
OWN = tuple(
    Word(number, bytes([100 + number]) * 32, "conversation.say", f"own {number}", verdict)
    for number, verdict in ((1, "applied"), (2, None), (3, None))
)
JUDGED = tuple(word._replace(verdict="applied") for word in OWN)
VICTIM = Side(mine=OWN, theirs=WORDS[:5], digest=b"state", judged=5, waiting=0, fed=8)
PEER = Side(mine=WORDS, theirs=JUDGED[:2], digest=b"state", judged=2, waiting=1, fed=8)
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
        (VICTIM._replace(mine=JUDGED), "never judged"),
        (VICTIM._replace(mine=(OWN[0]._replace(verdict="internal"), *OWN[1:])), "never judged"),
        (VICTIM._replace(mine=OWN[:1], fed=6), "longer where it was received"),
    ],
)
def test_a_fault_in_what_a_kill_has_left_is_noticed(victim: Side, reason: str) -> None:
    with pytest.raises(AuditError, match=reason):
        require_lost_nothing(victim, PEER, ACKNOWLEDGED, KEPT)


AT_THE_END = with_line(*WORDS)._replace(mine=JUDGED)
IN_PEACE = PEER._replace(theirs=JUDGED, judged=3, waiting=0)


def test_two_stores_that_agree_pass() -> None:
    require_agreement(AT_THE_END, IN_PEACE)


@pytest.mark.parametrize(
    ("peer", "reason"),
    [
        (IN_PEACE._replace(theirs=JUDGED[:2]), "victim's line"),
        (IN_PEACE._replace(theirs=OWN), "victim's line"),
        (IN_PEACE._replace(mine=WORDS[:5]), "peer's line"),
        (IN_PEACE._replace(digest=b"other"), "different states"),
        (IN_PEACE._replace(waiting=1), "waits"),
        (IN_PEACE._replace(judged=2), "last judged"),
    ],
)
def test_two_stores_that_do_not_agree_are_noticed(peer: Side, reason: str) -> None:
    with pytest.raises(AuditError, match=reason):
        require_agreement(AT_THE_END, peer)
