"""Inputs that announce much, or are much: refused before they cost anything."""

import resource
import subprocess
import sys
import tracemalloc

import pytest

from pcloud.errors import Code, Violation
from pcloud.wire import cbor

ANNOUNCED = [
    "5bffffffffffffffff",
    "7b0000001000000000",
    "9affffffff",
    "9b000000ffffffffff",
    "baffffffff",
    "bb7fffffffffffffff",
    "825bffffffffffffffff00",
]
LITTLE_BYTES = 64 * 1_024
LIMIT_BYTES = 512 * 2**20
"""Of a whole process with our decoder in it."""


@pytest.mark.parametrize("data", ANNOUNCED)
def test_what_is_announced_and_not_there_takes_no_memory(data: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Violation) as refusal:
            cbor.decode(bytes.fromhex(data))
        assert tracemalloc.get_traced_memory()[1] < LITTLE_BYTES
    finally:
        tracemalloc.stop()
    assert refusal.value.code == Code.CBOR_MALFORMED


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"\x9a\x00\x0f\x42\x40" + bytes(10**6), Code.CBOR_ITEMS, id="X-CB-55 a million items"),
        pytest.param(b"\x81" * 10**7 + b"\0", Code.CBOR_DEPTH, id="X-CB-62 ten million levels"),
        pytest.param(b"\xa1\0" * 10**6 + b"\0", Code.CBOR_DEPTH, id="a million maps in each other"),
    ],
)
def test_many_small_items_and_great_depth_are_refused_at_the_bound(data: bytes, code: Code) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Violation) as refusal:
            cbor.decode(data)
        assert tracemalloc.get_traced_memory()[1] < LITTLE_BYTES
    finally:
        tracemalloc.stop()
    assert refusal.value.code == code


def test_a_process_with_little_memory_refuses_all_of_them_and_goes_on() -> None:
    program = f"""
from pcloud.errors import Violation
from pcloud.wire import cbor
refused = 0
for data in {ANNOUNCED}:
    try:
        cbor.decode(bytes.fromhex(data))
    except Violation:
        refused += 1
print(refused, cbor.decode(b"\\x01"))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(len(ANNOUNCED)), "1"]
