"""One living node under test, as a scenario speaks to it."""

import hashlib
from pathlib import Path
from typing import Any, Final

from pcloud_interop.driver import Answer, Driver, DriverError, unsupported
from pcloud_interop.vectors import short

ANYWHERE: Final = "127.0.0.1:0"


class MismatchError(Exception):
    """A node did not do what it has to."""


class NotImplementedHereError(Exception):
    """A driver does not know what the scenario needs of it."""


class LiveNode:
    """A node in a folder of its own, run by a driver.

    What is asked of it raises MismatchError, NotImplementedHereError, DriverError.
    """

    def __init__(
        self, driver: Driver, folder: Path, role: str, kind: str, now: int, seed: str | None = None
    ) -> None:
        """Its randomness is that of a seed, where one is given; only a node of nobody has one."""
        self.driver, self.role, self.kind, self.now = driver, role, kind, now
        self.name = role.capitalize()
        self.listens = True
        self._folder = folder
        self._seed = seed
        self.listen = ANYWHERE
        """Where it is to listen; from its start on where it does."""
        self.secret = ""
        """What its owner's words stand for."""
        self._starts = 0
        self._up = False

    def up(self, **recover: str | None) -> None:
        """Start it, later where peers know it to be; with what it recovers from, where that is given."""
        answer = self._start(recover)
        if not answer["ok"]:
            raise MismatchError(f"{self.role}: start was refused: {short(answer)}")
        self._up = True
        self.secret = answer.get("secret") or self.secret
        endpoint = answer.get("endpoint")
        if self.listens:
            if not isinstance(endpoint, str):
                raise MismatchError(f"{self.role}: start gives no endpoint: {short(answer)}")
            self.listen = endpoint.partition("://")[2].rstrip("/")

    @property
    def endpoint(self) -> str:
        """Where it is reached."""
        return f"http://{self.listen}"

    def cannot_come_back(self, **recover: str) -> None:
        """Start it with what it cannot recover from."""
        if self._start(dict(recover))["ok"]:
            raise MismatchError(f"{self.role}: a recovery has to be refused, and was done")

    def _start(self, recover: dict[str, str | None]) -> Answer:
        self._starts += 1
        seed = self._seed and hashlib.sha256(f"{self._seed} {self._starts}".encode()).hexdigest()
        arguments = {
            "dir": str(self._folder),
            "now": self.now,
            "entropy": seed,
            "listen": self.listen if self.listens else None,
            "name": self.name,
            "kind": self.kind,
            "recover": recover or None,
        }
        return self._answer("start", arguments)

    def elsewhere(self, folder: Path) -> "LiveNode":
        """The same owner's node on another machine, which has nothing yet; one of the two runs at a time."""
        folder.mkdir()
        seed = self._seed and f"{self._seed} {folder.name}"
        other = LiveNode(self.driver, folder, self.role, self.kind, self.now, seed)
        other.listens, other.secret = self.listens, self.secret
        return other

    def down(self) -> None:
        """Stop it as an owner does; nothing happens where it is down."""
        if self._up:
            self._up = False
            self._ask("stop")

    def killed(self) -> None:
        """End its process at once."""
        self._up = False
        self.driver.kill()

    def advance(self, seconds: int) -> None:
        """Let time pass for it."""
        self.now += seconds
        answer = self._ask("advance", seconds=seconds)
        if not isinstance(answer.get("now"), int) or answer["now"] < self.now:
            raise MismatchError(f"{self.role}: after advance it is at least {self.now}, not {short(answer)}")

    def tell(self, command: str, /, **arguments: object) -> Answer:
        """Give an owner's command, which has to be done."""
        return self._ask("command", name=command, arguments=arguments)

    def cannot(self, command: str, code: str | None = None, /, **arguments: object) -> None:
        """Give an owner's command that has to be refused, with this code where one is given."""
        answer = self._answer("command", {"name": command, "arguments": arguments})
        if answer["ok"]:
            raise MismatchError(f"{self.role}: {command} has to be refused {code or ''}, and was done")
        if code is not None and answer.get("code") != code:
            raise MismatchError(f"{self.role}: {command} has to be refused {code}; got {short(answer)}")

    def perhaps(self, command: str, code: str, /, **arguments: object) -> None:
        """Give an owner's command that may be done, or be refused with this code."""
        answer = self._answer("command", {"name": command, "arguments": arguments})
        if not answer["ok"] and answer.get("code") != code:
            raise MismatchError(f"{self.role}: {command} may be refused {code}; got {short(answer)}")

    def rows(self, command: str, member: str, /, **arguments: object) -> list[dict[str, Any]]:
        """What a command that shows a list shows."""
        found = self.tell(command, **arguments).get(member)
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise MismatchError(f"{self.role}: {command} gives no list of {member}")
        return found

    def state(self, peer: str) -> Answer:
        """How a relationship stands."""
        return self._ask("state", peer=peer)

    def texts(self, peer: str) -> list[str]:
        """What the other side said, in order."""
        entries = self.rows("log", "entries", peer=peer)
        return [each["text"] for each in entries if not each["mine"] and each["text"] is not None]

    def verify_export(self, data: str) -> Answer:
        """What it says of a file of chapter 19, whoever wrote it."""
        case = {"op": "export.verify", "input": {"bytes": data}}
        return self._ask("vector", chapter="export", case=case)

    def cannot_verify(self, data: str) -> None:
        """Give it a file that it has to refuse."""
        case = {"op": "export.verify", "input": {"bytes": data}}
        answer = self._answer("vector", {"chapter": "export", "case": case})
        if answer["ok"]:
            raise MismatchError(f"{self.role}: a file that does not hold has to be refused")

    def _ask(self, verb: str, /, **arguments: object) -> Answer:
        answer = self._answer(verb, arguments)
        if not answer["ok"]:
            what = arguments.get("name", verb) if verb == "command" else verb
            raise MismatchError(f"{self.role}: {what} was refused: {short(answer)}")
        return answer

    def _answer(self, verb: str, arguments: dict[str, object]) -> Answer:
        try:
            answer = self.driver.ask(verb, **arguments)
        except DriverError:
            self._up = False
            raise
        if unsupported(answer):
            what = f"command {arguments['name']}" if verb == "command" else verb
            raise NotImplementedHereError(f"{self.role}: {what}")
        return answer
