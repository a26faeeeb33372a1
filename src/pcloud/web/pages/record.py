"""One record of the owner: edited in place, who has it and how far they are, what stood there before."""

import asyncio
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from pcloud.home import telling, vocabulary, words
from pcloud.home.marking import mark as _
from pcloud.home.vocabulary import UnfitError
from pcloud.runtime.giving.views import Ledger
from pcloud.runtime.recording.views import Record
from pcloud.runtime.surface import OwnerError, Surface
from pcloud.web import editing, knowing, naming
from pcloud.web.editing import Field
from pcloud.web.pages.data import edit_path
from pcloud.web.pages.known import version as versions
from pcloud.web.showing import advice
from pcloud.web.visit import Answer, GoneOn, Page, Shown, Visit, done, failed

HOLDERS: Final = 20
"""Who has it, of whom each is shown."""
NAMES: Final = 3
"""Who are named where a change is announced."""
LAGGING_MAX: Final = 100
"""Who are counted that have not said that they have the newest."""
HISTORY: Final = 10
"""Versions on one page."""
NAME_BYTES: Final = 8
"""Of the name of a record more in a collection."""


class Subject(NamedTuple):
    """What a page of a record is about."""

    path: str
    record: Record | None
    """None where nothing stands there."""

    @property
    def value(self) -> Any:
        """What stands there now."""
        return None if self.record is None else self.record.value

    @property
    def version(self) -> int:
        """0 where nothing stands there."""
        return 0 if self.record is None else self.record.version


async def _subject(visit: Visit, path: str) -> Subject:
    """Raises OwnerError for what is no place, or where something stood that is let go of."""
    try:
        vocabulary.read_place(path)
    except UnfitError as error:
        raise OwnerError("invalid", str(error)) from error
    if _is_collection(path):
        return Subject(path, None)
    found = await visit.surface.data_list(prefix=path, limit=1)
    return Subject(path, found[0] if found and found[0].path == path else None)


def _is_collection(path: str) -> bool:
    kind = vocabulary.kind_of(path)
    return kind is not None and kind.many and "/" not in path


async def edit(visit: Visit) -> Answer:
    """The page of a record, or of one to be."""
    subject = await _subject(visit, visit.asked("path") or "")
    fields = _fields(visit, subject)
    return await _page(visit, subject, fields)


def _fields(visit: Visit, subject: Subject) -> list[Field]:
    whole = "parts" in visit.request.query or "parts" in visit.form
    return editing.fields_of(subject.path, subject.value, whole=whole)


class Problem(NamedTuple):
    """Why something was not saved."""

    text: str = ""
    wrong: str | None = None
    """The name of the field that it is about, where it is about one."""


NONE: Final = Problem()


async def _page(visit: Visit, subject: Subject, fields: Sequence[Field], problem: Problem = NONE) -> Answer:
    around = await _around(visit, subject)
    return Shown(
        "record.html",
        {
            "path": _place(visit, subject.path),
            "title": naming.label(subject.path),
            "subject": subject,
            "fields": fields,
            "prefix": editing.PREFIX,
            "rest": editing.rest_of(subject.value),
            "parts": "parts" in visit.request.query or "parts" in visit.form,
            "has_parts": subject.record is None and editing.has_parts(subject.path),
            "property_name": naming.property_name,
            "problem": problem.text,
            "wrong": problem.wrong,
            "line": telling.line,
            "words": words,
            "how": knowing.stands,
            "version": versions,
            **around,
        },
        HTTPStatus.UNPROCESSABLE_ENTITY if problem.text else HTTPStatus.OK,
    )


def _place(visit: Visit, path: str) -> str:
    """Where the form puts it. A new record has its name from the start, so a form sent twice makes one."""
    return f"{path}/{visit.site.entropy(NAME_BYTES).hex()}" if _is_collection(path) else path


async def _around(visit: Visit, subject: Subject) -> dict[str, Any]:
    """Who has it, how far they are, and what stood there before."""
    surface, before = visit.surface, visit.number("before")
    nobody = {"held": [], "gone": [], "more": False, "paper": [], "names": [], "lagging": 0, "history": []}
    if _is_collection(subject.path):
        return {**nobody, "sources": {}, "older": None, "following": 0, "once": 0}
    ledger, late, history = await asyncio.gather(
        surface.ledger(path=subject.path, limit=HOLDERS),
        surface.ledger(path=subject.path, lagging=True, limit=LAGGING_MAX),
        surface.data_history(subject.path, before=before, limit=HISTORY),
    )
    held = [row for row in ledger.rows if knowing.stands(row) is not None]
    record = subject.record
    following = 0 if record is None else record.following
    return {
        "held": held,
        "gone": [row for row in ledger.rows if knowing.stands(row) is None],
        "more": ledger.next is not None,
        "paper": ledger.paper,
        "names": _names(ledger),
        "following": following,
        "once": 0 if record is None else record.holders - following,
        "lagging": min(len({row.peer for row in late.rows}), following),
        "history": history,
        "older": history[-1].version if len(history) == HISTORY else None,
        "sources": await _sources(surface, history),
    }


