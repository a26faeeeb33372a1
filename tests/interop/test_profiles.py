"""Profiles: each is data that fits what there is; who does all of it conforms, who lacks a thing does not."""

import re
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from pcloud_interop import __version__, profiles
from pcloud_interop.cli import main
from pcloud_interop.commands import running
from pcloud_interop.commands.status import BAD, GOOD
from pcloud_interop.found import Alone, Attacked, Implementation, Run, Subject, Told
from pcloud_interop.hostile.attack import ATTACKS
from pcloud_interop.hostile.run import attacks
from pcloud_interop.jobs import results
from pcloud_interop.live.run import checks
from pcloud_interop.profiles import Judgement, Profile, ProfileError, judge, read
from pcloud_interop.report.badge import Shown, badge
from pcloud_interop.result import Check, Chosen, Outcome, Result
from pcloud_interop.spec import VERSION, Spec

ROOT = Path(__file__).parents[2]
DRIVER = ROOT / "interop" / "drivers" / "python"
SHOWN = Shown("shop <1>", "0.3", VERSION, __version__, "2027-01-31")
SMALL = Profile(
    "small",
    "Small",
    "Does little.",
    (1, 3),
    "host",
    ("02",),
    ("handshake",),
    ("invite",),
    ("meeting/*",),
    ("hostile-order/*",),
)
VECTOR, TRACE = Check(1, "02-notation", "cbor", "one"), Check(2, "traces", "handshake", "01")
STORY, ATTACK = (
    Check(3, "07-relationship", "meeting", "two"),
    Check(3, "05-messages", "hostile-order", "fork"),
)


def shop(**outcomes: Outcome) -> Run:
    """A run with one driver, which passes everything but what is said otherwise."""
    passed = {
        "vector": Outcome.PASSED,
        "trace": Outcome.PASSED,
        "story": Outcome.PASSED,
        "attack": Outcome.PASSED,
    }
    passed |= outcomes
    known = Implementation("shop", "0.3", (1, 2, 3), ("node",), ("invite", "accept"))
    alone = Result(VECTOR, passed["vector"]), Result(TRACE, passed["trace"])
    told = (Told(0, 0, Result(STORY, passed["story"])),)
    return Run(
        (Subject(known, alone),), told, (Attacked(0, "host", Result(ATTACK, passed["attack"], "seen")),)
    )


@pytest.mark.parametrize("name", profiles.names())
def test_a_profile_names_only_what_there_is(name: str) -> None:
    profile, spec = read(name), Spec()
    chapters = {file.chapter[:2] for file in spec.vectors()}
    assert set(profile.chapters) <= chapters
    assert profile.role in {"guest", "host"}
    contract = (ROOT / "interop/DRIVER.md").read_text()
    assert [each for each in profile.commands if f"| `{each}` |" not in contract] == []
    stories = [f"{each.part}/{each.name}" for each in checks()]
    played = [f"{each.part}/{each.name}" for each in ATTACKS if profile.role in each.roles]
    traces = [trace.name for trace in spec.traces()]
    for patterns, known in ((profile.stories, stories), (profile.attacks, played), (profile.traces, traces)):
        for pattern in patterns:
            assert any(fnmatchcase(each, pattern) for each in known), f"{name}: {pattern} fits nothing"
    assert attacks.__all__, "the attacks are known where their package is imported"


def test_every_profile_has_a_line_on_the_page() -> None:
    page = (ROOT / "interop/profiles/README.md").read_text()
    assert profiles.names() == ["holder", "person", "relay", "vendor"]
    for name in profiles.names():
        assert f"[`{name}`]({name}.toml)" in page


def test_who_does_everything_conforms() -> None:
    judgement = judge(SMALL, shop(), 0, whole=True)
    assert (judgement.conforms, judgement.passed, judgement.reasons) == (True, 4, ())


@pytest.mark.parametrize("what", ["vector", "trace", "story", "attack"])
@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.PASSED}))
def test_one_thing_that_did_not_pass_is_a_reason(what: str, outcome: Outcome) -> None:
    judgement = judge(SMALL, shop(**{what: outcome}), 0, whole=True)
    assert not judgement.conforms
    assert [reason for reason in judgement.reasons if str(outcome) in reason]


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        (replace(SMALL, levels=(4,)), "level 4 is not done"),
        (replace(SMALL, commands=("invite", "erase")), "commands that the driver does not know: erase"),
        (replace(SMALL, chapters=("02", "03")), "the vectors of chapter 03 were not run"),
        (replace(SMALL, stories=("data/*",)), "checks data/* were not run"),
        (replace(SMALL, attacks=("hostile-terms/*",)), "checks hostile-terms/* were not run"),
        (replace(SMALL, traces=("relay",)), "traces relay were not run"),
        (replace(SMALL, role="guest"), "checks hostile-order/* were not run"),
    ],
)
def test_what_was_not_run_is_a_reason(profile: Profile, reason: str) -> None:
    assert reason in judge(profile, shop(), 0, whole=True).reasons


