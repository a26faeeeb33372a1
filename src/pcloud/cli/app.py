"""Every command, by the name that an owner types. `--dir` and `--json` belong to all of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, cast

from typer import CallbackParam, Context, Exit, Option, Typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from pcloud import __version__
from pcloud.cli import screen
from pcloud.cli.commands import (
    around,
    asked_rights,
    asks,
    begin,
    checks,
    customers,
    data,
    exporting,
    holders,
    importing,
    ledger,
    meet,
    page,
    recovery,
    relationships,
    relays,
    review,
    terms,
)
from pcloud.cli.commands.consent import letters, receipts, rights, rules
from pcloud.cli.place import place_of

Commands = dict[str, Callable[..., None]]

TOP: Final[dict[str, Commands]] = {
    "Your node": {
        "init": begin.init,
        "up": begin.up,
        "page": page.page,
        "status": around.status,
        "doctor": checks.doctor,
        "passphrase": begin.passphrase,
        "watch": around.watch,
        "backup": recovery.backup,
        "restore": recovery.restore,
        "devices": recovery.devices,
        "sheet": recovery.sheet,
        "recover": recovery.recover,
        "retire": recovery.retire,
    },
    "Meeting": {
        "invite": meet.invite,
        "invitations": meet.invitations,
        "withdraw": meet.withdraw,
        "connect": meet.connect,
        "contacts": meet.contacts,
        "accept": meet.accept,
        "decline": meet.decline,
        "discover": around.discover,
        "announce": around.announce,
    },
    "Your data": {
        "asks": asks.asks,
        "answer": asks.answer,
        "share": ledger.share,
        "ledger": ledger.ledger,
        "revoke": ledger.revoke,
        "erase": ledger.erase,
        "returned": customers.returned,
        "receipts": receipts.receipts,
    },
    "Data of others": {
        "ask": customers.ask,
        "asked": customers.asked,
        "held": customers.held,
        "confirm": customers.confirm,
        "give-up": customers.give_up,
        "delete-held": customers.delete_held,
        "keep": customers.keep,
        "handback": customers.handback,
    },
    "Relationships": {
        "peers": relationships.peers,
        "say": relationships.say,
        "log": relationships.log,
        "pause": relationships.pause,
        "resume": relationships.resume,
        "rotate": relationships.rotate,
        "close": relationships.close,
        "export": relationships.export,
        "verify": checks.verify,
    },
}
GROUPS: Final[dict[str, tuple[str, Commands]]] = {
    "data": (
        "Your own data: set it once, find it, delete it.",
        {
            "set": data.set_value,
            "get": data.get,
            "list": data.list_records,
            "history": data.history,
            "search": data.search,
            "delete": data.delete,
            "kinds": data.kinds,
            "import": importing.bring_in,
            "export": exporting.write_out,
        },
    ),
    "rights": (
        "Rights over data: what you claim, and what is claimed of you.",
        {
            "claim": rights.claim,
            "list": rights.list_claims,
            "show": rights.show,
            "asked": asked_rights.asked,
            "answer": asked_rights.answer,
        },
    ),
    "rules": (
        "Say in advance what is answered when others ask for your data.",
        {
            "add": rules.add,
            "list": rules.list_rules,
            "remove": rules.remove,
            "test": rules.try_out,
            "confirm": rules.confirm,
        },
    ),
    "letters": (
        "Letters to holders of your data who have no node.",
        {
            "list": letters.list_letters,
            "add": letters.add,
            "remove": letters.remove,
            "write": letters.write,
            "print": letters.print_letter,
            "sent": letters.sent,
            "answered": letters.answered,
        },
    ),
    "terms": (
        "Choose, proffer and answer terms.",
        {
            "list": terms.list_terms,
            "show": terms.show,
            "proffer": terms.proffer,
            "accept": terms.accept,
            "counter": terms.counter,
            "decline": terms.decline,
            "terminate": terms.terminate,
            "prefer": terms.prefer,
        },
    ),
    "relay": (
        "Let others keep what is sent to you, or keep it for them.",
        {
            "use": relays.use,
            "list": relays.list_relays,
            "serve": relays.serve,
            "invite": relays.invite,
            "grant": relays.grant,
            "stats": relays.stats,
        },
    ),
    "holders": (
        "Let peers keep sealed copies of your node, or keep theirs.",
        {
            "ask": holders.ask,
            "list": holders.list_holders,
            "remove": holders.remove,
            "check": holders.check,
            "serve": holders.serve,
            "grant": holders.grant,
        },
    ),
    "move": (
        "Tell your peers where your node is reached now.",
        {"here": relays.move_here, "relay": relays.move_to_relay, "status": relays.move_status},
    ),
    "review": (
        "Look at what peers gave back after a recovery.",
        {"list": review.list_unaffirmed, "affirm": review.affirm, "reject": review.reject},
    ),
    "config": ("Look at the settings.", {"check": checks.config_check}),
    "pool": ("Look after the keys for relationships to come.", {"extend": begin.pool_extend}),
}
PANELS: Final[dict[str, str]] = {
    "terms": "Relationships",
    "data": "Your data",
    "rules": "Your data",
    "rights": "Your data",
    "letters": "Your data",
}
"""Where a group stands in the help; the others are with what is about the node."""


def commands() -> TyperGroup:
    """The whole command line."""
    app = Typer(
        help="Your personal cloud: one home for your digital identity, related to others as an equal.",
        epilog="Exit codes and examples: docs/cli.md",
        add_completion=False,
        no_args_is_help=True,
    )
    app.callback()(_root)
    for panel, members in TOP.items():
        for name, function in members.items():
            app.command(name, rich_help_panel=panel)(function)
    for name, (told, members) in GROUPS.items():
        group = Typer(help=told, no_args_is_help=True)
        for member, function in members.items():
            group.command(member)(function)
        app.add_typer(group, name=name, rich_help_panel=PANELS.get(name, "Your node"))
    built = get_group(app)
    _add_everywhere(built, _everywhere())
    return built


def _show_version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        screen.say(__version__)
        raise Exit


def _root(
    *,
    version: Annotated[
        bool,
        Option(
            "--version",
            help="Show the version of this program, and do no more.",
            callback=_show_version,
            is_eager=True,
            expose_value=False,
        ),
    ] = False,
) -> None:
    """Carry what may stand before every command."""


def _keep(ctx: Context, param: CallbackParam, value: Any) -> Any:
    """Note what `--dir` or `--json` says; the word nearest to the command counts."""
    place = place_of(ctx)
    if param.name == "folder":
        place.folder = value or place.folder
    else:
        place.json = value or place.json
    return value


def _carrier(
    *,
    folder: Annotated[
        Path | None,
        Option(
            "--dir",
            metavar="DIR",
            help="The folder of the node, also from PCLOUD_DIR.",
            show_default="~/.pcloud",
            callback=_keep,
            expose_value=False,
        ),
    ] = None,
    json: Annotated[
        bool,
        Option("--json", help="Answer as one JSON document.", callback=_keep, expose_value=False),
    ] = False,
) -> None:
    """Carry the two options that every command has."""


def _everywhere() -> list[Any]:
    carrier = Typer(add_completion=False)
    carrier.command()(_carrier)
    return list(get_command(carrier).params)


def _add_everywhere(group: TyperGroup, options: list[Any]) -> None:
    group.params.extend(options)
    for command in group.commands.values():
        if isinstance(command, TyperGroup):
            _add_everywhere(command, options)
        else:
            cast("TyperCommand", command).params.extend(options)
