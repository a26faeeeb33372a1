"""A thousand canaries in every field and in exceptions from everywhere: none of them is ever written."""

import asyncio
import gc
import io
import json
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiohttp import ClientSession, web

from pcloud.ambient.system import system_entropy
from pcloud.errors import Code, UsageError, Violation
from pcloud.net.port import UnreachableError
from pcloud.runtime.config import Log as Settings
from pcloud.runtime.logs import Event, Fields, Log
from pcloud.runtime.surface import OwnerError
from pcloud.store.port import FullError
from pcloud.vault.port import WrongPassphraseError

CANARIES = [f"canary{os.urandom(6).hex()}" for _ in range(1_000)]


class Clock:
    """A second passes at every look, so that nothing is left out because it comes too often."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> int:
        return 1_800_000_000

    def elapsed(self) -> float:
        self.passed += 1
        return self.passed

    def since_boot(self) -> float:
        return self.elapsed()

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds


def fail(fault: Exception) -> None:
    raise fault


@pytest.fixture(params=["text", "json"])
def written(request: pytest.FixtureRequest) -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(written: io.StringIO, request: pytest.FixtureRequest) -> Log:
    settings = Settings(level="debug", format=request.node.callspec.params["written"])
    return Log(written, Clock(), system_entropy, settings)


@pytest.fixture(autouse=True)
def _nothing_else_is_written(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    out, err = capfd.readouterr()
    assert "canary" not in out + err


def clean(written: io.StringIO, lines_min: int = 1) -> list[str]:
    """The lines, once it is sure that no canary is among them."""
    text = written.getvalue()
    assert "canary" not in text.lower()
    assert len(text.splitlines()) >= lines_min
    return text.splitlines()


def test_no_field_lets_a_value_through(log: Log, written: io.StringIO) -> None:
    names = [*Fields.__annotations__, "name", "text", "address", "path", "detail", "canary"]
    for number, canary in enumerate(CANARIES):
        for shape in (canary, canary.encode(), [canary], {canary: canary}, f"\n{canary}", (canary,)):
            fields: Any = {names[(number + step) % len(names)]: shape for step in range(4)}
            log.note(Event.FRAME_REFUSED, **fields)

    clean(written, 6_000)
    assert log.dropped > 6_000


def test_no_exception_lets_its_text_through(log: Log, written: io.StringIO) -> None:
    makers: list[Callable[[str], Exception]] = [
        ValueError,
        KeyError,
        FullError,
        WrongPassphraseError,
        UnreachableError,
        RuntimeError,
        lambda canary: OwnerError("unknown", canary),
        lambda canary: OwnerError(canary, canary),
        lambda canary: Violation(Code.SHAPE, canary),
        lambda canary: UsageError(Code.CLOSED, canary),
        lambda canary: OSError(28, canary, canary),
        lambda canary: UnicodeDecodeError("utf-8", canary.encode(), 0, 1, canary),
        lambda canary: ExceptionGroup(canary, [ValueError(canary)]),
    ]
    for number, canary in enumerate(CANARIES):
        fault = makers[number % len(makers)](canary)
        fault.add_note(canary)
        fault.__cause__ = LookupError(canary)
        with pytest.raises(type(fault)) as caught:
            fail(fault)
        log.note(Event.FAULT, error=caught.value, peer=canary.encode())

    lines = clean(written, 1_000)
    assert "test_logs_take_over_the_process" in lines[0]


async def test_asyncio_lets_nothing_through(log: Log, written: io.StringIO) -> None:
    loop = asyncio.get_running_loop()

    async def fail(canary: str) -> None:
        raise ValueError(canary)

    def fall(canary: str) -> None:
        raise ValueError(canary)

    with log.in_charge(loop):
        for canary in CANARIES[:200]:
            task = loop.create_task(fail(canary), name=canary)
            loop.call_soon(fall, canary)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            del task
        gc.collect()
        loop.call_exception_handler({"message": CANARIES[0], "transport": CANARIES[1]})
        loop.call_exception_handler({"message": CANARIES[0], "exception": "canary"})
        loop.call_exception_handler({})

    lines = clean(written, 403)
    assert any("about=transport" in line or '"about":"transport"' in line for line in lines)


async def test_a_handler_that_fails_inside_aiohttp_lets_nothing_through(
    log: Log, written: io.StringIO
) -> None:
    async def fail(request: web.Request) -> web.Response:
        raise ValueError(request.query_string, await request.text())

    app = web.Application()
    app.router.add_post("/{tail:.*}", fail)
    runner = web.AppRunner(app)
    with log.in_charge(asyncio.get_running_loop()):
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        _, port = runner.addresses[0]
        async with ClientSession() as session:
            for canary in CANARIES[:20]:
                url = f"http://127.0.0.1:{port}/{canary}?{canary}"
                async with session.post(url, data=canary, headers={"X-A": canary}) as answer:
                    assert answer.status == 500
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"{CANARIES[0]} / HTTP/1.1\r\n{CANARIES[1]}\r\n\r\n".encode())
        await reader.read()
        writer.close()
        await writer.wait_closed()
        await runner.cleanup()

    lines = clean(written, 20)
    assert any("aiohttp" in line and "ValueError" in line for line in lines)


async def test_what_libraries_and_the_interpreter_say_is_kept_by_place_only(
    log: Log, written: io.StringIO
) -> None:
    class Falls:
        def __del__(self) -> None:
            raise ValueError(CANARIES[3])

    def fall() -> None:
        raise ValueError(CANARIES[4])

    with log.in_charge(asyncio.get_running_loop()):
        logging.getLogger("zeroconf").warning("%s", CANARIES[0], extra={"canary": CANARIES[1]})
        logging.getLogger(f"lib.{CANARIES[2]}").critical(CANARIES[2])
        logging.getLogger("aiohttp.access").info(CANARIES[2])
        logging.getLogger("other").warning("%d", CANARIES[2])
        Falls()
        gc.collect()
        thread = threading.Thread(target=fall, name=CANARIES[5])
        thread.start()
        thread.join()
        sys.excepthook(ValueError, ValueError(CANARIES[6]), None)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(CANARIES[7], stacklevel=1)

    lines = clean(written)
    assert len(lines) == 7
    assert "zeroconf" in lines[0]
    assert sum("foreign" in line for line in lines) == 4
    assert sum("fault" in line and "ValueError" in line for line in lines) == 3


async def test_afterwards_everything_is_as_it_was(log: Log, written: io.StringIO) -> None:
    loop, root = asyncio.get_running_loop(), logging.getLogger()

    def state() -> list[object]:
        hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
        return [*hooks, root.handlers[:], root.level, logging.raiseExceptions, loop.get_exception_handler()]

    before = state()

    with log.in_charge(loop):
        during = state()
    assert state() == before
    assert not any(one in before for one in during[:4])

    with pytest.raises(KeyError), log.in_charge(loop):
        fail(KeyError())
    assert state() == before
    assert written.getvalue() == ""


async def test_many_threads_write_whole_lines(log: Log, written: io.StringIO) -> None:
    def write() -> None:
        for _ in range(200):
            log.note(Event.FRAME_REFUSED, count=7)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    lines = clean(written, 1_600)
    assert len({line.partition("=")[0] for line in lines}) == 1 or all(map(json.loads, lines))
