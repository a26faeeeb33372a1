"""Whatever an owner asks through the API reaches the node as asked, and comes back as the node said it."""

from typing import Any

import msgspec
import pytest
from tests.contract.api import consenting, taking
from tests.contract.api.recorder import ANSWERS, NEGOTIATION, PEER, READING, STATUS, Recorder
from tests.contract.api.running import Running
from tests.contract.api.wire import Way

from pcloud.api import Client, OwnerError
from pcloud.api.routes import ROUTES, Route
from pcloud.runtime.recording.views import Carried, Put
from pcloud.runtime.surface import Surface

ASKED: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    *consenting.ASKED,
    *taking.ASKED,
    ("status", (), {}),
    ("invite", ("to meet",), {}),
    (
        "invite",
        ("zum Kennenlernen, «ä»",),
        {"role": "florist", "uses": 3, "expires_s": None, "title": "T", "terms": ["SD-BASE"]},
    ),
    ("asks", (), {}),
    ("asks", (), {"peer": "cc33", "limit": 1}),
    ("show_ask", ("ab12",), {}),
    ("answer", ("ab12",), {}),
    (
        "answer",
        ("ab12",),
        {
            "only": ["profile.name"],
            "decline": {"receipts/*": "not-you"},
            "reason": "not-now",
            "until": 9,
            "once": True,
            "onward": True,
        },
    ),
    ("refused_asks", (), {"peer": "cc33"}),
    ("share", ("cc33", ["profile.name"]), {}),
    (
        "share",
        ("cc33", ["receipts/*"]),
        {"purposes": ["dpv:CustomerCare"], "until": 9, "once": True, "terms": "SD-BASE"},
    ),
    ("ledger", (), {}),
    (
        "ledger",
        (),
        {"peer": "cc33", "path": "receipts/a:city", "lagging": True, "after": "aa.bb.x", "limit": 3},
    ),
    ("known", (["cc33", "Flora & co"],), {}),
    ("disclosed", (), {}),
    ("disclosed", (), {"before": 9, "limit": 3}),
    ("revoke", ("cc33",), {}),
    ("erase", ("cc33",), {"paths": ["profile.name"]}),
    ("data_set", ("profile.name", "Anna"), {}),
    ("data_set", ("x-a.b", {"a": [1, None, True, "ä"]}), {"source": "import:vcard"}),
    ("data_put", ([Put("receipts", {"a": 1}, "label"), Put("profile.name", "Anna")],), {"source": "example"}),
    ("data_get", ("receipts/7fQ2",), {}),
    ("data_get", ("profile.name",), {"version": 3}),
    ("data_list", (), {}),
    ("data_list", (), {"prefix": "receipts", "after": "receipts/7fQ2", "limit": 5}),
    ("data_history", ("receipts/7fQ2",), {}),
    ("data_history", ("receipts/7fQ2",), {"before": 9, "limit": 2}),
    ("data_search", ("tulips & more?",), {}),
    ("data_search", ("x",), {"after": "receipts/a", "limit": 1}),
    ("data_versions", (), {}),
    ("data_versions", (), {"path": "receipts/7fQ2", "version": 2, "limit": 5}),
    (
        "data_take",
        ([Carried("receipts/7fQ2", 2, {"a": 1}, 9, "owner"), Carried("x-a", 1, None, 0, "example")],),
        {},
    ),
    ("data_delete", ("receipts/7fQ2",), {}),
    ("data_delete", ("receipts/7fQ2",), {"keep_history": True, "at_holders": True}),
    ("vocabulary", (), {}),
    ("invitations", (), {}),
    ("withdraw", ("aa11",), {}),
    ("connect", ("pcloud:contact/1/x",), {}),
    ("contacts", (), {}),
    ("accept", ("bb22",), {}),
    ("accept", ("bb22",), {"name": "Anna\nof the hill"}),
    ("decline", ("bb22",), {"reason": "unknown to me"}),
    ("peers", (), {}),
    ("peers", (), {"after": "cc33", "limit": 7}),
    ("people", (), {}),
    ("people", (), {"find": "Flora & co", "after": "Anna", "ended": True, "limit": 7}),
    ("peer", ("cc33",), {}),
    ("pause", ("cc33",), {"until": 2**53 - 1}),
    ("resume", ("cc33",), {}),
    ("close", ("cc33",), {"held": "erased", "until": 5}),
    ("rotate", ("cc33",), {}),
    ("say", ("cc33", "hello"), {}),
    ("say", ("cc33", "x" * 8_192), {"thread": "ee55"}),
    ("log", ("cc33",), {}),
    ("log", ("cc33",), {"before": 0, "limit": 100}),
    ("news", (), {}),
    ("news", (), {"before": 9, "limit": 3}),
    ("export", ("cc33",), {}),
    ("rosters", (), {}),
    ("terms", (), {}),
    ("terms", ("Anna & Co = 1?",), {}),
    ("care", (), {}),
    ("negotiations", (), {}),
    ("negotiations", (), {"state": "agreed", "after": 3, "limit": 2}),
    ("show_terms", ("ff66",), {}),
    ("proffer", ("cc33", "SD-BASE"), {}),
    ("proffer", ("cc33", "SD-BASE"), {"expires_s": 60, "until": 7, "replaces": "0a"}),
    ("accept_terms", ("ff66",), {}),
    ("counter_terms", ("ff66", "SD-BASE-A"), {}),
    ("decline_terms", ("ff66",), {"reason": "no"}),
    ("terminate_terms", ("ff66",), {}),
    ("review", (), {}),
    ("review", ("Anna",), {"limit": 7}),
    ("affirm", ("cc33",), {}),
    ("affirm", ("cc33",), {"entries": ["dd44", "ee"]}),
    ("reject", ("cc33",), {"entries": ["dd44"]}),
    ("recovery", (), {}),
    ("holders", (), {}),
    ("holder_ask", ("cc33",), {}),
    ("holder_ask", ("cc33",), {"bytes_max": 1, "days": 3_660}),
    ("holder_remove", ("cc33",), {}),
    ("holder_remove", ("cc33",), {"theirs": True}),
    ("holder_check", (), {}),
    ("holder_check", ("cc33",), {}),
    ("holder_grant", ("cc33",), {}),
    ("holder_grant", ("cc33",), {"bytes_max": 2**53 - 1, "days": 1}),
    ("holder_serve", (), {"on": True}),
    ("holder_serve", (), {"on": False, "anyone": True, "bytes_max": 5, "days": 7}),
    ("holder_stats", (), {}),
    ("relay_serve", (), {"on": True}),
    ("relay_serve", (), {"on": False, "anyone": True}),
    ("relay_invite", (), {}),
    ("relay_invite", (), {"uses": 9, "expires_s": None}),
    ("relay_grant", ("cc33",), {}),
    ("relay_stats", (), {}),
    ("relay_use", ("pcloud:contact/1/x",), {}),
    ("relay_use", ("Relay",), {"move": True}),
    ("relays", (), {}),
    ("move", (), {}),
    ("move", (), {"relay": "Relay"}),
    ("moving", (), {}),
    ("discover", (), {}),
    ("discover", (), {"seconds": 0.5}),
    ("announce", (), {"on": True}),
    ("doctor", (), {}),
    ("metrics", (), {}),
]


