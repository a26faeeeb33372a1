"""Files that an owner brings in through the page: kept aside while they are looked at and taken.

A file lies in the node's own folder, readable by its owner alone, under a name that says nothing. It goes
when it was taken or left, after an hour in which nobody asked for it, and when the node stops or starts.
"""

import asyncio
import itertools
import os
import shutil
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final, Literal, TypeVar

from pcloud.ambient.port import Entropy
from pcloud.api.application import Report
from pcloud.home.archive import ArchiveError, ArchiveReader
from pcloud.home.importing.detecting import DamagedError, FormatError, Wishes, format_of, items, open_packed
from pcloud.home.importing.found import Format, Found, Item, Problem
from pcloud.home.importing.tables import ColumnsError, Layout, headings, layout
from pcloud.home.marking import mark as _
from pcloud.runtime.recording import bringing
from pcloud.runtime.recording.bringing import Seen, Taken, batches, batches_of_versions, versions_in
from pcloud.runtime.recording.views import Carried, Stored
from pcloud.runtime.surface import OwnerError, Surface

FILES_MAX: Final = 4
"""At once; one that was taken makes room."""
FILE_BYTES_MAX: Final = 1 << 31
ROOM_BYTES: Final = 1 << 28
"""That stay free on the disk, whatever comes."""
IDLE_S_MAX: Final = 3_600
"""So long after it was last asked for a file goes."""
CHUNK: Final = 200
"""Items that are read at once, in a thread."""
ID_BYTES: Final = 12
NAME_CHARS_MAX: Final = 80
REFERENCE_BYTES: Final = 6
_ARCHIVE: Final = b"PK\x03\x04"

T = TypeVar("T")
Stage = Literal["reading", "columns", "shown", "taking", "taken", "failed"]


class Upload:
    """One file, and how far it is."""

    def __init__(self, id_: str, path: Path, name: str) -> None:
        self.id, self.path = id_, path
        self.name = name[-NAME_CHARS_MAX:]
        """As its owner calls it; it is shown and tells the format, and names nothing here."""
        self.size = self.read = 0
        self.stage: Stage = "reading"
        self.problem = ""
        """Why it cannot be taken, in a sentence."""
        self.format: Format | None = None
        """None for the archive of a node, and where it is not known."""
        self.archive = False
        self.wishes = Wishes()
        self.layout: Layout | None = None
        self.headings: list[str] = []
        self.seen, self.taken = Seen(), Taken()
        self.task: asyncio.Task[None] | None = None
        self.timer: asyncio.TimerHandle | None = None
        """Removes it where nobody asks for it any more."""

    @property
    def busy(self) -> bool:
        """Whether something is being done with it."""
        return self.stage in {"reading", "taking"}

    @property
    def count(self) -> int:
        """Records that were found in it."""
        return sum(self.seen.counts.values())


