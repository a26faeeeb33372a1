"""What was used last, up to a bound."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(OrderedDict[Key, Value], Generic[Key, Value]):
    """The entries used last, up to a bound."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def recall(self, key: Key) -> Value | None:
        """What is kept under a key, which so becomes the newest."""
        found = self.get(key)
        if found is not None:
            self.move_to_end(key)
        return found

    def keep(self, key: Key, value: Value) -> None:
        """Keep it as the newest; the oldest goes where there are too many."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > self._most:
            self.popitem(last=False)


class Expected(Generic[Key, Value]):
    """The entries used last, up to a bound, and beside them those that are about to be used, up to another.

    Whoever has just been sent something answers soon. What is sent to a thousand at once would otherwise be
    let go before the first answer, and read a second time for it.
    """

    def __init__(self, most: int, expected_most: int, is_expected: Callable[[Value], bool]) -> None:
        self._most, self._expected_most, self._is_expected = most, expected_most, is_expected
        self._used: OrderedDict[Key, Value] = OrderedDict()
        self._aside: OrderedDict[Key, Value] = OrderedDict()
        """Those that were used longer ago, and are expected."""

    def __len__(self) -> int:
        return len(self._used) + len(self._aside)

    def recall(self, key: Key) -> Value | None:
        """What is kept under a key, which so becomes the newest."""
        found = self._used.get(key)
        if found is not None:
            self._used.move_to_end(key)
        elif (found := self._aside.pop(key, None)) is not None:
            self._used[key] = found
        return found

    def keep(self, key: Key, value: Value) -> None:
        """Keep it as the newest."""
        self._aside.pop(key, None)
        self._used[key] = value
        self._used.move_to_end(key)

    def drop(self, key: Key) -> Value | None:
        """Let one go; gives what it was."""
        return self._used.pop(key) if key in self._used else self._aside.pop(key, None)

    def trim(self) -> list[Key]:
        """Let the oldest go, down to the bounds. Gives which."""
        gone: list[Key] = []
        while len(self._used) > self._most:
            key, value = self._used.popitem(last=False)
            if self._is_expected(value):
                self._aside[key] = value
            else:
                gone.append(key)
        while len(self._aside) > self._expected_most:
            gone.append(self._aside.popitem(last=False)[0])
        return gone
