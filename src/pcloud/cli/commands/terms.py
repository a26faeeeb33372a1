"""Terms: choosing, proffering, answering, ending (spec 08)."""

from typing import TYPE_CHECKING, Annotated, Literal

from typer import Argument, Context, Option

from pcloud.cli import screen, text
from pcloud.cli.asking import ask
from pcloud.cli.commands.arguments import PeerName
from pcloud.cli.exits import usage
from pcloud.cli.place import Place, place_of
from pcloud.cli.prompts import consent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pcloud.runtime.consenting.views import Preference, Preferences
    from pcloud.runtime.surface import Surface
    from pcloud.runtime.views import Negotiation, Terms

NegotiationId = Annotated[
    str,
    Argument(metavar="ID", help="The negotiation: the beginning of its id is enough.", show_default=False),
]
TermsId = Annotated[
    str, Argument(metavar="TERMS", help="Terms of a roster, such as SD-BASE.", show_default=False)
]
Reason = Annotated[str | None, Option("--reason", help="A reason; they see it.", show_default=False)]


def list_terms(
    ctx: Context,
    peer: Annotated[
        str | None, Argument(metavar="[PEER]", help="Only with this peer.", show_default=False)
    ] = None,
) -> None:
    """List the terms you may choose from, and what was proffered so far."""
    place = place_of(ctx)

    async def both(node: "Surface") -> tuple[list["Terms"], list["Negotiation"]]:
        return await node.rosters(), await node.terms(peer)

    roster, negotiations = ask(place, both)
    if place.json:
        screen.document({"roster": roster, "negotiations": negotiations})
        return
    screen.table(
        ("TERMS", "IN PLAIN WORDS", "ROSTER"),
        [(one.id, one.summary, one.title) for one in roster],
        empty="No roster is loaded.",
    )
    screen.say("")
    now = place.now()
    screen.table(
        ("ID", "PEER", "TERMS", "FIRST PARTY", "STATE", "TURN", "EXPIRES"),
        [
            (
                text.short(one.id),
                text.short(one.peer),
                one.terms,
                "you" if one.mine else "they",
                one.state,
                {"mine": "you", "theirs": "they", "none": ""}[one.turn],
                "" if one.expires is None else text.when(one.expires, now),
            )
            for one in negotiations
        ],
        empty="Nothing is proffered yet. Proffer with: pcloud terms proffer PEER TERMS",
    )


def show(ctx: Context, negotiation: NegotiationId) -> None:
    """Show one negotiation with the record that both have signed."""
    _change(ctx, lambda node: node.show_terms(negotiation))


def proffer(
    ctx: Context,
    peer: PeerName,
    terms: TermsId,
    *,
    expires: Annotated[str, Option(help="How long they may answer.")] = "7d",
    until: Annotated[
        str | None, Option(help="In force until: 365d, or 2030-01-31.", show_default="no end")
    ] = None,
    replaces: Annotated[
        str | None, Option(help="The agreement that these replace.", show_default=False)
    ] = None,
) -> None:
    """Proffer your own terms to a peer."""
    place = place_of(ctx)
    expires_s = text.seconds(expires, "--expires")
    end = None if until is None else text.moment(until, "--until", place.now())
    _change(
        ctx,
        lambda node: node.proffer(peer, terms, expires_s=expires_s, until=end, replaces=replaces),
    )


def accept(ctx: Context, negotiation: NegotiationId) -> None:
    """Accept what a peer proffers; their node signs last."""
    _change(ctx, lambda node: node.accept_terms(negotiation))


def counter(ctx: Context, negotiation: NegotiationId, terms: TermsId) -> None:
    """Name other terms of the same roster, once; or proffer what the peer has named."""
    _change(ctx, lambda node: node.counter_terms(negotiation, terms))


def decline(ctx: Context, negotiation: NegotiationId, *, reason: Reason = None) -> None:
    """Refuse what a peer proffers or names, or take your own proffer back."""
    _change(ctx, lambda node: node.decline_terms(negotiation, reason=reason))


