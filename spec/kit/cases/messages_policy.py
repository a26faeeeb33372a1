"""Vectors of the chapter on messages: what the policy of an agreement allows."""

from __future__ import annotations

from dataclasses import dataclass

from spec.kit.cbor import Value, enc
from spec.kit.vectors import Vectors, rows

NOW, DAY = 1798700000, 86400
YES: Value = True
NO: Value = False
CLAUSES: list[list[Value]] = [
    ["service", YES, ["dpv:Use"], ["pd:Email", "pd:Name"], ["dpv:ServiceProvision", "dpv:CustomerCare"]],
    ["storage", YES, ["dpv:Store"], [], []],
    ["any-age", YES, [], ["pd:Age"], ["dpv:AgeVerification"]],
    ["no-marketing", NO, [], [], ["dpv:Marketing"]],
    ["no-sale", NO, ["dpv:Sell"], [], []],
    ["no-health", NO, ["dpv:Store"], ["pd:Health"], []],
    ["no-profiles", NO, ["dpv:Store"], ["pd:Habit", "pd:Interest"], ["dpv:Personalisation"]],
]
FORBIDDEN = """
action-none | No action is claimed, and the clause is for some | | pd:Email | dpv:ServiceProvision
action-unknown | No clause has the action | dpv:Publish | pd:Email | dpv:ServiceProvision
category-unknown | No clause has the category | dpv:Use | pd:Shoes | dpv:ServiceProvision
category-one-unknown | One of two is not allowed | dpv:Use | pd:Email pd:Shoes | dpv:ServiceProvision
purpose-unknown | No clause has the purpose | dpv:Use | pd:Email | dpv:Research
purpose-one-unknown | One of two is not allowed | dpv:Use | pd:Email | dpv:ServiceProvision dpv:Research
action-of-other-clause | The clause has another purpose | dpv:Publish | pd:Age | dpv:ServiceProvision
upper-case | Words are compared as text | dpv:use | pd:Email | dpv:ServiceProvision
no-prefix | A word without its prefix | Use | pd:Email | dpv:ServiceProvision
longer-word | It only begins alike | dpv:Use | pd:EmailAddress | dpv:ServiceProvision
shorter-word | A broader word | dpv:Use | pd:E | dpv:ServiceProvision
prohibited-purpose | A prohibited purpose | dpv:Store | pd:Email | dpv:Marketing
prohibited-beside-allowed | Beside an allowed one | dpv:Store | pd:Email | dpv:RecordManagement dpv:Marketing
prohibited-action | A prohibited action | dpv:Sell | pd:Email | dpv:ServiceProvision
prohibited-category | Of an allowed action | dpv:Store | pd:Health | dpv:ServiceProvision
prohibited-category-beside | Beside another | dpv:Store | pd:Name pd:Health | dpv:ServiceProvision
prohibited-both | Category and purpose | dpv:Store | pd:Habit | dpv:Personalisation
prohibited-wins | The prohibition wins | dpv:Store | pd:Age | dpv:Marketing
category-as-action | A category as action | pd:Email | pd:Email | dpv:ServiceProvision
purpose-as-category | A purpose as category | dpv:Use | dpv:ServiceProvision | dpv:ServiceProvision
pair-split | One clause has the category, another one the purpose | dpv:Use | pd:Age | dpv:ServiceProvision
pair-split-other | The same, the other way round | dpv:Use | pd:Email | dpv:AgeVerification
pair-of-two | Two of four pairs | dpv:Use | pd:Email pd:Age | dpv:ServiceProvision dpv:AgeVerification
pair-one-category-more | A category more than the clause has | dpv:Use | pd:Age pd:Email | dpv:AgeVerification
pair-one-purpose-more | A purpose more | dpv:Use | pd:Age | dpv:AgeVerification dpv:CustomerCare
pair-other-action | The clause of the action has other pairs | dpv:Publish | pd:Email | dpv:AgeVerification
categories-unknown | Categories only, none of them allowed | dpv:Use | pd:Shoes |
categories-one-unknown | Categories only, one of them not allowed | dpv:Use | pd:Email pd:Shoes |
categories-other-action | Categories only, of a clause for another action | dpv:Publish | pd:Name |
purposes-unknown | Purposes only, none of them allowed | dpv:Use | | dpv:Research
purposes-one-unknown | Purposes only, one of them not allowed | dpv:Use | | dpv:CustomerCare dpv:Research
purposes-other-action | Purposes only, of a clause for another action | dpv:Publish | | dpv:CustomerCare
prohibited-categories-only | Categories only, one prohibited | dpv:Store | pd:Name pd:Health |
prohibited-purposes-only | Purposes only, one prohibited | dpv:Store | | dpv:Research dpv:Marketing
prohibited-action-only | Neither categories nor purposes, and a prohibited action | dpv:Sell | |
prohibited-one-pair | One pair | dpv:Store | pd:Name pd:Habit | dpv:RecordManagement dpv:Personalisation
prohibited-second-category | The other category of the clause | dpv:Store | pd:Interest | dpv:Personalisation
"""


