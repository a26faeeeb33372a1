"""A driver as a process: one JSON line to it, one JSON line back, within a deadline (interop/DRIVER.md)."""

import json
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

ANSWER_S_MAX: Final = 30
"""How long a driver may take for one answer."""
ENDING_S_MAX: Final = 10
"""How long it may take to end once nobody asks any more."""
LINE_BYTES_MAX: Final = 2**25
"""The longest line, to it and back."""
CHUNK_BYTES: Final = 2**16
TOLD_BYTES_MAX: Final = 400
"""How much of what a driver said on stderr is shown."""
EXECUTABLE: Final = "driver"
"""Its name where a folder is given."""

Answer = dict[str, Any]


class DriverError(Exception):
    """The driver did not answer as a driver does: it ended, was silent, or gave no JSON object."""


class Driver:
    """One process of a driver; started when it is first asked, and again after it ended."""

    def __init__(self, path: Path, answer_s_max: float = ANSWER_S_MAX) -> None:
        found = path / EXECUTABLE if path.is_dir() else path
        self.path = found.resolve()
        self._answer_s_max = answer_s_max
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        """What the process says on stderr."""

    @property
    def folder(self) -> Path:
        """Where it stands, and what is known to fail with it."""
        return self.path.parent

    def ask(self, verb: str, /, **arguments: object) -> Answer:
        """Ask one verb. Raises DriverError."""
        return self.line(json.dumps({"verb": verb, **arguments}).encode())

    def line(self, asked: bytes) -> Answer:
        """Send one line as it is, and read the answer. Raises DriverError."""
        answer = self._read(self._running(), asked + b"\n", time.monotonic() + self._answer_s_max)
        try:
            found = json.loads(answer)
        except ValueError:
            raise self._failed("gave a line that is no JSON") from None
        if not isinstance(found, dict) or not isinstance(found.get("ok"), bool):
            raise self._failed("gave a line that is no object with ok")
        return found

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._gone()

    def close(self) -> int:
        """Let it end by itself; gives its status. Raises DriverError where it does not end."""
        process = self._process
        if process is None:
            return 0
        assert process.stdin is not None
        process.stdin.close()
        try:
            status = process.wait(ENDING_S_MAX)
        except subprocess.TimeoutExpired:
            raise self._failed("did not end after stdin had ended") from None
        self._gone()
        return status

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the process is gone
            try:
                self._process = subprocess.Popen(
                    [str(self.path)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._errors,
                    process_group=0,  # a Ctrl-C is for the suite, which lets its drivers end
                )
            except OSError as error:
                self._gone()
                raise DriverError(f"{self.path} cannot be started: {error.strerror}") from error
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                os.set_blocking(pipe.fileno(), False)
        return self._process

    def _read(self, process: subprocess.Popen[bytes], asked: bytes, end: float) -> bytes:
        """Write and read at once, so that neither side waits for the other with full pipes."""
        assert process.stdin is not None
        assert process.stdout is not None
        to_write, got, looked = memoryview(asked), bytearray(), 0
        with selectors.DefaultSelector() as ready:
            ready.register(process.stdout, selectors.EVENT_READ)
            if ready.select(0) and os.read(process.stdout.fileno(), 1):
                raise self._failed("gave a line that nobody had asked for")
            ready.register(process.stdin, selectors.EVENT_WRITE)
            while (found := got.find(b"\n", looked)) < 0:
                looked = len(got)
                events = ready.select(max(0.0, end - time.monotonic()))
                if not events:
                    raise self._failed("gave no answer in time")
                for key, _ in events:
                    if key.fileobj is process.stdin:
                        to_write = to_write[self._write(process, to_write) :]
                        if not to_write:
                            ready.unregister(process.stdin)
                    else:
                        got += self._more(process, len(got))
        if found != len(got) - 1:
            raise self._failed("gave more than one line")
        return bytes(got)

    def _more(self, process: subprocess.Popen[bytes], size: int) -> bytes:
        assert process.stdout is not None
        more = os.read(process.stdout.fileno(), CHUNK_BYTES)
        if not more:
            raise self._failed("ended")
        if size + len(more) > LINE_BYTES_MAX:
            raise self._failed("gave a line without end")
        return more

    def _write(self, process: subprocess.Popen[bytes], data: memoryview) -> int:
        assert process.stdin is not None
        try:
            return os.write(process.stdin.fileno(), data[:CHUNK_BYTES])
        except BrokenPipeError:
            raise self._failed("ended") from None

    def _failed(self, what: str) -> DriverError:
        if self._process is not None:
            self._process.kill()
        told = self._gone()[-TOLD_BYTES_MAX:].decode(errors="replace").strip()
        return DriverError(f"the driver {what}" + (f": {told}" if told else ""))

    def _gone(self) -> bytes:
        """Let go of a process that ends; gives what it said on stderr."""
        process, self._process = self._process, None
        errors, self._errors = self._errors, None
        if process is not None:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        if errors is None:
            return b""
        with errors:
            errors.seek(0)
            return errors.read()


def unsupported(answer: Mapping[str, Any]) -> bool:
    """Whether the driver says that it does not know what it was asked."""
    return answer.get("ok") is False and answer.get("unsupported") is True
