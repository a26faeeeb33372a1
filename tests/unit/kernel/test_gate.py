"""Gates, marks and claims: closed lists, and by default nothing claimed, proven or allowed."""

import pytest

from pcloud.kernel.gate import NO_CLAIMS, Agreement, Claims, Evidence, Gate, Grant, Mark, Policy


def test_the_lists_are_closed() -> None:
    assert [str(gate) for gate in Gate] == ["open", "related", "agreed", "granted"]
    assert [str(mark) for mark in Mark] == ["permits", "restricts", "neutral"]
    for value in ("public", "OPEN", ""):
        with pytest.raises(ValueError, match="is not a valid"):
            Gate(value)


def test_by_default_nothing_is_claimed_proven_or_allowed() -> None:
    assert Claims("", (), (), None, None, None) == NO_CLAIMS
    assert Evidence() == Evidence(None, None, {}, {})
    assert Policy(()) == Policy((), None, onward=False)


def test_evidence_of_nothing_cannot_be_filled_in() -> None:
    with pytest.raises(TypeError):
        Evidence().agreements[b"id"] = None  # type: ignore[index]
    with pytest.raises(TypeError):
        Evidence().rosters[b"id", ""] = None  # type: ignore[index]


def test_what_was_just_made_has_not_ended() -> None:
    agreement = Agreement(b"id", b"one", b"two", b"roster", "SD-BASE", 0, None, (b"id",))
    assert agreement.ended == ()
    assert Grant(b"id", b"agreement", 1, (b"id",)).ended == ()
