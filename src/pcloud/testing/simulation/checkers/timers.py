"""What is due at a time is done then, or stands until then, also when a node was off (spec 05 §9; R06)."""

from pcloud.store.port import Timer
from pcloud.testing.simulation.checkers.port import Checker, Commit, Healed

_Key = tuple[bytes, str, bytes]


class Timers(Checker):
    """Keeps a list of every timer of its own, and compares it with what each store has in the end."""

    promise = "No timer is lost."

    def __init__(self) -> None:
        super().__init__()
        self._set: dict[str, dict[_Key, Timer]] = {}
        """By machine."""

    def committed(self, commit: Commit) -> None:
        """A commit stands; nothing has followed from it yet."""
        known = self._set.setdefault(commit.machine, {})
        for key, timer in commit.changes.timers.items():
            if timer is None:
                known.pop(key, None)
            else:
                known[key] = timer

    def restored(self, machine: str) -> None:
        """What was set since its copy is set anew by what comes back."""
        self._set.pop(machine, None)

    def healed(self, world: Healed) -> None:
        """Chaos is over, and every queue is empty."""
        for machine, known in self._set.items():
            store = world.stores.get(machine)
            if store is None:
                continue
            for (scope, command, key), timer in known.items():
                there = {(each.command, each.key): each for each in store.copying.timers(scope)}
                if there.get((command, key)) != timer:
                    self.violated(f"{machine}: a timer for {command} is not there any more")
