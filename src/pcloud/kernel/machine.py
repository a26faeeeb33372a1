"""One interpreter, many tables: what is not in a feature's table is refused (spec 05 §7).

The table does not know whose copy it is. A row may have three functions:
`check` refuses, and runs where a message is judged or commanded; `then` gives the thread's new
data and what to keep, and runs on both copies and in every fold; `reply` gives what the receiver
does next, and runs only there.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from pcloud.errors import Code, Violation
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Effect, Keep
from pcloud.kernel.message import Message
from pcloud.kernel.thread import START, Seen, Thread


class By(StrEnum):
    """Who may send the message of a row."""

    OPENER = "opener"
    OTHER = "other"
    EITHER = "either"
    ENGINE = "engine"
    """Asks from other scopes and timers: never a peer."""


_OPENER, _OTHER = By.OPENER, By.OTHER  # to look them up in their enum takes as long as to find a row


class Step(NamedTuple):
    """What a row makes of a thread: its new data, and what to store beside it."""

    data: Mapping[str, Any]
    keeps: tuple[Keep, ...] = ()


Check = Callable[[Act, Thread, Context], None]
Then = Callable[[Act, Thread], Step]
Reply = Callable[[Act, Thread, Context], tuple[Effect, ...]]


class Row(NamedTuple):
    """One allowed transition."""

    state: str
    message: type[Message]
    by: By
    next: str
    why: str
    check: Check | None = None
    then: Then | None = None
    reply: Reply | None = None
    crossing: bool = False
    """Allowed only where the sender had not seen what brought the thread into this state."""


class Machine:
    """A feature's table, indexed for look-up."""

    __slots__ = ("_index", "_known", "idle", "messages", "name", "rows")

    def __init__(self, name: str, rows: Iterable[Row]) -> None:
        self.name = name
        self.rows = tuple(rows)
        self.messages: Mapping[str, type[Message]] = {row.message.NAME: row.message for row in self.rows}
        self.idle = self.messages.keys() - {row.message.NAME for row in self.rows if _changes(row)}
        """Names of the messages that leave every open thread as it is, wherever a fold puts them."""
        self._index: dict[tuple[str, str, By], Row] = {}
        self._known: set[tuple[str, str]] = set()
        for row in self.rows:
            parties = (By.OPENER, By.OTHER) if row.by is By.EITHER else (row.by,)
            for party in parties:
                key = (row.state, row.message.NAME, party)
                if key in self._index:
                    raise AssertionError(f"two rows for {key}")
                self._index[key] = row
            self._known.add((row.state, row.message.NAME))

    def row(self, state: str, name: str, by: By) -> Row:
        """Look a row up. Raises Violation `not-in-state`, `not-your-turn` where the other party may."""
        row = self._index.get((state, name, by))
        if row is None:
            raise Violation(Code.NOT_YOUR_TURN if (state, name) in self._known else Code.NOT_IN_STATE, name)
        return row

    def unopened(self, name: str) -> Row:
        """The row of a message that passes in every state, for a thread that was lost and stays unopened."""
        row = next(row for row in self.rows if name == row.message.NAME)
        return row._replace(state=START, next=START)


def _changes(row: Row) -> bool:
    return row.state != START and (row.next != row.state or row.then is not None)


def party(thread: Thread, sender: bytes) -> By:
    """The sender's part in the thread."""
    return _OPENER if sender == thread.opener else _OTHER


def unseen(thread: Thread, by: By, generation: int, highest: int) -> bool:
    """Whether the sender of a message had not yet judged the other party's last one in this thread.

    After a recovery it may not have that one again yet, so what is of an older generation counts as unseen.
    """
    last_generation, last_number = thread.seen.other if by is _OPENER else thread.seen.opener
    if last_generation == generation:
        return last_number > highest
    return last_number > 0 and last_generation < generation


def find_row(machine: Machine, thread: Thread, act: Act, *, reissued: bool = False, own: bool = False) -> Row:
    """Find the row an act takes. Raises Violation as `Machine.row`; `not-in-state` for what did not cross.

    An `own` act is still to be said, so it crosses nothing (spec 05 §7).
    """
    by = party(thread, act.sender)
    row = machine.row(thread.state, act.message.NAME, by)
    if row.crossing and not reissued and (own or not unseen(thread, by, act.generation, act.highest)):
        raise Violation(Code.NOT_IN_STATE, act.message.NAME)
    return row


def advance(row: Row, thread: Thread, act: Act) -> tuple[Thread, tuple[Keep, ...]]:
    """Take the row: the thread after it, and what to keep. Never refuses."""
    data, keeps = (thread.data, ()) if row.then is None else row.then(act, thread)
    mark = (act.generation, act.number)
    seen = Seen(mark, thread.seen.other) if act.sender == thread.opener else Seen(thread.seen.opener, mark)
    return Thread(thread.id, thread.machine, thread.opener, row.next, data, seen), keeps


def open_thread(machine: Machine, act: Act) -> Thread:
    """The thread that an act without one opens; its id is the act's first id."""
    return Thread(act.id, machine.name, act.sender, START)
