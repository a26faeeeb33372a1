"""Who is not the owner learns nothing and changes nothing: other sites, users and names (T44, T45, T50)."""

import os
import socket
import stat
from typing import Any

import pytest
from tests.contract.api.running import Running, Start
from tests.contract.api.wire import Way

from pcloud.api import Client, OwnerError
from pcloud.api.connection import Bounds
from pcloud.api.routes import ROUTES

FOREIGN_HOSTS = [
    "attacker.example",
    "attacker.example:{port}",
    "localhost.attacker.example:{port}",
    "127.0.0.1.nip.io:{port}",
    "127.0.0.1:{port}.attacker.example",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.1:{port}",
    "0.0.0.0:{port}",
    "2130706433:{port}",
    "0x7f.1:{port}",
    "[::]:{port}",
    "[::ffff:127.0.0.1]:{port}",
    "localhost.:{port}",
    "localhost",
    "a@127.0.0.1:{port}",
    "127.0.0.1:{port} ",
    "127.0.0.1:{port}/",
    "127.0.0.1:{port},127.0.0.1:{port}",
    "127.0.0.1:+{port}",
    "127.0.0.1:0{port}",
    "\u0661\u0662\u0667.0.0.1:{port}",
    "",
]


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
async def test_another_name_is_not_answered_even_with_the_token(running: Running, host: str) -> None:
    """T44: under a rebound name the browser would send whatever it knows."""
    way = running.way("tcp")
    answer = await way.ask("GET", "/v1/status", Host=host.format(port=running.port))
    if host.endswith(" "):  # the end of a header's value is trimmed (RFC 9110 section 5.5)
        assert answer.status == 200
        return
    assert answer.status in {400, 421}
    assert answer.code in {"invalid", "misdirected"}
    assert not running.surface.calls


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LocalHost:{port}"])
async def test_its_own_names_are_answered(running: Running, host: str) -> None:
    way = running.way("tcp")
    assert (await way.ask("GET", "/v1/status", Host=host.format(port=running.port))).status == 200


async def test_no_name_or_two_are_not_answered(running: Running) -> None:
    way = running.way("tcp")
    own = f"127.0.0.1:{running.port}"
    assert (await way.ask("GET", "/v1/status", Host=None)).status in {400, 421}
    assert (await way.ask("GET", "/v1/status", Host=[own, own])).status in {400, 421}
    assert (await way.ask("GET", "/v1/status", Host=[own, "attacker.example"])).status in {400, 421}
    assert not running.surface.calls


