"""Coming back with the 24 words, and which copies of the node there are."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from typer import Argument, Context, Option

from pcloud.cli import files, screen, text
from pcloud.cli.asking import ask
from pcloud.cli.commands.arguments import PassphraseFile, WordsFile
from pcloud.cli.commands.relationships import all_peers
from pcloud.cli.exits import NO_NODE, CommandError, Exit, usage
from pcloud.cli.place import Place, place_of
from pcloud.cli.prompts import consent

if TYPE_CHECKING:
    from pcloud.runtime.recovering.finding import Fault
    from pcloud.runtime.recovering.renewing import Renewed
    from pcloud.runtime.surface import Surface
    from pcloud.runtime.views import Peer, Recovery

Before = Annotated[
    str | None,
    Option(metavar="DATE", help="Only copies from before this day, such as 2030-01-31.", show_default=False),
]

_HERE: Final = (
    "Every relationship gets new keys, and every other copy of your node, also a stolen one, is refused by "
    "each peer from the moment it follows."
)


def recover(
    ctx: Context,
    *,
    here: Annotated[bool, Option("--here", help="The node in this folder, which must be stopped.")] = False,
    source: Annotated[
        list[str] | None,
        Option(
            "--from",
            metavar="ADDRESS|FILE",
            help="A holder's address, a file, or a folder with copies; may be repeated.",
            show_default=False,
        ),
    ] = None,
    before: Before = None,
    yes: Annotated[bool, Option("--yes", help="Recover without asking.")] = False,
    words_file: WordsFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Come back with your 24 words: every relationship follows to new keys, other copies are shut out."""
    place = place_of(ctx)
    if here is bool(source) or (here and before):
        raise usage("Say what to recover: --here for the node in this folder, or --from for a copy.")
    if source:
        _restore(place, Wanted(tuple(source), before, yes, words_file, passphrase_file))
    else:
        _recover_here(place, yes, words_file, passphrase_file)


