"""What every source of randomness promises."""

import pytest

from pcloud.ambient.fixed import SeededEntropy
from pcloud.ambient.port import Entropy
from pcloud.ambient.system import system_entropy


@pytest.fixture(params=["system", "seeded"])
def draw(request: pytest.FixtureRequest) -> Entropy:
    return system_entropy if request.param == "system" else SeededEntropy("a seed")


@pytest.mark.parametrize("size", [1, 12, 16, 24, 32, 1_000])
def test_as_many_bytes_come_as_were_asked_for(draw: Entropy, size: int) -> None:
    drawn = draw(size)
    assert type(drawn) is bytes
    assert len(drawn) == size


def test_nothing_is_drawn_twice(draw: Entropy) -> None:
    assert len({draw(16) for _ in range(1_000)}) == 1_000


def test_nothing_is_a_part_of_what_was_drawn_before(draw: Entropy) -> None:
    assert draw(32)[:8] != draw(8)


def test_no_bytes_are_no_bytes(draw: Entropy) -> None:
    assert draw(0) == b""


def test_less_than_nothing_is_refused(draw: Entropy) -> None:
    with pytest.raises(ValueError, match="negative"):
        draw(-1)