def test_a_part_of_a_run_is_no_proof() -> None:
    assert judge(SMALL, shop(), 0, whole=False).reasons == (profiles.PART,)


@pytest.mark.parametrize("part", [["--quick"], ["--only", "1/cbor/*"], ["--level", "1"], ["--attack", "x"]])
def test_who_leaves_something_out_gets_no_badge(
    part: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run itself gives what a node that passes everything would get."""
    monkeypatch.setattr(running, "read", lambda _: SMALL)
    monkeypatch.setattr(running, "run", lambda *_: shop())
    options = ["run", "--profile", "small", "--badge", str(tmp_path / "badge.svg"), "--quiet"]
    assert main([*options, str(DRIVER)]) == GOOD
    (tmp_path / "badge.svg").unlink()
    capsys.readouterr()
    assert main([*options, *part, str(DRIVER)]) == BAD
    assert profiles.PART in capsys.readouterr().out
    assert not (tmp_path / "badge.svg").exists()


def test_what_another_driver_did_counts_for_nobody_else() -> None:
    alone = shop()
    both = Run(
        (alone.subjects[0], alone.subjects[0]), (*alone.told, Told(1, 0, Result(STORY, Outcome.FAILED)))
    )
    assert any("failed: 3/meeting/two" in reason for reason in judge(SMALL, both, 0, whole=True).reasons)
    assert not any("failed" in reason for reason in judge(SMALL, both, 1, whole=True).reasons)


def test_a_profile_that_is_none_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(ROOT / "interop/drivers/python"), "--profile", "bank"]) == 2
    assert "no profile bank; there are holder, person, relay, vendor" in capsys.readouterr().err
    whole = (ROOT / "interop/profiles/relay.toml").read_text()
    (tmp_path / "odd.toml").write_text(whole.replace("title =", "tittle ="))
    monkeypatch.setattr(profiles, "folder", lambda: tmp_path)
    with pytest.raises(ProfileError, match="title, tittle"):
        read("odd")


# The badge


def test_the_badge_stands_alone_and_says_by_what_it_was_earned() -> None:
    text = badge(Judgement(SMALL, 0, 4, ()), SHOWN)
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"<(script|image|style|foreignObject)|href|on[a-z]+=", text)
    for told in ("shop &lt;1&gt;", "profile small", "level 3", VERSION, __version__, "2027-01-31"):
        assert told in text


def test_there_is_no_badge_for_who_does_not_conform() -> None:
    with pytest.raises(AssertionError):
        badge(Judgement(SMALL, 0, 4, ("failed",)), SHOWN)


def test_the_versions_are_those_of_the_files() -> None:
    own = tomllib.loads((ROOT / "interop/suite/pyproject.toml").read_text())
    assert own["project"]["version"] == __version__
    newest = re.search(
        r"^## Version (\S+), (draft \d+)", (ROOT / "spec/CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert newest is not None
    assert f"{newest[1]} {newest[2]}" == VERSION


# What is run, and at the same time


def test_a_quick_run_draws_the_same_checks_for_a_pair_and_others_for_another() -> None:
    quick, whole = Chosen(one_in=8), Chosen()
    drawn = {by: {each for each in checks() if quick.drawn(each, by)} for by in ("a b", "b a", "a a", "b b")}
    assert all(whole.drawn(each, "a b") for each in checks())
    assert len({frozenset(each) for each in drawn.values()}) > 1
    assert all(drawn[by] == {each for each in checks() if quick.drawn(each, by)} for by in drawn)
    of_all = [each for each in ATTACKS if quick.drawn(each.check, "a host")]
    assert len(ATTACKS) // 16 < len(of_all) < len(ATTACKS) // 4


def test_jobs_give_what_they_have_and_a_fault_is_not_lost() -> None:
    def counted(first: int) -> Iterator[Alone]:
        for place in range(3):
            yield Alone(first + place, Result(VECTOR, Outcome.PASSED))

    def broken() -> Iterator[Alone]:
        yield Alone(9, Result(VECTOR, Outcome.PASSED))
        raise ProfileError("out of tea")

    found = results([lambda: counted(0), lambda: counted(10)], at_once=2)
    assert sorted(each.subject for each in found) == [0, 1, 2, 10, 11, 12]
    assert list(results([], at_once=2)) == []
    with pytest.raises(ProfileError, match="out of tea"):
        list(results([broken, lambda: counted(0)], at_once=1))
