"""The owner's own data: setting, finding and deleting it (spec 09 §2)."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from typer import Argument, Context, Option

from pcloud.cli import screen, text, values
from pcloud.cli.asking import ask as ask_node
from pcloud.cli.exits import usage
from pcloud.cli.place import Place, place_of
from pcloud.cli.prompts import consent
from pcloud.home import telling
from pcloud.home import words as known_words

if TYPE_CHECKING:
    from pcloud.runtime.recording.views import Kind, Record

PAGE: Final = 100
"""Records that are asked for at once."""
FILE_BYTES_MAX: Final = 1 << 20
"""Of a file with one value; a record holds much less."""

DataPath = Annotated[
    str, Argument(metavar="PATH", help="Where it stands, such as profile.address.home.", show_default=False)
]
Limit = Annotated[int, Option(help="How many at most.", min=1)]


def set_value(
    ctx: Context,
    path: DataPath,
    words: Annotated[
        list[str] | None,
        Argument(
            metavar="VALUE", help="One value, or pairs: postalCode=28195, allowed:=true.", show_default=False
        ),
    ] = None,
    *,
    file: Annotated[
        Path | None,
        Option("--file", help="A file with the value as JSON; - is standard input.", show_default=False),
    ] = None,
) -> None:
    """Set a value. Peers that you share it with for good get the new one by themselves."""
    place = place_of(ctx)
    if (file is None) is not bool(words):
        raise usage("Give a value, or --file with one.")
    value = values.read(words or ()) if file is None else values.read_json(_content(file))
    found = ask_node(place, lambda node: node.data_set(path, value))
    if place.json:
        screen.document(found)
        return
    if found.changed:
        screen.say(f"{found.path} is set, version {found.version}.{_goes_to(found)}")
    else:
        screen.say(f"{found.path} has this value already, version {found.version}.")
    for warning in found.warnings:
        screen.note(warning)


def _content(file: Path) -> bytes:
    if str(file) == "-":
        data = sys.stdin.buffer.read(FILE_BYTES_MAX + 1)
    else:
        with file.open("rb") as opened:
            data = opened.read(FILE_BYTES_MAX + 1)
    if len(data) > FILE_BYTES_MAX:
        raise usage("That is too long for one value. For files of other programs: pcloud data import")
    return data


def _goes_to(found: "Record") -> str:
    if not found.holders:
        return ""
    left = found.holders - found.following
    goes = f" This change goes to {found.following} of your peers." if found.following else ""
    stays = f" {left} got it once and will not follow." if left else ""
    return goes + stays


def get(
    ctx: Context,
    path: DataPath,
    *,
    version: Annotated[
        int | None, Option(help="An older version: its number.", min=1, show_default="the newest")
    ] = None,
) -> None:
    """Show what stands at a path."""
    place = place_of(ctx)
    found = ask_node(place, lambda node: node.data_get(path, version=version))
    if place.json:
        screen.document(found)
        return
    screen.facts(
        [
            ("path", found.path),
            ("kind", found.kind),
            ("version", f"{found.version}, {text.when(found.at, place.now())}, from {_source(found)}"),
            ("held by", f"{found.holders} of your peers" if found.holders else "nobody else"),
        ]
    )
    if found.value is None:
        screen.say("There is no value any more.")
    else:
        screen.facts([*telling.pairs_of(found.value)])


def list_records(
    ctx: Context,
    prefix: Annotated[
        str, Argument(metavar="[PATH]", help="Only this and what is below it.", show_default="everything")
    ] = "",
    *,
    limit: Limit = PAGE,
    after: Annotated[str | None, Option(help="Begin behind this path.", show_default=False)] = None,
) -> None:
    """List your data, and how many of your peers have each."""
    place = place_of(ctx)
    found: list[Record] = []
    while len(found) < limit:
        behind = found[-1].path if found else after
        wanted = min(limit - len(found), PAGE)
        page = ask_node(
            place,
            lambda node: node.data_list(prefix=prefix, after=behind, limit=wanted),  # noqa: B023 - asked at once
        )
        found += page
        if len(page) < wanted:
            break
    _show(place, found, empty="There is nothing here yet. Set something: pcloud data set PATH VALUE")
    if len(found) == limit and not place.json:
        screen.note(f"There may be more: pcloud data list --after {found[-1].path}")


def search(
    ctx: Context,
    words: Annotated[list[str], Argument(metavar="WORD", help="Words that it has.", show_default=False)],
    *,
    limit: Annotated[int, Option(help="How many at most.", min=1, max=PAGE)] = PAGE,
) -> None:
    """Find data that hold all of these words; what came last is first."""
    place = place_of(ctx)
    found = ask_node(place, lambda node: node.data_search(" ".join(words), limit=limit))
    _show(place, found, empty="Nothing holds all of these words.")


def _show(place: Place, found: "list[Record]", empty: str) -> None:
    if place.json:
        screen.document(found)
        return
    now = place.now()
    screen.table(
        ("PATH", "KIND", "VALUE", "SINCE", "FROM", "HELD BY"),
        [
            (
                one.path,
                one.kind or "",
                telling.line(one.value),
                text.when(one.at, now),
                _source(one),
                str(one.holders or ""),
            )
            for one in found
        ],
        empty=empty,
    )


def _source(record: "Record") -> str:
    """Where a value is from, in words."""
    source, _, of = record.source.partition(":")
    told = known_words.SOURCE.get(source, source)
    return f"{told} ({text.short(of) if source == 'peer' else of})" if of else told


def history(
    ctx: Context,
    path: DataPath,
    *,
    limit: Annotated[int, Option(help="How many at most.", min=1, max=PAGE)] = PAGE,
    before: Annotated[
        int | None, Option(help="Only versions before this one.", min=1, show_default=False)
    ] = None,
) -> None:
    """List what stood at a path, newest first."""
    place = place_of(ctx)
    found = ask_node(place, lambda node: node.data_history(path, before=before, limit=limit))
    if place.json:
        screen.document(found)
        return
    screen.table(
        ("VERSION", "SINCE", "FROM", "VALUE"),
        [
            (
                str(one.version),
                text.clock(one.at),
                _source(one),
                "(no value any more)" if one.value is None else telling.line(one.value),
            )
            for one in found
        ],
        empty="Nothing ever stood there.",
    )


def delete(
    ctx: Context,
    path: DataPath,
    *,
    keep_history: Annotated[bool, Option("--keep-history", help="Keep what stood there before.")] = False,
    at_holders: Annotated[
        bool, Option("--at-holders", help="Tell the peers that have it to delete it, too.")
    ] = False,
    yes: Annotated[bool, Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete what stands at a path, and by default all that ever stood there."""
    place = place_of(ctx)
    if not yes:
        _consent(place, path, keep_history=keep_history, at_holders=at_holders)
    found = ask_node(
        place, lambda node: node.data_delete(path, keep_history=keep_history, at_holders=at_holders)
    )
    if place.json:
        screen.document(found)
        return
    screen.say(f"{path} is deleted.")
    if at_holders and found.holders:
        screen.say(f"{found.holders} of your peers are told to delete it. See: pcloud ledger")