def _names(ledger: Ledger) -> list[str | None]:
    """Some of those to whom a change goes, each once."""
    following = {row.peer: row.name for row in ledger.rows if row.standing and knowing.stands(row)}
    return list(following.values())[:NAMES]


async def _sources(surface: Surface, history: Iterable[Record]) -> dict[str, tuple[str, str | None]]:
    """Where versions are from: a word for it, and the peer's name or the kind of file."""
    found: dict[str, tuple[str, str | None]] = {}
    for source in {record.source for record in history}:
        what, _sign, of = source.partition(":")
        known: str | None = of or None
        if what == "peer":
            try:
                known = (await surface.peer(of)).name
            except OwnerError:  # a relationship that is gone has no name any more
                known = None
        found[source] = words.SOURCE.get(what, what), known
    return found


def _number(text: str | None) -> int | None:
    return int(text[:15]) if text is not None and text.isascii() and text.isdecimal() else None


async def save(visit: Visit) -> Answer:
    """Let what was typed stand there, and whoever follows get it. What is not right stays to be mended."""
    subject = await _subject(visit, visit.form.get("path", ""))
    fields = _fields(visit, subject)
    value = editing.changed(fields, subject.value, visit.form)
    if visit.form.get("version") != str(subject.version) and (value is None or value != subject.value):
        text = _("It was changed elsewhere meanwhile. Look at what you typed, and save it if you want it.")
        return await _page(visit, subject, editing.refilled(fields, visit.form), Problem(text))
    if value is None:
        text = _("Please fill something in. To let it go, use the button below.")
        return await _page(visit, subject, editing.refilled(fields, visit.form), Problem(text))
    try:
        record = await visit.surface.data_set(subject.path, value)
    except OwnerError as refusal:
        refilled = editing.refilled(fields, visit.form)
        return await _page(visit, subject, refilled, _in_words(refusal.text, fields))
    return done(edit_path(record.path), _saved(record))


def _in_words(text: str, fields: Sequence[Field]) -> Problem:
    """A refusal with the names that the form shows instead of those of the vocabulary."""
    for field in sorted(fields, key=lambda each: len(each.name), reverse=True):
        last = field.name.rpartition(".")[2]
        if last and f", {last}," in text:
            _place, _sign, rest = text.partition(f", {last},")
            return Problem(f"{naming.property_name(field.name)}{rest}", field.name)
        if last and text.endswith(f" needs {last}."):
            return Problem(f"Please fill in: {naming.property_name(field.name)}.", field.name)
    place, sign, rest = text.partition(" takes ")
    if sign and "." in place and " " not in place:
        return Problem(f"It takes {rest}", "")
    return Problem(advice(text))


def _saved(record: Record) -> str:
    if not record.changed:
        return _("It stood there already: nothing was changed.")
    if not record.following:
        return _("Saved.")
    return _("Saved. It goes to those who have it: see below how far they are.")


async def restore(visit: Visit) -> Answer:
    """Let an older value stand there again."""
    path, number = visit.form.get("path", ""), _number(visit.form.get("version"))
    try:
        old = await visit.surface.data_get(path, version=number)
        if old.value is None:
            return failed(edit_path(path), "There is no value any more in that version.")
        record = await visit.surface.data_set(path, old.value)
    except OwnerError as refusal:
        return failed(edit_path(path), advice(refusal.text))
    return done(edit_path(path), _saved(record))


async def ask_delete(visit: Visit) -> Answer:
    """What is lost, and who keeps it, before it is let go of."""
    subject = await _subject(visit, visit.asked("path") or "")
    if subject.record is None:
        return GoneOn("/data")
    return Shown("record_delete.html", {"record": subject.record, "title": naming.label(subject.path)})


async def delete(visit: Visit) -> Answer:
    """Let nothing stand there."""
    path, at_holders = visit.form.get("path", ""), visit.ticked("at_holders")
    try:
        record = await visit.surface.data_delete(
            path, keep_history=visit.ticked("keep_history"), at_holders=at_holders
        )
    except OwnerError as refusal:
        return failed("/data", advice(refusal.text))
    if at_holders and record.holders:
        return done("/data", "It is deleted. Those who have it are told to delete it, too.")
    return done("/data", "It is deleted.")


PAGES: Final = (
    Page("GET", "/data/edit", edit),
    Page("POST", "/data/edit", save),
    Page("POST", "/data/restore", restore),
    Page("GET", "/data/delete", ask_delete),
    Page("POST", "/data/delete", delete),
)
