"""Rights claimed of one and of many, each followed; receipts of it all; and letters to who has no node."""

import json

import pytest
from tests.e2e.nodes.agreed import Pair, agreed, know, reaches, request

from pcloud.engine.compose import Command
from pcloud.errors import UsageError
from pcloud.features.disclosure.answer import DisclosureAnswer
from pcloud.features.disclosure.fields import Field
from pcloud.home.linked import document
from pcloud.kernel.gate import Clause, Policy
from pcloud.runtime.consenting import claiming, paper
from pcloud.runtime.consenting.views import Claim
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.owning import speaking
from pcloud.runtime.recording import recording
from pcloud.runtime.recording.views import Carried
from pcloud.runtime.surface import OwnerError
from pcloud.testing.home import Home, Village, quiet, related, until
from pcloud.wire import cbor

HOME = "profile.address.home"
BREMEN, KIEL = {"addressLocality": "Bremen"}, {"addressLocality": "Kiel"}
DAY_S = 86_400


async def put(home: Home, path: str, value: object) -> None:
    await home.node.decider.do(lambda batch: recording.put(batch, path, cbor.encode(value), "owner"))


async def drop(home: Home, path: str) -> None:
    await home.node.decider.do(
        lambda batch: recording.delete(batch, path, keep_history=False, at_holders=False)
    )


async def asleep(village: Village, days: int, *homes: Home) -> None:
    """Days in which these homes are not up: nothing wakes up to look at the clock."""
    for home in homes:
        await home.down()
    await village.clock.advance(days * DAY_S)
    for home in homes:
        await home.up()


async def answers(home: Home, peer: str, claim: str, message: DisclosureAnswer, *values: object) -> None:
    """The shop's word to a claim."""

    def job(batch: Batch) -> bytes:
        scope, items = batch.scope(bytes.fromhex(peer)), tuple(cbor.encode(value) for value in values)
        return speaking.speak(batch, scope, Command(message, bytes.fromhex(claim), items))

    await home.node.decider.do(job)


async def claim_at(home: Home, claim: str, state: str) -> Claim:
    """The claim, once it stands so."""

    async def there() -> Claim | None:
        rows = (await home.owner.rights()).rows
        return next((each for each in rows if each.id == claim and each.state == state), None)

    found = await until(there)
    assert found is not None
    return found


# ---------------------------------------------------------------- rights


async def test_a_claim_is_sent_taken_extended_and_done_with_what_it_brings(village: Village) -> None:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    mine, theirs = await related(anna, shop)
    await shop.down()
    (claim,) = (await anna.owner.rights_claim("access", peers=["Flora"])).ids
    sent = await claim_at(anna, claim, "sent")
    assert (sent.due, sent.overdue) == (village.clock.now() + 30 * DAY_S, False)
    await shop.up()
    await claim_at(anna, claim, "taken")

    later = village.clock.now() + 60 * DAY_S
    await answers(shop, theirs.id, claim, DisclosureAnswer("extended", None, later))
    assert (await claim_at(anna, claim, "extended")).due == later
    given = (Field("profile.email", 3),)
    await answers(shop, theirs.id, claim, DisclosureAnswer("done", None, None, given), "anna@example.org")
    done = await claim_at(anna, claim, "done")

    assert (done.brought, done.overdue, done.peer) == (1, False, mine.id)
    (brought,) = (await anna.owner.rights_show(claim[:8])).brought
    assert (brought.path, brought.version, brought.value) == ("profile.email", 3, "anna@example.org")


async def test_who_does_not_answer_in_time_is_late_and_who_refuses_says_why(village: Village) -> None:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    _, theirs = await related(anna, shop)
    (late,) = (await anna.owner.rights_claim("erasure", peers=["Flora"], paths=["receipts/*"])).ids
    due = village.clock.now() + DAY_S
    (refused,) = (await anna.owner.rights_claim("portability", peers=["Flora"], due=due)).ids
    await claim_at(anna, late, "taken")
    await answers(shop, theirs.id, refused, DisclosureAnswer("refused", "excessive"))
    assert (await claim_at(anna, refused, "refused")).reason == "excessive"

    await asleep(village, 31, anna, shop)

    overdue = {row.id: row.overdue for row in (await anna.owner.rights()).rows}
    assert overdue == {late: True, refused: False}


