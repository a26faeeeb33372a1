"""Files that come through the page: kept aside, shown, taken, gone; and data that is taken out."""

import asyncio
import gzip
import io
import json
import stat
import zipfile
from pathlib import Path

import pytest
from tests.unit.web.people.relating import NAME, Pair
from tests.unit.web.visiting import PASSPHRASE, Browser, Seen, Served, serve

from pcloud.testing.home import Home, until
from pcloud.web import importing
from pcloud.web.scratch import FOLDER

HERE = "/data/import"
CARDS = (
    b"BEGIN:VCARD\r\nVERSION:4.0\r\nUID:1\r\nFN:Bertha Berg\r\nEND:VCARD\r\n"
    b"BEGIN:VCARD\r\nVERSION:4.0\r\nUID:2\r\nFN:Carl Clever\r\nEND:VCARD\r\n"
)
TABLE = b"Where,Total,When\nFlora,23.90,2026-05-01\nBakery,4.20,2026-05-02\n"


def scratch(home: Home) -> list[Path]:
    """Files that lie in the node's folder now."""
    folder = home.folder / FOLDER
    return sorted(folder.iterdir()) if folder.exists() else []


async def shown(owner: Browser, at: str | None, *, word: str = "Nothing is taken yet") -> Seen:
    """The page of a file, once it says this."""
    assert at is not None
    seen = await owner.get(at)

    async def there() -> bool:
        nonlocal seen
        seen = await owner.get(at)
        assert word in seen.text or "data-again" in seen.text, seen.text
        return word in seen.text

    assert await until(there)
    return seen


async def contacts(anna: Home) -> list[str]:
    return sorted(record.value["name"] for record in await anna.owner.data_list(prefix="x-contacts"))


async def test_a_stranger_can_send_no_file(served: Served, stranger: Browser) -> None:
    seen = await stranger.upload(HERE, "a.vcf", CARDS)
    assert seen.status == 303
    assert (seen.to or "").startswith("/enter?ended")
    assert scratch(served.home) == []


@pytest.mark.parametrize("token", ["", "00" * 32, "ä"])
async def test_a_form_of_another_page_leaves_no_file(served: Served, owner: Browser, token: str) -> None:
    seen = await owner.upload(HERE, "a.vcf", CARDS, token=token)
    assert seen.status == 403
    assert scratch(served.home) == []


async def test_a_file_before_its_token_is_refused(served: Served, owner: Browser) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.vcf"\r\n\r\n'
        + CARDS
        + b'\r\n--x\r\nContent-Disposition: form-data; name="form_token"\r\n\r\n'
        + owner.token.encode()
        + b"\r\n--x--\r\n"
    )
    about = {"Origin": owner.url, "Content-Type": "multipart/form-data; boundary=x"}
    async with owner.session.post(owner.url + HERE, data=body, headers=about) as answer:
        assert answer.status == 403
    assert scratch(served.home) == []


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("text/plain", b"x"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--y\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
        ),
        ("application/x-www-form-urlencoded", b"file=a"),
    ],
)
async def test_what_is_no_form_with_a_file_is_refused(
    served: Served, owner: Browser, media: str, body: bytes
) -> None:
    about = {"Origin": owner.url, "Content-Type": media}
    async with owner.session.post(owner.url + HERE, data=body, headers=about) as answer:
        assert answer.status in {400, 415}
    assert scratch(served.home) == []


