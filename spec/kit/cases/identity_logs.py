"""Vectors of the chapter on identity: key logs and successions."""

from __future__ import annotations

from spec.kit.cases.identity_keys import keys, next_keys, signatures, small_order, texts
from spec.kit.cbor import Raw, Value, enc
from spec.kit.cose import Signed, sign1, sign2, spoiled
from spec.kit.identity import (
    Persona,
    event,
    event_payload,
    grown,
    id_text,
    next_key,
    persona,
    promise_of,
    succession,
)
from spec.kit.keys import box, fixed, sha, signer
from spec.kit.vectors import Vectors

ALICE, SHOP, ONCE = persona("alice", 0), persona("shop", 1), persona("once")


class Logs:
    """Writes the cases of key logs."""

    def __init__(self, out: Vectors) -> None:
        self.out = out

    def good(self, name: str, why: str, one: Persona) -> None:
        """A log that holds."""
        self.out.good(
            "log-" + name,
            why,
            "ID-11 ID-12 ID-13",
            "keylog.read",
            {"events": one.log},
            {"ids": [made.id for made in one.events]},
            persona=one.id,
            persona_text=id_text(one.id),
            epoch=one.epoch,
            id=one.events[-1].id,
        )

    def bad(self, name: str, why: str, rule: str, events: list[bytes], code: str) -> None:
        """A log that does not hold."""
        self.out.bad("log-" + name, why, rule, "keylog.read", {"events": events}, code)


def first(**changed: Value) -> dict[Value, Value]:
    """The payload of Alice's event 0 with some fields replaced, named as k1 to k5."""
    right = event_payload(0, None, signer("alice 0").public, box("alice contact 0")[1], promise_of(0, 0))
    return right | {int(name[1:]): value for name, value in changed.items()}


def second(**changed: Value) -> dict[Value, Value]:
    """The payload of Alice's event 1 with some fields replaced."""
    right = event_payload(1, ALICE.id, signer("alice 1").public, box("alice contact 1")[1], promise_of(0, 1))
    return right | {int(name[1:]): value for name, value in changed.items()}


def shapes(logs: Logs) -> None:
    """Payloads of event 0 that are no key events, each signed as it stands."""
    own = signer("alice 0")

    def bad(name: str, why: str, payload: Value, code: str = "shape", rule: str = "ID-9") -> None:
        logs.bad(name, why, rule, [event(own, payload).data], code)

    for key, word in enumerate(("number", "previous", "signing-key", "contact-key", "commitment"), 1):
        less = first()
        del less[key]
        bad(f"no-{word}", "A field is missing", less)
    bad("field-more", "A key that the map does not have", first(k6=0))
    bad("field-zero", "Key 0", first(k0=0))
    bad("array", "An array instead of a map", [0, None, own.public, box("alice contact 0")[1], None])
    bad("number-text", "The number is a text", first(k1="0"))
    bad("number-negative", "A number below 0", first(k1=-1))
    bad("number-24", "A number above 23", first(k1=24))
    bad("number-false", "false is not 0", first(k1=False))
    bad("number-null", "null instead of a number", first(k1=None))
    bad("previous-31", "A previous id of 31 bytes", first(k2=bytes(31)))
    bad("previous-text", "A previous id that is a text", first(k2="x" * 32))
    bad("commitment-31", "A commitment of 31 bytes", first(k5=bytes(31)))
    bad("commitment-empty", "Empty bytes instead of null", first(k5=b""))
    bad(
        "signing-key-31", "A signing key of 31 bytes", first(k3=own.public[:31]), "key-encoding", "ID-10 ID-1"
    )
    bad("signing-key-null", "No signing key", first(k3=None))
    bad(
        "signing-key-small-order",
        "A signing key of small order",
        first(k3=small_order()[2]),
        "key-small-order",
        "ID-10 ID-4",
    )
    contact = box("alice contact 0")[1]
    bad("contact-key-1215", "A contact key of 1,215 bytes", first(k4=contact[:-1]), "key-encoding", "ID-10")
    bad(
        "contact-key-1217",
        "A contact key of 1,217 bytes",
        first(k4=contact + b"\x00"),
        "key-encoding",
        "ID-10",
    )
    bad("contact-key-32", "An X25519 key as contact key", first(k4=contact[-32:]), "key-encoding", "ID-10")
    bad("contact-key-text", "A contact key that is a text", first(k4="x"))
    bad("payload-empty", "A payload of no bytes", Raw(b""), "cbor-malformed", "CBOR-1")
    swapped = Raw(b"\xa2\x02\xf6\x01\x00")
    bad("payload-unsorted", "Keys out of order", swapped, "cbor-not-deterministic", "CBOR-5")


