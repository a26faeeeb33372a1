"""Faults of our own making, behind what chance alone does not get past: the fuzzer has to find them."""

from tests.fuzz.doors import Door
from tests.fuzz.objects import EVENT, KEY

from pcloud.wire import cbor, cose
from pcloud.wire.keylog import read_log


def _depth(data: bytes) -> None:
    """Wrong for a map in an array in a map."""
    value = cbor.decode(data)
    inner = value.get(1) if isinstance(value, dict) else None
    if isinstance(inner, list) and inner and isinstance(inner[0], dict):
        raise IndexError


def _signed(data: bytes) -> None:
    """Wrong behind a good signature: a key event with a number that is too high for its place."""
    cose.verify_sign1(cose.parse_sign1(data, cose.KEY_EVENT), KEY.public)
    if cbor.decode_list(cose.parse_sign1(data, cose.KEY_EVENT).payload)[1:2] != [0]:
        raise OverflowError
    read_log([data])


PLANTED = {"planted: structure": Door((_depth,)), "planted: signature": Door((_signed,))}
SEEDS = {"planted: structure": [b"\xa1\x01\x80"], "planted: signature": [EVENT.data]}
"""What their fuzzing begins with."""
