"""Making a node, and changing what opens it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from typer import Context, Option

from pcloud.cli import files, prompts, screen
from pcloud.cli.commands.arguments import PassphraseFile, WordsFile
from pcloud.cli.exits import CommandError, Exit, usage
from pcloud.cli.place import VAULT, Place, place_of
from pcloud.cli.wanted import Wanted
from pcloud.limits import POOL_SIZE

if TYPE_CHECKING:
    from pcloud.cli.making import Newcomer

_VOID: Final = (
    "An earlier init was not finished. The words that it showed are good for nothing: destroy them."
)
_KEYS: Final = "Making keys for every relationship to come"


def init(
    ctx: Context,
    *,
    name: Annotated[
        str | None, Option(help="The name that your invitations show.", show_default="is asked")
    ] = None,
    kind: Annotated[Literal["person", "organisation"], Option(help="Whose node it is.")] = "person",
    words_file: Annotated[
        Path | None,
        Option(help="Write the 24 words to this new file instead of showing them.", show_default=False),
    ] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make your node: its keys, its store, and 24 words that only you have."""
    from pcloud.cli import making

    place = place_of(ctx)
    if words_file is None and (place.json or not prompts.at_terminal()):
        raise usage("There is nobody to show the 24 words to: name a new file for them with --words-file.")
    with making.alone_in(place.path) as left:
        if left is making.Leftover.FINISHED:
            _tell_finished(place)
            return
        if left is making.Leftover.VOID:
            screen.note(_VOID)
        _check_words_file(words_file)
        newcomer = _newcomer(name, kind, place.now(), passphrase_file)
        _make(place, newcomer, words_file)
    _tell_made(place, newcomer, words_file)


def _check_words_file(words_file: Path | None) -> None:
    """Refuse before anything is asked what would fail late. There is no node here, so no words count yet.

    Raises CommandError.
    """
    if words_file is not None and os.path.lexists(words_file):
        raise CommandError(
            Exit.REFUSED,
            "exists",
            f"{words_file} exists, and nothing is written over it. It may hold the words of an init that was "
            "not finished; if so, destroy it. Or name another file.",
        )


def _newcomer(name: str | None, kind: str, created: int, passphrase_file: Path | None) -> "Newcomer":
    from pcloud.ambient.system import system_entropy
    from pcloud.cli import passphrases
    from pcloud.cli.making import Newcomer, check_name
    from pcloud.vault.words import SECRET_BYTES

    wanted = check_name(_asked_name() if name is None else name)
    return Newcomer(wanted, kind, created, passphrases.new(passphrase_file), system_entropy(SECRET_BYTES))


def _asked_name() -> str:
    if not prompts.at_terminal():
        raise usage("A node needs a name: --name NAME.")
    return prompts.ask("What is your name, as your invitations show it?")


def _make(place: Place, newcomer: "Newcomer", words_file: Path | None) -> None:
    """Show the words or write them down, make everything, and only then let it count."""
    from pcloud.ambient.system import system_entropy
    from pcloud.cli import making
    from pcloud.cli.words import show_and_confirm
    from pcloud.vault.words import words_of

    words = words_of(newcomer.rotation_secret)
    if words_file is None:
        show_and_confirm(words, system_entropy)
    written = False
    try:
        with screen.progress(_KEYS, POOL_SIZE, hidden=place.json) as report:
            making.make(place.path, newcomer, report)
        if words_file is not None:
            files.write_new(words_file, f"{' '.join(words)}\n".encode())
            written = True
        making.keep(place.path)
    except BaseException:
        making.drop(place.path)
        if written and words_file is not None and not making.exists(place.path):
            words_file.unlink()
        raise


def _tell_finished(place: Place) -> None:
    told = "The init that was interrupted at its last step is finished; the words that it gave you hold."
    if place.json:
        screen.note(told)
        screen.document({"folder": str(place.path), "finished": True})
    else:
        screen.say(f"{told} Start your node with: pcloud up")


def _tell_made(place: Place, newcomer: "Newcomer", words_file: Path | None) -> None:
    if place.json:
        screen.document(
            {
                "folder": str(place.path),
                "name": newcomer.name,
                "kind": newcomer.kind,
                "words_file": None if words_file is None else str(words_file),
            }
        )
        return
    screen.say(f"Your node is made, in {place.path}. Start it with: pcloud up")
    if words_file is not None:
        screen.note(f"The 24 words are in {words_file}. Put them on paper, then destroy that file.")


def passphrase(
    ctx: Context,
    *,
    passphrase_file: PassphraseFile = None,
    new_passphrase_file: Annotated[
        Path | None, Option(help="A file that holds the new passphrase.", show_default="is asked")
    ] = None,
) -> None:
    """Change the passphrase. What your node holds stays as it is."""
    from pcloud.cli import passphrases
    from pcloud.vault.file import FileVault

    place = place_of(ctx)
    folder = place.need_node()
    old = passphrases.present(passphrase_file)
    new = passphrases.other(new_passphrase_file)
    FileVault(folder / VAULT).change(old, new)
    if place.json:
        screen.document({"folder": str(folder), "changed": True})
    else:
        screen.say("The passphrase is changed; the old one opens nothing any more.")


def pool_extend(
    ctx: Context,
    *,
    words_file: WordsFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make keys for more relationships, with your 24 words. The node must be stopped."""
    from pcloud.cli import making, passphrases
    from pcloud.cli.words import asked

    place = place_of(ctx)
    folder = place.need_node()
    secret = asked(place, words_file)
    passphrase = passphrases.present(passphrase_file)
    with screen.progress(_KEYS, POOL_SIZE, hidden=place.json) as report:
        left = making.extend(folder, passphrase, secret, report)
    if place.json:
        screen.document({"folder": str(folder), "left": left})
    else:
        screen.say(f"There are keys for {left} more relationships and recoveries now.")


def up(
    ctx: Context,
    *,
    listen: Annotated[
        str | None,
        Option(
            metavar="HOST:PORT|off",
            help="Where to listen; off opens no port.",
            show_default="as config.toml says",
        ),
    ] = None,
    endpoint: Annotated[
        list[str] | None,
        Option(metavar="URL", help="Your node's public address; may be repeated.", show_default=False),
    ] = None,
    passphrase_file: PassphraseFile = None,
    page: Annotated[
        bool, Option("--page", help="Where there is no node yet: let it be made on a page.")
    ] = False,
) -> None:
    """Run your node until you stop it with Ctrl-C."""
    from pcloud.cli.serve import serve

    serve(place_of(ctx), Wanted(listen, tuple(endpoint or ()), passphrase_file, page))
