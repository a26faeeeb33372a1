"""What a fuzzer begins with: the vectors of the spec, samples of other programs' files, and what it found."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.fuzz.doors import ANSWERS, DOORS, LARGE_BYTES, REQUESTS, Door
from tests.fuzz.objects import SAMPLES
from tests.fuzz.peers import records_of_export, unsealed

from pcloud.errors import Violation
from pcloud.runtime.config import default_toml
from pcloud.vault import wrapping
from pcloud.wire import cbor

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
FILES = ROOT / "tests/samples"
REFUSED_MAX = 40
"""Seeds of a door that it refuses, one for each code and reader, shortest first."""
TAKEN_MAX = 200
"""Seeds of a door that it takes, shortest first."""
LAYERS_MAX = 3
LAYER_BYTES_MIN = 8
"""An encoded object in another takes so much at least."""


def seeds_of(name: str, *, own: bool = True) -> list[bytes]:
    """All that the fuzzing of a door begins with; what earlier fuzzing found is `own`."""
    door = DOORS[name]
    if name.startswith("file: ") or name == "kind of a file":
        found = [_chosen(door, which, data) for which in range(len(door.readers)) for data in _files()]
    elif name == "owner's requests":
        found = [bytes([which]) + _blank(one) for which, one in enumerate(REQUESTS)]
    elif name == "node's answers":
        found = [bytes([which]) + b for which in range(len(ANSWERS)) for b in (b"{}", b"[]", b"[{}]")]
    else:
        found = _from_vectors(door)
    found += saved(name) if own else []
    if name == "frames of a peer":
        found.append(unsealed())
    if name == "export that its maker signed":
        found.append(records_of_export())
    if name == "vault":
        wrapped = wrapping._wrap(bytes(32), bytes(32), wrapping.FLOOR, bytes(16), bytes(24))
        found += [b"\0" + wrapped, b"\1" + cbor.encode(cbor.decode_list(wrapped)[:-1])]
    if name == "settings":
        found.append(default_toml().encode())
    return [data for data in dict.fromkeys(found) if len(data) <= door.bytes_max]


def saved(name: str) -> list[bytes]:
    """What fuzzing found that reached more than the other seeds, or was a fault once."""
    path = CORPUS / f"{file_name(name)}.txt"
    return [bytes.fromhex(line) for line in path.read_text().split()] if path.exists() else []


def save(name: str, found: list[bytes]) -> None:
    """Keep inputs of a door, one line of hexadecimal each."""
    CORPUS.mkdir(exist_ok=True)
    path = CORPUS / f"{file_name(name)}.txt"
    if not found:
        path.unlink(missing_ok=True)
        return
    path.write_text("".join(f"{data.hex()}\n" for data in sorted(found, key=lambda one: (len(one), one))))


def file_name(name: str) -> str:
    """A door's name as that of a file."""
    return "".join(letter if letter.isalnum() else "-" for letter in name).replace("--", "-")


def _from_vectors(door: Door) -> list[bytes]:
    """Strings of the vectors that the door takes, and one for each way in which it refuses others."""
    taken: list[bytes] = []
    refused: dict[object, bytes] = {}
    for which, reader in enumerate(door.readers):
        for data in vectors():
            if len(data) >= door.bytes_max:
                break
            try:
                reader(data)
            except door.refusals as refusal:
                code = refusal.code if isinstance(refusal, Violation) else type(refusal)
                refused.setdefault((which, code), _chosen(door, which, data))
            else:
                taken.append(_chosen(door, which, data))
    return [*sorted(taken, key=len)[:TAKEN_MAX], *sorted(refused.values(), key=len)[:REFUSED_MAX]]


def _chosen(door: Door, which: int, data: bytes) -> bytes:
    return bytes([which]) + data if door.chosen else data


@cache
def vectors() -> list[bytes]:
    """Every byte string and text in the vectors, shortest first, and the real objects of the tests."""
    found = dict.fromkeys(SAMPLES)
    for path in sorted((ROOT / "spec/vectors").glob("*.json")):
        for case in json.loads(path.read_text())["cases"]:
            for data in _strings(case["input"]):
                found |= dict.fromkeys(_layers(data))
    return sorted(found, key=lambda one: (len(one), one))


def _layers(data: bytes, level: int = 0) -> Iterator[bytes]:
    """An object, and the byte strings in it, which have readers of their own."""
    yield data
    if not LAYER_BYTES_MIN <= len(data) <= LARGE_BYTES or level == LAYERS_MAX:
        return
    try:
        value = cbor.decode(data.removeprefix(b"\xd2"))
    except Violation:
        return
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, bytes):
            yield from _layers(one, level + 1)
        elif isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            waiting.extend(one.values())


def _strings(value: Any) -> Iterator[bytes]:
    if isinstance(value, str):
        try:
            yield bytes.fromhex(value)
        except ValueError:
            yield value.encode(errors="surrogatepass")
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)


def _files() -> list[bytes]:
    return [path.read_bytes() for path in sorted(FILES.iterdir()) if path.suffix != ".md"]


def _blank(request: Any) -> bytes:
    """A request with all its fields, so that the fuzzer need not guess their names."""
    return json.dumps(dict.fromkeys(request.__struct_fields__, "a")).encode()
