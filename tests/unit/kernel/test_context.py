"""What a check may know: the parties as they are, and nothing that a message could have put there."""

import pytest

from pcloud.kernel.context import Act, Context, Me, They
from pcloud.kernel.gate import Evidence
from pcloud.kernel.message import Message
from pcloud.wire.keys import SigningKey


def test_a_context_is_five_fields_and_does_not_change() -> None:
    me = Me(bytes(32), "person", SigningKey.from_seed(bytes(32)))
    ctx = Context(0, bytes, me, They(bytes(32), "organisation", bytes(32)), Evidence())
    assert len(ctx) == 5
    assert me.nonce == b""
    with pytest.raises(AttributeError):
        ctx.now = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        Evidence().agreements[b""] = None  # type: ignore[index]


def test_an_act_has_no_items_unless_they_came() -> None:
    assert Act(Message(), bytes(32), bytes(32), (bytes(32),), 0, 0, 1, 0).items == ()
