"""Requests to the open port of a node, from whoever finds it (chapter 13). No answer says anything."""

import re
from collections.abc import Callable
from functools import partial
from typing import Final

from pcloud_interop.hostile.attack import Scene, Shows, attack
from pcloud_interop.hostile.ground import Ground
from pcloud_interop.hostile.raw import (
    LINK,
    PACKET_BYTES_MAX,
    PACKETS,
    SERVICE,
    TYPE,
    Answer,
    get,
    post,
    reset,
    sent,
    upgrade,
)
from pcloud_interop.hostile.wire.secrets import fresh
from pcloud_interop.live.node import MismatchError

CHAPTER: Final = "13-transport"
INVITATIONS: Final = "/pcloud/1/invitations/"
CANARY: Final = "canary-of-the-attacker"
NOBODY: Final = "rebound.attacker.example"
MISSING: Final = 404
RESETS: Final = 30

carrier = partial(attack, CHAPTER, shows=Shows.CARRIER, scene=Scene.STRANGERS)


def _refused(ground: Ground, data: bytes, *statuses: int) -> None:
    """Require one of these statuses, an empty body but for 404, and nothing of what was sent."""
    answer = sent(ground, data)
    if answer.status not in statuses:
        raise MismatchError(
            f"it has to be answered {' or '.join(map(str, statuses))}, and is {answer.status}"
        )
    if answer.body and answer.status != MISSING:
        raise MismatchError("a refusal has to be without a body")
    if CANARY.encode() in answer.data:
        raise MismatchError("the answer repeats what was sent")
    if answer.data.count(b"HTTP/1.1 ") > 1:
        raise MismatchError("one request has two answers")


def _case(name: str, what: str, rules: str, status: int, make: Callable[[Ground], bytes], *also: int) -> None:
    """One request and the statuses that refuse it."""

    def play(ground: Ground) -> None:
        _refused(ground, make(ground), status, *also)

    play.__name__, play.__doc__ = name.replace("-", "_"), what
    carrier(rules, refused=f"carrier {status}")(play)


@carrier("TRANSPORT-9", refused="carrier 202")
def a_mailbox_that_never_was_is_answered_like_one_that_is(ground: Ground) -> None:
    """Noise to an invented mailbox, and the same to one of the node: both get the same bytes."""
    boxes = [fresh(16), ground.invitation.mailbox if ground.invitation else fresh(16)]
    answers = [sent(ground, post(ground, "Connection: close", body=box + bytes(4))).data for box in boxes]
    if answers[0] != answers[1] or Answer(answers[0]).status != 202:
        raise MismatchError("the answers differ, or are not 202")


@carrier("TRANSPORT-20 TRANSPORT-26", refused="carrier 404")
def a_blob_that_never_was_is_answered_like_a_path_that_nobody_defined(ground: Ground) -> None:
    """An invented blob, an invented path, a card that is not published: all get the same bytes."""
    paths = (INVITATIONS + "A" * 22, f"/{CANARY}", "/.well-known/pcloud")
    answers = {sent(ground, get(ground, path, "Connection: close")).data for path in paths}
    if len(answers) != 1 or Answer(next(iter(answers))).status != 404:
        raise MismatchError("the answers differ, or are not 404")