async def test_of_everybody_each_is_asked_once_also_who_is_away_and_asked_again_nobody_is(
    village: Village,
) -> None:
    anna = await village.home("Anna")
    shops = [await village.home(name, "organisation") for name in ("Flora", "Rose", "Iris")]
    for shop in shops:
        await related(anna, shop)
    await shops[2].down()

    made = await anna.owner.rights_claim("access", everybody=True)

    assert (made.ids, made.later) == ([], 3)

    async def all_said() -> bool:
        return (await anna.owner.rights()).unsent == 0

    await until(all_said)
    for name in ("Flora", "Rose"):
        row = next(each for each in (await anna.owner.rights()).rows if each.name == name)
        await claim_at(anna, row.id, "taken")
    rows = {row.name: row.state for row in (await anna.owner.rights()).rows}
    assert rows == {"Flora": "taken", "Rose": "taken", "Iris": "sent"}

    await anna.owner.rights_claim("access", everybody=True)
    await until(all_said)
    assert len((await anna.owner.rights()).rows) == 3, "who may still answer is not asked once more"

    await shops[2].up()
    await quiet(anna)
    assert {row.state for row in (await anna.owner.rights()).rows} == {"taken"}
    assert await anna.node.decider.do(lambda batch: batch.facts(claiming.CLAIM)) == {}


async def test_claims_to_many_go_on_after_the_node_has_ended(village: Village) -> None:
    anna = await village.home("Anna")
    for name in ("Flora", "Rose"):
        await related(anna, await village.home(name, "organisation"))
    anna.node.decider.handlers = {}
    await anna.owner.rights_claim("access", everybody=True)
    await anna.down()
    await anna.up()

    def soon(batch: Batch) -> None:
        for row in batch.store.contacts(None, 10):
            for timer in batch.store.copying.timers(row.scope):
                if timer.command == claiming.SEND:
                    batch.ask(row.scope, timer.command, timer.key)

    await anna.node.decider.do(soon)

    async def all_said() -> bool:
        return (await anna.owner.rights()).unsent == 0

    await until(all_said)
    names = [row.name for row in (await anna.owner.rights()).rows]
    assert sorted(str(name) for name in names) == ["Flora", "Rose"]


async def test_a_correction_of_everybody_tells_it_only_to_those_who_hold_it(village: Village) -> None:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    pair = await agreed(anna, shop)
    other = await village.home("Rose", "organisation")
    await related(anna, other)
    await know(anna, name="Anna", email="anna@example.org")
    await anna.owner.rule_add("yes", paths=["profile.name"])
    await reaches(shop, pair.theirs.id, await request(pair, "profile.name"), "granted")

    made = await anna.owner.rights_claim(
        "correction", everybody=True, paths=["profile.name", "profile.email"]
    )

    assert made.later == 1

    async def said() -> list[Claim]:
        return (await anna.owner.rights()).rows

    (row,) = await until(said)
    assert (row.name, row.paths) == ("Flora", ["profile.name"])


async def test_a_correction_of_more_than_one_message_holds_goes_in_several(village: Village) -> None:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    pair = await agreed(anna, shop)
    names = ["profile.name", "profile.email", "profile.image", "profile.gender"]
    for name in names:
        await put(anna, name, "small")
    await anna.owner.share(pair.mine.id, names, once=True)
    for name in names:
        await put(anna, name, "x" * 15_000)

    await anna.owner.rights_claim("correction", everybody=True, paths=names)

    async def said() -> bool:
        return (await anna.owner.rights()).unsent == 0

    await until(said)
    claimed = [path for row in (await anna.owner.rights()).rows for path in row.paths]
    assert sorted(claimed) == sorted(names)