def chains(logs: Logs) -> None:
    """Logs whose events are well formed and do not belong together."""
    own, stranger, following = signer("alice 0"), signer("stranger"), next_key(0, 0)

    def start(name: str, why: str, by: Signed, code: str = "log-invalid", rule: str = "ID-11") -> None:
        logs.bad(name, why, rule, [by.data], code)

    start("begins-with-1", "Event 0 has number 1", event(own, first(k1=1)))
    start("begins-with-previous", "Event 0 has a previous id", event(own, first(k2=sha(b""))))
    start("begins-with-stranger", "Event 0 is signed by another key than its own", event(stranger, first()))

    def then(name: str, why: str, rule: str, made: Signed, code: str = "log-invalid") -> None:
        logs.bad(name, why, rule, [ALICE.log[0], made.data], code)

    then("number-jumps", "2 follows 0", "ID-12", event(following, second(k1=2)))
    then("number-repeats", "0 follows 0", "ID-12", event(following, second(k1=0)))
    then("previous-null", "Event 1 has no previous id", "ID-12", event(following, second(k2=None)))
    then(
        "previous-of-another",
        "The previous id is that of another log",
        "ID-12",
        event(following, second(k2=SHOP.id)),
    )
    then(
        "signed-by-current-key",
        "A thief signs the next event with the current key",
        "ID-13",
        event(own, second()),
    )
    then("signed-by-own-new-key", "The new key signs itself", "ID-13", event(signer("alice 1"), second()))
    then("signed-by-other-next-key", "A next key of another place", "ID-13", event(next_key(0, 1), second()))
    then(
        "signed-by-later-next-key",
        "A next key of another generation",
        "ID-13",
        event(next_key(1, 0), second()),
    )
    kept = second(k3=own.public)
    then("signing-key-kept", "It names the signing key of event 0", "ID-33", event(following, kept))
    wrong = Signed(spoiled(event(following, second()).data), b"")
    then("signature-wrong", "The signature of event 1 does not verify", "ID-15", wrong, "bad-signature")
    after = event_payload(1, ONCE.id, signer("once 1").public, box("once contact 1")[1], None)
    logs.bad(
        "one-time-grows",
        "An event after a commitment of null",
        "ID-14",
        [ONCE.log[0], event(signer("once 0"), after).data],
        "log-invalid",
    )
    header = sign1(own, "pcloud-header", first())
    logs.bad("other-typ", "A signed object of another typ", "COSE-5", [header.data], "type-mismatch")
    broken = ALICE.log[0][:-1] + bytes([ALICE.log[0][-1] ^ 1])
    logs.bad(
        "first-signature-wrong",
        "The signature of event 0 does not verify",
        "ID-15",
        [broken],
        "bad-signature",
    )


def lengths(logs: Logs) -> None:
    """Logs too short or too long, and events in another order."""
    three = grown(grown(ALICE))
    logs.good("one-event", "A persona with one event", ALICE)
    logs.good("three-events", "Two events later", three)
    logs.good("one-time", "A one-time persona", ONCE)
    logs.bad("empty", "No event", "ID-16", [], "shape")
    logs.bad("without-first", "The log begins with event 1", "ID-11", three.log[1:], "log-invalid")
    logs.bad("event-missing", "Event 1 is missing", "ID-12", [three.log[0], three.log[2]], "log-invalid")
    logs.bad("event-twice", "Event 0 stands twice", "ID-12", [three.log[0], three.log[0]], "log-invalid")
    logs.bad("backwards", "The newest event first", "ID-11", three.log[::-1], "log-invalid")
    longest = ALICE
    while longest.epoch < 23:
        longest = grown(longest)
    logs.good("24-events", "As many events as a log may have", longest)
    logs.bad(
        "25-events", "An event more than a log may have", "ID-16", [*longest.log, longest.log[-1]], "shape"
    )
    first_spoiled = spoiled(three.log[0])
    logs.bad(
        "first-of-three-wrong",
        "The signature of event 0 does not verify, and those after it do",
        "ID-15 ID-17",
        [first_spoiled, *three.log[1:]],
        "bad-signature",
    )
    shapeless = event(signer("alice 0"), first(k1="1")).data
    logs.bad(
        "signature-before-shape",
        "The signature of event 0 does not verify, and event 1 is none",
        "ID-15 ID-9 ID-17",
        [first_spoiled, shapeless],
        "bad-signature",
    )
    logs.bad(
        "shape-after-chain",
        "Event 1 names another event before it, and event 2 is none",
        "ID-12 ID-9 ID-17",
        [three.log[0], event(signer("alice 0"), second(k2=SHOP.id)).data, shapeless],
        "log-invalid",
    )