async def test_no_file_and_an_empty_one_are_said_in_words(served: Served, owner: Browser) -> None:
    assert (await owner.upload(HERE, "", b"")).to == HERE
    assert "choose a file" in (await owner.get(HERE)).text
    assert (await owner.upload(HERE, "a.vcf", b"")).to == HERE
    assert "nothing in this file" in (await owner.get(HERE)).text
    assert scratch(served.home) == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(64), "does not know what kind of file"),
        ("cards.vcf.gz", gzip.compress(CARDS, mtime=0)[:20], "damaged"),
        ("all.zip", b"PK\x03\x04" + bytes(40), "no archive that a node has written"),
    ],
)
async def test_what_cannot_be_read_is_said_and_changes_nothing(
    anna: Home, owner: Browser, name: str, content: bytes, said: str
) -> None:
    at = (await owner.upload(HERE, name, content)).to
    seen = await shown(owner, at, word=said)
    assert "Leave it" in seen.text
    assert (await owner.post(at or "", {"what": "take"})).to == at
    assert await anna.owner.data_list() == []
    assert (await owner.post(at or "", {"what": "leave"})).to == HERE
    assert scratch(anna) == []


async def test_a_file_is_shown_before_anything_is_taken_and_gone_after(anna: Home, owner: Browser) -> None:
    at = (await owner.upload(HERE, "people.vcf", CARDS)).to
    seen = await shown(owner, at)
    assert "2 records were found" in seen.text
    assert "Bertha Berg" in seen.text
    assert await contacts(anna) == [], "looking takes nothing"
    (kept,) = scratch(anna)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert "people" not in kept.name
    assert (await owner.post(at or "", {"what": "take"})).to == at
    done = await shown(owner, at, word="Taken:")
    assert "2 new" in done.text
    assert await contacts(anna) == ["Bertha Berg", "Carl Clever"]
    assert scratch(anna) == []


async def test_what_is_left_is_gone_and_was_not_taken(anna: Home, owner: Browser) -> None:
    at = (await owner.upload(HERE, "people.vcf", CARDS)).to
    await shown(owner, at)
    assert (await owner.post(at or "", {"what": "leave"})).to == HERE
    assert await contacts(anna) == []
    assert scratch(anna) == []
    assert (await owner.get(at or "")).status == 404


async def test_bringing_the_same_file_in_again_doubles_nothing(anna: Home, owner: Browser) -> None:
    for expected in ("2 new", "2 there already"):
        at = (await owner.upload(HERE, "people.vcf.gz", gzip.compress(CARDS, mtime=0))).to
        await shown(owner, at)
        await owner.post(at or "", {"what": "take"})
        assert expected in (await shown(owner, at, word="Taken:")).text
        await owner.post(at or "", {"what": "leave"})
    assert len(await contacts(anna)) == 2


async def test_ones_own_card_fills_ones_own_places(anna: Home, owner: Browser) -> None:
    at = (await owner.upload(HERE, "me.vcf", CARDS, mine="on")).to
    await shown(owner, at)
    await owner.post(at or "", {"what": "take"})
    await shown(owner, at, word="Taken:")
    assert (await anna.owner.data_get(NAME)).value == "Bertha Berg"


async def test_a_table_that_nobody_knows_is_explained_column_by_column(anna: Home, owner: Browser) -> None:
    at = (await owner.upload(HERE, "bought.csv", TABLE)).to
    asked = await shown(owner, at, word="What do its columns mean?")
    assert "Where" not in asked.text.partition("What do its columns mean?")[2].partition("</select>")[0]
    await owner.post(at or "", {"what": "columns", "into": "receipts"})
    asked = await shown(owner, at, word="column.2")
    assert "Seller" in asked.text
    columns = {"column.0": "seller", "column.1": "price", "column.2": "orderDate"}
    await owner.post(at or "", {"what": "columns", "into": "receipts", **columns})
    seen = await shown(owner, at)
    assert "Receipts: 2" in seen.text
    await owner.post(at or "", {"what": "take"})
    await shown(owner, at, word="Taken:")
    found = [record.value for record in await anna.owner.data_list(prefix="receipts")]
    assert {each["seller"] for each in found} == {"Flora", "Bakery"}


