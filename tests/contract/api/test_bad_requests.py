"""What is not as described is refused in words, reaches no node and costs next to nothing."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import msgspec
import pytest
from tests.contract.api.running import Running
from tests.contract.api.wire import Way, read_answer

KIB_64 = 65_536
PROFFER = b'{"peer":"cc33","terms":"SD-BASE"%s}'

NOT_AS_DESCRIBED = {
    "nothing": b"",
    "white space": b" \n",
    "half": b'{"purpose":',
    "an array": b"[]",
    "null": b"null",
    "a text": b'"purpose"',
    "a number": b"7",
    "two objects": b'{"purpose":"p"} {}',
    "a byte order mark": b'\xef\xbb\xbf{"purpose":"p"}',
    "no UTF-8": b'{"purpose":"\xff\xfe"}',
    "a half surrogate": b'{"purpose":"\\ud800"}',
    "no JSON": b"{'purpose':'p'}",
    "a comment": b'{"purpose":"p"/* yes */}',
    "NaN": b'{"purpose":"p","uses":NaN}',
    "CBOR": b"\xa1gpurposeap",
    "a form": b"purpose=p",
    "a field too many": b'{"purpose":"p","colour":"red"}',
    "a field in capitals": b'{"Purpose":"p"}',
    "a field too few": b'{"role":"florist"}',
    "a field of the path": b'{"purpose":"p","invitation":"aa11"}',
    "a number for a text": b'{"purpose":7}',
    "null for a text": b'{"purpose":null}',
    "an object for a text": b'{"purpose":{}}',
    "a text for a number": b'{"purpose":"p","uses":"1"}',
    "a switch for a number": b'{"purpose":"p","uses":true}',
    "a fraction": b'{"purpose":"p","uses":1.5}',
    "none of a thing": b'{"purpose":"p","uses":0}',
    "less than none": b'{"purpose":"p","expires_s":-1}',
    "too many": b'{"purpose":"p","uses":1000001}',
    "more than a number holds": b'{"purpose":"p","expires_s":9007199254740992}',
    "a number without end": b'{"purpose":"p","expires_s":1e400}',
    "a list of numbers": b'{"purpose":"p","terms":[1]}',
    "deep arrays": b"[" * KIB_64,
    "deep objects": b'{"a":' * (KIB_64 // 5),
    "deep in a field": b'{"purpose":' + b"[" * (KIB_64 - 11),
    "deep in an unknown field": b'{"x":' + b"[" * (KIB_64 // 2) + b"]" * (KIB_64 // 2 - 6) + b"}",
    "64 KiB of zeros": bytes(KIB_64),
    "64 KiB of spaces": b" " * KIB_64,
    "64 KiB of a number": b'{"purpose":"p","uses":' + b"9" * (KIB_64 - 23) + b"}",
    "64 KiB of fields": b"{" + b",".join(b'"%d":0' % n for n in range(6_000)) + b"}",
    "64 KiB of escapes": b'{"' + b"\\u0041" * 10_000 + b'":0}',
    "64 KiB of strings": b'{"purpose":"p","terms":[' + b'"",' * 21_000 + b"0]}",
}


@pytest.mark.parametrize("body", NOT_AS_DESCRIBED.values(), ids=NOT_AS_DESCRIBED.keys())
async def test_a_body_that_is_not_as_described_is_refused(running: Running, body: bytes) -> None:
    assert len(body) <= KIB_64
    answer = await running.way("unix").ask("POST", "/v1/invitations", body)
    assert (answer.status, answer.code) == (400, "invalid")
    assert len(answer.body) < 500
    assert not running.surface.calls
    assert not running.faults


@pytest.mark.parametrize("depth", [2_000, 30_000])
async def test_a_value_of_any_form_that_is_nested_without_end_is_refused(
    running: Running, depth: int
) -> None:
    body = b'{"records":[{"path":"a","value":' + b"[" * depth + b"]" * depth + b'}],"source":"owner"}'
    answer = await running.way("unix").ask("POST", "/v1/data/many", body)
    assert (answer.status, answer.code) == (400, "invalid")
    assert not running.surface.calls
    assert not running.faults


async def test_a_bad_body_costs_no_more_memory_than_a_few_bodies(running: Running) -> None:
    way = running.way("unix")
    await way.ask("POST", "/v1/invitations", b"")
    tracemalloc.start()
    try:
        for body in NOT_AS_DESCRIBED.values():
            await way.ask("POST", "/v1/invitations", body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 2**20


async def test_the_largest_body_is_read_and_one_byte_more_is_not(running: Running, way: Way) -> None:
    text = "x" * (KIB_64 - len('{"text":""}'))
    body = msgspec.json.encode({"text": text})
    assert len(body) == KIB_64
    assert (await way.ask("POST", "/v1/peers/cc33/say", body)).status == 201
    assert running.surface.calls == [("say", {"peer": "cc33", "text": text, "thread": None})]

    answer = await way.ask("POST", "/v1/peers/cc33/say", body[:-1] + b" }")
    assert (answer.status, answer.code) == (413, "too-large")
    assert len(running.surface.calls) == 1


async def test_a_body_that_says_it_is_huge_is_not_waited_for(running: Running, way: Way) -> None:
    answer = await way.ask("POST", "/v1/invitations", b"{", Content_Length=str(10 * 2**30))
    assert (answer.status, answer.code) == (413, "too-large")
    assert not running.surface.calls


async def test_a_body_without_end_is_not_read_to_its_end(running: Running, way: Way) -> None:
    reader, writer = await way.open()
    head = way.request("POST", "/v1/invitations", b"", Content_Length=None, Transfer_Encoding="chunked")
    writer.write(head)
    for _ in range(20):
        writer.write(b"1000\r\n" + b" " * 4_096 + b"\r\n")
    answer = await read_answer(reader)
    writer.close()
    assert (answer.status, answer.code) == (413, "too-large")
    assert not running.surface.calls


@pytest.mark.parametrize(
    ("coding", "press"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", lambda body: body),
        ("identity", lambda body: body),
        ("", lambda body: body),
        ("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
    ],
)
async def test_a_compressed_body_is_not_unpacked(
    running: Running, way: Way, coding: str, press: Callable[[bytes], bytes]
) -> None:
    """T27"""
    body = press(b'{"purpose":"p"}' + b" " * 1_000)
    answer = await way.ask("POST", "/v1/invitations", body, Content_Encoding=coding)
    assert (answer.status, answer.code) == (415, "invalid")
    assert not running.surface.calls


@pytest.mark.parametrize(
    "target",
    [
        "/v1/peers?limit=0",
        "/v1/peers?limit=101",
        "/v1/peers?limit=-1",
        "/v1/peers?limit=1.5",
        "/v1/peers?limit=ten",
        "/v1/peers?limit=",
        "/v1/peers?limit=0x10",
        "/v1/peers?limit=%D9%A1",
        "/v1/peers?limit=" + "9" * 5_000,
        "/v1/peers?limit=1&limit=2",
        "/v1/peers?limit=1&limit=1",
        "/v1/peers?Limit=1",
        "/v1/peers?page=2",
        "/v1/peers?limit",
        "/v1/peers?" + "&".join(f"a{n}=1" for n in range(1_000)),
        "/v1/status?x=1",
        "/v1/status?x",
        "/v1/peers/cc33/log?before=-1",
        "/v1/peers/cc33/log?before=9007199254740992",
        "/v1/events?after=-1",
        "/v1/peers/" + "x" * 257,
    ],
    ids=lambda target: target[:40],
)
async def test_a_query_that_is_not_as_described_is_refused(running: Running, target: str) -> None:
    answer = await running.way("unix").ask("GET", target)
    assert (answer.status, answer.code) == (400, "invalid")
    assert not running.surface.calls


async def test_what_belongs_in_the_body_is_not_taken_from_the_query(running: Running, way: Way) -> None:
    assert (await way.ask("POST", "/v1/invitations?purpose=p", b"{}")).status == 400
    assert (await way.ask("POST", "/v1/invitations?purpose=p", b'{"purpose":"p"}')).status == 400
    assert (await way.ask("DELETE", "/v1/invitations/aa11?x=1")).status == 400
    assert (await way.ask("DELETE", "/v1/invitations/aa11", b"{}")).status == 400
    assert (await way.ask("GET", "/v1/peers", b'{"limit":1}')).status == 400
    assert not running.surface.calls


async def test_a_field_that_stands_twice_counts_as_it_stands_last(running: Running, way: Way) -> None:
    """RFC 8259 section 4 leaves it open; there is one reader here, so nobody else reads it otherwise."""
    assert (await way.ask("POST", "/v1/contacts", b'{"link":"a","link":"b"}')).status == 201
    assert running.surface.calls == [("connect", {"link": "b"})]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "TRACE", "POST", "BREW"])
async def test_a_method_that_is_not_in_the_table_is_told_which_are(
    running: Running, way: Way, method: str
) -> None:
    answer = await way.ask(method, "/v1/status", b"{}" if method == "POST" else None)
    assert answer.status in {400, 405}  # of some, the reader of HTTP knows that there are none
    if answer.status != 400:
        assert answer.headers["allow"] == "GET"
    assert not running.surface.calls


NO_HTTP = {
    "noise": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n",
    "length and chunks": b"POST /v1/contacts HTTP/1.1\r\n%sContent-Type: application/json\r\n"
    b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST /v1/contacts HTTP/1.1\r\n%sContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a length with a sign": b"POST /v1/contacts HTTP/1.1\r\n%sContent-Length: +2\r\n\r\n{}",
    "a folded header": b"GET /v1/status HTTP/1.1\r\n%sX-A: a\r\n b\r\n\r\n",
    "a space in a name": b"GET /v1/status HTTP/1.1\r\n%sX A: a\r\n\r\n",
    "a NUL": b"GET /v1/status HTTP/1.1\r\n%sX-A: a\0b\r\n\r\n",
    "a bare return": b"GET /v1/status HTTP/1.1\r\n%sX-A: \rTransfer-Encoding: chunked\r\n\r\n",
    "a long line": b"GET /v1/status?" + b"x" * 9_000 + b" HTTP/1.1\r\n%s\r\n",
    "a long header": b"GET /v1/status HTTP/1.1\r\n%sX-A: " + b"x" * 9_000 + b"\r\n\r\n",
    "many headers": b"GET /v1/status HTTP/1.1\r\n%s" + b"X-A: a\r\n" * 100 + b"\r\n",
    "a long method": b"G" * 1_000 + b" /v1/status HTTP/1.1\r\n%s\r\n",
    "another version": b"GET /v1/status HTTP/3.0\r\n%s\r\n",
}


@pytest.mark.parametrize("data", NO_HTTP.values(), ids=NO_HTTP.keys())
async def test_what_is_no_http_is_refused_without_its_own_words(
    running: Running, way: Way, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    own = "".join(f"{name}: {value}\r\n" for name, value in way.headers.items()).encode()
    reader, writer = await way.open()
    writer.write(data.replace(b"%s", own))
    answer = await read_answer(reader)
    assert await reader.read() == b""
    writer.close()
    assert (answer.status, answer.code) == (400, "invalid")
    assert answer.headers["server"] == "pcloud"
    assert len(answer.body) < 200
    assert not running.surface.calls
    assert not caplog.records


async def test_an_expectation_changes_nothing(running: Running, way: Way) -> None:
    answer = await way.ask("POST", "/v1/contacts", b'{"link":"a"}', Expect="the unexpected")
    assert answer.status == 417
    assert answer.headers["server"] == "pcloud"
    assert not running.surface.calls
