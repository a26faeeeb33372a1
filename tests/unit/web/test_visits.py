"""Visits: each node of a machine has its own, a newer link begins another, and none outlives its end."""

import pytest
from aiohttp import ClientPayloadError
from tests.unit.web.visiting import Browser, Served, serve

from pcloud.ambient.fixed import FixedClock
from pcloud.ambient.system import system_entropy
from pcloud.testing.home import Street
from pcloud.web.sessions import IDLE_S_MAX, SESSION_S_MAX, SESSIONS_MAX, Sessions


async def test_whoever_is_in_may_use_a_new_link_and_the_visit_before_ends(
    served: Served, owner: Browser
) -> None:
    before = {cookie.value for cookie in owner.session.cookie_jar}
    link = served.link()
    await owner.get(link)
    assert (await owner.post("/enter", {"code": link.partition("=")[2]})).to == "/"
    assert (await owner.get("/")).status == 200
    assert not before & {cookie.value for cookie in owner.session.cookie_jar}
    name = next(iter(owner.session.cookie_jar)).key
    async with Browser(served.url) as stranger:
        for cookie in before:
            assert (await stranger.get("/", Cookie=f"{name}={cookie}")).to == "/enter"


async def test_a_link_of_somebody_else_ends_no_visit(served: Served, owner: Browser) -> None:
    owner.token = ""
    code = served.link().partition("=")[2]
    assert (await owner.post("/enter", {"code": code})).status == 403  # the form of no page of this visit
    assert (await owner.get("/")).status == 200


async def test_two_nodes_of_a_machine_end_no_visit_of_each_other(street: Street, owner: Browser) -> None:
    beside = await serve(await street.home("Flora"))
    try:
        mine = owner.url
        owner.url, owner.token = beside.url, ""
        assert (await owner.post("/enter", {"code": beside.link().partition("=")[2]})).to == "/"
        assert (await owner.get("/")).status == 200
        owner.url = mine
        assert (await owner.get("/")).status == 200
    finally:
        await beside.server.stop()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/", "/nothing/here", "/static/page.css", "/static/nothing.css"])
@pytest.mark.parametrize(
    ("headers", "status"), [({"Host": "attacker.example"}, 421), ({"Sec-Fetch-Site": "cross-site"}, 403)]
)
async def test_the_door_is_asked_before_any_place_is_looked_for(
    method: str, path: str, headers: dict[str, str], status: int, owner: Browser
) -> None:
    seen = await (owner.get(path, **headers) if method == "GET" else owner.post(path, {}, **headers))
    assert seen.status == status
    assert "There is no such page" not in seen.text


@pytest.mark.parametrize("charset", ["no-such-thing", "hex", "utf-7", "utf-16"])
async def test_a_form_in_other_letters_is_refused_and_is_no_fault_of_the_node(
    charset: str, stranger: Browser
) -> None:
    about = {"Content-Type": f"application/x-www-form-urlencoded; charset={charset}"}
    assert (await stranger.post("/enter", {"code": "1.2.3"}, **about)).status == 415


async def test_a_page_that_lies_open_keeps_no_visit_alive() -> None:
    clock = FixedClock()
    sessions = Sessions(clock, system_entropy)
    cookie = sessions.begin()
    await clock.advance(IDLE_S_MAX)
    assert sessions.find(cookie, used=False) is not None
    await clock.advance(1)
    assert sessions.find(cookie) is None


async def test_a_visit_ends_while_the_machine_sleeps_and_by_no_clock_that_is_set() -> None:
    clock = FixedClock()
    sessions = Sessions(clock, system_entropy)
    cookie = sessions.begin()
    for jump_s in (-34_560_000, 69_120_000):
        clock.jump(jump_s)
        assert sessions.find(cookie) is not None
    clock.jump(-34_560_000)
    clock.slumber(IDLE_S_MAX + 1)
    assert sessions.find(cookie) is None


@pytest.mark.parametrize("end", ["idle", "long", "others"])
async def test_a_stream_ends_with_its_visit(end: str) -> None:
    clock, ended = FixedClock(), list[str]()
    sessions = Sessions(clock, system_entropy)
    cookie = sessions.begin()
    session = sessions.find(cookie)
    assert session is not None
    session.followers.add(lambda: ended.append(end))
    match end:
        case "idle":
            await clock.advance(IDLE_S_MAX + 1)
        case "long":
            for _ in range(SESSION_S_MAX // IDLE_S_MAX):
                await clock.advance(IDLE_S_MAX)
                assert sessions.find(cookie) is not None
                assert ended == []
            await clock.advance(1)
        case _:
            for _ in range(SESSIONS_MAX):
                sessions.begin()
    assert sessions.find(cookie) is None
    assert ended == [end]


async def test_leaving_breaks_off_the_streams_of_this_visit(owner: Browser) -> None:
    async with owner.session.get(f"{owner.url}/live", headers={"Sec-Fetch-Site": "same-origin"}) as stream:
        assert stream.status == 200
        assert (await owner.post("/leave")).to == "/enter"
        with pytest.raises(ClientPayloadError):
            await stream.content.read()
