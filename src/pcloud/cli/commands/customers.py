"""Data of others: asking for them, what is held, and letting go (spec 09 §4-8)."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from typer import Argument, Context, Option

from pcloud.cli import screen, text
from pcloud.cli.asking import ask as ask_node
from pcloud.cli.commands.arguments import PeerName
from pcloud.cli.exits import usage
from pcloud.cli.place import place_of
from pcloud.cli.prompts import consent

if TYPE_CHECKING:
    from pcloud.runtime.surface import Surface
    from pcloud.runtime.taking.views import Asked, HeldField, HeldPage

OfPeer = Annotated[str | None, Option("--peer", help="Only of this peer.", show_default=False)]
Paths = Annotated[
    list[str],
    Argument(metavar="PATH...", help="Such as profile.name, or receipts/* for all.", show_default=False),
]
Grant = Annotated[
    str, Argument(metavar="GRANT", help="The beginning of its id: pcloud held", show_default=False)
]
VALUE_SHOWN: Final = 80
"""Letters of a value in a table."""
_STATES: Final = {
    "waiting": "not sent yet",
    "open": "no answer yet",
    "given": "given",
    "declined": "declined",
    "refused": "refused by their node",
    "over": "over",
}
_HELD: Final = {"held": "", "kept": "you have to keep it", "ending": "is being deleted"}


def ask(
    ctx: Context,
    peer: PeerName,
    paths: Paths,
    *,
    purpose: Annotated[
        list[str],
        Option("--for", "--purpose", metavar="PURPOSE", help="What for, such as DeliveryOfGoods."),
    ],
    until: Annotated[
        str | None,
        Option(help="You keep it until: 30d, or 2030-01-31.", show_default="as long as the terms allow"),
    ] = None,
    standing: Annotated[bool, Option("--standing", help="Later changes are to follow.")] = False,
    need: Annotated[
        list[str] | None,
        Option("--need", "--required", metavar="PATH", help="You cannot do without this one; repeatable."),
    ] = None,
    action: Annotated[str, Option(help="What you do with it, in words of the DPV.")] = "dpv:Use",
    example: Annotated[
        list[str] | None,
        Option(metavar="PATTERN=JSON", help="Only records that are like this one.", show_default=False),
    ] = None,
    equal: Annotated[
        list[str] | None,
        Option(metavar="PATH=JSON", help="The value that PATH:equal is compared with.", show_default=False),
    ] = None,
    circumstances: Annotated[
        str | None, Option(metavar="JSON", help="Where you stand, so that they find what is relevant.")
    ] = None,
    terms: Annotated[
        str | None, Option(help="Under these terms in force.", show_default="the newest")
    ] = None,
) -> None:
    """Ask a peer for data, under terms that you have agreed on; what these forbid is not sent."""
    place = place_of(ctx)
    end = None if until is None else text.moment(until, "--until", place.now())
    found = ask_node(
        place,
        lambda node: node.ask(
            peer,
            paths,
            purpose,
            until=end,
            standing=standing,
            required=need,
            action=action,
            example=_pairs(example, "--example"),
            equal=_pairs(equal, "--equal"),
            circumstances=None if circumstances is None else _json(circumstances, "--circumstances"),
            terms=terms,
        ),
    )
    if place.json:
        screen.document(found)
        return
    screen.say(f"Asked under {found.terms}, to keep until {text.when(found.until, place.now())}.")
    screen.note("What becomes of it: pcloud asked")


def _pairs(given: list[str] | None, option: str) -> dict[str, Any] | None:
    if not given:
        return None
    found = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign:
            raise usage(f"{option} wants a path, = and JSON.")
        found[name] = _json(value, option)
    return found


def _json(value: str, option: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise usage(f"{option} wants JSON, such as {{'addressCountry': 'DE'}} with double quotes.") from None


def asked(
    ctx: Context,
    peer: Annotated[
        str | None, Argument(metavar="[PEER]", help="All that this peer was asked.", show_default=False)
    ] = None,
    *,
    state: Annotated[str, Option(help="Of all peers: open, given, declined or refused.")] = "open",
) -> None:
    """List what you asked for, and what became of it."""
    place = place_of(ctx)

    async def rows(node: "Surface") -> "list[Asked]":
        found, after = [], 0
        while True:
            page = await node.questions(peer=peer, state=state, after=after)
            found += page.questions
            if page.next is None:
                return found
            after = page.next

    found = ask_node(place, rows)
    if place.json:
        screen.document(found)
        return
    now = place.now()
    screen.table(
        ("ID", "PEER", "WANTED", "STATE", "ASKED", "NOT GIVEN"),
        [
            (
                text.short(one.id),
                _called(one),
                ", ".join(each.path for each in one.wanted),
                one.refused or _STATES[one.state],
                text.when(one.at, now),
                ", ".join(
                    f"{each.path} ({each.reason or each.outcome})"
                    for each in one.wanted
                    if each.outcome != "given"
                ),
            )
            for one in found
        ],
        empty="Nothing was asked." if peer else f"Nothing is {state}.",
    )


def held(
    ctx: Context,
    peer: Annotated[
        str | None, Argument(metavar="[PEER]", help="Only of this peer.", show_default="of all")
    ] = None,
    *,
    path: Annotated[str, Option(help="Only this field, or all below this place.", show_default=False)] = "",
) -> None:
    """Show the data of others that your node holds, until when, and by which grant."""
    place = place_of(ctx)

    async def rows(node: "Surface") -> "list[HeldField]":
        found, after = [], None
        while True:
            page: HeldPage = await node.held(peer=peer, path=path, after=after)
            found += page.fields
            after = page.next
            if after is None:
                return found

    found = ask_node(place, rows)
    if place.json:
        screen.document(found)
        return
    now = place.now()
    screen.table(
        ("PEER", "FIELD", "VALUE", "VERSION", "UNTIL", "FOLLOWS", "GRANT", ""),
        [
            (
                _called(one),
                one.path,
                _value(one.value),
                str(one.version),
                text.when(one.until, now),
                "yes" if one.standing else "once",
                text.short(one.thread),
                one.reason or _HELD[one.state],
            )
            for one in found
        ],
        empty="You hold nothing of others.",
    )


def _called(one: "Asked | HeldField") -> str:
    return one.reference or one.name or text.short(one.peer)


def _value(value: Any) -> str:
    written = "gone" if value is None else json.dumps(value, ensure_ascii=False)
    return written if len(written) <= VALUE_SHOWN else f"{written[:VALUE_SHOWN]}…"


def confirm(
    ctx: Context,
    peer: PeerName,
    grant: Grant,
    outcomes: Annotated[
        list[str],
        Argument(
            metavar="PATH=VERSION[:OUTCOME]...",
            help="Or :refused, or :need-more.",
            show_default=False,
        ),
    ],
) -> None:
    """Say what became of fields in your own systems, where your settings leave that to you."""
    place = place_of(ctx)
    rows = [_outcome(each) for each in outcomes]
    found = ask_node(place, lambda node: node.confirm(peer, grant, rows))
    if place.json:
        screen.document(found)
    else:
        screen.say(f"They are told: {', '.join(found.paths)}")


def _outcome(given: str) -> dict[str, Any]:
    path, sign, rest = given.rpartition("=")
    version, _, outcome = rest.partition(":")
    if not (sign and version.isascii() and version.isdecimal()):
        raise usage("Name a path and its version, such as profile.name=3 or profile.name=3:refused.")
    return {"path": path, "version": int(version), "outcome": outcome or "applied"}


def give_up(
    ctx: Context,
    peer: PeerName,
    grant: Grant,
    *,
    yes: Annotated[bool, Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Need a grant no more: what came by it is deleted here, and they are told."""
    place = place_of(ctx)
    consent("What came by this grant is deleted here. That cannot be undone.", "give up", given=yes)
    found = ask_node(place, lambda node: node.give_up(peer, grant))
    if place.json:
        screen.document(found)
    else:
        screen.say(f"Deleted: {', '.join(found.paths)}")


