"""The whole of a node as one file that anybody can read: a zip with JSON in it (docs/guide/import-export.md).

What is read back is judged line by line, within bounds, whatever the zip says of itself.
"""

import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Final

from pcloud.errors import PcloudError
from pcloud.home import shapes
from pcloud.home.importing.found import Problem
from pcloud.home.shapes import ShapeError

FORMAT: Final = "pcloud-archive-1"
MANIFEST: Final = "manifest.json"
RECORDS: Final = "records.jsonl"
RELATIONSHIPS: Final = "relationships/"
README: Final = "README.txt"
LINE_BYTES_MAX: Final = 262_144
"""Of one version as JSON."""
MANIFEST_BYTES_MAX: Final = 1_048_576
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip can tell; the times of members say nothing here."""
_NOT_READ: Final = "It is damaged from here on, and the rest cannot be read."
_ABOUT: Final = """What this is

This file holds everything that its owner keeps with pcloud, in plain text. Nothing protects it.

manifest.json      what is in here, and when it was written
records.jsonl      every version of every record, one JSON object a line:
                   path, version, at (seconds since 1970 UTC), source, value (null where it was deleted)
relationships/     one file for each relationship; anybody can check it with: pcloud verify FILE

Take the records into another node with: pcloud data import FILE
"""


class ArchiveError(PcloudError):
    """A file that is no archive of a node. The text says what it is instead."""


class ArchiveWriter:
    """Writes an archive to a stream: records first, then relationships, then what it says of itself."""

    def __init__(self, stream: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED)
        self._relationships: list[dict[str, Any]] = []

    def records(self) -> BinaryIO:
        """A stream for the lines of `record`; it has to be closed before anything else is written."""
        opened: Any = self._zip.open(_member(RECORDS), "w", force_zip64=True)
        stream: BinaryIO = opened
        return stream

    def relationship(self, name: str | None, terms: Iterable[str], data: bytes) -> None:
        """The verifiable file of one relationship."""
        member = f"{RELATIONSHIPS}{len(self._relationships) + 1:05}.pcloud"
        self._zip.writestr(_member(member), data)
        self._relationships.append({"file": member, "name": name, "terms": list(terms)})

    def close(self, versions: int, at: int) -> None:
        """Write what the archive says of itself, and end it. `at`: now, in seconds since 1970."""
        told = {"format": FORMAT, "at": at, "versions": versions, "relationships": self._relationships}
        self._zip.writestr(_member(MANIFEST), json.dumps(told, indent=2, ensure_ascii=False))
        self._zip.writestr(_member(README), _ABOUT)
        self._zip.close()


def record(path: str, version: int, at: int, source: str, value: Any) -> bytes:
    """One version as a line."""
    told = {"path": path, "version": version, "at": at, "source": source, "value": value}
    return json.dumps(told, ensure_ascii=False).encode() + b"\n"


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _EARLIEST)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    return member


class ArchiveReader:
    """Reads the records of an archive. Nothing is unpacked to the disk."""

    def __init__(self, stream: BinaryIO) -> None:
        """Raises ArchiveError for what is no archive of a node."""
        try:
            self._zip = zipfile.ZipFile(stream)
            with self._zip.open(MANIFEST) as file:
                told = json.loads(file.read(MANIFEST_BYTES_MAX))
            self._zip.getinfo(RECORDS)
        except (*_DAMAGE, KeyError, ValueError, RecursionError) as problem:
            raise ArchiveError("It is a zip, and no archive that a node has written.") from problem
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            raise ArchiveError("It is an archive of a form that is not known here.")
        versions = told.get("versions")
        self.versions = versions if isinstance(versions, int) else None
        """How many there are, as the archive says: for a bar, and for nothing else."""

    def records(self) -> Iterator[dict[str, Any] | Problem]:
        """Every version, one after the other; lines that are none, and damage, as problems."""
        number = 0
        try:
            with self._zip.open(RECORDS) as file:
                while line := file.readline(LINE_BYTES_MAX):
                    number += 1
                    yield _read(line, number)
        except (*_DAMAGE, EOFError, RuntimeError, NotImplementedError):
            yield Problem(f"{RECORDS}, behind line {number}", _NOT_READ)


_DAMAGE: Final = (zipfile.BadZipFile, zlib.error, OSError)


def _read(line: bytes, number: int) -> dict[str, Any] | Problem:
    where = f"{RECORDS}, line {number}"
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return Problem(where, "it is no JSON")
    if not isinstance(told, dict) or told.keys() != {"path", "version", "at", "source", "value"}:
        return Problem(where, "it is no version of a record")
    whole = all(type(told[key]) is int for key in ("version", "at"))
    named = all(isinstance(told[key], str) and told[key].isascii() for key in ("path", "source"))
    if not whole or not named:
        return Problem(where, "it is no version of a record")
    try:
        if told["value"] is not None:
            shapes.encode(shapes.from_json(told["value"]))
    except ShapeError as problem:
        return Problem(where, str(problem))
    return told
