"""Bringing in what other programs have written: a file is sent, shown, and taken while one looks on."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import BodyPartReader, hdrs

from pcloud.api.problems import RefusedError
from pcloud.home import telling, vocabulary
from pcloud.runtime.surface import OwnerError
from pcloud.web import naming
from pcloud.web.showing import advice
from pcloud.web.visit import FORM_FIELD, Answer, GoneOn, Page, Shown, Visit, done, failed

if TYPE_CHECKING:
    from pcloud.web.importing import Upload

HERE: Final = "/data/import"
PIECE_BYTES: Final = 262_144
PIECE_S_MAX: Final = 30
"""For the next piece of a file to come."""
FIELD_BYTES_MAX: Final = 256
FIELDS_MAX: Final = 8
"""Before the file."""


async def bring_in(visit: Visit) -> Answer:
    """What can be brought in, and what waits to be taken."""
    return Shown("data_import.html", {"waiting": visit.within.scratch.imports.waiting()})


async def receive(visit: Visit) -> Answer:
    """Take a file as it comes, piece by piece; the form's token stands before it."""
    if not visit.request.content_type.startswith("multipart/form-data"):
        raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "invalid", "This is not a form of this page.")
    try:
        part, fields = await _until_file(visit)
        name = part.filename or ""
        if not name:
            return failed(HERE, "Please choose a file first.")
        upload = await visit.within.scratch.imports.receive(name, _pieces(part))
    except (ValueError, TimeoutError, ConnectionError) as fault:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "invalid", "The file did not come whole.") from fault
    except OwnerError as refusal:
        return failed(HERE, advice(refusal.text))
    if not upload.size:
        await visit.within.scratch.imports.drop(upload)
        return failed(HERE, "There is nothing in this file.")
    await visit.within.scratch.imports.look(upload, mine="mine" in fields)
    return GoneOn(f"{HERE}/{upload.id}")


async def _until_file(visit: Visit) -> tuple[BodyPartReader, dict[str, str]]:
    """The file, and the fields before it. Raises RefusedError for a form of another page, ValueError."""
    reader, fields = await visit.request.multipart(), dict[str, str]()
    for _ in range(FIELDS_MAX):
        async with asyncio.timeout(PIECE_S_MAX):
            part = await reader.next()
        if not isinstance(part, BodyPartReader):
            break
        if hdrs.CONTENT_DISPOSITION in part.headers and part.name == "file":
            assert visit.session is not None, "the row needs one"
            if not visit.session.is_form_token(fields.get(FORM_FIELD, "")):
                text = "This form is too old. Go back, reload, and try again."
                raise RefusedError(HTTPStatus.FORBIDDEN, "forbidden", text)
            return part, fields
        async with asyncio.timeout(PIECE_S_MAX):
            value = await part.read_chunk(FIELD_BYTES_MAX)
            if not part.at_eof() and await part.read_chunk(FIELD_BYTES_MAX):
                break
        fields[part.name or ""] = value.decode(errors="replace")
    raise ValueError("no file in the form")


async def _pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    while True:
        async with asyncio.timeout(PIECE_S_MAX):
            piece = await part.read_chunk(PIECE_BYTES)
        if not piece:
            return
        yield piece


async def one(visit: Visit) -> Answer:
    """How far a file is: read, shown, taken."""
    upload = visit.within.scratch.imports.find(visit.part("file"))
    return Shown("data_import_one.html", {"upload": upload, **_told(upload)})


def _told(upload: "Upload") -> dict[str, Any]:
    into = upload.wishes.into
    kind = vocabulary.kinds().get(into)
    among = [form for form in (() if kind is None else kind.forms) if form in vocabulary.types()]
    return {
        "line": telling.line,
        "title": telling.title,
        "label": naming.label,
        "place_name": naming.place_name,
        "property_name": naming.property_name,
        "into": into,
        "kinds": [each for each in vocabulary.kinds().values() if each.many],
        "properties": [detail.name for form in among for detail in vocabulary.types()[form].values()],
    }


async def act(visit: Visit) -> Answer:
    """Take what was shown, leave it, or say what the columns of a table are."""
    imports = visit.within.scratch.imports
    upload, what = imports.find(visit.part("file")), visit.form.get("what")
    if what == "leave":
        taken = bool(upload.taken.outcomes)
        await imports.drop(upload)
        if taken:
            return done(HERE, "The file is put away. What was taken stays.")
        return done(HERE, "Nothing was taken.")
    if what == "take":
        imports.take(upload)
    elif what == "columns" and upload.stage in {"columns", "shown"}:
        columns = {
            name: told
            for number, name in enumerate(upload.headings)
            if (told := visit.filled(f"column.{number}")) is not None
        }
        await imports.look(upload, into=visit.filled("into") or "", columns=columns)
    return GoneOn(f"{HERE}/{upload.id}")


PAGES: Final = (
    Page("GET", HERE, bring_in),
    Page("POST", HERE, receive, reads_form=False),
    Page("GET", HERE + "/{file}", one),
    Page("POST", HERE + "/{file}", act),
)
