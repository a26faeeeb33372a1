"""The words and the addresses of holders, of whom one lies and one is behind (spec 22 §5)."""

from pathlib import Path

import pytest
from tests.e2e.nodes.comeback import followed, renewed, restored, stands
from tests.e2e.nodes.copying import brought, endpoint, holds
from tests.e2e.nodes.inside import at_rest

from pcloud.runtime.recovering.finding import Copy, Fault, Words, from_holder
from pcloud.testing.home import Home, Street, loopback, quiet, texts, until


async def asked(
    home: Home, holder: Home, folder: Path, *, secret: bytes | None = None, before: int | None = None
) -> tuple[Copy | None, list[Fault]]:
    """What `pcloud recover --from` gets of one holder."""
    words = Words.of(home.secret if secret is None else secret)
    net = loopback(0, listens=False)
    try:
        return await from_holder(net, endpoint(holder), words, folder, home.clock.now(), before)
    finally:
        await net.close()


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def spoiled(holder: Home) -> None:
    """Whoever runs this holder changes a byte in all that it keeps."""
    for path in (holder.folder / "holdings").rglob("*.volume"):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(bytes(data))


async def test_of_three_holders_the_liar_is_named_and_the_newest_copy_is_taken(
    street: Street, tmp_path: Path
) -> None:
    anna, rose, carl, dora = [await street.home(name) for name in ("Anna", "Rose", "Carl", "Dora")]
    hers = {holder.name: await holds(anna, holder) for holder in (rose, carl, dora)}
    mine = {str(peer.name): peer.id for peer in await anna.owner.peers()}
    port = dora.port
    await dora.down()
    await anna.owner.say(mine["Rose"], "Two bunches of tulips, please.")
    await rose.owner.say(hers["Rose"], "They are ready.")
    await quiet(rose)

    async def sent() -> bool:
        await brought(anna, 2)
        rows = await anna.owner.holders()
        return sum(bool(row.current) for row in rows if row.place == "peer") >= 2

    await until(sent)
    await at_rest(anna, rose, carl)
    said = await texts(anna, mine["Rose"])
    await anna.down()
    dora.port = port
    await dora.up()
    spoiled(carl)

    of_rose, none = await asked(anna, rose, made(tmp_path / "rose"))
    of_carl, faults = await asked(anna, carl, made(tmp_path / "carl"))
    of_dora, nothing = await asked(anna, dora, made(tmp_path / "dora"))
    assert of_carl is None
    assert {fault.place for fault in faults} == {endpoint(carl)}
    assert none == nothing == []
    assert of_rose is not None
    assert of_dora is not None
    assert of_dora.manifest.time <= of_rose.manifest.time
    assert len(of_dora.volumes) < len(of_rose.volumes)

    first = restored(street, anna, tmp_path / "first", of_rose)
    await first.up()
    await complete(first, (rose, carl, dora), mine, hers, said)
    await first.down()

    # A second one, from the copy that was behind: the peers know the first, and the words go beyond it.
    second = restored(street, anna, tmp_path / "second", of_dora)
    await second.up()

    async def shown() -> bool:
        return len((await second.owner.recovery()).stopped) == 3

    await until(shown)
    await second.down()
    renewed(second)
    await second.up()
    await complete(second, (rose, carl, dora), mine, hers, said)


async def complete(
    owner: Home, holders: tuple[Home, ...], mine: dict[str, str], hers: dict[str, str], said: list[str]
) -> None:
    """Every relationship has followed, and everything that was said is there."""
    known = [mine[holder.name] for holder in holders]
    await followed(owner, *known)
    await quiet(owner, *holders)
    assert sorted(await texts(owner, mine["Rose"])) == sorted(said), "also what the copy did not have"
    for holder in holders:
        ours = await stands(owner, mine[holder.name])
        theirs = await stands(holder, hers[holder.name])
        assert ours.digest == theirs.digest
        assert not ours.stopped


@pytest.mark.parametrize("what", ["other words", "long ago"])
async def test_words_for_which_nothing_is_kept_find_nothing_and_no_fault(
    street: Street, tmp_path: Path, what: str
) -> None:
    anna, rose = await street.home("Anna"), await street.home("Rose")
    await holds(anna, rose)
    if what == "other words":
        found, faults = await asked(anna, rose, tmp_path, secret=bytes(32))
    else:
        found, faults = await asked(anna, rose, tmp_path, before=1_000)
    assert (found, faults) == (None, [])


async def test_a_holder_that_is_away_is_named(street: Street, tmp_path: Path) -> None:
    anna, rose = await street.home("Anna"), await street.home("Rose")
    await holds(anna, rose)
    await rose.down()
    found, faults = await asked(anna, rose, tmp_path)
    assert found is None
    assert [fault.place for fault in faults] == [endpoint(rose)]
