"""The suite itself: what counts as what, what it says of drivers that do not answer, that it stands alone."""

import html.parser
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from pcloud_interop.cli import main
from pcloud_interop.driver import Driver, DriverError
from pcloud_interop.found import Implementation, Run, Subject
from pcloud_interop.report.page import page
from pcloud_interop.result import Check, Chosen, Expected, ExpectedError, Outcome, Result
from pcloud_interop.run import introduce
from pcloud_interop.spec import Spec, written_out
from pcloud_interop.vectors import compare, run_vectors, same

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "interop/suite"

HELLO = {
    "ok": True,
    "implementation": "tiny",
    "version": "1",
    "protocol": 1,
    "profiles": ["reader"],
    "levels": [1],
    "verbs": ["hello"],
}
TINY = """
import json, sys
HELLO = {hello!r}
for line in sys.stdin.buffer:
    if not line.strip():
        continue
    try:
        asked = json.loads(line)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        answer = {{"ok": False, "stage": "form", "code": "shape"}}
    elif asked.get("verb") == "hello":
        answer = HELLO
    else:
        answer = {{"ok": False, "unsupported": True}}
    {extra}
    print(json.dumps(answer), flush=True)
"""


def tiny(folder: Path, extra: str = "") -> Path:
    """A driver that knows nothing but how to say what it is."""
    path = folder / "driver"
    path.write_text(f"#!{sys.executable}\n" + TINY.format(hello=HELLO, extra=extra or "pass"))
    path.chmod(0o700)
    return path


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = main(["run", *arguments, "--quiet"])
    told = capsys.readouterr()
    return status, told.out + told.err


# What counts as what


def test_what_a_driver_does_not_know_is_not_implemented_and_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, told = ran(capsys, str(tiny(tmp_path)), "--only", "1/cbor/*", "--only", "2/relay/*")
    assert status == 0, told
    assert re.search(r"02-notation +0/127 127 not done", told)
    assert re.search(r"traces +0/24 24 not done", told)
    assert "profiles claimed: reader; earned in this run: none" in told


def test_a_live_story_that_a_driver_does_not_know_is_not_implemented(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, told = ran(capsys, str(tiny(tmp_path)), "--only", "3/meeting/two-owners-meet")
    assert (status, "tiny          0/1 1 not done" in told) == (0, True), told


def test_a_wrong_answer_is_a_failure_and_is_told_with_its_rules(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = 'answer = {"ok": True, "value": "7"} if asked and asked.get("verb") == "cbor.check" else answer'
    status, told = ran(capsys, str(tiny(tmp_path, wrong)), "--only", "1/cbor/integer-0-in-*")
    assert status == 1
    assert "failed: 1/cbor/integer-0-in-two-bytes (tiny) [CBOR-3]: ok: expected False, got True" in told


def test_what_is_known_to_fail_stands_beside_the_driver_until_it_passes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = 'answer = {"ok": True} if asked and asked.get("verb") == "cbor.check" else answer'
    driver, known = tiny(tmp_path, wrong), tmp_path / "expected-failures.csv"
    known.write_text("check,reason\n1/cbor/integer-0-*,the reader is loose\n")
    assert ran(capsys, str(driver), "--only", "1/cbor/integer-0-in-two-bytes")[0] == 0
    known.write_text("check,reason\n1/manners/*,it was rude once\n")
    status, told = ran(capsys, str(driver), "--only", "1/manners/blank*")
    assert status == 1
    assert "passed against expectation: 1/manners/blank-lines-are-skipped" in told


def test_a_known_failure_needs_its_reason(tmp_path: Path) -> None:
    (tmp_path / "expected-failures.csv").write_text("check,reason\n1/cbor/*,\n")
    with pytest.raises(ExpectedError, match="needs a check and a reason"):
        Expected(tmp_path)


def test_a_live_story_may_be_known_to_fail_in_one_role(tmp_path: Path) -> None:
    (tmp_path / "expected-failures.csv").write_text("check,reason\n3/talking/*@host,no port yet\n")
    failed = Result(Check(3, "18-conversation", "talking", "words"), Outcome.FAILED)
    known = Expected(tmp_path)
    assert known.judge(failed, "host").outcome is Outcome.EXPECTED
    assert known.judge(failed, "guest") == failed
    assert known.judge(failed) == failed


def test_nothing_known_changes_what_was_not_implemented(tmp_path: Path) -> None:
    (tmp_path / "expected-failures.csv").write_text("check,reason\n*,anything\n")
    result = Result(Check(1, "c", "p", "n"), Outcome.NOT_IMPLEMENTED)
    assert Expected(tmp_path).judge(result) == result


@pytest.mark.parametrize(
    ("wanted", "got", "equal"),
    [
        (1, True, False),
        (0, False, False),
        (1, 1.0, False),
        ([True], [1], False),
        ({"a": 1}, {"a": True}, False),
        ([1], [1, 2], False),
        ("1", 1, False),
        (None, None, True),
        ({"a": [1, "b"]}, {"a": [1, "b"]}, True),
    ],
)
def test_values_are_equal_as_json_is(wanted: object, got: object, equal: bool) -> None:  # noqa: FBT001 - a table
    assert same(wanted, got) is equal


def test_more_members_do_no_harm_and_one_too_few_does() -> None:
    check = Check(1, "c", "p", "n")
    assert compare(check, {"ok": True}, {"ok": True, "more": 1}).outcome is Outcome.PASSED
    assert compare(check, {"ok": True, "id": None}, {"ok": True}).outcome is Outcome.FAILED
    assert compare(check, {"code": "shape"}, {"ok": False, "code": "fork"}).outcome is Outcome.FAILED


def test_the_short_form_of_a_long_byte_string_is_written_out() -> None:
    assert written_out({"prefix": "aa", "fill": "00", "count": 3, "suffix": "bb"}) == "aa000000bb"
    assert written_out({"prefix": "aa"}) == {"prefix": "aa"}


def test_checks_are_chosen_by_level_and_pattern() -> None:
    check = Check(2, "traces", "relay", "01-relationship.request")
    assert check in Chosen()
    assert check in Chosen(["2/relay/*"], [2])
    assert check not in Chosen(["2/relay/*"], [1])
    assert check not in Chosen(["1/*"])


# Drivers that do not answer


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ("sys.stderr.write('out of tea'); sys.exit(3)", "the driver ended: out of tea"),
        ("print('what?', flush=True); continue", "gave a line that is no JSON"),
        ("print('[1]', flush=True); continue", "gave a line that is no object with ok"),
        ("import time; time.sleep(60)", "gave no answer in time"),
    ],
)
def test_a_driver_that_does_not_answer_is_told_from_one_that_refuses(
    tmp_path: Path, extra: str, told: str
) -> None:
    driver = Driver(tiny(tmp_path, extra), answer_s_max=2)
    with pytest.raises(DriverError, match=told):
        driver.ask("hello")
    driver.kill()


