"""While a file is read, the bar follows the bytes, also where nothing is found for long."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pcloud.cli.transfer import bringing
from pcloud.home.importing.detecting import Wishes

MAILBOX = b"".join(b"From a\nSubject: %d\n\n%s\n\n" % (number, b"x" * 900) for number in range(2_000))


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    places: list[int] = []

    @contextmanager
    def progress(told: str, total: int | None, *, hidden: bool) -> Iterator[Callable[[int], None]]:
        assert (told, hidden) == ("a.mbox", False)
        places.append(-(total or 0))
        yield places.append

    monkeypatch.setattr("pcloud.cli.screen.progress", progress)
    return places


@pytest.mark.parametrize("data", [MAILBOX, gzip.compress(MAILBOX, 0)], ids=["plain", "packed"])
def test_the_bar_ends_where_the_file_ends(data: bytes, tmp_path: Path, moved: list[int]) -> None:
    path = tmp_path / "a.mbox"
    path.write_bytes(data)
    (source,) = bringing.sources([path], "mail", Wishes())
    assert list(bringing.read(source, hidden=False)) == []
    total, *places = moved
    assert -total == places[-1] == len(data)
    assert places == sorted(places)
    assert len(set(places)) > 4
