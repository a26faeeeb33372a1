"""What the API is asked about consent in these tests, and what it answers."""

from typing import Any

from pcloud.home.receipts import Event, Receipt
from pcloud.runtime.consenting.views import (
    Brought,
    Claim,
    Claimed,
    Claims,
    ClaimShown,
    Letter,
    Letters,
    LetterText,
    PaperHolder,
    Preference,
    Preferences,
    Receipts,
    Rule,
    RuledItem,
    RuleTest,
)

RULE = Rule("ab12", "yes", "active", "cc33", "Flora", paths=["profile.name"], purposes=["dpv:Use"], made=9)
TEST = RuleTest(
    "wait",
    [
        RuledItem(
            "profile.name",
            "name",
            required=True,
            answer="ask",
            why="terms",
            rule="ab12",
            clause="c",
            have=True,
        )
    ],
    9,
    standing=False,
    onward=None,
    text="It waits for you.",
)
RECEIPT = Receipt(
    "dd44",
    "cc33",
    "Flora",
    mine=True,
    giver="aa",
    taker="bb",
    terms="SD-BASE",
    agreement="ee",
    state="declined",
    action="dpv:Use",
    purposes=["dpv:Use"],
    wanted={"profile.name": True},
    given=[],
    declined={"profile.name": "not-you"},
    until=9,
    standing=False,
    onward=None,
    events=[Event(7, "declined", "giver", "ff", ["profile.name"], {"profile.name": "not-you"})],
)
CLAIM = Claim(
    "dd44", "cc33", "Flora", "access", [], 7, 9, "done", overdue=False, reason=None, until=None, brought=1
)
HOLDER = PaperHolder("a1b2", "Old Bank", "", "", ["profile"], 7, None, over=False, letter="due")
LETTER = Letter(
    "a1b2-000001", "a1b2", "Old Bank", "access", "due", 7, None, None, None, overdue=False, changes=[]
)

PREFERENCES = Preferences([Preference("SD-BASE", None, "r")], ["SD-BASE-A"], confirmed=False)

ANSWERS: dict[str, Any] = {
    "rules": [RULE],
    "rule_add": RULE,
    "rule_remove": None,
    "rules_confirm": [RULE],
    "rule_test": TEST,
    "preferences": PREFERENCES,
    "prefer": PREFERENCES,
    "receipts": Receipts([RECEIPT], "cc33"),
    "rights": Claims([CLAIM], 3, 7),
    "rights_show": ClaimShown(CLAIM, [Brought("profile.name", "name", 1, {"givenName": "Anna"})]),
    "rights_claim": Claimed(["dd44"], 0),
    "letters": Letters([HOLDER], [LETTER]),
    "letter_add": HOLDER,
    "letter_remove": None,
    "letter_write": LETTER,
    "letter_print": LetterText("a1b2-000001", "Anna\n"),
    "letter_sent": LETTER,
    "letter_answered": LETTER,
}
READING = frozenset({"rules", "preferences", "receipts", "rights", "rights_show", "letters"})
ASKED: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("rules", (), {}),
    ("rule_add", ("no",), {}),
    (
        "rule_add",
        ("yes",),
        {
            "paths": ["profile.name"],
            "peer": "Flora",
            "kind": "person",
            "role": "r",
            "terms": "SD-BASE",
            "purposes": ["dpv:Use"],
            "days_max": 1,
            "standing": True,
            "onward": True,
            "yearly_max": 2,
            "ends": 9,
            "reason": "not-you",
            "note": "n",
        },
    ),
    ("rule_remove", ("ab12",), {}),
    ("rules_confirm", (), {}),
    ("preferences", (), {}),
    ("prefer", ([Preference("SD-BASE", "person", "r", at_once=True)], ["SD-BASE-A"]), {}),
    ("rule_test", (), {"ask": "dd44"}),
    ("rule_test", (), {"peer": "Flora", "paths": ["profile.name"], "purposes": ["dpv:Use"]}),
    ("receipts", (), {}),
    ("receipts", (), {"peer": "Flora", "after": "cc33", "limit": 3}),
    ("rights", (), {}),
    ("rights", (), {"after": 3}),
    ("rights_show", ("dd44",), {}),
    ("rights_claim", ("access",), {"everybody": True}),
    ("rights_claim", ("correction",), {"peers": ["Flora"], "paths": ["profile.name"], "due": 9}),
    ("rights_claim", ("correction",), {"laggards": True}),
    ("letters", (), {}),
    ("letter_add", ("Old Bank", ["profile"]), {}),
    ("letter_add", ("Old Bank", ["profile"]), {"address": "A\nB", "mail": "m", "until": 9}),
    ("letter_remove", ("a1b2",), {}),
    ("letter_write", ("a1b2", "erasure"), {}),
    ("letter_print", ("a1b2",), {}),
    ("letter_print", ("a1b2",), {"values": True, "sender": "Anna\nStreet"}),
    ("letter_sent", ("a1b2",), {}),
    ("letter_sent", ("a1b2",), {"at": 9}),
    ("letter_answered", ("a1b2",), {"at": 9}),
]
BODIES = {
    "prefer": b'{"proffer": [], "accept": []}',
    "rule_add": b'{"answer": "no"}',
    "rights_claim": b'{"right": "access"}',
    "letter_add": b'{"name": "x", "holds": ["profile"]}',
    "letter_write": b'{"right": "access"}',
}
