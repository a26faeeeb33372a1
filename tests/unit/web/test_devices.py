"""Other devices, without a browser: who may ask, who comes in, and who is out at once."""

import hashlib
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientPayloadError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.unit.web.visiting import PASSPHRASE, Browser, Seen, Served
from yarl import URL

from pcloud.ambient.fixed import FixedClock
from pcloud.ambient.system import system_entropy
from pcloud.web.codes import make_code, read_file
from pcloud.web.devices.book import (
    ASKING_MAX,
    ASKING_S_MAX,
    DEVICES_MAX,
    Asking,
    Book,
    BookError,
    Device,
    Shelf,
)
from pcloud.web.devices.certificate import certificate
from pcloud.web.devices.proving import CHALLENGE_S_MAX, CHALLENGES_MAX, Challenges


class Phone:
    """A device with a key, and the browser on it."""

    def __init__(self, url: str) -> None:
        self.browser = Browser(url)
        self.secret = ec.generate_private_key(ec.SECP256R1())
        self.id = ""

    @property
    def key(self) -> str:
        point = self.secret.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return point.hex()

    async def ask(self, path: str, **fields: str) -> tuple[int, dict[str, str]]:
        seen = await self.browser.post(path, fields)
        return seen.status, msgspec.json.decode(seen.text) if seen.text.startswith("{") else {}

    async def knock(self, code: str, name: str = "Phone") -> tuple[int, dict[str, str]]:
        status, told = await self.ask("/device/knock", code=code, key=self.key, name=name)
        self.id = told.get("id", "")
        return status, told

    def sign(self, challenge: str, origin: str | None = None) -> str:
        told = "\0".join(["pcloud page session 1", origin or self.browser.url, challenge]).encode()
        r, s = decode_dss_signature(self.secret.sign(told, ec.ECDSA(hashes.SHA256())))
        return (r.to_bytes(32, "big") + s.to_bytes(32, "big")).hex()

    async def drawn(self) -> str:
        return (await self.ask("/device/challenge"))[1]["challenge"]

    async def come_in(self, **other: str) -> Seen:
        challenge = await self.drawn()
        fields = {"id": self.id, "challenge": challenge, "signature": self.sign(challenge), **other}
        return await self.browser.post("/device/begin", fields)


@pytest.fixture
async def lan(served: Served) -> str:
    """Where the page is on the network."""
    Shelf(served.home.folder).change(lambda book: book.serve(lan=True))
    await served.server.look()
    assert served.server.lan is not None
    assert served.server.lan.problem == ""
    return served.server.lan.url


@pytest.fixture
async def phone(lan: str) -> AsyncIterator[Phone]:
    """A phone that nobody knows."""
    phone = Phone(lan)
    yield phone
    await phone.browser.session.close()


def code_of(served: Served) -> str:
    return make_code(read_file(served.home.folder).key, served.home.clock.now(), system_entropy, "pair")


def shelf_of(served: Served) -> Shelf:
    return Shelf(served.home.folder)


async def paired(served: Served, phone: Phone) -> None:
    _, told = await phone.knock(code_of(served))
    shelf_of(served).change(lambda book: book.confirm(told["id"], served.home.clock.now()))


async def test_nothing_listens_on_the_network_until_the_owner_says_so(served: Served) -> None:
    await served.server.look()
    assert served.server.lan is None
    assert read_file(served.home.folder).lan is None
    assert not (served.home.folder / "page").exists()


async def test_a_scanned_link_only_makes_a_device_that_waits(served: Served, phone: Phone) -> None:
    status, told = await phone.knock(code_of(served), "My phone\u202e\n<b>")

    assert status == 200
    book = shelf_of(served).read()
    assert book.devices == ()
    assert [(each.id, each.name, each.number) for each in book.asking] == [
        (told["id"], "My phone <b>", told["number"])
    ]
    assert (await phone.ask("/device/wait", id=told["id"]))[1] == {"state": "waiting"}
    assert (await phone.come_in()).status == 403
    assert (await phone.browser.get("/")).to == "/enter"


async def test_no_code_is_good_twice_or_for_something_else(served: Served, phone: Phone) -> None:
    code = code_of(served)
    enters = make_code(read_file(served.home.folder).key, served.home.clock.now(), system_entropy)
    for wrong in ("", "x", "1.2.3", enters, code[:-1] + ("0" if code[-1] != "0" else "1")):
        assert (await phone.knock(wrong))[0] == 403
    assert (await phone.knock(code))[0] == 200
    assert (await phone.knock(code))[0] == 403
    assert len(shelf_of(served).read().asking) == 1
    async with Browser(served.url) as here:
        assert (await here.post("/enter", {"code": code_of(served)})).status == 403


