"""Where bytes come in: each door is fuzzed by itself, and lets nothing out but its own refusals.

A door of several readers takes the first byte as which of them reads the rest.
"""

import io
import os
import tempfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from tests.fuzz.peers import answered_by_host, exported
from tests.fuzz.readers import BODIES, ITEMS, Reader, beginning, named

from pcloud.api import reading as api
from pcloud.api.asking import read_answer
from pcloud.api.problems import RefusedError
from pcloud.api.routes import ROUTES, Media
from pcloud.cli import values
from pcloud.cli.exits import CommandError
from pcloud.errors import Violation
from pcloud.home.importing.detecting import FormatError, Wishes, format_of, items, open_packed
from pcloud.home.importing.found import FORMATS, Format
from pcloud.home.importing.tables import ColumnsError
from pcloud.net import endpoint, packet
from pcloud.net.port import UnreachableError
from pcloud.runtime.config import ConfigError, load
from pcloud.runtime.surface import OwnerError
from pcloud.vault import wrapping
from pcloud.vault.port import VaultError
from pcloud.wire import cbor

SMALL_BYTES, LARGE_BYTES = 4_096, 16_384
"""What one input has at most; the fuzzer is the faster the shorter they are."""


class Door(NamedTuple):
    """Some readers, the exceptions that are their refusals, and what their inputs look like."""

    readers: tuple[Reader, ...]
    refusals: tuple[type[Exception], ...] = (Violation,)
    is_cbor: bool = True
    """Whether an input is taken apart and put together again, and not only changed byte by byte."""
    bytes_max: int = SMALL_BYTES

    @property
    def chosen(self) -> int:
        """Bytes in front of an object that say who reads it."""
        return 1 if len(self.readers) > 1 else 0

    def take(self, data: bytes) -> Exception | None:
        """Give an input to its reader. A refusal comes back; whatever else is raised is a fault."""
        reader = self.readers[0]
        if self.chosen:
            if not data:
                return None
            reader = self.readers[data[0] % len(self.readers)]
            data = data[1:]
        try:
            reader(data)
        except self.refusals as refusal:
            return refusal
        return None


def of(readers: Mapping[str, Reader], *, bytes_max: int = SMALL_BYTES) -> Door:
    """A door of the protocol."""
    return Door(tuple(readers.values()), bytes_max=bytes_max)


def text(*readers: Callable[[str], object], refusals: tuple[type[Exception], ...] = ()) -> Door:
    """A door for text; bytes that are none become half pairs, as on a command line."""
    return Door(tuple(map(_of_text, readers)), refusals, is_cbor=False)


def _of_text(reader: Callable[[str], object]) -> Reader:
    return lambda data: reader(data.decode(errors="surrogateescape"))


def imported(known: Format) -> Door:
    """A file of others: it may say what it likes, and only a table without columns is refused."""

    def read(wishes: Wishes) -> Reader:
        return lambda data: list(items(open_packed(io.BytesIO(data)), known, wishes))

    mine = Wishes(mine=True, mapping={"a": "name", "b": "seller.name"}, into="purchases")
    return Door((read(Wishes()), read(mine)), (ColumnsError,), is_cbor=False)


def told_by_its_beginning(data: bytes) -> object:
    """Which format a file has, packed or not."""
    return format_of(open_packed(io.BytesIO(data)), "file.csv")


class _Settings:
    """A file of settings in memory, as far as the system has such files."""

    def __init__(self) -> None:
        folder = Path("/dev/shm")
        self._folder = tempfile.TemporaryDirectory(dir=folder if os.access(folder, os.W_OK) else None)
        self._path = Path(self._folder.name) / "pcloud.toml"

    def __call__(self, data: bytes) -> object:
        self._path.write_bytes(data)
        return load(self._path)


def vault_with_sum(data: bytes) -> object:
    """A vault of these items, under a check sum that fits."""
    whole = cbor.encode([*cbor.decode_list(data), b""])[:-1]
    return wrapping.read(whole + cbor.encode(sha256(whole).digest()))


REQUESTS = tuple({row.request: None for row in ROUTES if row.method == "POST"})
ANSWERS = tuple({row.response: None for row in ROUTES if row.media is Media.JSON})


def asked(wanted: Any) -> Reader:
    """A request of the owner's programs."""
    return lambda data: api._decode(data, wanted)


def back(wanted: Any) -> Reader:
    """An answer, as the owner's programs read it."""
    return lambda data: read_answer(data, wanted)


BODIES_OF = {
    feature: of({name: reader for name, reader in BODIES.items() if name.startswith(f"{feature}.")})
    for feature in sorted({name.partition(".")[0] for name in BODIES})
}

DOORS: dict[str, Door] = {
    "cbor": of(named("cbor", "cbor with floats")),
    "signed": of(beginning("signed ") | named("type")),
    "co-signed": of(beginning("co-signed ")),
    "frame": of(named("frame", "start block", "start block, opened"), bytes_max=LARGE_BYTES),
    "content": of(named("content", "succession")),
    "header": of(named("header")),
    "start": of(named("start")),
    "key log": of(named("log", "log of two")),
    "answer": of(
        beginning("pcloud-receipt", "pcloud-expected", "pcloud-fork", "pcloud-stale", "pcloud-busy")
    ),
    "position": of(beginning("pcloud-recover")),
    "invitation": of(named("invitation", "blob of a link"), bytes_max=LARGE_BYTES),
    "card": of(named("card"), bytes_max=LARGE_BYTES),
    "link": Door(tuple(named("link").values()), is_cbor=False),
    "roster": of(named("roster", "terms for machines"), bytes_max=LARGE_BYTES),
    "agreement": of(named("agreement")),
    "manifest": of(named("manifest", "manifest, opened")),
    "volume": of(named("volume", "volume, after its line"), bytes_max=LARGE_BYTES),
    "row of a volume": of(named("row of a volume")),
    "export": of(named("export", "export, after its line", "end of an export"), bytes_max=LARGE_BYTES),
    "export that its maker signed": Door((exported,), bytes_max=LARGE_BYTES),
    "relay line": of(beginning("relay, ")),
    "custody line": of(beginning("custody, ")),
    "items": of(ITEMS),
    **{f"bodies of {feature}": door for feature, door in BODIES_OF.items()},
    "frames of a peer": Door((answered_by_host,), ()),
    "packet": Door((packet.read_packet,), (), is_cbor=False),
    "mailbox in a path": text(packet.read_mailbox),
    "endpoint": text(endpoint.read_endpoint, endpoint.read_target, refusals=(ValueError, UnreachableError)),
    "vault": Door((wrapping.read, vault_with_sum), (VaultError, Violation)),
    "settings": Door((_Settings(),), (ConfigError,), is_cbor=False, bytes_max=LARGE_BYTES),
    "owner's requests": Door(tuple(map(asked, REQUESTS)), (RefusedError,), is_cbor=False),
    "node's answers": Door(tuple(map(back, ANSWERS)), (OwnerError,), is_cbor=False),
    "typed values": text(
        lambda line: values.read(line.split(" ")), values.read_json, refusals=(CommandError,)
    ),
    "kind of a file": Door((told_by_its_beginning,), (FormatError,), is_cbor=False),
    **{f"file: {known}": imported(known) for known in FORMATS},
}
