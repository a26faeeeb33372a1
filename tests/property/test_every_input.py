"""Every state, message and party has a verdict: one row, or a refusal of stage content. Never an accident.

Shows [TERMS-39] for `terms`; a feature joins by being in MACHINES.
"""

from collections.abc import Iterator

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.features.conversation.machine import MACHINE as CONVERSATION
from pcloud.features.custody.machine import MACHINE as CUSTODY
from pcloud.features.disclosure.machine import MACHINE as DISCLOSURE
from pcloud.features.relationship.machine import MACHINE as RELATIONSHIP
from pcloud.features.relay.machine import MACHINE as RELAY
from pcloud.features.terms.machine import MACHINE as TERMS
from pcloud.kernel.context import Act
from pcloud.kernel.machine import By, Machine, Row, find_row
from pcloud.kernel.message import Message
from pcloud.kernel.thread import START, Seen, Thread

MACHINES = (CONVERSATION, CUSTODY, DISCLOSURE, RELATIONSHIP, RELAY, TERMS)
OPEN_A_DISCLOSURE = [f"disclosure.{verb}" for verb in ("request", "present", "handback", "rights")]
OPENER, OTHER = bytes(32), bytes(31) + b"\x01"


def states(machine: Machine) -> list[str]:
    named = (
        {row.state for row in machine.rows} | {row.next for row in machine.rows} | {START, "no such state"}
    )
    return sorted(named)


def inputs() -> Iterator[tuple[Machine, str, str, bytes]]:
    for machine in MACHINES:
        for state in states(machine):
            for name in sorted(machine.messages):
                for sender in (OPENER, OTHER):
                    yield machine, state, name, sender


def name_of(value: object) -> str:
    if isinstance(value, bytes):
        return "opener" if value == OPENER else "other"
    return value.name if isinstance(value, Machine) else str(value)


def verdict(machine: Machine, thread: Thread, act: Act) -> Row | Violation:
    try:
        return find_row(machine, thread, act)
    except Violation as violation:
        return violation


@pytest.mark.parametrize("highest", [4, 5], ids=["unseen", "seen"])
@pytest.mark.parametrize(("machine", "state", "name", "sender"), list(inputs()), ids=name_of)
def test_there_is_always_a_verdict(
    machine: Machine, state: str, name: str, sender: bytes, highest: int
) -> None:
    """[TERMS-20] [TERMS-39] [TALK-6] [DISC-38] [TABLE-2] [TABLE-4] [REL-16]"""
    message: Message = object.__new__(machine.messages[name])
    thread = Thread(bytes(32), machine.name, OPENER, state, seen=Seen((2, 5), (2, 5)))
    act = Act(message, bytes(32), sender, (bytes(32),), 0, 2, 6, highest)
    party = By.OPENER if sender == OPENER else By.OTHER
    rows = [
        row
        for row in machine.rows
        if (row.state, row.message.NAME) == (state, name) and row.by in {party, By.EITHER}
    ]
    given = verdict(machine, thread, act)
    if isinstance(given, Violation):
        assert given.stage is Stage.CONTENT
        assert given.code in {Code.NOT_IN_STATE, Code.NOT_YOUR_TURN}
        assert not rows or (highest == 5 and rows[0].crossing)
    else:
        assert [given] == rows
        assert not (highest == 5 and given.crossing)
        assert find_row(machine, thread, act, reissued=True) is given


@pytest.mark.parametrize("machine", MACHINES, ids=name_of)
def test_every_state_is_reached_and_only_these_messages_open_a_thread(machine: Machine) -> None:
    """[TERMS-1] [DISC-38]"""
    reached = {START}
    for _ in machine.rows:
        reached |= {row.next for row in machine.rows if row.state in reached}
    assert reached == {row.state for row in machine.rows} | {row.next for row in machine.rows}
    opening = [row.message.NAME for row in machine.rows if row.state == START]
    assert len(opening) == 1 or opening == OPEN_A_DISCLOSURE