@pytest.mark.parametrize(
    "target",
    [
        "http://attacker.example/v1/status",
        "http://127.0.0.1:{port}/v1/status",
        "https://127.0.0.1/v1/status",
        "attacker.example:80",
        "*",
        "v1/status",
        "//attacker.example/v1/status",
        "/\\attacker.example/v1/status",
        "/v1/../v1/status",
        "/v1/%2e%2e/v1/status",
        "/v1//status",
        "/v1/status/",
        "/V1/status",
        "/v1/status%00",
        "/v1/status;x",
        "/%76%31/status/x",
    ],
)
async def test_only_a_plain_path_of_the_table_is_a_target(running: Running, door: str, target: str) -> None:
    way = running.way(door)
    answer = await way.ask("GET", target.format(port=running.port))
    assert answer.status in {400, 404, 421}
    assert not running.surface.calls


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://attacker.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://localhost"},
        {"Origin": "http://localhost:{port}"},  # the request goes to 127.0.0.1: another origin
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://127.0.0.1:{port}.attacker.example"},
        {"Origin": ["http://127.0.0.1:{port}", "http://attacker.example"]},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "Cross-Site"},
        {"Sec-Fetch-Site": "of tomorrow"},
        {"Sec-Fetch-Site": ["same-origin", "cross-site"]},
        {"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize("route", ["POST /v1/peers/cc33/rotate", "GET /v1/status", "GET /v1/events"])
async def test_another_site_changes_and_reads_nothing(
    running: Running, headers: dict[str, Any], route: str
) -> None:
    """T45, T46: even if it had the token."""
    way = running.way("tcp")
    method, target = route.split()
    sent = {
        name.replace("-", "_"): [one.format(port=running.port) for one in value]
        if isinstance(value, list)
        else value.format(port=running.port)
        for name, value in headers.items()
    }
    answer = await way.ask(method, target, b"{}" if method == "POST" else None, **sent)
    assert (answer.status, answer.code) == (403, "forbidden")
    assert not running.surface.calls


async def test_its_own_page_may_ask(running: Running) -> None:
    way = running.way("tcp")
    own = f"http://127.0.0.1:{running.port}"
    pages: list[dict[str, str | list[str] | None]] = [
        {"Origin": own},
        {"Origin": own, "Sec_Fetch_Site": "same-origin"},
        {"Sec_Fetch_Site": "none"},
    ]
    for page in pages:
        assert (await way.ask("POST", "/v1/peers/cc33/rotate", b"{}", **page)).status == 200
    assert len(running.surface.calls) == 3


SIMPLE = [
    None,
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=utf-8",
    "application/json;",
    "application/JSON",
    "text/json",
    "application/problem+json",
    "text/plain, application/json",
    ["application/json", "text/plain"],
    ["text/plain", "application/json"],
]


@pytest.mark.parametrize("kind", SIMPLE, ids=str)
async def test_what_a_form_or_a_plain_page_can_send_changes_nothing(
    running: Running, way: Way, kind: str | list[str] | None
) -> None:
    """T45: a body of these types needs no leave from the browser; ours does."""
    for body in (b"{}", b'{"purpose":"p"}', b'purpose=p&x={"purpose":"p"}'):
        answer = await way.ask("POST", "/v1/invitations", body, Content_Type=kind)
        assert answer.status in {400, 415}
        assert answer.code == "invalid"
    assert not running.surface.calls


async def test_a_post_without_a_body_changes_nothing(running: Running, way: Way) -> None:
    bodiless: list[dict[str, str | list[str] | None]] = [
        {},
        {"Content_Length": "0"},
        {"Content_Type": "application/json"},
    ]
    for more in bodiless:
        assert (await way.ask("POST", "/v1/peers/cc33/rotate", None, **more)).status in {400, 415}
    assert not running.surface.calls


async def test_a_preflight_gets_no_leave(running: Running) -> None:
    """T45: without it, a browser sends neither our type of body nor a DELETE."""
    way = running.way("tcp")
    for token in (way.headers["Authorization"], None):
        for method in ("POST", "DELETE"):
            answer = await way.ask(
                "OPTIONS",
                "/v1/invitations",
                Authorization=token,
                Origin="http://attacker.example",
                Access_Control_Request_Method=method,
                Access_Control_Request_Headers="content-type,authorization",
                Access_Control_Request_Private_Network="true",
            )
            assert answer.status == 403
            assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "{token}",
        "Basic {token}",
        "Bearer {token}x",
        "Bearer x{token}",
        "Bearer  {token}",
        'Bearer "{token}"',
        "Bearer {start}",
        "Bearer {upper}",
        "Bearer ä€",
        "Bearer " + "x" * 7_000,
        ["Bearer {token}", "Bearer {token}"],
        ["Bearer x", "Bearer {token}"],
    ],
    ids=str,
)
async def test_without_the_token_nobody_is_let_in(running: Running, given: str | list[str] | None) -> None:
    """T50: another user of the machine reaches the port as well."""
    token = running.token

    def filled(text: str) -> str:
        return text.format(token=token, start=token[:-1], upper=token.swapcase())

    way = running.way("tcp")
    sent = [filled(one) for one in given] if isinstance(given, list) else given and filled(given)
    for method, target, body in (("GET", "/v1/status", None), ("POST", "/v1/peers/cc33/rotate", b"{}")):
        answer = await way.ask(method, target, body, Authorization=sent)
        assert answer.status in {400, 401}
        if answer.status == 401:
            assert answer.code == "unauthorised"
            assert answer.headers["www-authenticate"] == "Bearer"
        assert token.encode() not in answer.body
    assert not running.surface.calls


async def test_no_operation_is_open_to_who_has_no_token(running: Running) -> None:
    way = running.way("tcp")
    for route in ROUTES:
        body = b"{}" if route.method == "POST" else None
        assert (await way.ask(route.method, route.path, body, Authorization=None)).status == 401, route
    assert not running.surface.calls


