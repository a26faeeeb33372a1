"""What peers ask for: looking at it, and answering item by item (spec 09 §4)."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Final

from typer import Argument, Context, Option

from pcloud.cli import screen, text
from pcloud.cli.asking import ask as ask_node
from pcloud.cli.exits import usage
from pcloud.cli.place import Place, place_of
from pcloud.cli.prompts import ask as prompt
from pcloud.cli.prompts import at_terminal
from pcloud.home import telling
from pcloud.home.words import NOT_GIVEN

if TYPE_CHECKING:
    from pcloud.runtime.giving.views import Answered, Ask, WantedField

AskId = Annotated[
    str,
    Argument(metavar="ASK", help="The question: the beginning of its id is enough.", show_default=False),
]
MANY: Final = 100
"""Questions that a node lists at most, as long as none of them is answered."""
OF_ONE: Final = 20
"""The same of one peer, in the list of all."""
_REASONS: Final = {"n": "not-for-this", "l": "not-now"}
_WHAT: Final = {
    "disclosure.request": "asked for data",
    "disclosure.present": "gave data",
    "disclosure.update": "changed data",
}


def asks(
    ctx: Context,
    ask: Annotated[
        str | None, Argument(metavar="[ASK]", help="Show this question whole.", show_default=False)
    ] = None,
    *,
    peer: Annotated[str | None, Option(help="Only of this peer.", show_default=False)] = None,
    refused: Annotated[
        bool, Option("--refused", help="List what was refused, because the terms forbid it.")
    ] = False,
) -> None:
    """List what peers ask you for, or show one question with what you would give."""
    place = place_of(ctx)
    if ask is not None and (refused or peer is not None):
        raise usage("Name a question, or say what to list; not both.")
    if ask is not None:
        found = ask_node(place, lambda node: node.show_ask(ask))
        if place.json:
            screen.document(found)
        else:
            _show(place, found)
    elif refused:
        _refused(place, peer)
    else:
        _list(place, peer)


def _list(place: Place, peer: str | None) -> None:
    found = ask_node(place, lambda node: node.asks(peer=peer))
    if place.json:
        screen.document(found)
        return
    now = place.now()
    screen.table(
        ("ID", "WHO", "WANTS", "WHY", "ANSWER BY"),
        [
            (
                text.short(one.id),
                one.name or text.short(one.peer),
                ", ".join(each.label for each in one.wanted),
                one.why,
                text.when(one.ends, now),
            )
            for one in found
        ],
        empty="Nobody asks you for anything.",
    )
    if found:
        screen.note("Look at one with: pcloud asks ID. Answer it with: pcloud answer ID")
    counts = Counter(one.peer for one in found)
    if len(found) >= MANY or (peer is None and max(counts.values(), default=0) >= OF_ONE):
        screen.note("There may be more. Those of one peer: pcloud asks --peer PEER")


def _refused(place: Place, peer: str | None) -> None:
    found = ask_node(place, lambda node: node.refused_asks(peer=peer))
    if place.json:
        screen.document(found)
        return
    now = place.now()
    screen.table(
        ("WHO", "WHEN", "WHAT", "TERMS", "FORBIDDEN BY"),
        [
            (
                one.name or text.short(one.peer),
                text.when(one.at, now),
                _WHAT.get(one.what, one.what),
                one.terms,
                one.clause.replace("-", " "),
            )
            for one in found
        ],
        empty="Nobody asked for more than their terms allow.",
    )


def answer(
    ctx: Context,
    ask: AskId,
    *,
    everything: Annotated[bool, Option("--all", help="Give all that you have of it.")] = False,
    only: Annotated[
        list[str] | None,
        Option("--only", metavar="PATH", help="Give only this; several times.", show_default=False),
    ] = None,
    decline: Annotated[
        list[str] | None,
        Option("--decline", metavar="PATH", help="Do not give this; several times.", show_default=False),
    ] = None,
    nothing: Annotated[bool, Option("--none", help="Give nothing of it.")] = False,
    reason: Annotated[
        str | None,
        Option(help="Why not: not-now, not-needed, not-for-this or not-you.", show_default="not-now"),
    ] = None,
    until: Annotated[
        str | None, Option(help="They may keep it until: 30d, or 2030-01-31.", show_default="as they ask")
    ] = None,
    once: Annotated[bool, Option("--once", help="Later changes do not follow.")] = False,
    onward: Annotated[bool, Option("--onward", help="Let them pass it on to whom they named.")] = False,
) -> None:
    """Answer a question: item by item at a terminal, or by what you say here."""
    place = place_of(ctx)
    if everything + nothing + (only is not None) > 1 or (nothing and decline):
        raise usage("--all, --only and --none exclude each other.")
    end = None if until is None else text.moment(until, "--until", place.now())
    said = dict.fromkeys(decline or (), reason or "not-now")
    chosen: list[str] | None = [] if nothing else only
    if not (everything or nothing or only or decline):
        if place.json or not at_terminal():
            raise usage("Say what to give: --all, --only PATH, or --none.")
        chosen, said = _asked(place, ask_node(place, lambda node: node.show_ask(ask)))
    found = ask_node(
        place,
        lambda node: node.answer(
            ask, only=chosen, decline=said, reason=reason, until=end, once=once, onward=onward
        ),
    )
    _tell(place, found)


def _asked(place: Place, found: "Ask") -> tuple[list[str] | None, dict[str, str]]:
    """What the person at the terminal says to each item. Raises CommandError where the input ends."""
    _show(place, found)
    declined = {}
    for each in found.wanted:
        if not each.have:
            continue  # it says by itself that there is none
        said = prompt(f"Give {each.label}? [y]es, [n]o, not [l]ater:").lower()[:1]
        if said != "y":
            declined[each.path] = _REASONS.get(said, "not-now")
    return None, declined


def _show(place: Place, found: "Ask") -> None:
    now = place.now()
    who = found.name or text.short(found.peer)
    beyond = {0: None, 1: "once"}.get(found.over_asked, f"{found.over_asked} times")
    screen.facts(
        [
            ("who asks", f"{who} ({found.kind})" if found.role is None else f"{who} ({found.role})"),
            ("terms", f"{found.terms}: {found.summary}" if found.summary else found.terms),
            ("why", found.why),
            ("to keep until", text.when(found.until, now)),
            ("later changes", "follow" if found.standing else "do not follow"),
            ("passed on to", found.onward or "nobody"),
            ("answer by", text.when(found.ends, now)),
            ("where they stand", None if found.circumstances is None else telling.line(found.circumstances)),
            ("asked beyond terms", beyond),
        ]
    )
    screen.say("")
    screen.table(
        ("FIELD", "NEEDED", "WHAT YOU WOULD GIVE"),
        [(each.path, "yes" if each.required else "no", _would(each)) for each in found.wanted],
        empty="They ask for nothing.",
    )
    for each in found.wanted:
        if not each.known:
            screen.note(f"{each.path} is no path that everybody knows: look twice at what it is.")


def _would(each: "WantedField") -> str:
    if not each.have:
        return "you have none"
    given = ", ".join(each.records) if each.records else telling.line(each.value)
    return f"{given} (they have it)" if each.held else given


def _tell(place: Place, found: "Answered") -> None:
    if place.json:
        screen.document(found)
        return
    if found.given:
        screen.say(f"Given: {', '.join(found.given)}")
    else:
        screen.say("Nothing was given.")
    for path, reason in found.declined.items():
        screen.say(f"Not given: {path} ({NOT_GIVEN[reason]})")