def terminate(
    ctx: Context,
    negotiation: NegotiationId,
    *,
    reason: Reason = None,
    yes: Annotated[bool, Option("--yes", help="End it without asking.")] = False,
) -> None:
    """End an agreement."""
    consent("This ends the agreement; what it allowed is refused from then on.", "terminate", given=yes)
    _change(ctx, lambda node: node.terminate_terms(negotiation, reason=reason))


def prefer(
    ctx: Context,
    terms: Annotated[
        str | None, Argument(metavar="[TERMS]", help="What you proffer; without it the choice is shown.")
    ] = None,
    *,
    kind: Annotated[
        Literal["person", "organisation"] | None, Option(help="Only to these.", show_default="to all")
    ] = None,
    role: Annotated[
        str | None, Option(help="Only to peers in this role.", show_default="in any role")
    ] = None,
    at_once: Annotated[
        bool, Option("--at-once", help="As soon as a relationship begins, without asking you.")
    ] = False,
    remove: Annotated[bool, Option("--remove", help="Proffer nothing to these any more.")] = False,
    accept: Annotated[
        list[str] | None,
        Option(metavar="TERMS", help="Accept these at once from whoever proffers them; may be repeated."),
    ] = None,
    ask_me: Annotated[bool, Option("--ask-me", help="Accept none without asking you.")] = False,
) -> None:
    """Choose in advance what you proffer to whom, and what you accept at once."""
    place = place_of(ctx)

    async def chosen(node: "Surface") -> "Preferences":
        from pcloud.runtime.consenting.views import Preference

        known = await node.preferences()
        if terms is None and not (remove or accept or ask_me):
            return known
        proffer = [each for each in known.proffer if (each.kind, each.role) != (kind, role)]
        if terms is None and not remove:
            proffer = known.proffer
        elif terms is not None:
            proffer.append(Preference(terms, kind, role, at_once))
        return await node.prefer(proffer, [] if ask_me else [*known.accept, *(accept or [])])

    if terms is not None and remove:
        raise usage("Name terms, or --remove: not both.")
    found = ask(place, chosen)
    if place.json:
        screen.document(found)
        return
    screen.table(
        ("TERMS", "PROFFERED TO", "WHEN"),
        [(one.terms, _whom(one), "at once" if one.at_once else "when you do") for one in found.proffer],
        empty="You have chosen nothing that you proffer. Choose with: pcloud terms prefer SD-BASE",
    )
    screen.say("Accepted at once: " + (", ".join(found.accept) or "nothing; you are asked."))
    if not found.confirmed:
        screen.note("This came out of a copy and does nothing by itself yet: pcloud rules confirm")


def _whom(one: "Preference") -> str:
    whom = {None: "anybody", "person": "persons", "organisation": "organisations"}[one.kind]
    return f"{whom} in the role {text.plain(one.role)}" if one.role else whom


def _change(ctx: Context, question: "Callable[[Surface], Awaitable[Negotiation]]") -> None:
    place = place_of(ctx)
    _tell(place, ask(place, question))


def _tell(place: Place, found: "Negotiation") -> None:
    if place.json:
        screen.document(found)
        return
    turn = {"mine": "you are", "theirs": "they are", "none": None}[found.turn]
    screen.facts(
        [
            ("id", found.id),
            ("peer", found.peer),
            ("terms", found.terms),
            ("in plain words", found.summary or None),
            ("first party", "you" if found.mine else "they"),
            ("state", found.state),
            ("to answer", turn),
            ("answer until", _at(found.expires)),
            ("sealed", _at(found.sealed)),
            ("in force until", _at(found.until)),
            ("ended", _at(found.ended)),
            ("agreement", found.agreement),
            ("record", found.record and f"{len(found.record) // 2} bytes; --json gives them"),
        ]
    )


def _at(moment: int | None) -> str | None:
    return None if moment is None else text.clock(moment)
