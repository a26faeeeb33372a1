"""[DISC-34] [DISC-35]: a right over data that the other side has."""

import pytest
from tests.unit.engine.probe import DAY
from tests.unit.features.disclosure.conftest import ANNA, NAME, Shared

from pcloud.engine.retry import withdraw_items
from pcloud.errors import Code
from pcloud.features.disclosure.rights import DisclosureRights
from pcloud.features.relationship.close import RelationshipClose
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.testing.node import exchange


@pytest.mark.parametrize("right", ["access", "portability", "erasure"])
def test_a_right_is_claimed_even_after_the_end_of_the_relationship(shared: Shared, right: str) -> None:
    """[DISC-35] [GATE-4]"""
    shared.does(shared.shop, RelationshipClose("none"), shared.shop.thread)
    thread = shared.does(shared.anna, DisclosureRights(right, ("receipts/*",), shared.now + 30 * DAY))
    assert shared.data(thread) == {"right": right}
    assert shared.shop.told[-1] == Tell("disclosure.claimed", thread)
    assert (DisclosureRights.GATE, DisclosureRights.MARK) == (Gate.RELATED, Mark.RESTRICTS)


def test_a_correction_brings_the_right_value(shared: Shared) -> None:
    """[DISC-34]"""
    shared.does(shared.anna, DisclosureRights("correction", (NAME,)), None, (ANNA,))
    shared.say(shared.anna, DisclosureRights("correction", (NAME,)), None, (ANNA,))
    shared.anna.log.put(withdraw_items(shared.anna.log.sequence(mine=True)[-1]))
    exchange(shared.anna, shared.shop, *shared.anna.frames())
    assert shared.shop.log.sequence(mine=False)[-1].verdict == "applied", "one that is gone is no fault"


@pytest.mark.parametrize(
    ("right", "paths", "items"),
    [
        ("access", None, (ANNA,)),
        ("erasure", (NAME,), (ANNA,)),
        ("correction", None, ()),
        ("correction", (NAME,), ()),
        ("correction", (NAME,), (ANNA, ANNA)),
        ("correction", (NAME,), (b"\xf6",)),
        ("correction", ("receipts/*",), (ANNA,)),
    ],
)
def test_items_belong_to_a_correction_and_to_nothing_else(
    shared: Shared, right: str, paths: tuple[str, ...] | None, items: tuple[bytes, ...]
) -> None:
    """[DISC-34]"""
    shared.refuses(shared.shop, DisclosureRights(right, paths), None, items, code=Code.BODY_FORM)