async def test_who_lags_behind_a_change_is_asked_for_its_correction_and_nobody_else(
    village: Village,
) -> None:
    anna = await village.home("Anna")
    pairs = [await agreed(anna, await village.home(name, "organisation")) for name in ("Flora", "Rose")]
    await put(anna, HOME, BREMEN)
    await anna.owner.rule_add("yes", standing=True)
    for pair in pairs:
        await reaches(pair.shop, pair.theirs.id, await request(pair, HOME, standing=True), "granted")
    await quiet(anna)
    assert (await anna.owner.rights_claim("correction", laggards=True)).later == 0
    flora, rose = pairs
    await flora.shop.down()
    await put(anna, HOME, KIEL)

    async def rose_has_it() -> bool:
        rows = (await anna.owner.ledger(peer=rose.mine.id)).rows
        return all(row.version == 2 and not row.lagging for row in rows)

    await until(rose_has_it)
    await anna.owner.rights_claim("correction", laggards=True)

    async def said() -> list[Claim]:
        return (await anna.owner.rights()).rows

    (row,) = await until(said)
    assert (row.name, row.right, row.paths, row.state) == ("Flora", "correction", [HOME], "sent")
    await flora.shop.up()
    await quiet(anna)
    assert (await claim_at(anna, row.id, "taken")).overdue is False
    assert (await anna.owner.rights()).unsent == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"peers": ["Flora"], "everybody": True},
        {"everybody": True, "due": 1},
        {"everybody": True, "paths": ["Profile"]},
        {"peers": ["nobody"]},
        {"peers": ["Flora"], "right": "correction"},
        {"peers": ["Flora"], "right": "correction", "paths": ["profile.name"]},
        {"peers": ["Flora"], "right": "correction", "paths": ["receipts/*"]},
    ],
)
async def test_what_cannot_be_claimed_is_refused_and_nothing_is_said(
    village: Village, wrong: dict[str, object]
) -> None:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    await related(anna, shop)
    right = wrong.pop("right", "access")
    with pytest.raises(OwnerError):
        await anna.owner.rights_claim(right, **wrong)  # type: ignore[arg-type]  # each is of its own type
    assert (await anna.owner.rights()).rows == []
    assert (await anna.owner.rights()).unsent == 0


# ---------------------------------------------------------------- receipts


async def story(village: Village) -> Pair:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    pair = await agreed(anna, shop)
    await know(anna, name="Anna Meier", email="anna@example.org")
    await anna.owner.rule_add("yes", paths=["profile.name"])
    await anna.owner.rule_add("no", paths=["profile.email"])
    await reaches(shop, pair.theirs.id, await request(pair, "profile.name"), "granted")
    await reaches(shop, pair.theirs.id, await request(pair, "profile.email"), "declined")
    return pair


async def test_receipts_tell_decisions_refusals_and_the_rule_that_answered(village: Village) -> None:
    pair = await story(village)
    rules = {each.answer: each for each in await pair.anna.owner.rules()}
    yes, no = rules["yes"], rules["no"]

    given, declined = (await pair.anna.owner.receipts(peer="Flora")).rows

    assert (given.state, given.given, given.rules, given.terms) == (
        "given",
        ["profile.name"],
        [yes.id],
        "SD-BASE",
    )
    assert (declined.state, declined.rules) == ("declined", [no.id])
    assert declined.declined == {"profile.email": "not-for-this"}
    assert (await pair.anna.owner.receipts()).rows == [given, declined]
    theirs = (await pair.shop.owner.receipts()).rows
    assert [(row.state, row.mine, row.rules) for row in theirs] == [
        ("given", False, []),
        ("declined", False, []),
    ]
    written = json.dumps(document([given, declined, *theirs], village.clock.now()))
    assert "Meier" not in written
    assert "example.org" not in written
    with pytest.raises(OwnerError):
        await pair.anna.owner.receipts(after="zz")


async def test_what_goes_beyond_the_terms_is_refused_with_its_clause_whatever_a_rule_says(
    village: Village,
) -> None:
    pair = await story(village)
    await pair.anna.owner.rule_add("yes")
    with pytest.raises(UsageError):
        await request(pair, "profile.name", purposes=["dpv:Marketing"])
    anything = Policy((Clause("anything", allowed=True),), onward=True)
    known = pair.shop.node.decider.rosters
    pair.shop.node.decider.rosters = {key: each._replace(policy=anything) for key, each in known.items()}

    for _ in range(2):  # a shop that does not care what it has agreed to
        await request(pair, "profile.name", purposes=["dpv:Marketing"])
    await quiet(pair.shop)

    rows = (await pair.anna.owner.receipts(peer="Flora")).rows
    refused = [row for row in rows if row.state == "refused"]
    assert len(refused) == 2
    assert {(row.clause, row.terms, tuple(row.given)) for row in refused} == {("no-marketing", "SD-BASE", ())}
    assert [row.state for row in rows if row.state != "refused"] == ["given", "declined"]
    record = document(refused, village.clock.now())["dpv:hasRecordOfActivity"][0]
    assert "no-marketing" in record["dct:description"]


