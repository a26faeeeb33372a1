"""Settings: every page of theirs answers, what cannot be is said there, and the passphrase can be changed."""

import pytest
from tests.unit.web.visiting import PASSPHRASE, Browser, Served

from pcloud.testing.home import Home, Street, related, until

PLACES = ["", "/care", "/about", "/passphrase", "/copies", "/relays", "/devices", "/notify"]
NEW = "another one altogether"


@pytest.mark.parametrize("place", PLACES)
async def test_every_page_answers_its_owner_and_nobody_else(
    place: str, served: Served, owner: Browser
) -> None:
    assert (await owner.get(f"/settings{place}")).status == 200
    async with Browser(served.url) as stranger:
        assert (await stranger.get(f"/settings{place}")).to == "/enter?ended"


@pytest.mark.parametrize(
    ("place", "fields"),
    [
        ("/settings/copies/ask", {}),
        ("/settings/copies/ask", {"peer": "nobody"}),
        ("/settings/copies/remove", {"peer": "nobody"}),
        ("/settings/copies/keep", {"peer": "\u202e"}),
        ("/settings/relays/use", {"relay": "pcloud:contact/1/nonsense"}),
        ("/settings/relays/move", {"relay": "nobody"}),
        ("/settings/relays/grant", {"peer": "nobody"}),
        ("/settings/announce", {}),
        ("/settings/notify/try", {}),
        ("/settings/devices/remove", {}),
    ],
)
async def test_what_cannot_be_is_said_where_it_was_asked(
    place: str, fields: dict[str, str], owner: Browser, anna: Home
) -> None:
    seen = await owner.post(place, fields)

    assert seen.status == 303
    assert seen.to is not None
    assert 'class="notice failed"' in (await owner.get(seen.to)).text
    assert [row for row in await anna.owner.holders() if row.place == "peer"] == []
    assert await anna.owner.relays() == []


async def test_somebody_is_asked_to_keep_copies_and_may_say_no(
    street: Street, anna: Home, owner: Browser
) -> None:
    rose = await street.home("Rose")
    mine, _ = await related(anna, rose)
    assert (await owner.post("/settings/copies/ask", {"peer": mine.id})).to == "/settings/copies"
    assert "was asked" in (await owner.get("/settings/copies")).text

    async def asked() -> bool:
        return any(row.place == "for-peer" for row in await rose.owner.holders())

    await until(asked)
    await owner.post("/settings/copies/remove", {"peer": mine.id})
    assert [row for row in await anna.owner.holders() if row.place == "peer"] == []
    assert "Nobody else keeps a copy yet" in (await owner.get("/settings/copies")).text


async def test_a_sealed_copy_is_only_for_who_has_typed_the_passphrase(owner: Browser) -> None:
    assert (await owner.get("/settings/copies/file")).to == "/confirm?to=/settings/copies/file"
    await owner.post("/confirm", {"to": "/settings/copies/file", "passphrase": PASSPHRASE})

    seen = await owner.raw("/settings/copies/file")
    assert seen.headers["Content-Disposition"].startswith("attachment")
    assert len(seen.body) > 1_000


async def test_the_passphrase_changes_only_with_the_old_one_and_lets_others_out(
    served: Served, owner: Browser, anna: Home
) -> None:
    async with await served.owner() as other:
        wrong = {"passphrase": "not it", "new": NEW, "again": NEW}
        short = {"passphrase": PASSPHRASE, "new": "short", "again": "short"}
        unlike = {"passphrase": PASSPHRASE, "new": NEW, "again": f"{NEW}!"}
        for refused in (wrong, short, unlike):
            assert (await owner.post("/settings/passphrase", refused)).to == "/settings/passphrase"
        anna.vault.open(PASSPHRASE)
        assert (await other.get("/settings")).status == 200

        right = {"passphrase": PASSPHRASE, "new": NEW, "again": NEW}
        assert (await owner.post("/settings/passphrase", right)).to == "/settings"
        anna.vault.open(NEW)
        assert (await other.get("/settings")).to == "/enter?ended"
        assert (await owner.get("/settings")).status == 200


async def test_everything_is_looked_over_when_its_owner_asks(served: Served, owner: Browser) -> None:
    assert "The store is whole." not in (await owner.get("/settings/care")).text
    seen = await owner.post("/settings/care")
    assert seen.status == 200
    assert "The store is whole." in seen.text
    assert "pcloud " not in seen.text
    async with Browser(served.url) as stranger:
        assert (await stranger.post("/settings/care")).to == "/enter?ended"
