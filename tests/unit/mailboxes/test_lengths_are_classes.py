"""(T43) What a relay is given to keep has a Padmé length and one of a few overheads, whatever is said."""

import random
from pathlib import Path

import pytest
from tests.contract.mailboxes.bodies import Box, sqlite
from tests.unit.engine.probe import pair

from pcloud.features.conversation.say import ConversationSay
from pcloud.limits import FRAME_BYTES_MAX, PADDED_BYTES_MIN, SAY_BYTES_MAX, SESSION_AGE_S_MAX
from pcloud.mailboxes.port import Quota
from pcloud.testing.node import Node, exchange
from pcloud.wire import cbor
from pcloud.wire.padding import padded_length

TAG_BYTES = 16
CLASSES = {padded_length(size) for size in range(PADDED_BYTES_MIN, FRAME_BYTES_MAX)}
OVERHEADS = {36, *range(1_212, 1_217)}
"""Around the ciphertext of a frame: without a start block, and with one and the numbers in it."""


def ciphertext(frame: bytes) -> bytes:
    data = cbor.decode_list(frame)[-1]
    assert isinstance(data, bytes)
    return data


def said(node: Node, text: str) -> bytes:
    message, items = ConversationSay.pack(text)
    return node.say(message, None, items)


@pytest.mark.parametrize("seed", range(3))
def test_every_length_that_is_kept_is_of_a_class(tmp_path: Path, seed: int) -> None:
    two, dice = pair(), random.Random(seed)
    lengths = [1, SAY_BYTES_MAX, *(dice.randint(1, SAY_BYTES_MAX) for _ in range(20))]
    body = sqlite(tmp_path)
    body.again(Quota())
    box = Box("a")
    body.do(*box.opening())
    for length in lengths:
        two.clock.now += dice.choice((60, SESSION_AGE_S_MAX + 1))  # a new session now and then
        frame = said(two.anna, "x" * length)
        body.do(box.put(frame))
        exchange(two.anna, two.shop, frame)
    kept = [frame for _, frame in body.frames(box)]
    assert len(kept) == len(lengths)
    assert {len(ciphertext(frame)) - TAG_BYTES for frame in kept} <= CLASSES
    assert {len(frame) - len(ciphertext(frame)) for frame in kept} <= OVERHEADS
    body.close()


def test_the_classes_are_few() -> None:
    assert len(CLASSES) < 130
