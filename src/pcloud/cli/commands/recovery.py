"""Coming back with the 24 words, and which copies of the node there are."""

from typing import TYPE_CHECKING, Annotated, Final

from typer import Context, Option

from pcloud.cli import screen, text
from pcloud.cli.asking import ask
from pcloud.cli.commands.arguments import PassphraseFile, WordsFile
from pcloud.cli.commands.relationships import all_peers
from pcloud.cli.exits import usage
from pcloud.cli.place import Place, place_of
from pcloud.cli.prompts import consent

if TYPE_CHECKING:
    from pcloud.runtime.recovering.renewing import Renewed
    from pcloud.runtime.surface import Surface
    from pcloud.runtime.views import Peer, Recovery

_HERE: Final = (
    "Every relationship gets new keys, and every other copy of your node, also a stolen one, is refused by "
    "each peer from the moment it follows."
)


def recover(
    ctx: Context,
    *,
    here: Annotated[bool, Option("--here", help="The node in this folder, which must be stopped.")] = False,
    yes: Annotated[bool, Option("--yes", help="Recover without asking.")] = False,
    words_file: WordsFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Come back with your 24 words: every relationship follows to new keys, other copies are shut out."""
    from pcloud.cli import passphrases, recovering
    from pcloud.cli.words import asked

    place = place_of(ctx)
    if not here:
        raise usage("Say what to recover: --here for the node in this folder.")
    folder = place.need_node()
    consent(_HERE, "recover", given=yes)
    secret = asked(place, words_file)
    passphrase = passphrases.present(passphrase_file)
    with screen.progress("Relationships that get new keys", None, hidden=place.json) as report:
        done = recovering.here(folder, passphrase, secret, report)
    _tell_recovered(place, done)


def _tell_recovered(place: Place, done: "Renewed") -> None:
    counts = {outcome.value: count for outcome, count in done.counts.items()}
    if place.json:
        screen.document({"folder": str(place.path), "generation": done.generation, **counts})
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