@pytest.mark.parametrize(("operation", "given", "named"), ASKED, ids=lambda value: str(value)[:24])
async def test_the_node_is_asked_what_the_client_was_asked(
    running: Running, client: Client, operation: str, given: tuple[Any, ...], named: dict[str, Any]
) -> None:
    answer = await getattr(client, operation)(*given, **named)

    expected = Recorder()
    await getattr(expected, operation)(*given, **named)
    assert running.surface.calls == expected.calls
    assert answer == ANSWERS[operation]
    assert type(answer) is type(ANSWERS[operation])
    assert not running.faults


async def test_a_copy_comes_whole_whatever_its_length(running: Running, client: Client) -> None:
    pieces = [piece async for piece in client.backup()]
    assert b"".join(pieces) == b"".join(bytes([number]) * 10_000 for number in range(64))
    assert running.surface.calls == [("backup", {})]


async def test_a_copy_that_breaks_off_is_never_taken_for_a_whole_one(
    running: Running, client: Client
) -> None:
    running.surface.fault = OwnerError("store", "The disk is gone.")
    with pytest.raises(OwnerError) as refused:
        _ = [piece async for piece in client.backup()]
    assert refused.value.code == "unreachable"


def test_every_operation_is_asked_above() -> None:
    own = {"backup", "happenings", "health", "description"}  # these have tests of their own
    assert {operation for operation, _, _ in ASKED} == {route.operation for route in ROUTES} - own


