"""Only the beginning of an id is indexed, so a peer may look for two that are alike there."""

from pathlib import Path

from tests.contract.store.bodies import KEY, empty_file
from tests.contract.store.histories import SCOPE, everything_of, met

from pcloud.engine.compose import Command, command
from pcloud.engine.snapshot import Entry
from pcloud.features.conversation.say import ConversationSay
from pcloud.kernel.thread import Thread
from pcloud.store.port import Changes
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.node import Node


def said(node: Node, text: str) -> Entry:
    message, items = ConversationSay.pack(text)
    decision = command(node.relationship, Command(message, None, items), node.log, node.setting)
    node.commit(decision)
    return decision.entries[0]


def alike(entry: Entry, number: int) -> Entry:
    """The entry under another id: all of them begin with the same sixteen bytes."""
    return entry._replace(signed=entry.signed._replace(id=b"alike" * 3 + bytes([0]) + bytes([number]) * 16))


def test_entries_whose_ids_begin_alike_are_told_apart(tmp_path: Path) -> None:
    store = SqliteStore.open(empty_file(tmp_path), KEY)
    guest, _ = met()
    store.commit(everything_of(guest))
    entries = [said(guest, f"text {number}") for number in range(5)]
    made = [alike(entry, number) for number, entry in enumerate(entries)]
    store.commit(Changes(entries={(SCOPE, entry.first_id): entry for entry in made[:3]}))
    for entry in made[3:]:
        store.commit(Changes(entries={(SCOPE, entry.first_id): entry}))
    history = store.history(SCOPE)
    for twin, entry in zip(made, entries, strict=True):
        found = history.find(twin.first_id)
        assert found is not None
        assert found.signed.data == entry.signed.data
    assert history.find(made[0].first_id[:16] + bytes([9]) * 16) is None
    assert store.counts()["entries"] == 3 + 5

    store.commit(Changes(verdicts={(SCOPE, made[1].first_id): "applied"}))
    verdicts = [found.verdict for twin in made if (found := history.find(twin.first_id)) is not None]
    assert verdicts == [None, "applied", None, None, None]
    store.commit(Changes(entries={(SCOPE, made[2].first_id): made[2]._replace(verdict="expired")}))
    verdicts = [found.verdict for twin in made if (found := history.find(twin.first_id)) is not None]
    assert verdicts == [None, "applied", "expired", None, None]
    assert list(store.check()) == []
    store.close()


def test_threads_whose_ids_begin_alike_are_told_apart(tmp_path: Path) -> None:
    store = SqliteStore.open(empty_file(tmp_path), KEY)
    threads = [
        Thread(b"alike" * 4 + bytes([number]) * 12, "terms", b"o" * 32, f"state {number}")
        for number in range(3)
    ]
    store.commit(Changes(threads={(SCOPE, thread.id): thread for thread in threads}))
    changed = threads[1]._replace(state="changed")
    store.commit(Changes(threads={(SCOPE, changed.id): changed}))
    history = store.history(SCOPE)
    assert [history.thread(thread.id) for thread in threads] == [threads[0], changed, threads[2]]
    assert list(store.threads(SCOPE, "terms")) == [threads[0], changed, threads[2]]
    assert history.thread(b"alike" * 4 + bytes(12)[:11] + b"x") is None
    store.close()


def test_a_thread_is_added_with_the_entry_that_opens_it_once_and_told_apart_too(tmp_path: Path) -> None:
    store = SqliteStore.open(empty_file(tmp_path), KEY)
    guest, _ = met()
    entries = [alike(said(guest, f"text {number}"), number) for number in range(3)]
    threads = [Thread(entry.first_id, "conversation", b"o" * 32, "open") for entry in entries]
    rows = [((SCOPE, thread.id), entry, thread) for entry, thread in zip(entries, threads, strict=True)]
    store.commit(
        Changes(entries={id_: entry for id_, entry, _ in rows[:2]}, threads={rows[0][0]: threads[0]})
    )
    store.commit(Changes(threads={rows[2][0]: threads[2]}))

    changed = threads[2]._replace(state="changed")
    store.commit(
        Changes(
            entries={id_: entry for id_, entry, _ in rows[1:]},
            threads={rows[1][0]: threads[1], rows[2][0]: changed},
        )
    )
    history = store.history(SCOPE)
    assert [history.thread(thread.id) for thread in threads] == [threads[0], threads[1], changed]
    assert list(store.threads(SCOPE, "conversation")) == [threads[0], changed, threads[1]]
    assert store.counts()["threads"] == 3
    assert store.counts()["entries"] == 3
    assert list(store.check()) == []
    store.close()