_case("a-packet-by-put", "PUT.", "TRANSPORT-7", 405, lambda g: post(g).replace(b"POST", b"PUT", 1))
_case(
    "a-packet-without-a-length",
    "No Content-Length.",
    "TRANSPORT-7",
    411,
    lambda g: post(g, body=b"", length=None),
)
_case(
    "a-packet-in-chunks",
    "A chunked body.",
    "TRANSPORT-7",
    411,
    lambda g: post(g, "Transfer-Encoding: chunked", length=None, body=b"4\r\nabcd\r\n0\r\n\r\n"),
)
_case(
    "a-packet-with-two-lengths",
    "Two that differ.",
    "TRANSPORT-25",
    400,
    lambda g: post(g, "Content-Length: 5"),
)
_case(
    "a-packet-with-one-length-twice",
    "The same one twice.",
    "TRANSPORT-25",
    400,
    lambda g: post(g, "Content-Length: 20"),
)
_case(
    "a-packet-with-a-length-and-in-chunks",
    "Both, so that two servers see two requests.",
    "TRANSPORT-25",
    400,
    lambda g: post(g, "Transfer-Encoding: chunked", body=b"0\r\n\r\nGET /canary HTTP/1.1\r\n\r\n"),
)
_case(
    "a-packet-in-a-coding-that-is-almost-chunked",
    "`xchunked`.",
    "TRANSPORT-25",
    400,
    lambda g: post(g, "Transfer-Encoding: xchunked"),
    411,
)
_case("a-length-with-a-sign", "`+20`.", "TRANSPORT-25", 400, lambda g: post(g, length="+20"))
_case("a-length-in-another-base", "`0x14`.", "TRANSPORT-25", 400, lambda g: post(g, length="0x14"))
_case("a-length-below-nothing", "`-1`.", "TRANSPORT-25", 400, lambda g: post(g, length="-1"))
_case(
    "a-packet-longer-than-any-may-be",
    "By its Content-Length; nothing of it is sent.",
    "TRANSPORT-10",
    413,
    lambda g: post(g, length=str(PACKET_BYTES_MAX + 1), body=b""),
)
_case(
    "a-packet-as-large-as-a-disk",
    "A length of twenty digits.",
    "TRANSPORT-10",
    413,
    lambda g: post(g, length="9" * 20, body=b""),
    400,
)
_case(
    "a-packet-of-sixteen-bytes",
    "A mailbox and no frame.",
    "TRANSPORT-4",
    400,
    lambda g: post(g, length="16", body=bytes(16)),
)
_case("a-packet-of-another-type", "JSON.", "TRANSPORT-6", 415, lambda g: post(g, typ="application/json"))
_case(
    "a-packet-with-a-parameter",
    "A charset.",
    "TRANSPORT-6",
    415,
    lambda g: post(g, typ=f"{TYPE}; charset=utf-8"),
)
_case(
    "a-packet-that-is-to-be-unpacked",
    "gzip, as of a bomb.",
    "TRANSPORT-6",
    415,
    lambda g: post(g, "Content-Encoding: gzip"),
)
_case(
    "a-packet-that-waits-to-be-invited",
    "Expect.",
    "TRANSPORT-7",
    417,
    lambda g: post(g, "Expect: 100-continue"),
)
_case(
    "a-page-that-calls-the-node-by-its-own-name",
    "A Host of somebody else: DNS rebinding.",
    "TRANSPORT-23",
    421,
    lambda g: get(g, "/", host=NOBODY),
)
_case(
    "a-page-that-calls-the-node-in-absolute-form",
    "The same in the target.",
    "TRANSPORT-23",
    421,
    lambda g: get(g, f"http://{NOBODY}/"),
)
_case(
    "a-request-as-to-a-proxy",
    "The node's own name, in a target in absolute form.",
    "TRANSPORT-23",
    421,
    lambda g: get(g, f"http://{g.node.listen}/"),
)
_case("a-request-to-nobody", "No Host.", "TRANSPORT-25", 400, lambda g: get(g, "/", host=None))
_case("a-request-to-two", "Two Hosts.", "TRANSPORT-25", 400, lambda g: get(g, "/", f"Host: {NOBODY}"))
_case(
    "a-head-of-very-many-lines",
    "Sixty-five and more.",
    "TRANSPORT-24",
    431,
    lambda g: get(g, "/", *(f"X-{number}: 1" for number in range(80))),
)
_case(
    "a-head-with-a-very-long-line",
    "More than 8,190 bytes.",
    "TRANSPORT-24",
    431,
    lambda g: get(g, "/", "X-Long: " + "x" * 8_200),
)
_case(
    "a-head-that-does-not-end",
    "More than 16,384 bytes.",
    "TRANSPORT-24",
    431,
    lambda g: get(g, "/", *(f"X-{number}: {'x' * 1_000}" for number in range(20))),
)
_case(
    "a-line-that-is-folded",
    "A header over two lines.",
    "TRANSPORT-25",
    400,
    lambda g: get(g, "/", "X-Folded: one", " two"),
)
_case(
    "a-line-that-ends-in-another-way",
    "A bare LF.",
    "TRANSPORT-25",
    400,
    lambda g: get(g, "/", "X-Bare: 1").replace(b"X-Bare: 1\r\n", b"X-Bare: 1\n"),
)
_case(
    "a-line-with-something-hidden",
    "A NUL in a value.",
    "TRANSPORT-25",
    400,
    lambda g: get(g, "/", "X-Nul: a\x00b"),
)
_case(
    "a-name-with-a-space-behind-it",
    "A space before the colon.",
    "TRANSPORT-25",
    400,
    lambda g: get(g, "/", "Transfer-Encoding : chunked"),
)
_case(
    "a-request-of-another-age",
    "HTTP/1.0.",
    "TRANSPORT-7",
    400,
    lambda g: post(g).replace(b"HTTP/1.1", b"HTTP/1.0"),
)
_case(
    "a-path-with-a-question",
    "A query.",
    "TRANSPORT-20",
    404,
    lambda g: get(g, f"/.well-known/pcloud?{CANARY}"),
)
_case(
    "a-path-that-means-another",
    "Dots in another coding.",
    "TRANSPORT-20",
    404,
    lambda g: get(g, "/pcloud/1/invitations/%2e%2e/%2e%2e/link"),
)
_case("a-link-that-is-not-to-be-one", "No upgrade.", "TRANSPORT-14", 426, lambda g: get(g, LINK))
_case(
    "a-link-of-another-version",
    "WebSocket 12.",
    "TRANSPORT-14",
    426,
    lambda g: upgrade(g, "Sec-WebSocket-Protocol: pcloud.1", version=12),
)
_case(
    "a-link-for-another-protocol",
    "No subprotocol of ours.",
    "TRANSPORT-14",
    400,
    lambda g: upgrade(g, "Sec-WebSocket-Protocol: chat"),
)
_case(
    "a-link-without-a-key",
    "No Sec-WebSocket-Key; the answer does not say so.",
    "TRANSPORT-7 TRANSPORT-26",
    400,
    lambda g: re.sub(rb"Sec-WebSocket-Key: [^\r]+\r\n", b"", upgrade(g, "Sec-WebSocket-Protocol: pcloud.1")),
)


@carrier("TRANSPORT-21 TRANSPORT-23", refused="carrier 421")
def an_upgrade_that_is_reset_while_it_is_refused(ground: Ground) -> None:
    """Upgrades under a foreign name, each connection reset at once: the node goes on for all others."""
    for _ in range(RESETS):
        reset(ground, get(ground, LINK, "Connection: Upgrade", "Upgrade: websocket", host=NOBODY))


_case(
    "an-upgrade-that-belongs-elsewhere",
    "At the path of packets.",
    "TRANSPORT-7",
    400,
    lambda g: upgrade(g, "Sec-WebSocket-Protocol: pcloud.1", path=PACKETS),
    405,
)
_case(
    "a-service-that-nobody-gives",
    "A service line to a node that serves nothing.",
    "TRANSPORT-34",
    404,
    lambda g: upgrade(g, "Sec-WebSocket-Protocol: pcloud.service.1", path=SERVICE),
)