def comparisons(out: Vectors) -> None:
    """Op `keylog.compare`."""
    one = ALICE
    two = grown(one)
    three, other = grown(two), grown(one, " stolen")
    longer = grown(other)
    for name, known, seen, relation in (
        ("same", two, two, "same"),
        ("extends", one, three, "extends"),
        ("outdated", three, one, "outdated"),
        ("conflict", two, other, "conflict"),
        ("conflict-longer", two, longer, "conflict"),
        ("conflict-shorter", three, other, "conflict"),
    ):
        out.good(
            "compare-" + name,
            "What a valid log is to the known one of the same persona",
            "ID-18 ID-20",
            "keylog.compare",
            {"known": known.log, "seen": seen.log},
            relation=relation,
        )


def successions(out: Vectors) -> None:
    """Op `succession.read`."""
    made = succession(ONCE, SHOP, ALICE.id)
    keys_given = {"invitation_key": ONCE.key.public, "successor_key": SHOP.key.public}
    out.good(
        "succession",
        "The invitation persona names its successor for one peer",
        "ID-28",
        "succession.read",
        {"bytes": made.data, **keys_given},
        {"to_be_signed": made.to_be_signed},
        invitation=ONCE.id,
        successor=SHOP.id,
        peer=ALICE.id,
        id=made.id,
    )
    succession_refusals(out, made, keys_given)


def succession_refusals(out: Vectors, made: Signed, keys_given: dict[str, bytes]) -> None:
    """What ties nothing."""

    def bad(name: str, why: str, data: bytes, code: str, rule: str = "ID-28") -> None:
        out.bad("succession-" + name, why, rule, "succession.read", {"bytes": data, **keys_given}, code)

    right: list[Value] = [1, ONCE.id, SHOP.id, ALICE.id]

    def signed(payload: Value, typ: str = "pcloud-succession") -> bytes:
        return sign2([ONCE.key, SHOP.key], typ, payload).data

    bad(
        "other-order",
        "The successor signs first",
        sign2([SHOP.key, ONCE.key], "pcloud-succession", right).data,
        "key-mismatch",
    )
    bad(
        "invitation-twice",
        "Both by the invitation persona",
        sign2([ONCE.key] * 2, "pcloud-succession", right).data,
        "cose-header",
        "COSE-19",
    )
    bad(
        "one-signer",
        "The successor does not sign",
        sign2([ONCE.key], "pcloud-succession", right).data,
        "cose-structure",
        "COSE-13",
    )
    bad(
        "sign1",
        "An object of one signer",
        sign1(ONCE.key, "pcloud-succession", right).data,
        "cose-structure",
        "COSE-13",
    )
    bad("other-typ", "Signed as an agreement", signed(right, "pcloud-agreement"), "type-mismatch", "COSE-5")
    bad("version-2", "Another version", signed([2, *right[1:]]), "version-unknown", "CONF-7")
    bad("short", "An array of three", signed(right[:3]), "shape")
    bad("long", "An array of five", signed([*right, None]), "shape")
    bad("long-and-signature", "Nor does its signature verify", spoiled(signed([*right, None])), "shape")
    bad("id-31", "An id of 31 bytes", signed([1, ONCE.id[:31], SHOP.id, ALICE.id]), "shape")
    bad("peer-null", "No peer", signed([1, ONCE.id, SHOP.id, None]), "shape")
    bad("map", "A map", signed({1: 1}), "shape")
    broken = spoiled(made.data)
    bad("signature-wrong", "The second signature does not verify", broken, "bad-signature", "COSE-17")
    assert enc(right) in made.data
    bad(
        "payload-changed",
        "Another peer after signing",
        made.data.replace(ALICE.id, fixed("peer")),
        "bad-signature",
        "COSE-17",
    )


def make() -> list[Vectors]:
    """The file."""
    out = Vectors(
        "identity",
        "03-identity",
        "Public keys, signatures, ids in text, next keys, key logs and successions.",
    )
    keys(out)
    signatures(out)
    texts(out)
    next_keys(out)
    logs = Logs(out)
    lengths(logs)
    shapes(logs)
    chains(logs)
    comparisons(out)
    successions(out)
    return [out]
