"""Terms and rules on the page: what is confirmed, accepted or said in advance is what was shown."""

import re

import pytest
from tests.unit.web.people.relating import NAME, Pair
from tests.unit.web.visiting import Browser, serve

from pcloud.runtime import facts
from pcloud.runtime.consenting.views import Preference
from pcloud.runtime.deciding.batch import Batch
from pcloud.testing.home import Home, until

CONFIRM = 'action="/rules/confirm"'


async def recovered(home: Home) -> None:
    """As if it came out of a copy."""

    def job(batch: Batch) -> None:
        batch.changes.facts[facts.RECOVERED] = b"1"
        batch.steps += 1

    await home.node.decider.do(job)


async def test_rules_are_confirmed_only_where_all_that_counts_then_is_shown(
    pair: Pair, owner: Browser
) -> None:
    await pair.anna.owner.rule_add("yes", paths=["profile.telephone"])
    await pair.anna.owner.prefer([Preference("SD-BASE", "organisation", None, at_once=True)], ["SD-BASE-A"])
    await recovered(pair.anna)

    for_one = (await owner.get(f"/rules?peer={pair.hers.id}")).text
    assert CONFIRM not in for_one
    assert "Look at all of them" in for_one

    whole = (await owner.get("/rules")).text
    assert CONFIRM in whole
    assert re.search("You proffer <strong>SD-BASE</strong> to organisations, as soon as", whole)
    assert "You accept at once: <strong>SD-BASE-A</strong>" in whole
    await owner.post("/rules/confirm")
    assert (await pair.anna.owner.preferences()).confirmed
    assert CONFIRM not in (await owner.get("/rules")).text


async def test_terms_chosen_in_advance_that_sleep_are_told_on_the_first_page(
    pair: Pair, owner: Browser
) -> None:
    await pair.anna.owner.prefer([Preference("SD-BASE", None, None, at_once=True)], [])
    assert 'href="/rules"' not in (await owner.get("/")).text
    await recovered(pair.anna)
    assert 'href="/rules"' in (await owner.get("/")).text

    await owner.post("/terms/prefer", {"terms": "SD-BASE-A", "kind": "person", "at_once": "on"})
    assert "counts as soon as you have looked at your rules" in (await owner.get("/terms")).text


@pytest.mark.parametrize("answer", ["yes", "no", "ask"])
async def test_a_rule_about_anything_is_made_only_where_that_is_ticked(
    pair: Pair, owner: Browser, answer: str
) -> None:
    here = {"answer": answer, "peer": pair.hers.id}
    assert (await owner.post("/rules", here)).status != 303
    assert (await owner.post("/rules", {**here, "anything": "on", "paths": NAME})).status != 303
    assert await pair.anna.owner.rules() == []

    assert (await owner.post("/rules", {**here, "anything": "on"})).status == 303
    (rule,) = await pair.anna.owner.rules()
    assert (rule.answer, rule.paths) == (answer, [])


async def test_terms_are_accepted_only_as_they_were_shown(pair: Pair) -> None:
    served = await serve(pair.shop, pair.shop.clock)
    made = await pair.anna.owner.proffer(pair.hers.id, "SD-BASE-A")

    async def proffered() -> str | None:
        rows = await pair.shop.owner.terms(pair.theirs.id)
        return next((each.id for each in rows if each.turn == "mine"), None)

    here = f"/terms/{await until(proffered)}"
    async with await served.owner() as shop:
        shown = (await shop.get(here)).text
        assert '<input type="hidden" name="terms" value="SD-BASE-A">' in shown
        for fields in ({}, {"terms": "SD-BASE", "state": "proffered"}, {"terms": "SD-BASE-A", "state": "x"}):
            refused = await shop.post(f"{here}/accept", fields)
            assert refused.status == 409
            assert "Nothing was accepted" in refused.text
        assert await proffered() is not None
        await shop.post(f"{here}/accept", {"terms": "SD-BASE-A", "state": "proffered"})
        assert await proffered() is None
    await served.server.stop()
    assert served.faults == []
    assert made.terms == "SD-BASE-A"


async def test_no_title_and_no_file_bears_a_name_or_an_id(pair: Pair, owner: Browser) -> None:
    (agreed,) = (await pair.anna.owner.negotiations(state="agreed")).rows
    for path in (f"/people/{pair.hers.id}", f"/terms/{agreed.id}", f"/known/{pair.hers.id}"):
        (title,) = re.findall("<title>(.*)</title>", (await owner.get(path)).text)
        assert "Flora" not in title
    record = await owner.raw(f"/terms/{agreed.id}/record")
    assert record.headers["Content-Disposition"] == 'attachment; filename="agreement.cbor"'


async def test_nobody_is_told_to_delete_by_one_click(pair: Pair, owner: Browser) -> None:
    form = {"right": "erasure", "whom": "one", "peer": pair.hers.id}
    assert "tick that you are sure" in (await owner.post("/rights", form)).text
    assert (await pair.anna.owner.rights()).rows == []
    assert 'name="sure"' in (await owner.get(f"/rights?peer={pair.hers.id}")).text
    assert (await owner.post("/rights", {**form, "sure": "on"})).to == "/rights"
    assert len((await pair.anna.owner.rights()).rows) == 1


async def test_why_not_is_said_in_words(pair: Pair, owner: Browser) -> None:
    await owner.post("/rights", {"right": "access", "whom": "one", "peer": pair.hers.id})

    async def claimed() -> list[str]:
        return [each.id for each in await pair.shop.owner.rights_asked()]

    served = await serve(pair.shop, pair.shop.clock)
    (claim,) = await until(claimed)
    async with await served.owner() as shop:
        text = (await shop.get("/shop")).text
        assert '<option value="excessive">it was asked for too often</option>' in text
        await shop.post(f"/shop/rights/{claim}", {"outcome": "refused", "reason": "not-identified"})
    await served.server.stop()
    assert served.faults == []

    async def answered() -> bool:
        return [each.state for each in (await pair.anna.owner.rights()).rows] == ["refused"]

    assert await until(answered)
    (row,) = (await pair.anna.owner.rights()).rows
    for path in ("/rights", f"/rights/{row.id}"):
        seen = (await owner.get(path)).text
        assert "it is not sure who asks" in seen
        assert "not-identified" not in seen


async def test_a_role_that_is_too_long_is_not_chosen(pair: Pair, owner: Browser) -> None:
    refused = await owner.post("/terms/prefer", {"terms": "SD-BASE", "role": "x" * 65})
    assert "A role has 1 to 64 bytes." in refused.text
    assert (await pair.anna.owner.preferences()).proffer == []
