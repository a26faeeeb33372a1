"""The passphrase opens the page, a few wrong ones close its door for a while, and it is asked for again."""

import pytest
from tests.unit.web.visiting import PASSPHRASE, Browser, Served, serve

from pcloud.ambient.fixed import FixedClock
from pcloud.runtime.surface import OwnerError
from pcloud.testing.home import Home
from pcloud.vault.memory import MemoryVault
from pcloud.vault.port import DamagedVaultError, Secrets
from pcloud.web.passphrases import CONFIRMED_S, WAIT_S_FIRST, WAIT_S_MAX, WRONG_MAX, Passphrases, Tries

DAY = 86_400


async def test_a_wrong_passphrase_lets_nobody_in(stranger: Browser) -> None:
    seen = await stranger.post("/enter", {"passphrase": "not the one at all"})

    assert seen.status == 403
    assert "That is not your passphrase." in seen.text
    assert (await stranger.get("/")).to == "/enter"


async def test_neither_does_an_empty_or_an_endless_one(stranger: Browser) -> None:
    for given in ("", "x" * 5_000, "\ud800"):
        fields = {"passphrase": given.encode(errors="replace").decode()}
        assert (await stranger.post("/enter", fields)).status == 403
    assert (await stranger.get("/")).to == "/enter"


async def test_the_passphrase_lets_in(stranger: Browser) -> None:
    assert (await stranger.post("/enter", {"passphrase": PASSPHRASE})).to == "/"
    assert (await stranger.get("/")).status == 200


async def test_after_a_few_wrong_ones_not_even_the_right_one_is_looked_at(
    served: Served, stranger: Browser
) -> None:
    for _ in range(WRONG_MAX):
        await stranger.post("/enter", {"passphrase": "wrong"})
    seen = await stranger.post("/enter", {"passphrase": PASSPHRASE})

    assert seen.status == 403
    assert "Too many wrong passphrases" in seen.text
    assert (await stranger.get("/")).to == "/enter"
    # Whoever can read the folder comes in all the same: a stranger cannot lock the owner out.
    async with await served.owner() as owner:
        assert (await owner.get("/")).status == 200


async def test_the_wait_grows_to_a_bound_and_ends() -> None:
    clock, vault, tries = FixedClock(), MemoryVault(), Tries()
    vault.create("the right one")
    keys = Passphrases(vault, clock)
    waits = []
    for _ in range(WRONG_MAX + 8):
        assert not await keys.check("a wrong one", tries)
        waits.append(max(0, tries.not_before - clock.since_boot()))
        await clock.advance(waits[-1])

    assert waits[: WRONG_MAX + 1] == [0] * (WRONG_MAX - 1) + [WAIT_S_FIRST, 2 * WAIT_S_FIRST]
    assert waits[-1] == WAIT_S_MAX
    assert await keys.check("the right one", tries)
    assert tries.wrong == 0


@pytest.mark.parametrize("jump_s", [-400 * DAY, 400 * DAY])
async def test_a_clock_that_is_set_makes_no_wait_longer_or_shorter(jump_s: int) -> None:
    clock, vault, tries = FixedClock(), MemoryVault(), Tries()
    vault.create("the right one")
    keys = Passphrases(vault, clock)
    for _ in range(WRONG_MAX):
        await keys.check("a wrong one", tries)
    clock.jump(jump_s)
    with pytest.raises(OwnerError, match=f"Wait {WAIT_S_FIRST} seconds"):
        await keys.check("the right one", tries)
    await clock.advance(WAIT_S_FIRST)
    assert await keys.check("the right one", tries)


async def test_what_was_confirmed_is_so_for_its_minutes_whatever_a_clock_says_that_was_set(
    anna: Home,
) -> None:
    clock, wanted = FixedClock(anna.clock.now()), "/settings/copies/file"
    served = await serve(anna, clock)
    async with await served.owner() as owner:
        assert (await owner.post("/confirm", {"to": wanted, "passphrase": PASSPHRASE})).to == wanted
        for jump_s in (-400 * DAY, 800 * DAY):
            clock.jump(jump_s)
            assert (await owner.raw(wanted)).status == 200
        await clock.advance(CONFIRMED_S)
        assert (await owner.get(wanted)).to == f"/confirm?to={wanted}"
    await served.server.stop()
    assert served.faults == []


async def test_a_damaged_vault_is_no_wrong_passphrase() -> None:
    class Damaged(MemoryVault):
        def open(self, passphrase: str) -> Secrets:
            raise DamagedVaultError("The vault is damaged.")

    tries = Tries()
    with pytest.raises(OwnerError) as refusal:
        await Passphrases(Damaged(), FixedClock()).check("anything", tries)
    assert refusal.value.code == "store"
    assert tries.wrong == 0


async def test_what_matters_most_is_confirmed_in_this_visit_and_leads_back(owner: Browser) -> None:
    seen = await owner.get("/confirm?to=/settings/devices")
    assert 'value="/settings/devices"' in seen.text

    assert (await owner.post("/confirm", {"to": "/settings/devices", "passphrase": "no"})).status == 403
    given = {"to": "/settings/devices", "passphrase": PASSPHRASE}
    assert (await owner.post("/confirm", given)).to == "/settings/devices"


@pytest.mark.parametrize(
    "to", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:1", "/\t/x"]
)
async def test_confirming_leads_nowhere_else(owner: Browser, to: str) -> None:
    assert (await owner.post("/confirm", {"to": to, "passphrase": PASSPHRASE})).to == "/"


async def test_too_many_wrong_ones_end_the_visit(owner: Browser) -> None:
    for _ in range(WRONG_MAX - 1):
        assert (await owner.post("/confirm", {"to": "/", "passphrase": "no"})).status == 403
    assert (await owner.post("/confirm", {"to": "/", "passphrase": "no"})).to == "/enter?ended"
    assert (await owner.get("/")).to == "/enter"


async def test_a_stranger_confirms_nothing(stranger: Browser) -> None:
    assert (await stranger.get("/confirm")).to == "/enter?ended"
    assert (await stranger.post("/confirm", {"passphrase": PASSPHRASE})).to == "/enter?ended"


async def test_who_was_on_the_way_somewhere_is_brought_there(stranger: Browser) -> None:
    refused = await stranger.get("/terms/compare?one=SD-BASE&other=PDC-AI")
    assert refused.to == "/enter?ended&to=%2Fterms%2Fcompare%3Fone%3DSD-BASE%26other%3DPDC-AI"
    wrong = await stranger.post("/enter", {"to": "/terms/compare?one=SD-BASE", "passphrase": "no"})
    assert wrong.status == 403
    assert 'name="to" value="/terms/compare?one=SD-BASE"' in wrong.text
    came = await stranger.post("/enter", {"to": "/terms/compare?one=SD-BASE", "passphrase": PASSPHRASE})
    assert came.to == "/terms/compare?one=SD-BASE"


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil", "/a\n", "evil", "/é"])
async def test_coming_in_leads_nowhere_else(stranger: Browser, to: str) -> None:
    assert (await stranger.post("/enter", {"to": to, "passphrase": PASSPHRASE})).to == "/"
