"""The node in the role of a shop: customers, what may be kept how long, questions, rights, the door."""

from typing import Final

from pcloud.home import words
from pcloud.runtime.giving.wording import why
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.taking.invited import cards, table
from pcloud.runtime.taking.views import Invited
from pcloud.web.days import end_of_day
from pcloud.web.naming import label
from pcloud.web.pages.meeting import EXPIRIES
from pcloud.web.visit import Answer, Download, Page, Shown, Visit, done, staying

SHOWN: Final = 20
"""Rows of each list on the first page."""
CUSTOMERS: Final = 24
"""Customers on a page."""
AT_ONCE: Final = 50
"""Customers that are invited in one decision."""
INVITED_MAX: Final = 1_000
"""In one form; files of more are for the command line."""
MONTH_S: Final = 2_592_000
PURPOSES: Final = (
    "dpv:ServiceProvision",
    "dpv:DeliveryOfGoods",
    "dpv:PaymentManagement",
    "dpv:CustomerCare",
    "dpv:AccountManagement",
    "dpv:AgeVerification",
    "dpv:LegalCompliance",
)
"""What shops mostly ask for; others can be typed."""
ASK: Final = "/shop/ask?peer={peer}"


async def shop(visit: Visit) -> Answer:
    """What needs the shopkeeper, and what may be held how long."""
    surface = visit.surface
    return Shown(
        "shop.html",
        {
            "status": await surface.status(),
            "rights": await surface.rights_asked(limit=SHOWN),
            "open": await surface.questions(state="open", limit=SHOWN),
            "refused": await surface.questions(state="refused", limit=SHOWN),
            "ending": await surface.ending(within_s=MONTH_S, limit=SHOWN),
            "words": words,
            "label": label,
            "why": why,
            "expiries": EXPIRIES,
        },
    )


async def customers(visit: Visit) -> Answer:
    """Customers by name, with what is called what in the shop's own books."""
    found = await visit.surface.people(after=visit.asked("after"), limit=CUSTOMERS)
    return Shown("shop_customers.html", {"found": found, "first": visit.asked("after") is None, "sought": ""})


async def find(visit: Visit) -> Answer:
    """Those whose name or reference was looked for. What is looked for stands in no address."""
    sought = visit.filled("find")
    found = await visit.surface.people(find=sought, limit=CUSTOMERS)
    return Shown("shop_customers.html", {"found": found, "first": True, "sought": sought or ""})


async def held(visit: Visit) -> Answer:
    """Permissions in force: what is held of whom, under which terms, until when."""
    peer = visit.asked("peer")
    found = await visit.surface.held(peer=peer, after=visit.asked("after"), limit=CUSTOMERS)
    return Shown(
        "shop_held.html",
        {
            "found": found,
            "peer": None if peer is None else await visit.surface.peer(peer),
            "label": label,
            "why": why,
        },
    )


async def asking(visit: Visit) -> Answer:
    """A form to ask a customer, beside what the terms with this customer allow."""
    surface = visit.surface
    peer = await surface.peer(visit.asked("peer") or "")
    roster = {each.id: each for each in await surface.rosters()}
    return Shown(
        "shop_ask.html",
        {
            "peer": peer,
            "terms": [roster[each] for each in peer.terms if each in roster],
            "kinds": await surface.vocabulary(),
            "purposes": {each: why("dpv:Use", [each]) for each in PURPOSES},
            "asked": (await surface.questions(peer=peer.id)).questions[-SHOWN:],
            "label": label,
        },
    )


async def ask(visit: Visit) -> Answer:
    """Ask; what the terms forbid is refused here, and not sent."""
    peer = visit.need("peer", "whom you ask")
    paths = [*visit.fields.getall("path", []), *(visit.filled("paths") or "").split()]
    purposes = [*visit.fields.getall("purpose", []), *(visit.filled("purposes") or "").split()]
    if not paths or not purposes:
        raise OwnerError("invalid", "Tick what you ask for, and what you need it for.")
    needed = visit.ticked("needed")
    await visit.surface.ask(
        peer,
        list(dict.fromkeys(paths)),
        list(dict.fromkeys(purposes)),
        until=end_of_day(visit.filled("until")),
        standing=visit.ticked("standing"),
        required=list(dict.fromkeys(paths)) if needed else [],
    )
    return done(ASK.format(peer=peer), "You have asked. The answer comes here by itself.")


async def _ask_and_stay(visit: Visit) -> Answer:
    """The same, on the page of the form, which names the customer in its query."""
    return await staying(ASK.format(peer=visit.form.get("peer", "")), ask)(visit)


async def answer_right(visit: Visit) -> Answer:
    """Answer what a customer claims. With `done` the node does it."""
    outcome = visit.need("outcome", "your answer")
    await visit.surface.right_answer(
        visit.part("id"), outcome, reason=visit.filled("reason"), until=end_of_day(visit.filled("until"))
    )
    return done("/shop", "They are told." if outcome != "done" else "It is done, and they are told.")


async def invite(visit: Visit) -> Answer:
    """An invitation for each customer of a list, as a table of links or as cards to print."""
    names = [
        name for line in visit.need("customers", "your customers").splitlines() if (name := line.strip())
    ]
    if len(names) > INVITED_MAX:
        raise OwnerError("invalid", f"At most {INVITED_MAX} at once here; files of more: see the guide.")
    purpose = visit.need("purpose", "what it is for")
    rows: list[Invited] = []
    for start in range(0, len(names), AT_ONCE):
        rows += await visit.surface.invite_customers(
            names[start : start + AT_ONCE], purpose, let_in=visit.ticked("let_in")
        )
    if visit.filled("as") == "cards":
        title = (await visit.surface.status()).name
        return Download("invitations.pdf", "application/pdf", cards(title, purpose, rows))
    return Download("invitations.csv", "text/csv; charset=utf-8", table(rows))


PAGES: Final = (
    Page("GET", "/shop", shop),
    Page("GET", "/shop/customers", customers),
    Page("POST", "/shop/customers", find),
    Page("GET", "/shop/held", held),
    Page("GET", "/shop/ask", asking),
    Page("POST", "/shop/ask", _ask_and_stay),
    Page("POST", "/shop/invite", staying("/shop", invite)),
    Page("POST", "/shop/rights/{id}", staying("/shop", answer_right)),
)