async def test_whether_a_path_exists_is_told_to_the_owner_only(running: Running) -> None:
    way = running.way("tcp")
    known = await way.ask("GET", "/v1/status", Authorization=None)
    unknown = await way.ask("GET", "/v1/nothing", Authorization=None)
    wrong = await way.ask("PUT", "/v1/status", Authorization=None)
    for answer in (known, unknown, wrong):
        assert answer.headers.pop("date")  # a second may have begun between two of them
    assert known == unknown == wrong
    assert (await way.ask("GET", "/v1/nothing")).status == 404


async def test_a_token_in_the_address_lets_nobody_in(running: Running) -> None:
    """T47: addresses end in histories and logs."""
    way, token = running.way("tcp"), running.token
    for query in (f"?token={token}", f"?access_token={token}", f"?Authorization=Bearer%20{token}"):
        assert (await way.ask("GET", "/v1/status" + query, Authorization=None)).status == 401
        assert (await way.ask("GET", "/v1/status" + query)).status == 400
    cookie = await way.ask("GET", "/v1/status", Authorization=None, Cookie=f"token={token}")
    assert cookie.status == 401
    assert not running.surface.calls


async def test_the_token_is_for_the_owner_to_read_and_new_at_each_start(start: Start) -> None:
    first = await start(Bounds())
    path, token = first.folder / "owner.token", first.token
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(token) == 43
    await first.server.stop()
    assert not path.exists()

    path.write_text("left by a node that was killed\n")
    path.chmod(0o644)
    await first.server.start()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first.token not in {token, "left by a node that was killed"}
    stale = await first.way("tcp").ask("GET", "/v1/status", Authorization=f"Bearer {token}")
    assert stale.status == 401
    assert sorted(found.name for found in first.folder.iterdir()) == ["owner.sock", "owner.token"]


async def test_a_wrong_token_is_told_in_words(running: Running) -> None:
    async with Client(running.server.urls[0], token="wrong") as client:
        with pytest.raises(OwnerError, match=r"owner\.token") as caught:
            await client.status()
        with pytest.raises(OwnerError, match=r"owner\.token"):
            await anext(client.happenings())
    assert caught.value.code == "unauthorised"
    assert not running.surface.calls


async def test_the_socket_is_for_its_owner_alone(running: Running) -> None:
    found = (running.folder / "owner.sock").stat()
    assert stat.S_ISSOCK(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o600
    assert found.st_uid == os.geteuid()


@pytest.mark.parametrize("host", ["attacker.example", "localhost.attacker.example", "", "127.0.0.1"])
async def test_the_socket_answers_to_one_name(running: Running, host: str) -> None:
    """Whatever stands in front of the socket, a rebound name comes no further."""
    answer = await running.way("unix").ask("GET", "/v1/status", Host=host)
    assert answer.status in {400, 421}
    assert not running.surface.calls


async def test_loopback_is_all_that_is_listened_on(running: Running) -> None:
    assert {url.rpartition(":")[0] for url in running.server.urls} <= {"http://127.0.0.1", "http://[::1]"}


async def test_the_other_loopback_address_is_ours_too(running: Running) -> None:
    if not socket.has_ipv6 or len(running.server.urls) == 1:
        pytest.skip("this machine has no ::1")
    async with Client(running.server.urls[1], token=running.token) as client:
        assert (await client.status()).name == "Anna"


# ---------------------------------------------------------------- the address for counters


async def test_counters_are_open_where_the_owner_opened_them_and_nothing_else_is(running: Running) -> None:
    way = running.metrics()
    answer = await way.ask("GET", "/metrics")
    assert (answer.status, answer.body) == (200, b"pcloud_peers 2\n")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert (await way.ask("GET", "/health")).status == 200
    assert {operation for operation, _ in running.surface.calls} == {"metrics", "status"}

    running.surface.calls.clear()
    for route in ROUTES:
        body = b"{}" if route.method == "POST" else None
        assert (await way.ask(route.method, route.path, body)).status == 404
    assert (await way.ask("POST", "/metrics", b"{}")).status == 405
    assert not running.surface.calls


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("attacker.example", 421),
        ("node.example.attacker.example", 421),
        ("127.0.0.1.nip.io", 421),
        ("", 421),
        ("node.example", 200),
        ("NODE.example:9100", 200),
        ("localhost:1", 200),
        ("192.0.2.7:9100", 200),
        ("[2001:db8::7]:9100", 200),
    ],
)
async def test_counters_are_given_under_a_known_name_only(running: Running, host: str, status: int) -> None:
    assert (await running.metrics().ask("GET", "/metrics", Host=host)).status == status