def _consent(place: Place, path: str, *, keep_history: bool, at_holders: bool) -> None:
    known = ask_node(place, lambda node: node.data_get(path))
    told = f"{path} is deleted" + ("." if keep_history else f", with all of its {known.version} versions.")
    if known.holders and not at_holders:
        told += f" {known.holders} of your peers keep what you gave them, unless you say --at-holders."
    consent(told, "delete", given=False)


def kinds(
    ctx: Context,
    path: Annotated[
        str | None, Argument(metavar="[PATH]", help="Only this kind, whole.", show_default=False)
    ] = None,
) -> None:
    """List the kinds of data that are known, and what is right in them."""
    place = place_of(ctx)
    found = ask_node(place, lambda node: node.vocabulary())
    if path is not None:
        found = [
            kind
            for kind in found
            if path == kind.place or path.startswith((f"{kind.place}.", f"{kind.place}/"))
        ]
        found = found[-1:]
        if not found:
            raise usage("Nobody knows such a kind. See all: pcloud data kinds")
    if place.json:
        screen.document(found)
    elif path is not None:
        _explain(found[0])
    else:
        rows = [(f"{kind.place}/…" if kind.many else kind.place, kind.name, kind.takes) for kind in found]
        screen.table(("PATH", "KIND", "IT TAKES"), rows, empty="There are none.")


def _explain(kind: "Kind") -> None:
    screen.say(f"{kind.place}{'/NAME' if kind.many else ''}: {kind.name}. It takes {kind.takes}.")
    rows: list[tuple[Any, ...]] = [
        (each.name, each.takes, "yes" if each.needed else "") for each in kind.properties
    ]
    if rows:
        screen.table(("PROPERTY", "IT TAKES", "NEEDED"), rows, empty="")
