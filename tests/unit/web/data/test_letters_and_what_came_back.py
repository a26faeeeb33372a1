"""Letters to holders without a node, and data that came back to their owner."""

import pytest
from tests.unit.web.people.relating import NAME, Pair
from tests.unit.web.visiting import Browser

from pcloud.testing.home import Home, until

LETTERS = "/data/letters"
BACK = "/data/returned"
HOME = "profile.address.home"


@pytest.mark.parametrize("path", [LETTERS, BACK])
async def test_a_stranger_sees_none_of_it(stranger: Browser, path: str) -> None:
    assert (await stranger.get(path)).to == "/enter?ended"
    assert (await stranger.post(path, {"name": "Bank", "holds": NAME})).to in ("/enter?ended", None)


@pytest.mark.parametrize(
    "fields",
    [
        [("name", "Bank")],
        [("holds", NAME)],
        [("name", "Bank"), ("holds", "Not A Path")],
        [("name", "Bank"), ("holds", NAME), ("until", "soon")],
        [("name", "B" * 400), ("holds", NAME)],
    ],
)
async def test_a_holder_that_is_not_whole_is_not_noted(
    anna: Home, owner: Browser, fields: list[tuple[str, str]]
) -> None:
    assert (await owner.tick(LETTERS, fields)).to == LETTERS
    assert "notice failed" in (await owner.get(LETTERS)).text
    assert (await anna.owner.letters()).holders == []


async def test_a_change_makes_a_letter_due_which_is_shown_printed_sent_and_answered(
    anna: Home, owner: Browser
) -> None:
    await anna.owner.data_set(NAME, "Anna")
    noted = await owner.tick(LETTERS, [("name", "Old <Bank>"), ("holds", NAME), ("address", "Main\r\nTown")])
    assert noted.to == LETTERS
    await anna.owner.data_set(NAME, "Anna Quittenbaum")
    page = await owner.get(LETTERS)
    assert "Old &lt;Bank&gt;" in page.text
    assert "to be written" in page.text
    (letter,) = (await anna.owner.letters()).letters
    at = f"{LETTERS}/{letter.id}"
    without = await owner.post(f"{at}/print", {"sender": "Anna\r\nAm Wall 1"})
    assert "article 16" in without.text
    assert "now: Anna Quittenbaum" not in without.text
    with_values = await owner.post(f"{at}/print", {"sender": "Anna", "values": "on"})
    assert "now: Anna Quittenbaum" in with_values.text
    assert (await owner.post_bytes(f"{at}/print", {"sender": "Anna", "as": "pdf"})).startswith(b"%PDF")
    for what, state in (("sent", "sent"), ("answered", "answered")):
        assert (await owner.post(f"{at}/noted", {"what": what})).to == LETTERS
        assert [each.state for each in (await anna.owner.letters()).letters] == [state]


async def test_a_letter_with_letters_that_no_pdf_has_comes_as_text(anna: Home, owner: Browser) -> None:
    await anna.owner.letter_add("Łódź", [NAME])
    (holder,) = (await anna.owner.letters()).holders
    letter = await anna.owner.letter_write(holder.id, "access")
    text = await owner.post_bytes(f"{LETTERS}/{letter.id}/print", {"as": "pdf", "sender": "Ω"})
    assert "Łódź" in text.decode()


@pytest.mark.parametrize("what", ["access", "correction", "erasure"])
async def test_a_letter_is_due_where_the_owner_wants_one(anna: Home, owner: Browser, what: str) -> None:
    holder = await anna.owner.letter_add("Bank", [NAME])
    assert (await owner.post(f"{LETTERS}/to/{holder.id}", {"what": what})).to == LETTERS
    assert [each.right for each in (await anna.owner.letters()).letters] == [what]


async def test_what_means_nothing_makes_no_letter_and_forgets_nobody(anna: Home, owner: Browser) -> None:
    holder = await anna.owner.letter_add("Bank", [NAME])
    for path, what in (
        (f"to/{holder.id}", "burn"),
        (f"to/{holder.id}", ""),
        ("to/ffff", "forget"),
        ("ffff/noted", "sent"),
        ("ffff/print", ""),
    ):
        assert (await owner.post(f"{LETTERS}/{path}", {"what": what})).to == LETTERS, path
    found = await anna.owner.letters()
    assert [each.name for each in found.holders] == ["Bank"]
    assert found.letters == []
    assert (await owner.post(f"{LETTERS}/to/{holder.id}", {"what": "forget"})).to == LETTERS
    assert (await anna.owner.letters()).holders == []


async def came_back(pair: Pair) -> None:
    """The shop hands back another address than Anna has."""
    await pair.shop.owner.handback(
        pair.theirs.id, [{"path": HOME, "value": {"streetAddress": "<b>Hof</b> 1", "addressCountry": "DE"}}]
    )

    async def there() -> bool:
        return bool(await pair.anna.owner.returned())

    assert await until(there)


@pytest.mark.parametrize("drop", [False, True])
async def test_what_came_back_is_the_owners_only_when_it_is_taken(
    pair: Pair, owner: Browser, *, drop: bool
) -> None:
    assert "Nothing waits for you here" in (await owner.get(BACK)).text
    await came_back(pair)
    assert "Something came back" in (await owner.get("/data")).text
    page = await owner.get(BACK)
    assert "&lt;b&gt;Hof&lt;/b&gt; 1" in page.text
    assert "Flora" in page.text
    assert await pair.anna.owner.data_list(prefix=HOME) == []
    seen = await owner.post(f"{BACK}/{pair.hers.id}", {"path": HOME, "what": "drop" if drop else "take"})
    assert seen.to == BACK
    assert bool(await pair.anna.owner.data_list(prefix=HOME)) is not drop
    assert await pair.anna.owner.returned() == []


@pytest.mark.parametrize("fields", [{}, {"path": "Not A"}, {"path": "profile.name"}])
async def test_what_did_not_come_back_is_not_taken(
    pair: Pair, owner: Browser, fields: dict[str, str]
) -> None:
    await came_back(pair)
    before = await pair.anna.owner.data_list()
    seen = await owner.post(f"{BACK}/{pair.hers.id}", {"what": "take", **fields})
    assert seen.status in {303, 400}
    assert await pair.anna.owner.data_list() == before
    assert len(await pair.anna.owner.returned()) == 1


async def test_a_letter_bears_the_owners_address_where_it_is_known(anna: Home, owner: Browser) -> None:
    holder = await anna.owner.letter_add("Bank", [NAME])
    letter = await anna.owner.letter_write(holder.id, "access")
    at = f"{LETTERS}/{letter.id}/print"
    assert "Am Wall" not in (await owner.post(at)).text
    await anna.owner.data_set(NAME, "Anna Q")
    await anna.owner.data_set(HOME, {"streetAddress": "Am Wall 1", "postalCode": "28195"})
    text = (await owner.post(at)).text
    assert "Anna Q\nAm Wall 1\n28195" in text
    assert "Am Wall 1" not in (await owner.post(at, {"sender": ""})).text.partition("</pre>")[0]