async def test_what_is_broken_in_a_file_is_told_and_the_rest_is_taken(anna: Home, owner: Browser) -> None:
    broken = CARDS + b"BEGIN:VCARD\r\nVERSION:4.0\r\nEND:VCARD\r\n"
    at = (await owner.upload(HERE, "people.vcf", broken)).to
    seen = await shown(owner, at)
    assert "Not taken: 1" in seen.text
    assert "it names nobody" in seen.text
    await owner.post(at or "", {"what": "take"})
    await shown(owner, at, word="Taken:")
    assert len(await contacts(anna)) == 2


async def test_a_name_of_a_file_is_only_shown(anna: Home, owner: Browser) -> None:
    at = (await owner.upload(HERE, "../../<b>evil</b>.vcf", CARDS)).to
    seen = await shown(owner, at)
    assert "<b>evil" not in seen.text
    assert [each.parent for each in scratch(anna)] == [anna.folder / FOLDER]


async def test_more_than_a_few_files_do_not_pile_up(anna: Home, owner: Browser) -> None:
    for _ in range(importing.FILES_MAX):
        assert (await owner.upload(HERE, "people.vcf", CARDS)).to != HERE
    assert (await owner.upload(HERE, "people.vcf", CARDS)).to == HERE
    assert "Take or leave them first" in (await owner.get(HERE)).text
    assert len(scratch(anna)) == importing.FILES_MAX


async def test_files_that_were_taken_are_in_nobodys_way(anna: Home, owner: Browser) -> None:
    for _ in range(importing.FILES_MAX + 1):
        at = (await owner.upload(HERE, "people.vcf", CARDS)).to
        await shown(owner, at)
        await owner.post(at or "", {"what": "take"})
        await shown(owner, at, word="Taken:")
    assert scratch(anna) == []
    assert len(await contacts(anna)) == 2


async def test_a_second_click_reads_nothing_twice(owner: Browser) -> None:
    at = (await owner.upload(HERE, "bought.csv", TABLE * 200)).to or ""
    await shown(owner, at, word="What do its columns mean?")
    columns = {"column.0": "seller", "column.1": "price", "column.2": "orderDate"}
    form = {"what": "columns", "into": "receipts", **columns}
    answers = await asyncio.gather(*(owner.post(at, form) for _ in range(4)))
    assert {each.to for each in answers} == {at}
    once = (await shown(owner, at)).text
    await owner.post(at, {"what": "take"})
    await shown(owner, at, word="Taken:")
    assert "Receipts: 599" in once
    assert (await owner.post(at, form)).to == at, "what was taken is gone, and asked for no columns"
    assert "Taken:" in (await owner.get(at)).text


async def test_a_file_that_nobody_asks_for_any_more_goes_by_itself(
    anna: Home, owner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "IDLE_S_MAX", 0.01)
    at = (await owner.upload(HERE, "people.vcf", CARDS)).to

    async def gone() -> bool:
        return not scratch(anna)

    assert await until(gone)
    assert (await owner.get(at or "")).status == 404
    assert await contacts(anna) == []


async def test_a_file_that_is_too_large_leaves_nothing(
    anna: Home, owner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "FILE_BYTES_MAX", 100)
    assert (await owner.upload(HERE, "people.vcf", CARDS)).to == HERE
    assert "too large" in (await owner.get(HERE)).text
    assert scratch(anna) == []


async def test_a_full_disk_is_said_before_it_is_full(
    anna: Home, owner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "ROOM_BYTES", 1 << 60)
    assert (await owner.upload(HERE, "people.vcf", CARDS)).to == HERE
    assert "no room" in (await owner.get(HERE)).text
    assert scratch(anna) == []


async def test_nothing_is_left_when_the_node_stops_or_was_killed(anna: Home, served: Served) -> None:
    async with await served.owner() as owner:
        await owner.upload(HERE, "people.vcf", CARDS)
        assert len(scratch(anna)) == 1
    await served.server.stop()
    assert scratch(anna) == []
    left = anna.folder / FOLDER / "0123"
    left.parent.mkdir()
    left.write_bytes(CARDS)
    again = await serve(anna)
    assert not left.exists()
    await again.server.stop()