def restore(
    ctx: Context,
    copies: Annotated[
        list[str],
        Argument(metavar="FILE...", help="What `backup` wrote, or a folder with copies.", show_default=False),
    ],
    *,
    before: Before = None,
    yes: Annotated[bool, Option("--yes", help="Restore without asking.")] = False,
    words_file: WordsFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make your node again from a backup, in a new folder, with your 24 words."""
    _restore(place_of(ctx), Wanted(tuple(copies), before, yes, words_file, passphrase_file))


def _recover_here(place: Place, yes: bool, words_file: Path | None, passphrase_file: Path | None) -> None:  # noqa: FBT001 - as typed
    from pcloud.cli import passphrases, recovering
    from pcloud.cli.words import asked

    folder = place.need_node()
    consent(_HERE, "recover", given=yes)
    secret = asked(place, words_file)
    passphrase = passphrases.present(passphrase_file)
    with screen.progress("Relationships that get new keys", None, hidden=place.json) as report:
        done = recovering.here(folder, passphrase, secret, report)
    _tell_recovered(place, done, ())


class Wanted(NamedTuple):
    """What a restore was asked for."""

    places: tuple[str, ...]
    before: str | None
    yes: bool
    words_file: Path | None
    passphrase_file: Path | None


def _restore(place: Place, wanted: Wanted) -> None:
    """Find a copy that holds before anything is made, then make everything, and only then let it count."""
    from tempfile import TemporaryDirectory

    from pcloud.cli import making, passphrases, recovering
    from pcloud.cli.words import asked

    before = None if wanted.before is None else text.day(wanted.before, "--before")
    secret = asked(place, wanted.words_file)
    with TemporaryDirectory(prefix="pcloud-") as folder:
        if not place.json:
            screen.note("Reading what is kept for these words…")
        found = recovering.find(wanted.places, secret, before, Path(folder))
        for fault in dict.fromkeys(found.faults):
            screen.note(f"Not used: {fault.place}: {fault.text}")
        made = text.clock(found.copy.manifest.time)
        consent(f"The newest copy is of {made}. {_HERE}", "recover", given=wanted.yes)
        with making.alone_in(place.path) as left:
            if left is making.Leftover.FINISHED:
                raise CommandError(Exit.BUSY, "exists", f"There is a node in {place.path} already.")
            passphrase = passphrases.new(wanted.passphrase_file)
            try:
                with screen.progress("Relationships that get new keys", None, hidden=place.json) as report:
                    done = recovering.restore(place.path, passphrase, secret, found.copy, report)
                making.keep(place.path)
            except BaseException:
                making.drop(place.path)
                raise
    _tell_recovered(place, done, found.faults)


def backup(
    ctx: Context,
    file: Annotated[
        Path, Argument(metavar="FILE", help="A new file; one that exists stays as it is.", show_default=False)
    ],
    *,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Write a sealed copy of your node into a file. Only your 24 words open it."""
    from pcloud.cli import passphrases, recovering
    from pcloud.runtime.surface import OwnerError

    place = place_of(ctx)
    folder = place.need_node()
    with screen.progress("Bytes written", None, hidden=place.json) as report:
        try:
            size = ask(place, lambda node: _write(node, file, report))
        except OwnerError as error:
            if error.code != NO_NODE:
                raise
            passphrase = passphrases.present(passphrase_file)
            size = recovering.back_up(folder, passphrase, file, report)
    if place.json:
        screen.document({"file": str(file), "bytes": size})
    else:
        screen.say(f"Written to {file} ({text.size(size)}). Your 24 words open it: pcloud restore {file}")


async def _write(node: "Surface", file: Path, report: "Callable[[int], None]") -> int:
    size = 0
    with files.new_file(file) as made:
        async for piece in node.backup():
            size += made.write(piece)
            report(size)
    return size


def _tell_recovered(place: Place, done: "Renewed", faults: "Sequence[Fault]") -> None:
    counts = {outcome.value: count for outcome, count in done.counts.items()}
    if place.json:
        made = {"folder": str(place.path), "generation": done.generation, **counts}
        screen.document({**made, "not_used": [fault._asdict() for fault in dict.fromkeys(faults)]})
        return
    screen.say(
        f"{counts['follows']} relationships have new keys. Start your node, and the peers follow: pcloud up"
    )
    for outcome, told in _LEFT.items():
        if counts[outcome]:
            screen.note(f"{counts[outcome]} {told}")


_LEFT: Final = {
    "unfinished": "meetings were not over. If your node was stolen, begin them anew with a new invitation.",
    "full": "relationships were recovered as often as one can be. Close them, and begin anew.",
    "foreign": "relationships are under the words of another node, and were left as they are.",
}


def sheet(
    ctx: Context,
    file: Annotated[
        Path, Argument(metavar="FILE", help="A new PDF; one that exists stays as it is.", show_default=False)
    ],
) -> None:
    """Make a page to print: blanks for your 24 words, what to do after a loss, and who keeps copies."""
    from pcloud.home.sheets.recovery import HOLDERS_MAX, Sheet, draw

    place = place_of(ctx)
    found, name = ask(place, _for_sheet)
    holders = tuple((one.name or "", one.address) for one in found.holders)
    files.write_new(file, draw(Sheet(name, text.clock(place.now())[:10], holders)))
    if place.json:
        screen.document({"file": str(file), "holders": len(holders)})
        return
    screen.say(f"Written to {file}. Print it, write your 24 words on it by hand, and keep it on paper only.")
    if len(holders) > HOLDERS_MAX:
        screen.note(f"There is room for {HOLDERS_MAX} holders only, and you have {len(holders)}.")


async def _for_sheet(node: "Surface") -> tuple["Recovery", str]:
    return await node.recovery(), (await node.status()).name


def devices(ctx: Context) -> None:
    """Show this copy of your node, who follows it, and where another copy has shown itself."""
    place = place_of(ctx)
    found, peers = ask(place, _copies)
    if place.json:
        screen.document(found)
        return
    names = {one.id: one.name or text.short(one.id) for one in peers}

    def named(ids: list[str]) -> str | None:
        return ", ".join(names.get(id_, text.short(id_)) for id_ in ids) or None

    screen.facts(
        [
            ("this copy", str(place.path)),
            ("made", None if found.created is None else text.clock(found.created)),
            ("recovered", None if found.recovered is None else text.clock(found.recovered)),
            ("recoveries so far", str(found.generation)),
            ("not followed yet", named(found.unanswered)),
            ("another copy seen by", named(found.stopped)),
            ("for you to review", str(found.unaffirmed) if found.unaffirmed else None),
        ]
    )
    for told in _advice(found):
        screen.note(told)


def _advice(found: "Recovery") -> list[str]:
    told = []
    if found.unfinished:
        told.append(
            "The last recovery was interrupted. Stop the node, and do it again: pcloud recover --here"
        )
    if found.stopped:
        told.append(
            "Another copy of your node is in use, or this one was set back. If the other one is yours, go on "
            "there and let this one go. Else stop this one, and type: pcloud recover --here"
        )
    if found.unaffirmed and found.held_until is not None:
        told.append(f"Check what was given back since {text.clock(found.held_until)}: pcloud review list")
    return told


async def _copies(node: "Surface") -> tuple["Recovery", list["Peer"]]:
    return await node.recovery(), await all_peers(node)


def retire(
    ctx: Context,
    *,
    to: Annotated[str, Option(metavar="URL", help="Where your node is found now.", show_default=False)],
    days: Annotated[int, Option(help="For how long.", min=1, max=365)] = 30,
    listen: Annotated[
        str | None, Option(metavar="HOST:PORT", help="Where to listen.", show_default="as config.toml says")
    ] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Let this old machine pass on what still comes for your node, and do nothing else."""
    from pcloud.cli import passphrases, retiring, serve
    from pcloud.cli.wanted import Wanted as Started
    from pcloud.runtime.configuring.rules import ENDPOINTS

    place = place_of(ctx)
    folder = place.need_node()
    if not ENDPOINTS.holds((to,)):
        raise usage(f"--to must be an address such as https://you.example:7012, not {text.plain(to)!r}.")
    config = serve.settings(folder, Started(listen))
    passed = retiring.run(place, folder, passphrases.present(passphrase_file), config, to, days)
    if place.json:
        screen.line_document({"passed_on": passed})
    else:
        screen.say(f"{passed} packets were passed on. This machine is needed no more.")