def delete_held(
    ctx: Context,
    peer: PeerName,
    paths: Paths,
    *,
    yes: Annotated[bool, Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete data of a peer although you may hold it, and tell them so."""
    place = place_of(ctx)
    consent("What you name is deleted here. That cannot be undone.", "delete", given=yes)
    found = ask_node(place, lambda node: node.delete_held(peer, paths))
    if place.json:
        screen.document(found)
    else:
        screen.say(f"Deleted: {', '.join(sorted({path for each in found for path in each.paths}))}")


def keep(
    ctx: Context,
    peer: PeerName,
    path: Annotated[str, Argument(metavar="PATH", help="Such as receipts/* for all.", show_default=False)],
    *,
    reason: Annotated[str, Option(help="legal-duty or legal-claim.")] = "legal-duty",
    end: Annotated[bool, Option("--end", help="Nothing binds you any more.")] = False,
) -> None:
    """Keep data of a peer that would have to be deleted, because the law says so; they are told why."""
    place = place_of(ctx)
    found = ask_node(place, lambda node: node.keep(peer, path, reason=None if end else reason))
    if place.json:
        screen.document(found)
        return
    screen.table(
        ("KEPT", "WHY"), [(one.path, one.reason) for one in found], empty="You keep nothing for the law."
    )


def handback(
    ctx: Context,
    peer: PeerName,
    file: Annotated[
        Path,
        Argument(metavar="FILE", help="JSON: a list of records with path and value.", show_default=False),
    ],
) -> None:
    """Give a peer data that arose with you and are theirs, such as receipts."""
    place = place_of(ctx)
    try:
        records = json.loads(file.read_bytes())
    except ValueError:
        raise usage(f"{file} is no JSON.") from None
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise usage(f"{file} has to be a list of records with path and value.")
    found = ask_node(place, lambda node: node.handback(peer, records))
    if place.json:
        screen.document(found)
    else:
        screen.say(f"Given back: {', '.join(found.paths)}")


def returned(
    ctx: Context,
    peer: Annotated[
        str | None, Argument(metavar="[PEER]", help="Only of this peer.", show_default="of all")
    ] = None,
    *,
    take: Annotated[
        list[str] | None, Option(metavar="PATH", help="Make it a record of yours; repeatable.")
    ] = None,
    drop: Annotated[list[str] | None, Option(metavar="PATH", help="Do not take it; repeatable.")] = None,
) -> None:
    """List what peers gave back that waits for your word; receipts and the like are taken by themselves."""
    place = place_of(ctx)
    if (take or drop) and peer is None:
        raise usage("Say whose: pcloud returned PEER --take PATH")
    for paths, dropped in ((take, False), (drop, True)):
        if paths and peer is not None:
            _decide(ctx, peer, paths, dropped=dropped)
    found = ask_node(place, lambda node: node.returned(peer=peer))
    if place.json:
        screen.document(found)
        return
    screen.table(
        ("PEER", "FIELD", "VALUE"),
        [(one.name or text.short(one.peer), one.path, _value(one.value)) for one in found],
        empty="Nothing waits for your word.",
    )


def _decide(ctx: Context, peer: str, paths: list[str], *, dropped: bool) -> None:
    ask_node(place_of(ctx), lambda node: node.take_returned(peer, paths, drop=dropped))
