"""Random histories of an owner's data: what is shown is what a plain model says, on both stores."""

import random
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from pcloud.runtime.recording.views import Put, Record
from pcloud.runtime.surface import OwnerError
from pcloud.testing.home import Home, Street, Village

STEPS = 120
PATHS = [
    *("profile.name", "profile.name.x-art", "profile.x-names", "x-a", "x-a/1", "x-a/2", "x-a.b", "x-a-b"),
    *("receipts/a", "receipts/b", "receipts/B"),
]
WORDS = ["tulips", "Rosen", "für", "FÜR", "1990", "a", "b"]


@pytest.fixture(params=["memory", "file"])
async def anna(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    town: Village | Street = Village() if request.param == "memory" else Street(tmp_path)
    yield await town.home("Anna")
    await town.clear()
    shutil.rmtree(tmp_path)


class Model:
    """All that was ever set: by path, a list of values; None where it was deleted or let go of."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.versions: dict[str, list[Any]] = {}
        self.came: list[str] = []

    def standing(self, path: str) -> Any:
        return (self.versions.get(path) or [None])[-1]

    def value(self) -> Any:
        words = self.random.choices(WORDS, k=self.random.randrange(1, 4))
        return self.random.choice([" ".join(words), {"name": words[0], "orderNumber": words[-1]}])

    def put(self, path: str, value: Any) -> str:
        """What becomes of it."""
        if self.standing(path) == value:
            return "same"
        if path not in self.versions:
            self.came.append(path)
        outcome = "new" if self.standing(path) is None else "changed"
        self.versions.setdefault(path, []).append(value)
        return outcome

    def delete(self, path: str, *, keep_history: bool) -> None:
        known = self.versions[path]
        self.versions[path] = [*(known if keep_history else [None] * len(known)), None]


def paths(records: list[Record]) -> list[str]:
    return [each.path for each in records]


def allowed(path: str, value: Any) -> bool:
    """Whether the kind of the path takes it; the model knows no kinds."""
    if path.startswith("receipts"):
        return isinstance(value, dict)
    return not path.startswith("profile.name") or isinstance(value, str) or "name" in value


async def step(anna: Home, model: Model) -> None:
    owner, path, value = anna.owner, model.random.choice(PATHS), model.value()
    roll = model.random.random()
    if roll < 0.5 and allowed(path, value):
        before = len(model.versions.get(path, ()))
        outcome = model.put(path, value)
        record = await owner.data_set(path, value)
        assert record.version == before + (outcome != "same"), "the number rises by one"
        assert record.changed is (outcome != "same")
    elif roll < 0.75:
        wanted = [Put(each, model.value()) for each in model.random.choices(PATHS, k=6)]
        wanted = [each for each in wanted if allowed(each.path, each.value)]
        expected = [model.put(each.path, each.value) for each in wanted]
        assert [each.outcome for each in await owner.data_put(wanted)] == expected
    elif roll < 0.95:
        keep = model.random.random() < 0.5
        if model.standing(path) is None:
            with pytest.raises(OwnerError):
                await owner.data_delete(path, keep_history=keep)
        else:
            model.delete(path, keep_history=keep)
            assert (await owner.data_delete(path, keep_history=keep)).value is None
    else:
        await anna.down()
        await anna.up()


async def agrees(anna: Home, model: Model) -> None:
    """Histories, lists and searches are those of the model."""
    owner = anna.owner
    for path, values in model.versions.items():
        history = await owner.data_history(path)
        assert [each.version for each in history] == list(range(len(values), 0, -1))
        assert [each.value for each in history] == values[::-1]
    standing = sorted(path for path in model.versions if model.standing(path) is not None)
    assert paths(await owner.data_list()) == standing
    for prefix in ("profile", "profile.name", "x-a", "receipts/", "x-a-b"):
        bare = prefix.rstrip("/")
        below = [each for each in standing if each == bare or each.startswith((f"{bare}.", f"{bare}/"))]
        assert paths(await owner.data_list(prefix=prefix)) == below
    for word in WORDS:
        said = [path for path in reversed(model.came) if word.casefold() in words(model.standing(path))]
        found = await owner.data_search(word)
        assert sorted(paths(found)) == sorted(said)
        assert all(each.value == model.standing(each.path) for each in found)


def words(value: Any) -> list[str]:
    parts = value.values() if isinstance(value, dict) else [value or ""]
    return [word.casefold() for part in parts for word in part.split()]


@pytest.mark.parametrize("seed", range(4))
async def test_what_an_owner_sees_is_what_was_set(anna: Home, seed: int) -> None:
    model = Model(seed)
    for number in range(STEPS):
        await step(anna, model)
        if number % 10 == 0:
            await agrees(anna, model)
    await agrees(anna, model)
    assert any(None in values for values in model.versions.values())
    assert not await anna.node.decider.do(lambda batch: batch.store.check())