@dataclass(frozen=True)
class Claims:
    """What a message claims to do."""

    action: str
    categories: tuple[str, ...]
    purposes: tuple[str, ...]
    until: int | None = NOW + DAY
    onward: bool = False


def covers(listed: Value, claimed: tuple[str, ...]) -> bool:
    """Whether a list of a clause has one of the words, or is empty and has all."""
    assert isinstance(listed, list)
    return not listed or any(word in listed for word in claimed)


def allowed(claims: Claims, *, retention: int | None, onward: bool, end: int | None) -> bool:
    """The judgement of the policy, as the chapter words it."""
    acting = [one for one in CLAUSES if covers(one[2], (claims.action,))]
    allowing = [one for one in acting if one[1] is True]
    if any(
        one[1] is False and covers(one[3], claims.categories) and covers(one[4], claims.purposes)
        for one in acting
    ):
        return False
    pairs = [
        ([] if category is None else [category], [] if purpose is None else [purpose])
        for category in claims.categories or (None,)
        for purpose in claims.purposes or (None,)
    ]
    each = all(
        any(
            all(covers(one[3], (word,)) for word in of) and all(covers(one[4], (word,)) for word in why)
            for one in allowing
        )
        for of, why in pairs
    )
    bounds = [] if retention is None else [NOW + retention]
    bounds += [] if end is None else [end]
    late = claims.until is not None and any(claims.until > bound for bound in bounds)
    return each and not late and (onward or not claims.onward)


class Policies:
    """Writes the cases."""

    def __init__(self, out: Vectors) -> None:
        self.out = out

    def case(
        self,
        name: str,
        why: str,
        rule: str,
        claims: Claims,
        *,
        ok: bool = False,
        retention: int | None = 30 * DAY,
        onward: bool = False,
        end: int | None = None,
    ) -> None:
        """One judgement; the expectation is written down and computed, and both have to agree."""
        listed: Value = [list(one) for one in CLAUSES]
        form: dict[Value, Value] = {1: 1, 2: listed, 3: [], 5: onward}
        form |= {} if retention is None else {4: retention}
        given: dict[str, object] = {"machine": enc(form), "now": NOW, "agreement_until": end, **vars(claims)}
        assert allowed(claims, retention=retention, onward=onward, end=end) is ok, name
        if ok:
            self.out.good(name, why, rule, "policy.judge", given)
        else:
            self.out.bad(name, why, rule, "policy.judge", given, "terms-forbid")