def test_a_line_that_nobody_asked_for_is_no_answer_to_the_next_question(tmp_path: Path) -> None:
    driver = Driver(tiny(tmp_path, "print(json.dumps(answer), flush=True)"))
    with pytest.raises(DriverError, match=r"gave more than one line|gave a line that nobody had asked for"):
        [driver.ask("hello") for _ in range(1_000)]
    driver.kill()


def test_one_that_ends_again_and_again_is_not_asked_for_ever(tmp_path: Path) -> None:
    counted = f"open({str(tmp_path / 'asked')!r}, 'a').write('x'); sys.exit(1)"
    results = list(run_vectors(Driver(tiny(tmp_path, counted)), Spec(), Chosen(["1/cbor/*"])))
    assert len(results) == 127
    assert {result.outcome for result in results} == {Outcome.FAILED}
    assert (tmp_path / "asked").read_text() == "x" * 5


def test_an_answer_longer_than_a_pipe_and_a_question_too(tmp_path: Path) -> None:
    driver = Driver(tiny(tmp_path, 'answer = {"ok": True, "size": len(line), "much": "x" * 2_000_000}'))
    answer = driver.ask("vector", case="y" * 2_000_000)
    assert (len(answer["much"]), answer["size"] > 2_000_000) == (2_000_000, True)
    assert driver.close() == 0


def test_a_driver_that_is_killed_is_started_again(tmp_path: Path) -> None:
    driver = Driver(tiny(tmp_path))
    driver.ask("hello")
    driver.kill()
    assert driver.ask("hello")["ok"]
    driver.kill()


def test_what_is_no_driver_ends_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = ran(capsys, str(tmp_path / "nothing"))
    assert (status, "cannot be started" in told) == (2, True)
    status, told = ran(capsys, str(tiny(tmp_path)), "--only", "7/*")
    assert (status, "no check fits" in told) == (2, True)
    status, told = ran(capsys, str(tiny(tmp_path)), "--spec", str(tmp_path))
    assert (status, "no folder vectors" in told) == (2, True)


def test_what_says_nothing_of_itself_is_no_driver(tmp_path: Path) -> None:
    driver = Driver(tiny(tmp_path, 'answer = {"ok": True}'))
    with pytest.raises(DriverError, match="does not say what it is"):
        introduce(driver)
    driver.kill()


