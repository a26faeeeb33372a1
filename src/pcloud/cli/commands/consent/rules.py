"""What you say in advance about questions to come (spec 09 §4)."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Context, Option

from pcloud.cli import screen, text
from pcloud.cli.asking import ask as ask_node
from pcloud.cli.exits import usage
from pcloud.cli.place import place_of

if TYPE_CHECKING:
    from pcloud.runtime.consenting.views import Rule, RuleTest


class Answer(StrEnum):
    """What a rule says."""

    YES = "yes"
    NO = "no"
    ASK = "ask"


RuleId = Annotated[
    str, Argument(metavar="RULE", help="The rule: the beginning of its id is enough.", show_default=False)
]
Purposes = Annotated[
    list[str] | None,
    Option("--for", metavar="PURPOSE", help="For this purpose, such as DeliveryOfGoods.", show_default="any"),
]
Places = Annotated[
    list[str] | None,
    Argument(
        metavar="[PATH]...",
        help="Of what, with all below it: profile.address, or receipts/*.",
        show_default="anything",
    ),
]
Kind = Annotated[
    str | None, Option(help="Only to who says to be a person, or an organisation.", show_default=False)
]
Role = Annotated[str | None, Option(help="Only to who says to be in this role.", show_default=False)]
DaysMax = Annotated[
    int | None, Option(min=1, help="At most so many days from then on.", show_default="as asked")
]
Yearly = Annotated[
    int | None,
    Option(min=1, help="So often a year, of facts that are compared: over-18, equal.", show_default="never"),
]
Reason = Annotated[str | None, Option(help="What a no says, such as not-needed.", show_default=False)]
_DPV = "dpv:"


def list_rules(ctx: Context) -> None:
    """List what you have said in advance."""
    place = place_of(ctx)
    found = ask_node(place, lambda node: node.rules())
    if place.json:
        screen.document(found)
        return
    now = place.now()
    screen.table(
        ("ID", "SAYS", "TO", "OF", "FOR", "HOW", "STATE", "NOTE"),
        [_row(one, now) for one in found],
        empty="There are no rules, so you are asked each time. Add one with: pcloud rules add",
    )
    if any(one.state == "unconfirmed" for one in found):
        screen.note("These rules came out of a copy, and give nothing until you have looked at them:")
        screen.note("pcloud rules confirm")


def _row(one: "Rule", now: int) -> tuple[str, ...]:
    whom = [one.name or text.short(one.peer) if one.peer else "", one.kind or "", one.role or ""]
    terms = f"under {one.terms}" if one.terms else ""
    return (
        text.short(one.id),
        one.answer or "",
        " ".join(each for each in [*whom, terms] if each) or "anybody",
        " ".join(one.paths) or "anything",
        " ".join(each.removeprefix(_DPV) for each in one.purposes) or "any purpose",
        _bounds(one, now),
        one.state,
        one.note,
    )


def _bounds(one: "Rule", now: int) -> str:
    told = []
    if one.answer == "yes":
        told.append("kept current" if one.standing else "once")
        told += [] if one.days_max is None else [f"{one.days_max} days"]
        told += ["passed on"] if one.onward else []
        told += [] if one.yearly_max is None else [f"{one.yearly_max} a year"]
    told += [] if one.reason is None else [one.reason]
    told += [] if one.ends is None else [f"until {text.when(one.ends, now)}"]
    return ", ".join(told)


def add(
    ctx: Context,
    answer: Annotated[Answer, Argument(help="What is answered: yes, no, or that you are asked.")],
    paths: Places = None,
    *,
    peer: Annotated[str | None, Option(metavar="PEER", help="Only to this peer.", show_default=False)] = None,
    kind: Kind = None,
    role: Role = None,
    terms: Annotated[str | None, Option(help="Only under these terms.", show_default=False)] = None,
    purpose: Purposes = None,
    days: DaysMax = None,
    keep_current: Annotated[
        bool, Option("--keep-current", help="Later versions may follow, where asked for.")
    ] = False,
    onward: Annotated[
        bool, Option("--onward", help="It may be passed on to whom the question names.")
    ] = False,
    yearly: Yearly = None,
    ends: Annotated[
        str | None, Option(help="The rule ends: 90d, or 2030-01-31.", show_default="never")
    ] = None,
    reason: Reason = None,
    note: Annotated[str, Option(help="For yourself.", show_default=False)] = "",
) -> None:
    """Say in advance what is answered. A no always wins; nothing is given that your terms forbid."""
    place = place_of(ctx)
    end = None if ends is None else text.moment(ends, "--ends", place.now())
    words = _words(purpose)
    found = ask_node(
        place,
        lambda node: node.rule_add(
            answer.value,
            paths=paths,
            peer=peer,
            kind=kind,
            role=role,
            terms=terms,
            purposes=words,
            days_max=days,
            standing=keep_current,
            onward=onward,
            yearly_max=yearly,
            ends=end,
            reason=reason,
            note=note,
        ),
    )
    if place.json:
        screen.document(found)
        return
    screen.say(f"Rule {found.id} answers questions from now on; what was given stays as it is.")
    if found.answer == "yes" and not (found.peer or found.terms):
        screen.note(
            "Anybody with whom you have terms may get it: kind and role are what they say of themselves."
        )
    screen.note("See what it does with: pcloud rules test --peer PEER PATH")


def _words(purposes: list[str] | None) -> list[str] | None:
    """Purposes of the Data Privacy Vocabulary, where they name no other."""
    return None if purposes is None else [each if ":" in each else _DPV + each for each in purposes]


def remove(ctx: Context, rule: RuleId) -> None:
    """Forget a rule; what it has given stays given."""
    place = place_of(ctx)
    ask_node(place, lambda node: node.rule_remove(rule))
    if place.json:
        screen.document({"removed": True})
    else:
        screen.say("It is gone. What it gave is in: pcloud ledger")


def confirm(ctx: Context) -> None:
    """Let rules that came out of a copy give again; look at them first."""
    place = place_of(ctx)
    found = ask_node(place, lambda node: node.rules_confirm())
    if place.json:
        screen.document(found)
    else:
        screen.say(f"{len(found)} rules answer from now on.")


def try_out(
    ctx: Context,
    paths: Annotated[
        list[str] | None,
        Argument(metavar="[PATH]...", help="What the peer might ask for.", show_default=False),
    ] = None,
    *,
    ask: Annotated[
        str | None, Option(metavar="ASK", help="A question that waits.", show_default=False)
    ] = None,
    peer: Annotated[str | None, Option(metavar="PEER", help="Who might ask.", show_default=False)] = None,
    purpose: Purposes = None,
) -> None:
    """Say what would be answered, and why. Nothing is sent."""
    if (ask is None) is (peer is None) or bool(paths) is (peer is None):
        raise usage("Name a question with --ask, or a peer with --peer and what it might ask for.")
    place = place_of(ctx)
    words = _words(purpose)
    found = ask_node(place, lambda node: node.rule_test(ask=ask, peer=peer, paths=paths, purposes=words))
    if place.json:
        screen.document(found)
    else:
        _tell(found, place.now())


def _tell(found: "RuleTest", now: int) -> None:
    whys = {
        "rule": "",
        "silent": "no rule speaks of it",
        "terms": "the terms do not allow it",
        "rate": "asked too often, or the rule has no --yearly",
        "restored": "rules are not confirmed: pcloud rules confirm",
    }
    screen.say(found.text)
    screen.table(
        ("WHAT", "PATH", "ANSWER", "RULE", "WHY"),
        [
            (
                each.label if each.have else f"{each.label} (you have none)",
                each.path,
                each.answer,
                text.short(each.rule),
                f"{whys[each.why]} ({each.clause})" if each.clause else whys[each.why],
            )
            for each in found.items
        ],
        empty="",
    )
    if found.outcome == "give":
        how = "kept current" if found.standing else "once"
        screen.say(f"{how}, until {text.when(found.until, now)}")
