"""Meeting on the page: looking sends nothing, a yes is a click of its own, and what is no link is told so."""

import asyncio

import pytest
from tests.unit.web.visiting import Browser

from pcloud.runtime.views import Contact
from pcloud.testing.home import Home, Village, asked, until
from pcloud.web.pages import meeting


@pytest.fixture
async def bob(village: Village) -> Home:
    return await village.home("Bob")


async def contacts(home: Home) -> list[Contact]:
    return await home.owner.contacts()


async def test_a_stranger_meets_nobody(stranger: Browser, anna: Home, bob: Home) -> None:
    link = (await bob.owner.invite("to meet")).link
    for path, fields in (("connect", {"link": link}), ("invite", {"purpose": "x"}), ("near", {})):
        assert (await stranger.post(f"/people/meet/{path}", fields)).to == "/enter?ended"
    assert await contacts(anna) == []
    assert await anna.owner.invitations() == []


async def test_looking_at_a_link_shows_who_it_is_and_sends_nothing(
    owner: Browser, anna: Home, bob: Home
) -> None:
    link = (await bob.owner.invite("to swap seedlings", role="gardener")).link
    seen = await owner.post("/people/meet/connect", {"link": f"  {link[:40]}\n{link[40:]} "})
    (contact,) = await contacts(anna)
    assert seen.to == f"/people/contact/{contact.id}"

    page = (await owner.get(seen.to)).text
    assert "to swap seedlings" in page
    assert "gardener" in page
    assert contact.words in page
    assert contact.state == "pending"
    assert await contacts(bob) == []
    assert "One thing waits for you" in (await owner.get("/")).text


@pytest.mark.parametrize(
    "link",
    [
        "",
        "hello",
        "pcloud:contact/1/",
        "pcloud:contact/1/AAAA",
        "pcloud:device/1/AAAA",
        "javascript:alert(1)",
        "http://127.0.0.1:1/",
        "pcloud:contact/1/" + "A" * 5_000,
    ],
)
async def test_what_is_no_link_changes_nothing_and_is_told_so(owner: Browser, anna: Home, link: str) -> None:
    seen = await owner.post("/people/meet/connect", {"link": link})
    assert seen.to == "/people/meet"
    assert 'class="notice failed"' in (await owner.get("/people/meet")).text
    assert await contacts(anna) == []


async def test_a_yes_asks_and_the_other_yes_makes_peers(owner: Browser, anna: Home, bob: Home) -> None:
    link = (await bob.owner.invite("to meet")).link
    await owner.post("/people/meet/connect", {"link": link})
    (contact,) = await contacts(anna)
    here = f"/people/contact/{contact.id}"
    assert (await owner.post(f"{here}/accept", {"name": "Anna Q"})).to == here
    assert "It is their turn now." in (await owner.get(here)).text

    async def asks() -> list[Contact]:
        return [each for each in await contacts(bob) if each.state == "requested"]

    (request,) = await until(asks)
    assert request.name == "Anna Q"
    await bob.owner.accept(request.id)

    async def related() -> bool:
        return bool(await anna.owner.peers())

    await until(related)
    assert (await owner.get(here)).to == f"/people/{contact.id}"
    assert (await owner.get(f"/people/{contact.id}")).status == 200


async def test_who_asks_is_let_in_or_not(owner: Browser, anna: Home, bob: Home, village: Village) -> None:
    first = await asked(bob, anna)
    second = await asked(await village.home("Carl"), anna)
    here = [each.id for each in await contacts(anna)]
    assert {first.id, second.id} <= set(here)
    home = (await owner.get("/")).text
    assert "asks to be let in" in home

    assert (await owner.get(f"/people/{first.id}")).to == f"/people/contact/{first.id}"
    no = next(each for each in await contacts(anna) if each.name == "Bob")
    yes = next(each for each in await contacts(anna) if each.name == "Carl")
    assert (await owner.post(f"/people/contact/{no.id}/decline")).to == "/people/meet"
    assert (await owner.post(f"/people/contact/{yes.id}/accept")).to == "/people"

    async def names() -> list[str | None]:
        return [each.name for each in await anna.owner.peers()]

    assert await until(names) == ["Carl"]
    assert (await owner.post(f"/people/contact/{no.id}/accept")).to == f"/people/contact/{no.id}"
    assert await names() == ["Carl"]