# ---------------------------------------------------------------- letters


async def test_a_change_makes_a_letter_due_that_is_printed_sent_and_answered(village: Village) -> None:
    anna = await village.home("Anna")
    await put(anna, HOME, BREMEN)
    bank = await anna.owner.letter_add("Old Bank", [HOME], address="Main Street 1\n12345 Town")
    assert (bank.letter, (await anna.owner.letters()).letters) == ("none", [])

    await put(anna, HOME, KIEL)

    (due,) = (await anna.owner.letters()).letters
    assert (due.state, due.changes, due.right) == ("due", [HOME], "correction")
    assert paper.Paper(bank.id, "Old Bank", HOME, bank.since, None, "due") in await anna.node.decider.do(
        lambda batch: paper.paper_holders(batch, f"{HOME}:city")
    )
    bare = (await anna.owner.letter_print("Old Bank")).text
    assert "Main Street 1\n12345 Town" in bare
    assert "article 16" in bare
    assert "home address" in bare
    assert "Kiel" not in bare
    assert "Bremen" not in bare
    full = (await anna.owner.letter_print(due.id, values=True, sender="Anna Meier\nAt Home 2")).text
    assert full.startswith("Anna Meier\nAt Home 2\n")
    assert "before: addressLocality: Bremen" in full
    assert "now: addressLocality: Kiel" in full
    assert (await anna.owner.letters()).letters[0].state == "printed"

    with pytest.raises(OwnerError, match="not sent yet"):
        await anna.owner.letter_answered(due.id)
    await anna.owner.letter_sent(due.id)
    with pytest.raises(OwnerError, match="sent already"):
        await anna.owner.letter_sent(due.id)
    await asleep(village, 31, anna)
    assert (await anna.owner.letters()).letters[0].overdue
    assert (await anna.owner.letter_answered("old bank")).state == "answered"
    assert not (await anna.owner.letters()).letters[0].overdue


async def test_what_changes_after_a_letter_was_sent_makes_the_next_one(village: Village) -> None:
    anna = await village.home("Anna")
    await put(anna, HOME, BREMEN)
    await anna.owner.letter_add("Club", ["profile"])
    await put(anna, HOME, KIEL)
    await anna.owner.letter_print("Club")
    await put(anna, "profile.email", "a@example.org")
    (still,) = (await anna.owner.letters()).letters
    assert (still.state, still.changes) == ("due", ["profile.address.home", "profile.email"])
    await anna.owner.letter_sent("Club")

    await put(anna, HOME, BREMEN)
    await drop(anna, "profile.email")

    newest, sent = (await anna.owner.letters()).letters
    assert (newest.state, sent.state) == ("due", "sent")
    text = (await anna.owner.letter_print(newest.id, values=True)).text
    assert "before: addressLocality: Kiel" in text
    assert "email: no longer valid" in text
    assert "article 17" in text
    await put(anna, "ratings/x", 3)
    assert len((await anna.owner.letters()).letters) == 2, "what they do not hold is none of their business"


async def test_who_is_asked_for_access_is_told_in_the_same_letter_what_has_changed(village: Village) -> None:
    anna = await village.home("Anna")
    await put(anna, HOME, BREMEN)
    await anna.owner.letter_add("Club", ["profile"])
    await put(anna, HOME, KIEL)
    letter = await anna.owner.letter_write("Club", "access")

    text = (await anna.owner.letter_print(letter.id, values=True)).text
    assert "now: addressLocality: Kiel" in text
    assert "article 16" in text
    assert "article 15" in text

    await anna.owner.letter_write("Club", "erasure")
    assert "Kiel" not in (await anna.owner.letter_print(letter.id, values=True)).text


