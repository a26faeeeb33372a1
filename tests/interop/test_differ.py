"""Two implementations compared: a seed makes its inputs, agreement is silent, a difference is told."""

import json
import random
import sys
from pathlib import Path

import pytest

from pcloud_interop.cli import main
from pcloud_interop.differ import INPUT_BYTES_MAX, OWN, Comparison, mutated, seeds
from pcloud_interop.driver import Driver, DriverError
from pcloud_interop.spec import Spec

PARROT = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    hello = {{"implementation": {name!r}, "version": "1", "profiles": [], "levels": [1]}}
    answer = {{"ok": True, **hello}} if asked["verb"] == "hello" else {answer}
    print(json.dumps(answer), flush=True)
"""
SHAPE = '{"ok": False, "stage": "form", "code": "shape"}'


def parrot(folder: Path, name: str, answer: str = SHAPE) -> Path:
    """A driver that says one thing to everything."""
    path = folder / name
    path.write_text(f"#!{sys.executable}\n" + PARROT.format(name=name, answer=answer))
    path.chmod(0o700)
    return path


def ran(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    status = main(["compare", *map(str, arguments)])
    told = capsys.readouterr()
    return status, told.out + told.err


def test_a_seed_makes_its_inputs_and_another_seed_others() -> None:
    chosen = seeds(Spec(), lambda file: file == "cbor")
    made = [[mutated(each, chosen, random.Random(seed)) for each in chosen] for seed in (1, 1, 2)]
    assert made[0] == made[1]
    assert made[0] != made[2]
    originals = {each.name: each.input for each in chosen}
    changed = [each for each in made[0] if each.input != originals[each.origin]]
    assert len(changed) > len(chosen) * 0.9


def test_a_change_keeps_the_form_of_an_input_and_leaves_own_secrets_alone() -> None:
    chosen, chance = seeds(Spec(), lambda _: True), random.Random(3)
    for seed in chosen:
        for way in seed.places:
            assert way[0] not in OWN
        made = mutated(seed, chosen, chance)
        assert made.input.keys() == seed.input.keys()
        for name in OWN & seed.input.keys():
            assert made.input[name] == seed.input[name]
        json.dumps(made.input)
    assert {each.file for each in chosen} >= {"cbor", "cose", "terms.proffer", "export", "answers"}
    assert INPUT_BYTES_MAX > 10_000


def test_two_that_agree_have_nothing_to_tell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = parrot(tmp_path, "one"), parrot(tmp_path, "other")
    status, told = ran(capsys, one, other, "--inputs", 1_200)
    assert status == 0
    assert (
        "1200 inputs, 0 accepted by both, 0 not known to one of them, 0 disagreements of one and other"
        in told
    )


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ('{"ok": True}', "ok: expected False, got True"),
        ('{"ok": False, "stage": "size", "code": "shape"}', "stage: expected 'form', got 'size'"),
        ('{"ok": False, "stage": "form", "code": "fork"}', "code: expected 'shape', got 'fork'"),
        ("1/0", "stage: expected 'form', got None"),
    ],
)
def test_a_disagreement_is_told_and_kept_as_a_case(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: str, what: str
) -> None:
    one, other, saved = parrot(tmp_path, "one"), parrot(tmp_path, "other", answer), tmp_path / "cases"
    status, told = ran(capsys, one, other, "--inputs", 12, "--only", "cbor", "--save", saved)
    assert status == 1
    assert f"12 times: cbor.check: {what}" in told
    cases = [json.loads(line) for line in saved.read_text().splitlines()]
    assert len(cases) == 12
    assert all(case["op"] == "cbor.check" and case["origin"].startswith("cbor/") for case in cases)
    assert cases[0]["one"] == {"ok": False, "stage": "form", "code": "shape"}


def test_what_one_does_not_know_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = parrot(tmp_path, "one"), parrot(tmp_path, "other", '{"ok": False, "unsupported": True}')
    status, told = ran(capsys, one, other, "--inputs", 10)
    assert (status, "10 not known to one of them, 0 disagreements" in told) == (0, True)


def test_one_that_ends_again_and_again_ends_the_comparison(tmp_path: Path) -> None:
    drivers = Driver(parrot(tmp_path, "one")), Driver(parrot(tmp_path, "other", "sys.exit(1)"))
    comparison = Comparison(drivers, seeds(Spec(), lambda file: file == "cbor"), 0)
    with pytest.raises(DriverError, match="ended"):
        list(comparison.run(1_000))
    for driver in drivers:
        driver.kill()


def test_no_file_that_fits_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = parrot(tmp_path, "one")
    assert ran(capsys, one, one, "--only", "nothing") == (2, "pcloud-interop: no vector file fits\n")
