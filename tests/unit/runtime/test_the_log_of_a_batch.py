"""The log as a batch sees it: own messages in flight are in memory, over what is stored (spec 05 §10)."""

import pytest
from tests.contract.store.histories import SCOPE, everything_of, met

from pcloud.engine.compose import Command, command, reissue
from pcloud.engine.snapshot import Decision, Entry
from pcloud.features.conversation.say import ConversationSay
from pcloud.runtime.deciding.scope import Buffer
from pcloud.store.memory import MemoryStore
from pcloud.store.port import Changes
from pcloud.testing.node import Node


@pytest.fixture
def guest() -> Node:
    return met()[0]


def place(entry: Entry) -> tuple[tuple[int, int], int]:
    header = entry.signed.header
    return (header.sender_epoch, header.recipient_epoch), header.number


def test_a_message_in_flight_that_was_sent_again_stands_at_each_place_as_it_was_signed_there(
    guest: Node,
) -> None:
    """[ROLL-1] Else a peer that holds its first sending would show this copy to be outdated."""
    store = MemoryStore()
    store.commit(everything_of(guest))
    log = Buffer(store.history(SCOPE))
    message, items = ConversationSay.pack("hello")
    decision = command(guest.relationship, Command(message, None, items), guest.log, guest.setting)
    (first,) = decision.entries
    relationship, again = reissue(decision.relationship, first)
    for entry in (first, again):
        log.apply(Decision(relationship, (entry,)))
        assert log.find(first.first_id) == entry
        store.commit(Changes(entries={(SCOPE, entry.first_id): entry}))
        log.committed()

    for entry in (first, again):
        epochs, number = place(entry)
        found = log.at(mine=True, epochs=epochs, number=number)
        assert found is not None
        assert found.signed == entry.signed
        assert found.parts == again.parts
        assert found == store.history(SCOPE).at(mine=True, epochs=epochs, number=number)
    assert place(first) != place(again)
    assert log.find(first.first_id) == again
    assert [each.first_id for each in log.sequence(mine=True)].count(first.first_id) == 1
