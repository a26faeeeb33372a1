"""Vectors of the items of a disclosure, of the claims it makes, and of terms that forbid them."""

from __future__ import annotations

from spec.kit.cases.disclosure_ledger import ledgers
from spec.kit.cbor import Value, enc
from spec.kit.disclosed import categories
from spec.kit.keys import fixed
from spec.kit.vectors import Vectors, plain, run

VALUE_BYTES_MAX = 16_384
NOW, DAY = 1798700000, 86400
TRUE: Value = True
FALSE: Value = False
CLAUSES: list[Value] = [
    [
        "service-delivery",
        TRUE,
        ["dpv:Use"],
        ["pd:Name", "pd:PhysicalAddress", "pd:City", "pd:AgeRange"],
        ["dpv:ServiceProvision", "dpv:DeliveryOfGoods"],
    ],
    ["no-marketing", FALSE, [], [], ["dpv:Marketing"]],
    ["no-profiling", FALSE, ["dpv:Profiling"], [], []],
]
"""Terms that allow name, address, city and age range, for service and delivery."""

RETENTION = 30 * DAY
CLAIMING = ("disclosure.request", "disclosure.present", "disclosure.update")


def body(
    name: str,
    paths: list[str],
    *,
    action: str = "dpv:Use",
    purposes: list[str],
    until: int = NOW + DAY,
    onward: str | None = None,
) -> dict[Value, Value]:
    """A body that claims that."""
    why: Value = list(purposes)
    if name == "disclosure.update":
        grown: Value = [[path, 2] for path in paths]
        return {1: fixed("grant id"), 2: grown, 3: action, 4: why}
    first: Value = [[path, TRUE, None] for path in paths]
    given: Value = [[path, 1] for path in paths]
    asks = name == "disclosure.request"
    made: dict[Value, Value] = {1: fixed("agreement id"), 2: first if asks else given, 3: action, 4: why}
    made |= {5: until, 6: TRUE}
    return made | ({} if onward is None else {7: onward})


def claims(name: str, out: Vectors) -> None:
    """What the gate is shown of a message."""
    lists = [
        ("one", "One field", ["profile.name"]),
        ("below", "A place below one that is registered", ["profile.address.home"]),
        ("longest", "The longest place counts", ["finance.balance.savings", "finance.other"]),
        ("several", "Each category once, in order", ["receipts/b", "receipts/a", "profile.name"]),
        ("unknown", "A place that nobody registered", ["x-shop.color", "profile.shoe", "profiles"]),
        (
            "facts",
            "A fact claims its own category",
            ["profile.birthDate:over-18", "profile.address:city", "profile.address:country"],
        ),
        ("postal", "The postal area", ["profile.address.home:postal"]),
        ("equal", "What is compared claims the category of the value", ["profile.email:equal"]),
        ("member", "Membership", ["memberships/alpine:member"]),
    ]
    for label, why, paths in lists:
        made = body(name, paths, purposes=["dpv:ServiceProvision"])
        until = None if name == "disclosure.update" else NOW + DAY
        out.good(
            f"claims-{label}",
            why,
            "DISC-4 DISC-5",
            "claims.read",
            {"name": name, "body": enc(made)},
            action="dpv:Use",
            categories=plain(list(categories(paths))),
            purposes=["dpv:ServiceProvision"],
            until=until,
            onward=None,
            grant=plain(fixed("grant id")) if name == "disclosure.update" else None,
        )
    if name != "disclosure.update":
        made = body(name, ["profile.name"], purposes=["dpv:Marketing"], onward="partner.example")
        out.good(
            "claims-onward",
            "Who gets it besides",
            "DISC-4",
            "claims.read",
            {"name": name, "body": enc(made)},
            purposes=["dpv:Marketing"],
            onward="partner.example",
        )


def unclaimed(name: str, out: Vectors) -> None:
    """Bodies that claim nothing, because they are none."""
    right = enc(body(name, ["profile.name"], purposes=["dpv:ServiceProvision"]))
    for label, why, data in (
        ("no-bytes", "No bytes", b""),
        ("empty", "The empty map", b"\xa0"),
        ("trailing", "A byte after the end", right + b"\x00"),
        ("path", "A path that is none", enc(body(name, ["Name"], purposes=["dpv:ServiceProvision"]))),
    ):
        out.bad(
            f"claims-{label}", why, "DISC-1 MSG-8", "claims.read", {"name": name, "body": data}, "body-form"
        )