# Profiles and the report


def counted(outcomes: dict[str, Outcome]) -> Subject:
    results = [Result(Check(1, chapter, "p", "n"), outcome, "<b>&") for chapter, outcome in outcomes.items()]
    return Subject(Implementation("tiny <1>", "1", (1,), ("reader", "sealer", "node")), tuple(results))


NODE = ["02-a", "03-a", "04-a", "05-a", "06-a", "07-a", "08-a", "09-a", "18-a", "19-a", "traces"]


def passed(names: Sequence[str]) -> dict[str, Outcome]:
    return dict.fromkeys(names, Outcome.PASSED)


def test_a_profile_is_earned_by_all_of_its_chapters_and_no_less() -> None:
    assert counted(passed(NODE)).earned() == ("reader", "sealer", "node")
    assert counted(passed(NODE[:2])).earned() == ("reader",)
    assert counted(passed(NODE[:-1])).earned() == ("reader", "sealer"), "the traces belong to a node"
    for outcome in set(Outcome) - {Outcome.PASSED}:
        assert counted({**passed(NODE), "08-a": outcome}).earned() == ("reader", "sealer")
        assert counted({**passed(NODE), "02-a": outcome}).earned() == ()


def test_a_profile_that_nobody_claims_is_not_earned() -> None:
    whole = counted(passed(NODE))
    modest = whole._replace(implementation=whole.implementation._replace(claimed=("reader", "services")))
    assert modest.passed() == ("reader", "sealer", "node")
    assert modest.earned() == ("reader",)


class Tags(html.parser.HTMLParser):
    """Which tags a page opens, and whether each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not {name for name, _ in attrs} & {"src", "href", "onload", "onclick"}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_shows_what_drivers_say_as_text() -> None:
    found = Run((counted({**passed(NODE), "08-a": Outcome.FAILED}),), ())
    text = page(found, "today")
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert not tags.seen & {"script", "link", "img", "iframe", "b"}
    assert "tiny &lt;1&gt;" in text
    assert "&lt;b&gt;&amp;" in text
    assert "http" not in text


def test_the_report_is_written_where_it_is_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.html"
    status, _ = ran(capsys, str(tiny(tmp_path)), "--only", "1/manners/*", "--report", str(report))
    assert status == 0
    assert report.read_text().startswith("<!doctype html>")


# It stands alone


def test_the_suite_knows_no_implementation() -> None:
    faults = [
        f"{path.relative_to(SUITE)}: {found.group()}"
        for path in sorted((SUITE / "pcloud_interop").rglob("*.py"))
        for found in re.finditer(
            r"(?i)\bimport pcloud\b|from pcloud[. ]|pcloud-python|typescript|src/pcloud", path.read_text()
        )
    ]
    assert not faults, "\n".join(faults)


def test_installed_by_itself_it_brings_what_it_compares_with(tmp_path: Path) -> None:
    place, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    elsewhere.mkdir()
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
    ]
    subprocess.run([*pip, "--target", str(place), str(SUITE)], check=True, capture_output=True, timeout=120)
    environment = {"PYTHONPATH": str(place), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-S", "-m", "pcloud_interop", "run", str(tiny(tmp_path)), "--quiet"]
    done = subprocess.run(
        [*command, "--only", "1/cbor/*"],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "0/127 127 not done" in done.stdout
    shipped = {path.name for path in (place / "pcloud_interop/spec/vectors").glob("*.json")}
    assert shipped == {path.name for path in (ROOT / "spec/vectors").glob("*.json")}


def test_every_command_of_a_story_stands_in_the_contract() -> None:
    contract = (ROOT / "interop/DRIVER.md").read_text()
    folders = [SUITE / "pcloud_interop" / name for name in ("live", "hostile")]
    told = "".join(path.read_text() for folder in folders for path in sorted(folder.rglob("*.py")))
    commands = set(re.findall(r'\.(?:tell|cannot|perhaps|rows)\(\s*"([a-z-]+)"', told))
    assert len(commands) > 20
    assert [
        name for name in sorted(commands) if f"| `{name}` |" not in contract and f"`{name}`" not in contract
    ] == []


def test_every_command_of_the_contract_is_known_to_the_driver_of_this_checkout() -> None:
    listed = (ROOT / "interop/DRIVER.md").read_text().partition("### Commands")[2]
    commands = sorted(re.findall(r"^\| `([a-z-]+)` \|", listed, re.MULTILINE))
    driver = Driver(ROOT / "interop/drivers/python")
    assert driver.ask("hello")["commands"] == commands
    assert json.dumps(commands)
    assert driver.close() == 0