def test_the_client_can_stand_wherever_a_surface_is_wanted() -> None:
    surface: Surface = Client("http://127.0.0.1:1")
    assert surface is not None


NAMES = [
    *"Anna/../status a%2Fb ä€🜁 a?b=c #x % ... {peer} a+b ;v=1 %00 \\ ' \" : @ ~".split(),
    "a b",
    "x" * 256,
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
async def test_any_name_of_a_peer_arrives_as_it_is(running: Running, client: Client, name: str) -> None:
    assert await client.peer(name) == PEER
    assert await client.pause(name) == PEER
    assert [asked["peer"] for _, asked in running.surface.calls] == [name, name]


@pytest.mark.parametrize("name", ["", ".", "..", "x" * 257, "\udcff", "x" * 9_000])
async def test_what_is_no_name_never_reaches_the_node(running: Running, client: Client, name: str) -> None:
    with pytest.raises(OwnerError):
        await client.peer(name)
    with pytest.raises(OwnerError):
        await client.withdraw(name)
    assert not running.surface.calls


async def test_a_text_that_is_none_is_refused_before_it_travels(running: Running, client: Client) -> None:
    with pytest.raises(OwnerError) as caught:
        await client.say("cc33", "\udcff")
    assert caught.value.code == "invalid"
    assert not running.surface.calls


CODES = {
    "unknown": 404,
    "ambiguous": 409,
    "invalid": 400,
    "unreachable": 502,
    "full": 507,
    "busy": 503,
    "store": 503,
    "internal": 500,
    "link-text": 400,
    "content-too-large": 400,
    "bad-signature": 409,
    "closed": 409,
    "not-in-state": 409,
    "a-code-of-tomorrow": 409,
}


@pytest.mark.parametrize(("code", "status"), CODES.items())
async def test_a_refusal_of_the_node_keeps_code_and_text(
    running: Running, client: Client, way: Way, code: str, status: int
) -> None:
    running.surface.fault = OwnerError(code, "Not like this. Do that.")

    with pytest.raises(OwnerError) as caught:
        await client.rotate("cc33")
    assert (caught.value.code, caught.value.text) == (code, "Not like this. Do that.")

    answer = await way.ask("POST", "/v1/peers/cc33/rotate", b"{}")
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers.get("retry-after") == ("1" if status == 503 else None)
    assert not running.faults


@pytest.mark.parametrize(
    "fault",
    [RuntimeError("canary"), TimeoutError("canary"), ConnectionResetError("canary"), KeyError("canary")],
    ids=lambda fault: type(fault).__name__,
)
async def test_a_fault_is_told_by_a_reference_and_nothing_else(
    running: Running, client: Client, way: Way, fault: Exception
) -> None:
    running.surface.fault = fault

    answer = await way.ask("GET", "/v1/status")

    assert (answer.status, answer.code) == (500, "internal")
    assert b"canary" not in answer.body
    assert type(fault).__name__.encode() not in answer.body
    [(reference, reported)] = running.faults
    assert reported is fault
    assert msgspec.json.decode(answer.body)["reference"] == reference
    with pytest.raises(OwnerError, match=r"\([0-9a-f]{12}\)") as caught:
        await client.status()
    assert caught.value.code == "internal"

    running.surface.fault = None
    assert await client.status() == STATUS


BODIES = {
    **consenting.BODIES,
    **taking.BODIES,
    "known": b'{"peers": ["x"]}',
    "data_set": b'{"path":"profile.name","value":"Anna"}',
    "data_put": b'{"records":[]}',
    "data_take": b'{"versions":[]}',
    "data_search": b'{"text":"t"}',
    "announce": b'{"on":true}',
    "holder_ask": b'{"peer":"p"}',
    "holder_remove": b'{"peer":"p"}',
    "holder_serve": b'{"on":true}',
    "relay_serve": b'{"on":true}',
    "relay_use": b'{"relay":"r"}',
    "connect": b'{"link":"l"}',
    "counter_terms": b'{"terms":"t"}',
    "invite": b'{"purpose":"p"}',
    "proffer": b'{"peer":"p","terms":"t"}',
    "say": b'{"text":"t"}',
    "share": b'{"paths":["profile.name"]}',
}
SAID = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "server": "pcloud",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


async def test_every_answer_has_the_headers_that_a_browser_needs(running: Running, way: Way) -> None:
    await running.surface.stop()  # so that the stream of events ends
    for route in ROUTES:
        body = BODIES.get(route.operation, b"{}") if route.method == "POST" else None
        answer = await way.ask(route.method, path_of(route), body)
        assert answer.status == route.status, route
        assert answer.headers.items() >= SAID.items(), route
        assert answer.headers["content-security-policy"].startswith("default-src 'none';"), route
        assert answer.headers.get("content-type") == (None if answer.status == 204 else route.media), route
        assert not [name for name in answer.headers if name.startswith(("access-control-", "set-"))], route


async def test_no_get_changes_anything(running: Running, way: Way) -> None:
    """T45: whatever else is in the request, GET reads."""
    await running.surface.stop()
    for route in ROUTES:
        for more in ("", "?_method=POST", f"?operation={route.operation}"):
            target = path_of(route) + more
            await way.ask("GET", target, X_HTTP_Method_Override="POST", X_HTTP_Method="DELETE")
            await way.ask("GET", target, b"{}")
    assert {operation for operation, _ in running.surface.calls} == READING


def path_of(route: Route[Any]) -> str:
    return route.path.replace(f"{{{route.subject}}}", "aa11")


async def test_what_a_get_may_do_is_all_that_changes_nothing() -> None:
    got = {route.operation for route in ROUTES if route.method == "GET"}
    assert got - {"health", "description"} == READING


async def test_a_large_export_arrives_whole(running: Running, client: Client) -> None:
    running.surface.answers["export"] = bytes(8 * 2**20)
    assert await client.export("cc33") == bytes(8 * 2**20)


async def test_one_connection_serves_many_questions(running: Running, client: Client) -> None:
    for _ in range(50):
        assert await client.show_terms("ff66") == NEGOTIATION
    assert len(running.surface.calls) == 50


async def test_health_is_what_the_node_says(running: Running, way: Way) -> None:
    answer = await way.ask("GET", "/v1/health")
    assert (answer.status, answer.body) == (200, b'{"ok":true}')
    running.surface.fault = RuntimeError("the store is gone")
    assert (await way.ask("GET", "/v1/health")).status == 500


async def test_the_description_that_is_served_is_the_one_in_the_documents(way: Way) -> None:
    from pcloud.api.openapi import describe

    answer = await way.ask("GET", "/v1/openapi.json")
    assert msgspec.json.decode(answer.body) == describe()
