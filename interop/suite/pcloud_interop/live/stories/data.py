"""Data of one's own, given under terms, brought up to date, taken back (chapter 09)."""

from typing import Any

from pcloud_interop.live.node import LiveNode
from pcloud_interop.live.pair import DAY_S, SERVICE, Pair
from pcloud_interop.live.scenario import scenario

CHAPTER = "09-disclosure"
NAME, MAIL, HOME = "profile.name", "profile.email", "profile.address.home"
FIRST = {"streetAddress": "Quendelweg 7", "addressLocality": "Sagehorn"}
ARRIVED = frozenset(("applied", "confirmed"))
"""A taker may say what became of a field where it is used, or not."""
TAKEN_BACK = frozenset(("revoked", "erased"))
"""A taker may sign that it deleted what was taken back, or not."""
ERASED = frozenset(("erased",))
SECOND = {"streetAddress": "Salbeigasse 3", "addressLocality": "Bremen"}


def asked(pair: Pair, paths: list[str], **more: object) -> dict[str, Any]:
    """The host asks; the question as the guest has it."""
    pair.host.tell("ask", peer=pair.to_guest, paths=paths, purposes=[SERVICE], **more)
    (question,) = pair.until("the question", lambda: pair.guest.rows("asks", "asks"))
    return question


def given(pair: Pair, values: dict[str, object], **more: object) -> None:
    """The host asks for these, and the guest gives them."""
    for path, value in values.items():
        pair.guest.tell("set", path=path, value=value)
    answer = pair.guest.tell("answer", ask=asked(pair, list(values), **more)["ask"])
    pair.same("what was given", sorted(answer["given"]), sorted(values))
    holds(pair, values)


def holds(pair: Pair, values: dict[str, object]) -> None:
    """Wait until the host holds exactly this."""

    def look() -> bool:
        fields = pair.host.rows("held", "fields", peer=pair.to_guest)
        return {each["path"]: each["value"] for each in fields} == values

    pair.until(f"the host holds {', '.join(values) or 'nothing'}", look)


def stands(node: LiveNode, peer: str, expected: dict[str, frozenset[str]]) -> bool:
    """Whether each field stands in one of these states, as its owner sees it, and there is no other."""
    found = {each["path"]: each["state"] for each in node.rows("ledger", "rows", peer=peer)}
    return found.keys() == expected.keys() and all(found[path] in expected[path] for path in found)


@scenario(CHAPTER, "DISC-4")
def what_is_asked_is_given_and_held(pair: Pair) -> None:
    """The value arrives, and the owner's ledger says so."""
    pair.agreed()
    pair.guest.tell("set", path=NAME, value="Anna")
    question = asked(pair, [NAME, MAIL], required=[NAME], standing=True)
    pair.same("what is asked", sorted(question["paths"]), sorted([NAME, MAIL]))
    pair.same("what is needed", question["required"], [NAME])
    pair.same("what for", question["purposes"], [SERVICE])
    pair.guest.tell("answer", ask=question["ask"], only=[NAME], decline={MAIL: "not-needed"})
    holds(pair, {NAME: "Anna"})
    pair.quiet()
    pair.same("the ledger is right", stands(pair.guest, pair.to_host, {NAME: ARRIVED}), other=True)
    (seen,) = pair.host.rows("asked", "questions", peer=pair.to_guest)
    pair.same("what became of the question", (seen["state"], seen["given"]), ("given", [NAME]))
    pair.same("questions that wait", pair.guest.rows("asks", "asks"), [])


@scenario(CHAPTER)
def a_no_gives_nothing(pair: Pair) -> None:
    """The host learns that it was declined, and holds nothing."""
    pair.agreed()
    pair.guest.tell("set", path=NAME, value="Anna")
    question = asked(pair, [NAME])
    pair.guest.tell("answer", ask=question["ask"], only=[], reason="not-for-this")

    def declined() -> bool:
        found = pair.host.rows("asked", "questions", peer=pair.to_guest)
        return [each["state"] for each in found] == ["declined"]

    pair.until("the question is declined", declined)
    pair.sentinel(pair.guest)
    holds(pair, {})
    pair.same("rows of the ledger", pair.guest.rows("ledger", "rows", peer=pair.to_host), [])
    pair.quiet()