def firewall(name: str, out: Vectors) -> None:
    """Terms that allow a message, and the same terms that forbid it."""
    serve = ["dpv:ServiceProvision"]

    def judge(
        label: str, why: str, made: dict[Value, Value], *, ok: bool = False, end: int | None = None
    ) -> None:
        form: dict[Value, Value] = {1: 1, 2: CLAUSES, 3: [], 4: RETENTION, 5: FALSE}
        given = {
            "name": name,
            "body": enc(made),
            "machine": enc(form),
            "agreement_until": end,
            "now": NOW,
        }
        if ok:
            out.good(f"terms-{label}", why, "DISC-4 GATE-10", "claims.judge", given)
        else:
            rules = "DISC-4 GATE-10 GATE-11 GATE-12"
            out.bad(f"terms-{label}", why, rules, "claims.judge", given, "terms-forbid")

    right = ["profile.name", "profile.address.home"]
    judge("allow", "What the terms allow", body(name, right, purposes=serve), ok=True)
    facts = ["profile.address:city", "profile.birthDate:over-18"]
    judge(
        "allow-facts",
        "Facts that they allow where the value is not",
        body(name, facts, purposes=serve),
        ok=True,
    )
    judge("purpose", "A purpose that no clause has", body(name, right, purposes=["dpv:Research"]))
    judge("marketing", "A prohibited purpose", body(name, right, purposes=["dpv:Marketing"]))
    both = body(name, right, purposes=[*serve, "dpv:Marketing"])
    judge("marketing-beside", "A prohibited purpose beside an allowed one", both)
    judge("category", "A category that no clause has", body(name, ["profile.birthDate"], purposes=serve))
    beside = body(name, [*right, "health.allergies"], purposes=serve)
    judge("category-beside", "One field too many", beside)
    judge("category-unknown", "A path that nobody registered", body(name, ["x-shop.color"], purposes=serve))
    equal = body(name, ["profile.email:equal"], purposes=serve)
    judge("category-equal", "To compare a value discloses it too", equal)
    judge("action", "An action that no clause has", body(name, right, action="dpv:Share", purposes=serve))
    judge("profiling", "A prohibited action", body(name, right, action="dpv:Profiling", purposes=serve))
    if name == "disclosure.update":
        return
    last = body(name, right, purposes=serve, until=NOW + RETENTION)
    judge("retention-last", "As long as the retention", last, ok=True)
    late = body(name, right, purposes=serve, until=NOW + RETENTION + 1)
    judge("retention", "A second longer than the retention", late)
    judge(
        "end",
        "A second beyond the end of the agreement",
        body(name, right, purposes=serve),
        end=NOW + DAY - 1,
    )
    judge(
        "end-last",
        "Until the end of the agreement",
        body(name, right, purposes=serve),
        ok=True,
        end=NOW + DAY,
    )
    judge("onward", "Passed on", body(name, right, purposes=serve, onward="partner.example"))