async def test_a_contact_that_was_only_looked_at_is_forgotten(owner: Browser, anna: Home, bob: Home) -> None:
    link = (await bob.owner.invite("to meet")).link
    await owner.post("/people/meet/connect", {"link": link})
    (contact,) = await contacts(anna)
    await owner.post(f"/people/contact/{contact.id}/decline")
    assert [each.state for each in await contacts(anna)] == ["declined"]
    assert contact.id not in (await owner.get("/people/meet")).text
    assert await contacts(bob) == []


async def test_an_invitation_is_made_shown_and_taken_back(owner: Browser, anna: Home) -> None:
    fields = {"purpose": "Flowers on order", "title": "Anna's", "uses": "5", "expires": "never"}
    seen = await owner.post("/people/meet/invite", fields)
    (made,) = await anna.owner.invitations()
    assert seen.to == f"/people/invitation/{made.id}"
    assert (made.purpose, made.uses, made.expires) == ("Flowers on order", 5, None)
    page = (await owner.get(seen.to)).text
    assert made.link in page
    assert "<svg" in page
    assert "5 people at most" in page
    assert made.link not in (await owner.get("/people/meet")).text

    assert (await owner.post(f"{seen.to}/withdraw")).to == "/people/meet"
    assert await anna.owner.invitations() == []
    assert (await owner.get(seen.to)).status == 404
    assert (await owner.post(f"{seen.to}/withdraw")).to == "/people/meet"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"purpose": " "},
        {"purpose": "x" * 5_000},
        {"purpose": "x", "uses": "0"},
        {"purpose": "x", "uses": "-1"},
        {"purpose": "x", "uses": "99999999"},
        {"purpose": "x", "uses": "many"},
        {"purpose": "x", "uses": "\uff11"},
        {"purpose": "x", "expires": "soon"},
        {"purpose": "x", "role": "r" * 500},
    ],
)
async def test_an_invitation_with_nonsense_in_it_is_not_made(
    owner: Browser, anna: Home, fields: dict[str, str]
) -> None:
    seen = await owner.post("/people/meet/invite", fields)
    assert seen.to == "/people/meet"
    assert 'class="notice failed"' in (await owner.get("/people/meet")).text
    assert await anna.owner.invitations() == []


async def test_looking_around_says_who_is_near_or_that_nobody_is(owner: Browser, village: Village) -> None:
    looking = asyncio.create_task(owner.post("/people/meet/near"))

    async def over() -> bool:
        await village.clock.advance(1)
        return looking.done()

    await until(over)
    seen = await looking
    assert seen.status == 200
    assert "No other cloud announces itself" in seen.text
    assert (await owner.get("/people/meet/near")).to == "/people/meet"


async def test_a_contact_of_nobody_is_no_page(owner: Browser) -> None:
    for name in ("ffffffff", "%3Cb%3E"):
        assert (await owner.get(f"/people/contact/{name}")).status == 404
        assert (await owner.get(f"/people/invitation/{name}")).status == 404


async def test_however_many_wait_the_first_page_shows_a_few_and_leads_to_the_rest(
    owner: Browser, anna: Home, bob: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meeting, "SHOWN", 6)
    for _ in range(7):
        await anna.owner.connect((await bob.owner.invite("to meet")).link)
    home = (await owner.get("/")).text
    assert "7 things wait for you" in home
    assert home.count("You have looked at their invitation") == 5
    assert '<a href="/people/meet">2 more</a>' in home
    meet = (await owner.get("/people/meet")).text
    assert meet.count("you only looked") == 6
    assert "and one more" in meet