@scenario(CHAPTER, "GATE-8")
def nothing_is_asked_without_terms_or_beyond_them(pair: Pair) -> None:
    """An honest node does not even send it."""
    pair.related()
    pair.host.cannot("ask", "no-agreement", peer=pair.to_guest, paths=[NAME], purposes=[SERVICE])
    pair.guest.tell("proffer", peer=pair.to_host, terms="SD-BASE")
    pair.host.tell("agree", negotiation=pair.negotiated(pair.host, "proffered")["id"])
    pair.negotiated(pair.host, "agreed")
    for purpose in ("dpv:Marketing", "dpv:SellDataToThirdParties"):
        pair.host.cannot("ask", "terms-forbid", peer=pair.to_guest, paths=[NAME], purposes=[purpose])
    pair.host.cannot("ask", peer=pair.to_guest, paths=["No Path"], purposes=[SERVICE])
    pair.sentinel(pair.host)
    pair.same("questions that reached the guest", pair.guest.rows("asks", "asks"), [])
    pair.quiet()


@scenario(CHAPTER, "DISC-20")
def a_change_is_brought_to_whoever_follows(pair: Pair) -> None:
    """Said once, it arrives, also where the taker was away; the version counts up."""
    pair.agreed()
    given(pair, {HOME: FIRST}, standing=True)
    pair.host.down()
    pair.guest.tell("set", path=HOME, value=SECOND)
    pair.host.up()
    pair.guest.advance(DAY_S)
    pair.host.advance(DAY_S)
    holds(pair, {HOME: SECOND})
    pair.quiet()
    (row,) = pair.guest.rows("ledger", "rows", peer=pair.to_host)
    (field,) = pair.host.rows("held", "fields", peer=pair.to_guest)
    pair.same("the version", (row["version"], row["has"]), (field["version"], field["version"]))


@scenario(CHAPTER)
def what_was_given_once_does_not_follow(pair: Pair) -> None:
    """Unasked for later versions, none is sent."""
    pair.agreed()
    given(pair, {NAME: "Anna"})
    pair.guest.tell("set", path=NAME, value="Anna Quittenbaum")
    pair.sentinel(pair.guest)
    holds(pair, {NAME: "Anna"})
    pair.quiet()


@scenario(CHAPTER)
def something_is_given_unasked(pair: Pair) -> None:
    """Under the terms in force, by the owner's own word."""
    pair.agreed()
    pair.guest.tell("set", path=NAME, value="Anna")
    pair.guest.tell("share", peer=pair.to_host, paths=[NAME], purposes=[SERVICE])
    holds(pair, {NAME: "Anna"})
    pair.host.cannot("share", peer=pair.to_guest, paths=[NAME], purposes=[SERVICE])
    pair.quiet()


@scenario(CHAPTER, "DISC-41")
def what_is_taken_back_is_held_no_more(pair: Pair) -> None:
    """One field goes, the other stays; a change of what went is not sent."""
    pair.agreed()
    given(pair, {NAME: "Anna", HOME: FIRST}, standing=True)
    pair.guest.tell("revoke", peer=pair.to_host, paths=[NAME])
    holds(pair, {HOME: FIRST})
    pair.guest.tell("set", path=NAME, value="Anna Quittenbaum")
    pair.sentinel(pair.guest)
    holds(pair, {HOME: FIRST})
    pair.quiet()
    expected = {NAME: TAKEN_BACK, HOME: ARRIVED}
    pair.same("the ledger is right", stands(pair.guest, pair.to_host, expected), other=True)


@scenario(CHAPTER, "DISC-41")
def what_is_to_be_deleted_is_signed_for(pair: Pair) -> None:
    """The taker signs that it deleted it."""
    pair.agreed()
    given(pair, {NAME: "Anna", HOME: FIRST}, standing=True)
    pair.guest.tell("erase", peer=pair.to_host)
    holds(pair, {})

    def signed() -> bool:
        return stands(pair.guest, pair.to_host, {NAME: ERASED, HOME: ERASED})

    pair.until("the ledger shows both erased", signed)
    pair.quiet()