class Imports:
    """All files that are here now."""

    def __init__(self, surface: Surface, folder: Path, entropy: Entropy, report: Report) -> None:
        self._surface, self._folder = surface, folder
        self._entropy, self._report = entropy, report
        self._all: dict[str, Upload] = {}
        self._coming = 0
        """Files that are being received."""

    async def close(self) -> None:
        """Stop what is under way, and remove every file."""
        for upload in list(self._all.values()):
            await self.drop(upload)

    async def receive(self, name: str, pieces: AsyncIterator[bytes]) -> Upload:
        """Keep a file aside as it comes. Raises OwnerError where there is no room, and OSError."""
        if len(self._all) + self._coming >= FILES_MAX:
            self._forget_taken()
        if len(self._all) + self._coming >= FILES_MAX:
            raise OwnerError("busy", "Other files wait to be taken. Take or leave them first.")
        self._folder.mkdir(mode=0o700, exist_ok=True)
        id_ = self._entropy(ID_BYTES).hex()
        upload = Upload(id_, self._folder / id_, name)
        self._coming += 1
        try:
            await self._write(upload, pieces)
        except BaseException:
            upload.path.unlink(missing_ok=True)
            raise
        finally:
            self._coming -= 1
        self._all[id_] = upload
        self._used(upload)
        return upload

    async def _write(self, upload: Upload, pieces: AsyncIterator[bytes]) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(upload.path, flags, 0o600), "wb") as file:
            async for piece in pieces:
                upload.size += len(piece)
                if upload.size > FILE_BYTES_MAX:
                    raise OwnerError(
                        "invalid", "The file is too large for this page. Use: pcloud data import"
                    )
                if shutil.disk_usage(self._folder).free < ROOM_BYTES:
                    raise OwnerError("full", "There is no room on the node's disk for this file.")
                await asyncio.to_thread(file.write, piece)

    def _used(self, upload: Upload) -> None:
        """Somebody has asked for a file: it stays for a while from now on."""
        if upload.timer is not None:
            upload.timer.cancel()
        upload.timer = asyncio.get_running_loop().call_later(IDLE_S_MAX, self._forget, upload)

    def _forget(self, upload: Upload) -> None:
        if upload.busy:
            self._used(upload)
        else:
            self._remove(upload)

    def _forget_taken(self) -> None:
        """Of a file that was taken only the sum is here; the oldest goes."""
        for upload in self._all.values():
            if upload.stage == "taken":
                self._remove(upload)
                return

    def _remove(self, upload: Upload) -> None:
        if upload.timer is not None:
            upload.timer.cancel()
        upload.path.unlink(missing_ok=True)
        self._all.pop(upload.id, None)

    def find(self, id_: str) -> Upload:
        """A file that is here. Raises OwnerError."""
        upload = self._all.get(id_)
        if upload is None:
            raise OwnerError("unknown", "This file is not here any more. Bring it in again.")
        self._used(upload)
        return upload

    def waiting(self) -> list[Upload]:
        """Files that are here."""
        return list(self._all.values())

    async def drop(self, upload: Upload) -> None:
        """Leave a file: what was taken of it stays."""
        task, upload.task = upload.task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
        self._remove(upload)

    async def look(
        self, upload: Upload, *, mine: bool = False, into: str = "", columns: Mapping[str, str] | None = None
    ) -> None:
        """Find out what a file is, and begin to read it whole, so that it can be shown before it is taken.

        `mine`: its first card is the owner's own. `columns`: properties of a table's columns, whose rows
        belong `into` a collection.
        """
        upload.stage = "reading"  # at once: nobody else begins with it meanwhile
        upload.wishes, upload.problem = Wishes(mine, columns or {}, into), ""
        await asyncio.to_thread(_recognise, upload)
        if upload.stage == "reading":
            upload.seen, upload.task = Seen(), asyncio.create_task(self._run(upload, self._show))

    def take(self, upload: Upload) -> None:
        """Begin to take what was shown. Nothing is done twice."""
        if upload.stage == "shown":
            upload.stage, upload.seen, upload.read = "taking", Seen(), 0
            upload.task = asyncio.create_task(self._run(upload, self._take))

    async def _run(self, upload: Upload, work: Callable[[Upload], Awaitable[None]]) -> None:
        try:
            await work(upload)
        except (OwnerError, ArchiveError) as refusal:
            upload.stage, upload.problem = "failed", str(refusal.args[-1])
        except Exception as fault:  # noqa: BLE001 - nobody awaits the task: its owner is told here
            self._report(self._entropy(REFERENCE_BYTES).hex(), fault)
            upload.stage, upload.problem = (
                "failed",
                _("It could not be read to its end. What was taken stays."),
            )

    async def _show(self, upload: Upload) -> None:
        async for chunk in _chunks(upload):
            for item in chunk:
                _note(upload, item)
        upload.stage = "shown"

    async def _take(self, upload: Upload) -> None:
        def refused(problem: Problem) -> None:
            upload.seen.look("", problem)

        async for chunk in _chunks(upload):
            for item in chunk:
                _note(upload, item)
            for stored in await self._send(upload, chunk, refused):
                upload.taken.add(stored)
        upload.stage = "taken"
        upload.path.unlink(missing_ok=True)

    async def _send(
        self, upload: Upload, chunk: list[Item | Carried], refused: Callable[[Problem], None]
    ) -> list[Stored]:
        answers: list[Stored] = []
        for batch in batches(one for one in chunk if isinstance(one, Found)):
            assert upload.format is not None, "only an archive has none"
            answers += await bringing.put(self._surface, upload.format, batch, refused)
        for versions in batches_of_versions(one for one in chunk if isinstance(one, Carried)):
            answers += await bringing.take(self._surface, versions, refused)
        return answers


def _note(upload: Upload, item: Item | Carried) -> None:
    if isinstance(item, Carried):
        item = Found(item.path.partition("/")[0].partition(".")[0], item.value, None, item.path)
    upload.seen.look("", item)


async def _chunks(upload: Upload) -> AsyncIterator[list[Item | Carried]]:
    """Everything in a file, some at a time, each read in a thread, so that the node stays free."""
    with upload.path.open("rb") as file:
        found = _items(upload, file)
        while chunk := await asyncio.to_thread(_next, found):
            upload.read = file.raw.tell()
            yield chunk


def _next(found: Iterator[T]) -> list[T]:
    return list(itertools.islice(found, CHUNK))


def _items(upload: Upload, file: BinaryIO) -> Iterator[Item | Carried]:
    """Raises ArchiveError."""
    if upload.archive:
        return versions_in(ArchiveReader(file))
    assert upload.format is not None, "it was recognised"
    return items(open_packed(file), upload.format, upload.wishes)


def _recognise(upload: Upload) -> None:
    """Say what a file is, by how it begins."""
    with upload.path.open("rb") as file:
        upload.archive = file.read(len(_ARCHIVE)) == _ARCHIVE
        file.seek(0)
        if upload.archive:
            return
        try:
            stream = open_packed(file)
            upload.format = format_of(stream, upload.name)
            if upload.format == "csv":
                stream.seek(0)
                upload.headings = headings(stream)
                stream.seek(0)
                upload.layout = layout(stream, upload.wishes.mapping, upload.wishes.into)
        except ColumnsError:
            upload.stage = "columns"
        except (DamagedError, EOFError, OSError, zlib.error):
            upload.stage, upload.problem = "failed", _("The file is damaged.")
        except FormatError:
            upload.stage, upload.problem = "failed", _("This page does not know what kind of file that is.")
