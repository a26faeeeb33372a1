"""The examples of the chapter, as bytes, and what is published, header by header."""

import re
from pathlib import Path

from tests.unit.net.raw import listening

from pcloud.net.packet import CARD_PATH, INVITATIONS_PATH, write_mailbox
from pcloud.net.port import Packet

CHAPTER = (Path(__file__).parents[3] / "spec/13-transport.md").read_text()


async def test_the_request_of_the_chapter_gets_the_answer_of_the_chapter() -> None:
    """[TRANSPORT-6], [TRANSPORT-9]"""
    request, answer = re.findall(r"```http\n(.*?)```", CHAPTER, re.DOTALL)
    mailbox, frame = (
        bytes.fromhex(text) for text in re.findall(r"`([0-9a-f]{32})` ‖ `([0-9a-f]+)`", CHAPTER)[0]
    )
    async with listening(endpoints=("https://node.example",)) as node:
        head = request.replace("\n", "\r\n").encode() + b"\r\n"
        told = await node.ask(head + mailbox + frame + node.last())
        assert node.took == [Packet(mailbox, frame)]
    lines = told.data.decode().split("\r\n")
    assert lines[0] == answer.splitlines()[0]
    assert set(answer.splitlines()) <= set(lines)


async def test_every_packet_gets_the_same_bytes() -> None:
    """[TRANSPORT-9]: whatever mailbox, whatever frame."""
    async with listening() as node:
        answers = set()
        for body in (bytes(17), b"\xff" * 17, b"m" * 65_552, b"m" * 16 + b"\x84\x01\x50"):
            told = await node.ask(node.post(body=body) + node.last())
            first = told.data.split(b"HTTP/1.1 404")[0]
            answers.add(re.sub(rb"Date: [^\r]+", b"Date: now", first))
        assert len(answers) == 1
        assert len(node.took) == 4


async def test_a_blob_and_a_card_are_octets_that_nobody_keeps() -> None:
    """[TRANSPORT-16], [TRANSPORT-17]"""
    async with listening() as node:
        node.taker.blobs[b"m" * 16] = b"<script>blob</script>"
        node.taker.published = b"card"
        for path, kind, body in (
            (
                f"{INVITATIONS_PATH}/{write_mailbox(b'm' * 16)}",
                b"application/octet-stream",
                b"<script>blob</script>",
            ),
            (CARD_PATH, b'application/cose; cose-type="cose-sign1"', b"card"),
        ):
            told = await node.ask(
                node.head(f"GET {path} HTTP/1.1", "Connection: close", "Accept-Encoding: gzip")
            )
            assert told.statuses == [200]
            head, _, shown = told.data.partition(b"\r\n\r\n")
            assert shown == body
            fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
            assert fields.pop(b"Date")
            assert fields == {
                b"Server": b"pcloud",
                b"Content-Type": kind,
                b"Content-Length": str(len(body)).encode(),
                b"Cache-Control": b"no-store",
                b"X-Content-Type-Options": b"nosniff",
                b"Connection": b"close",
            }


async def test_there_is_one_404() -> None:
    """[TRANSPORT-16], [TRANSPORT-17], [TRANSPORT-20]"""
    async with listening() as node:
        node.taker.blobs[b"m" * 16] = b"blob"
        known = write_mailbox(b"m" * 16)
        paths = [
            CARD_PATH,
            f"{CARD_PATH}/",
            f"{INVITATIONS_PATH}/{'A' * 22}",
            f"{INVITATIONS_PATH}/{known}=",
            f"{INVITATIONS_PATH}/{known}?x",
            f"{INVITATIONS_PATH}/{known}/",
            f"{INVITATIONS_PATH}/%{ord(known[0]):x}{known[1:]}",
            f"{INVITATIONS_PATH}/x/{known}",
            f"{INVITATIONS_PATH}//{known}",
            f"{INVITATIONS_PATH}/",
            INVITATIONS_PATH,
            "/",
            "/index.html",
            "/metrics",
            "/robots.txt",
        ]
        answers = set()
        for path in paths:
            told = await node.ask(node.head(f"GET {path} HTTP/1.1", "Connection: close"))
            assert told.statuses == [404], path
            answers.add(re.sub(rb"Date: [^\r]+", b"Date: now", told.data))
        assert len(answers) == 1


async def test_a_post_elsewhere_is_the_same_404() -> None:
    """[TRANSPORT-20]"""
    async with listening() as node:
        told = await node.ask(node.post(start="POST /pcloud/1/packet HTTP/1.1") + node.last())
        assert told.statuses == [404, 404]
        assert not node.took
