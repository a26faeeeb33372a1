"""A thread as it begins: nothing seen, nothing held, and nothing shared with another."""

from pcloud.kernel.thread import START, Seen, Thread


def test_a_thread_begins_with_nothing() -> None:
    thread = Thread(b"id", "x-sample", b"opener")
    assert (thread.state, thread.data, thread.seen) == (START, {}, Seen((0, 0), (0, 0)))


def test_threads_are_equal_by_what_they_hold() -> None:
    one, two = (Thread(b"id", "x-sample", b"opener", data={"a": 1}) for _ in range(2))
    assert one == two
    assert one != two._replace(data={"a": 2})
    assert one != two._replace(seen=Seen((0, 1), (0, 0)))