def limits(policies: Policies) -> None:
    """The end in the claims, and passing on."""
    case = policies.case
    mail, service = ("pd:Email",), ("dpv:ServiceProvision",)
    right = Claims("dpv:Use", mail, service)
    at_end = Claims("dpv:Use", mail, service, NOW + 30 * DAY)
    endless = Claims("dpv:Use", mail, service, None)
    case("until-none", "No end claimed: the retention bounds it", "GATE-12", endless, ok=True)
    passed_on = Claims("dpv:Use", mail, service, None, onward=True)
    case("until-none-onward", "No end claimed does not permit passing on", "GATE-12", passed_on)
    ever = Claims("dpv:Store", mail, ("dpv:Marketing",), None)
    case("until-none-prohibited", "No end claimed, for a prohibited purpose", "GATE-11", ever)
    other = Claims("dpv:Use", mail, ("dpv:Research",), None)
    case("until-none-purpose", "No end claimed, for an unknown purpose", "GATE-10", other)
    case("until-last-moment", "The end is the last moment of the retention", "GATE-12", at_end, ok=True)
    far = Claims("dpv:Use", mail, service, NOW + 9000 * DAY)
    case(
        "until-without-retention",
        "No retention and no end of the agreement",
        "GATE-12",
        far,
        ok=True,
        retention=None,
    )
    passed = Claims("dpv:Use", mail, service, onward=True)
    case("onward-allowed", "Data may be passed on", "GATE-12", passed, ok=True, onward=True)
    case("onward", "Data may not be passed on", "GATE-12", passed)
    case(
        "until-second-late",
        "A second after the retention",
        "GATE-12",
        Claims("dpv:Use", mail, service, NOW + 30 * DAY + 1),
    )
    case(
        "until-after-agreement",
        "A second after the end of the agreement",
        "GATE-12",
        right,
        end=NOW + DAY - 1,
    )
    case(
        "until-after-short-retention",
        "A second after a shorter retention",
        "GATE-12",
        right,
        retention=DAY - 1,
    )
    case(
        "until-after-agreement-no-retention",
        "The end of the agreement alone",
        "GATE-12",
        far,
        retention=None,
        end=NOW + DAY,
    )
    case("until-much-later", "An end far after the retention", "GATE-12", far)
    case("until-past-both", "Retention and agreement both end before", "GATE-12", far, end=NOW + DAY)
    case(
        "onward-of-other-clause",
        "Passing on, where storing everything is allowed",
        "GATE-12",
        Claims("dpv:Store", mail, ("dpv:RecordManagement",), onward=True),
    )
    case(
        "onward-prohibited",
        "Passing on is allowed and the purpose is not",
        "GATE-11",
        Claims("dpv:Store", mail, ("dpv:Marketing",), onward=True),
        onward=True,
    )


def make() -> list[Vectors]:
    """The file."""
    out = Vectors("policy", "05-messages", "What the policy of an agreement allows, and what it forbids.")
    policies = Policies(out)
    case = policies.case
    mail, service = ("pd:Email",), ("dpv:ServiceProvision",)
    right = Claims("dpv:Use", mail, service)
    case("allowed", "A clause allows the action, the category and the purpose", "GATE-10", right, ok=True)
    two = Claims("dpv:Use", ("pd:Email", "pd:Name"), ("dpv:ServiceProvision", "dpv:CustomerCare"))
    case("allowed-each", "Every category and every purpose is in the clause", "GATE-10", two, ok=True)
    anything = Claims("dpv:Store", ("pd:Shoes",), ("dpv:RecordManagement",))
    case("allowed-empty-lists", "An empty list covers everything of its kind", "GATE-10", anything, ok=True)
    empty = Claims("dpv:Use", ("",), service)
    case("word-empty", "An empty word", "GATE-10", empty)
    for name, why, action, categories, purposes in rows(FORBIDDEN):
        rule = "GATE-11" if name.startswith("prohibited") else "GATE-10"
        claims = Claims(action, tuple(categories.split()), tuple(purposes.split()))
        case(name, why, rule, claims)
    limits(policies)
    aged = Claims("dpv:Use", ("pd:Age",), ("dpv:AgeVerification",))
    case("allowed-pair", "One clause has the category and the purpose", "GATE-10", aged, ok=True)
    listed = Claims("dpv:Use", ("pd:Email", "pd:Age"), ())
    case("allowed-categories", "Categories only, each in some clause", "GATE-10", listed, ok=True)
    whys = Claims("dpv:Use", (), ("dpv:CustomerCare", "dpv:AgeVerification"))
    case("allowed-purposes", "Purposes only, each in some clause", "GATE-10", whys, ok=True)
    half = Claims("dpv:Store", ("pd:Habit",), ("dpv:RecordManagement",))
    case("prohibition-for-other-purpose", "The prohibition names another purpose", "GATE-11", half, ok=True)
    return [out]