def values(out: Vectors) -> None:
    """Items as they may be, and as they may not."""
    address: Value = {"streetAddress": "Am Markt 1", "addressLocality": "Bremen", "addressCountry": "DE"}
    goods: list[tuple[str, str, str, Value]] = [
        ("text", "A text", "profile.name", "Anna"),
        ("map", "A record", "profile.address.home", address),
        ("list", "A list", "profile.size", ["M", 42]),
        ("number", "A number", "finance.balance", -7),
        ("false", "false is a value", "preferences.news", FALSE),
        ("empty-text", "An empty text is a value", "profile.name", ""),
        ("over", "True of somebody over 18", "profile.birthDate:over-18", TRUE),
        ("over-not", "Not over 18", "profile.birthDate:over-18", FALSE),
        ("city", "A city", "profile.address:city", "Bremen"),
        ("country", "A country", "profile.address:country", "DE"),
        ("postal", "A postal area", "profile.address.home:postal", "28"),
        ("equal", "It is equal", "profile.email:equal", TRUE),
        ("member", "A member", "memberships/alpine:member", TRUE),
        ("city-longest", "A fact of 100 bytes", "profile.address:city", "x" * 100),
    ]
    for label, why, path, value in goods:
        given = {"path": path, "item": enc(value)}
        out.good(f"value-{label}", why, "DISC-3 DISC-6", "value.read", given, value=plain(value))
    bads: list[tuple[str, str, str, Value]] = [
        ("null", "null: the place would be null, and not its data", "profile.name", None),
        ("over-1", "1 is not true", "profile.birthDate:over-18", 1),
        ("over-date", "The value in the place of the fact", "profile.birthDate:over-18", "1990-01-01"),
        ("city-map", "The address in the place of the city", "profile.address:city", address),
        ("city-empty", "An empty city", "profile.address:city", ""),
        ("city-long", "A fact of 101 bytes", "profile.address:city", "x" * 101),
        ("equal-text", "The value in the place of the fact", "profile.email:equal", "a@b.example"),
        ("member-text", "A number of membership", "memberships/alpine:member", "4711"),
    ]
    for label, why, path, value in bads:
        given = {"path": path, "item": enc(value)}
        out.bad(f"value-{label}", why, "DISC-3 DISC-6", "value.read", given, "body-form")
    text = enc("Anna")
    for label, why, item, rule in (
        ("no-bytes", "An item without data", b"", "CBOR-1"),
        ("trailing", "A byte after the end", text + b"\x00", "CBOR-1"),
        ("cut-short", "The last byte is missing", text[:-1], "CBOR-2"),
        ("head-not-shortest", "A longer head than needed", b"\x78\x04Anna", "CBOR-3"),
        ("float", "A fraction", b"\xf9\x3e\x00", "CBOR-8"),
        ("tagged", "A tag in front", b"\xc0" + text, "CBOR-8"),
        ("key-twice", "A key twice", b"\xa2\x61a\x01\x61a\x02", "CBOR-5"),
    ):
        named = {"path": "profile.name", "item": item}
        out.bad(f"value-{label}", why, f"DISC-6 {rule}", "value.read", named, "body-form")
    for label, why, count, ok in (
        ("longest", "As long as a value may be", VALUE_BYTES_MAX - 3, True),
        ("too-long", "A byte more", VALUE_BYTES_MAX - 2, False),
    ):
        long = {"path": "profile.name", "item": run(b"x", count, b"\x79" + count.to_bytes(2, "big"))}
        if ok:
            out.good(f"value-{label}", why, "DISC-6", "value.read", long)
        else:
            out.bad(f"value-{label}", why, "DISC-6", "value.read", long, "body-form")


def examples(out: Vectors) -> None:
    """Examples to find records by."""
    goods: list[tuple[str, str, dict[Value, Value]]] = [
        ("one", "Orders of one shop", {"seller": "Flora"}),
        ("several", "Of a kind and after a day", {"@type": "Order", "orderDate": "2027-01-01"}),
        ("sixteen", "Sixteen fields", {f"a{number:02}": number for number in range(16)}),
    ]
    for label, why, example in goods:
        given = {"item": enc(example)}
        out.good(f"example-{label}", why, "DISC-9", "example.read", given, example=plain(example))
    bads: list[tuple[str, str, Value]] = [
        ("empty", "Nothing to go by", {}),
        ("seventeen", "Seventeen fields", {f"a{number:02}": number for number in range(17)}),
        ("number-key", "A key that is a number", {1: "Flora"}),
        ("text", "A text", "Flora"),
        ("array", "An array", ["seller", "Flora"]),
        ("null", "null", None),
    ]
    for label, why, value in bads:
        out.bad(f"example-{label}", why, "DISC-9", "example.read", {"item": enc(value)}, "body-form")


def disclosed(name: str, out: Vectors) -> None:
    """What the messages of a disclosure hold and claim."""
    if name in CLAIMING:
        claims(name, out)
        unclaimed(name, out)
        firewall(name, out)
    if name == "disclosure.present":
        values(out)
    if name == "disclosure.request":
        examples(out)
    if name == "disclosure.erased":
        ledgers(out)