@pytest.mark.parametrize("key", ["", "zz", "04" + "00" * 64, "02" + "11" * 32, "04" + "ff" * 64, "00"])
async def test_what_is_no_key_spends_no_code(key: str, served: Served, phone: Phone) -> None:
    code = code_of(served)
    assert (await phone.ask("/device/knock", code=code, key=key, name="x"))[0] == 400
    assert shelf_of(served).read() == Book(lan=True)
    assert (await phone.knock(code))[0] == 200


async def test_a_paired_device_comes_in_and_is_out_at_once_when_it_is_taken_away(
    served: Served, phone: Phone
) -> None:
    await paired(served, phone)
    assert (await phone.come_in()).to == "/"
    assert (await phone.browser.get("/")).status == 200
    cookie = next(iter(phone.browser.session.cookie_jar))
    assert (cookie.key, cookie["secure"], cookie["httponly"], cookie["samesite"]) == (
        f"__Host-pcloud_session_{URL(phone.browser.url).port}", True, True, "Strict",
    )  # fmt: skip

    # As the command line does it, beside the page that runs.
    shelf_of(served).change(lambda book: book.without(phone.id))
    assert (await phone.browser.get("/")).to == "/enter"
    assert (await phone.come_in()).status == 403
    assert (await phone.ask("/device/wait", id=phone.id))[1] == {"state": "gone"}


async def test_an_open_stream_ends_with_its_device(served: Served, phone: Phone) -> None:
    await paired(served, phone)
    await phone.come_in()
    url = f"{phone.browser.url}/live"
    async with phone.browser.session.get(url, headers={"Sec-Fetch-Site": "same-origin"}) as stream:
        assert stream.status == 200
        shelf_of(served).change(lambda book: book.without(phone.id))
        await served.server.look()
        with pytest.raises(ClientPayloadError):  # it breaks off: nothing more is said, not even goodbye
            await stream.content.read()


async def test_a_paired_device_that_scans_a_code_once_more_is_told_so(served: Served, phone: Phone) -> None:
    await paired(served, phone)
    await phone.come_in()
    assert (await phone.browser.get("/pair")).to == "/"
    assert "This device is paired already." in (await phone.browser.get("/")).text


@pytest.mark.parametrize("wrong", ["challenge", "signature", "id", "nothing"])
async def test_only_the_right_signature_of_a_fresh_challenge_opens(
    wrong: str, served: Served, phone: Phone
) -> None:
    await paired(served, phone)
    other = ec.generate_private_key(ec.SECP256R1())
    given = {
        "challenge": {"challenge": "00" * 32},
        "signature": {"signature": "11" * 64},
        "id": {
            "id": hashlib.sha256(other.private_numbers().private_value.to_bytes(32, "big")).hexdigest()[:16]
        },
        "nothing": {"signature": ""},
    }[wrong]
    assert (await phone.come_in(**given)).status == 403
    assert (await phone.browser.get("/")).to == "/enter"


async def test_a_signature_is_for_one_page_and_good_once(served: Served, phone: Phone) -> None:
    await paired(served, phone)
    challenge = await phone.drawn()
    elsewhere = {
        "id": phone.id, "challenge": challenge, "signature": phone.sign(challenge, "https://evil.example"),
    }  # fmt: skip
    assert (await phone.browser.post("/device/begin", elsewhere)).status == 403
    fields = {"id": phone.id, "challenge": challenge, "signature": phone.sign(challenge)}
    assert (await phone.browser.post("/device/begin", fields)).status == 403  # it was spent
    challenge = await phone.drawn()
    fields = {"id": phone.id, "challenge": challenge, "signature": phone.sign(challenge)}
    assert (await phone.browser.post("/device/begin", fields)).to == "/"
    assert (await phone.browser.post("/device/begin", fields)).status == 403


async def test_the_passphrase_and_links_of_this_machine_open_nothing_on_the_network(
    served: Served, phone: Phone
) -> None:
    for fields in ({"passphrase": PASSPHRASE}, {"code": served.link().partition("=")[2]}):
        assert (await phone.browser.post("/enter", fields)).status == 405
    async with await served.owner() as owner:
        cookie = next(iter(owner.session.cookie_jar)).value
        own = next(iter(owner.session.cookie_jar)).key
    port = URL(phone.browser.url).port
    for name in (own, f"pcloud_session_{port}", f"__Host-pcloud_session_{port}"):
        seen = await phone.browser.get("/", Cookie=f"{name}={cookie}")
        assert seen.to == "/enter"


