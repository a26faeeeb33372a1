"""What the API is asked about data of others in these tests, and what it answers."""

from typing import Any

from pcloud.runtime.taking.views import (
    Asked,
    AskedPage,
    Ending,
    HeldField,
    HeldPage,
    Invited,
    Kept,
    Returned,
    RightAsked,
    Said,
    WantedField,
)

WANTED = WantedField("profile.name", required=True, outcome="open")
QUESTION = Asked(
    "dd44",
    "cc33",
    "Anna",
    "C-1",
    7,
    [WANTED],
    "dpv:Use",
    ["dpv:Use"],
    9,
    standing=True,
    terms="X",
    state="open",
)
FIELD = HeldField(
    "cc33",
    "Anna",
    None,
    "dd44",
    "profile.name",
    2,
    {"givenName": "Anna"},
    7,
    9,
    standing=False,
    action="dpv:Use",
    purposes=["dpv:Use"],
    terms="X",
    agreement="ee",
    state="held",
)
SAID = Said("cc33", "dd44", ["profile.name"])
RIGHT = RightAsked("dd44", "cc33", "Anna", None, "access", None, [], 7, 9, late=False, outcome="open")
OUTCOME = {"path": "profile.name", "version": 2, "outcome": "applied"}
RECORD = {"path": "receipts/1", "value": {"price": "1"}}

ANSWERS: dict[str, Any] = {
    "ask": QUESTION,
    "questions": AskedPage([QUESTION], 3),
    "held": HeldPage([FIELD], "a.b.c"),
    "ending": [Ending("cc33", "Anna", "C-1", "dd44", ["profile.name"], 9, "X")],
    "confirm": SAID,
    "give_up": SAID,
    "delete_held": [SAID],
    "keep": [Kept("cc33", "profile.name", "legal-duty")],
    "handback": SAID,
    "returned": [Returned("cc33", "Anna", "dd44", "receipts/1", 1, {"price": "1"})],
    "take_returned": SAID,
    "invite_customers": [Invited("C-1", "new", "pcloud:contact/1/x", 9, "ab12", None)],
    "rights_asked": [RIGHT],
    "right_answer": RIGHT,
}
READING = frozenset({"questions", "held", "ending", "returned", "rights_asked"})
ASKED: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("ask", ("Anna", ["profile.name"], ["dpv:Use"]), {}),
    (
        "ask",
        ("Anna", ["receipts/*", "profile.email:equal"], ["dpv:Use"]),
        {
            "until": 9,
            "standing": True,
            "required": ["receipts/*"],
            "action": "dpv:Store",
            "example": {"receipts/*": {"seller": "Flora"}},
            "equal": {"profile.email:equal": "a@b.example"},
            "circumstances": {"addressCountry": "DE"},
            "terms": "X",
        },
    ),
    ("questions", (), {}),
    ("questions", (), {"peer": "Anna", "state": "given", "after": 3, "limit": 2}),
    ("held", (), {}),
    ("held", (), {"peer": "Anna", "path": "profile", "after": "a.b.c", "limit": 2}),
    ("ending", (), {}),
    ("ending", (), {"within_s": 60, "limit": 2}),
    ("confirm", ("Anna", "dd44", [OUTCOME]), {}),
    ("give_up", ("Anna", "dd44"), {}),
    ("delete_held", ("Anna", ["profile.name"]), {}),
    ("keep", ("Anna", "profile.name"), {}),
    ("keep", ("Anna", "profile.name"), {"reason": "legal-duty"}),
    ("handback", ("Anna", [RECORD]), {}),
    ("returned", (), {}),
    ("returned", (), {"peer": "Anna", "limit": 2}),
    ("take_returned", ("Anna", ["receipts/*"]), {}),
    ("take_returned", ("Anna", ["receipts/*"]), {"drop": True}),
    ("invite_customers", (["C-1"], "orders"), {}),
    (
        "invite_customers",
        (["C-1"], "orders"),
        {"role": "r", "expires_s": None, "title": "t", "terms": ["X"], "let_in": True},
    ),
    ("rights_asked", (), {}),
    ("rights_asked", (), {"peer": "Anna", "answered": True, "limit": 2}),
    ("right_answer", ("dd44", "done"), {}),
    ("right_answer", ("dd44", "refused"), {"reason": "excessive"}),
    ("right_answer", ("dd44", "extended"), {"until": 9}),
]
BODIES = {
    "ask": b'{"peer": "x", "wanted": ["profile.name"], "purposes": ["x"]}',
    "confirm": b'{"thread": "x", "outcomes": [{}]}',
    "give_up": b'{"thread": "x"}',
    "delete_held": b'{"paths": ["x"]}',
    "keep": b'{"path": "x"}',
    "handback": b'{"records": [{}]}',
    "take_returned": b'{"paths": ["x"]}',
    "invite_customers": b'{"references": ["x"], "purpose": "x"}',
    "right_answer": b'{"outcome": "done"}',
}