@pytest.mark.parametrize("what", ["", "burn", "columns"])
async def test_a_form_that_means_nothing_leaves_a_file_as_it_is(
    anna: Home, owner: Browser, what: str
) -> None:
    at = (await owner.upload(HERE, "people.vcf", CARDS)).to
    await shown(owner, at)
    assert (await owner.post(at or "", {"what": what, "into": "receipts"})).to == at
    assert "2 records were found" in (await shown(owner, at)).text
    assert await contacts(anna) == []


# ---------------------------------------------------------------- and out again


@pytest.mark.parametrize("path", ["/data/export", "/data/export/all"])
async def test_a_stranger_takes_nothing_out(pair: Pair, stranger: Browser, path: str) -> None:
    assert (await stranger.post(path, {"as": "jsonld"})).to == "/enter?ended"
    assert (await stranger.get(path)).to == "/enter?ended"
    assert pair.anna is not None


@pytest.mark.parametrize("fields", [{"as": "exe"}, {}, {"as": "csv", "place": "Not A"}])
async def test_a_form_that_is_none_of_ours_writes_nothing(owner: Browser, fields: dict[str, str]) -> None:
    seen = await owner.post("/data/export", fields)
    assert seen.status == 400
    assert "Content-Disposition" not in seen.headers


@pytest.mark.parametrize(
    ("known", "ending", "has"),
    [("jsonld", "jsonld", "x-place"), ("csv", "csv", "x-place"), ("vcard", "vcf", "FN:")],
)
async def test_data_is_written_in_the_forms_of_others(
    pair: Pair, owner: Browser, known: str, ending: str, has: str
) -> None:
    seen = await owner.post("/data/export", {"as": known})
    assert seen.status == 200
    assert seen.headers["Content-Disposition"].endswith(f'.{ending}"')
    assert "Anna Quittenbaum" in seen.text
    assert has in seen.text
    assert "Quittenbaum" not in seen.headers["Content-Disposition"]
    assert pair.anna is not None


async def test_what_was_taken_out_comes_in_again_as_it_was(pair: Pair, owner: Browser) -> None:
    before = await pair.anna.owner.data_list()
    written = (await owner.post("/data/export", {"as": "jsonld"})).text
    assert len(json.loads(written)) == len(before)
    at = (await owner.upload(HERE, "my-data.jsonld", written.encode())).to
    await shown(owner, at)
    await owner.post(at or "", {"what": "take"})
    assert f"{len(before)} there already" in (await shown(owner, at, word="Taken:")).text
    assert await pair.anna.owner.data_list() == before


async def test_everything_at_once_wants_the_passphrase_and_comes_in_at_another_node(
    pair: Pair, owner: Browser, served: Served
) -> None:
    asked = await owner.post("/data/export/all")
    assert asked.to is not None
    assert asked.to.startswith("/confirm")
    assert (await owner.get("/data/export/all")).status == 303
    assert (await owner.post("/confirm", {"passphrase": PASSPHRASE, "to": "/data/export/all"})).status == 303
    archive = await owner.post_bytes("/data/export/all")
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        told = json.loads(opened.read("manifest.json"))
    assert len(told["relationships"]) == 1
    assert told["versions"] == len(await pair.anna.owner.data_versions())
    shop = await serve(pair.shop, pair.shop.clock)
    async with await shop.owner() as other:
        at = (await other.upload(HERE, "my-cloud.zip", archive)).to
        await shown(other, at)
        await other.post(at or "", {"what": "take"})
        await shown(other, at, word="Taken:")
    await shop.server.stop()
    assert (await pair.shop.owner.data_get(NAME)).value == "Anna Quittenbaum"
    assert shop.faults == []
    assert served.faults == []