async def test_a_devices_session_opens_nothing_on_this_machine(served: Served, phone: Phone) -> None:
    await paired(served, phone)
    await phone.come_in()
    cookie = next(iter(phone.browser.session.cookie_jar)).value
    async with Browser(served.url) as here:
        name = f"pcloud_session_{URL(served.url).port}"
        assert (await here.get("/", Cookie=f"{name}={cookie}")).to == "/enter"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "localhost"},
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_other_sites_can_not_even_knock(headers: dict[str, str], served: Served, phone: Phone) -> None:
    fields = {"code": code_of(served), "key": phone.key, "name": "x"}
    assert (await phone.browser.post("/device/knock", fields, **headers)).status in {403, 421}
    assert shelf_of(served).read().asking == ()


async def test_only_who_typed_the_passphrase_pairs(served: Served, owner: Browser, phone: Phone) -> None:
    _, told = await phone.knock(code_of(served))
    assert (await owner.post("/settings/devices/confirm", {"number": told["number"]})).to == "/confirm?to=/"
    assert shelf_of(served).read().devices == ()
    await owner.post("/confirm", {"to": "/", "passphrase": PASSPHRASE})

    assert (
        await owner.post("/settings/devices/confirm", {"number": "000 000"})
    ).to == "/settings/devices/pair"
    assert shelf_of(served).read().devices == ()
    assert (
        await owner.post("/settings/devices/confirm", {"number": told["number"]})
    ).to == "/settings/devices"
    assert [each.id for each in shelf_of(served).read().devices] == [told["id"]]


async def test_serving_to_the_network_ends_when_the_owner_says_so(served: Served, lan: str) -> None:
    shelf_of(served).change(lambda book: book.serve(lan=False))
    await served.server.look()
    assert served.server.lan is None
    async with Browser(lan) as browser:
        with pytest.raises(OSError, match="Cannot connect"):
            await browser.get("/enter")


async def test_a_book_that_cannot_be_read_lets_nobody_in_and_is_told_once(
    served: Served, phone: Phone
) -> None:
    await paired(served, phone)
    await phone.come_in()
    (served.home.folder / "page/devices.json").write_text("{")
    for _ in range(3):
        await served.server.look()
    assert [type(fault) for fault in served.faults] == [BookError]
    assert served.server.lan is None
    with pytest.raises(OSError, match="Cannot connect"):
        await phone.browser.get("/")
    served.faults.clear()


def test_what_the_page_keeps_is_for_its_owner_alone(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shown = certificate(shelf, "192.168.1.20", 1_800_000_000, b"s" * 32)
    again = certificate(shelf, "192.168.1.20", 1_800_000_000, b"s" * 32)
    moved = certificate(shelf, "192.168.1.21", 1_800_000_000, b"s" * 32)
    old = certificate(shelf, "192.168.1.21", 1_800_000_000 + 800 * 86_400, b"s" * 32)
    other = certificate(shelf, "192.168.1.21", 1_800_000_000 + 800 * 86_400, b"t" * 32)

    assert shown.fingerprint == again.fingerprint
    assert len({shown.fingerprint, moved.fingerprint, old.fingerprint, other.fingerprint}) == 4
    assert b"ENCRYPTED" in (shelf.folder / "lan.key").read_bytes()
    for path in (shelf.folder / "lan.key", shelf.folder / "lan.crt"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(shelf.folder.stat().st_mode) == 0o700


def test_a_book_keeps_no_more_than_its_bounds() -> None:
    asking = [Asking(str(n), "x", "", "", "", 1_000) for n in range(ASKING_MAX + 3)]
    book = Book()
    for each in asking:
        book = book.ask(each)
    assert [each.id for each in book.asking] == [each.id for each in asking[3:]]
    assert book.waiting(1_000 + ASKING_S_MAX + 1) == ()
    with pytest.raises(BookError):
        book.confirm(asking[-1].id, 1_000 + ASKING_S_MAX + 1)
    full = Book(devices=tuple(Device(f"d{n}", "x", "", 0, 0) for n in range(DEVICES_MAX)), asking=book.asking)
    with pytest.raises(BookError):
        full.confirm(asking[-1].id, 1_000)


async def test_challenges_are_few_and_soon_too_old() -> None:
    clock = FixedClock()
    challenges = Challenges(clock, system_entropy)
    first = challenges.draw()
    others = [challenges.draw() for _ in range(CHALLENGES_MAX)]
    assert not challenges.spend(first)
    assert challenges.spend(others[0])
    assert not challenges.spend(others[0])
    clock.jump(-CHALLENGE_S_MAX)
    assert challenges.spend(others[2])
    await clock.advance(CHALLENGE_S_MAX + 1)
    assert not challenges.spend(others[1])