async def test_what_comes_out_of_an_archive_makes_a_letter_due(village: Village) -> None:
    anna = await village.home("Anna")
    await anna.owner.letter_add("Club", ["profile"])
    await anna.owner.data_take([Carried("profile.name", 4, "Anna", village.clock.now(), "owner")])
    (due,) = (await anna.owner.letters()).letters
    assert (due.state, due.changes) == ("due", ["profile.name"])


async def test_a_letter_that_was_sent_is_printed_as_it_was(village: Village) -> None:
    anna = await village.home("Anna")
    await put(anna, HOME, BREMEN)
    await anna.owner.letter_add("Club", ["profile"])
    await put(anna, HOME, KIEL)
    for never in (-1, village.clock.now() + 3 * DAY_S):
        with pytest.raises(OwnerError, match="still to come"):
            await anna.owner.letter_sent("Club", at=never)
    sent = await anna.owner.letter_sent("Club")
    await put(anna, HOME, BREMEN)

    text = (await anna.owner.letter_print(sent.id, values=True)).text

    assert "now: addressLocality: Kiel" in text
    assert "Bremen" not in text
    with pytest.raises(OwnerError, match="still to come"):
        await anna.owner.letter_answered(sent.id, at=-1)


async def test_a_letter_can_ask_for_access_or_erasure_without_any_change(village: Village) -> None:
    anna = await village.home("Anna")
    await anna.owner.letter_add("Club", ["profile"], until=village.clock.now() + DAY_S)
    letter = await anna.owner.letter_write("Club", "access")
    assert "article 15" in (await anna.owner.letter_print(letter.id)).text
    again = await anna.owner.letter_write("Club", "erasure")
    assert (again.id, again.right) == (letter.id, "erasure")
    await asleep(village, 2, anna)
    assert (await anna.owner.letters()).holders[0].over

    await anna.owner.letter_remove("Club")

    assert await anna.owner.letters() == type(await anna.owner.letters())([], [])


async def test_of_very_many_changes_a_letter_names_the_place(village: Village) -> None:
    anna = await village.home("Anna")
    await anna.owner.letter_add("Club", ["receipts", "profile.name"])

    def many(batch: Batch) -> None:
        for number in range(paper.CHANGES_MAX + 20):
            recording.put(batch, f"receipts/r{number:03}", cbor.encode(number), "owner")

    await anna.node.decider.do(many)

    (letter,) = (await anna.owner.letters()).letters
    assert len(letter.changes) == paper.CHANGES_MAX + 1
    assert "receipts" in letter.changes
    await anna.owner.letter_sent(letter.id)
    assert len((await anna.owner.letters()).holders) == 1, "it is still readable"


async def test_what_cannot_be_read_any_more_is_passed_over(village: Village) -> None:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    await related(anna, shop)
    bank = await anna.owner.letter_add("Bank", ["profile"])
    await put(anna, HOME, BREMEN)

    def spoil(batch: Batch) -> None:
        batch.changes.facts[f"{paper.LETTER}{bank.id}/000009"] = b"profile"
        batch.changes.facts[paper.PAPER + "00"] = b"profile"
        batch.changes.facts[claiming.CLAIM + "00"] = b"x"

    await anna.node.decider.do(spoil)
    await put(anna, HOME, KIEL)

    found = await anna.owner.letters()
    assert [each.name for each in found.holders] == ["Bank"]
    assert (await anna.owner.rights()).unsent == 0
    scope = bytes.fromhex((await anna.owner.peers())[0].id)
    await anna.node.decider.do(lambda batch: claiming.send(batch, batch.scope(scope), b"\x00"))
    assert (await anna.owner.rights()).rows == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "", "holds": ["profile"]},
        {"name": "x" * 300, "holds": ["profile"]},
        {"name": "x", "holds": []},
        {"name": "x", "holds": ["Profile"]},
        {"name": "x", "holds": ["profile"], "address": "x" * 2_000},
    ],
)
async def test_what_is_no_holder_is_refused_and_keeps_nothing(
    village: Village, wrong: dict[str, object]
) -> None:
    anna = await village.home("Anna")
    with pytest.raises(OwnerError) as refused:
        await anna.owner.letter_add(**wrong)  # type: ignore[arg-type]  # each is of its own type
    assert refused.value.code == "invalid"
    assert (await anna.owner.letters()).holders == []
