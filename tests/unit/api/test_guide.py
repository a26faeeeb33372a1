"""The guide says what the code does."""

import re
from pathlib import Path

from pcloud.api.connection import Bounds
from pcloud.api.problems import status_of
from pcloud.api.requests import PAGE_MAX
from pcloud.api.routes import HAPPENINGS
from pcloud.runtime.surface import OwnerError

GUIDE = (Path(__file__).parents[3] / "docs/api.md").read_text()


def test_every_status_that_a_code_leads_to_is_in_the_table() -> None:
    told = OwnerError.__doc__ or ""
    codes = set(re.findall(r"`([a-z]+)`", told)) - {"code"}
    assert {"unknown", "full", "busy"} <= codes
    for code in codes:
        [line] = [
            line for line in GUIDE.splitlines() if re.match(rf"\| {int(status_of(code))} \|.*`{code}`", line)
        ]
        assert line


def test_every_number_in_it_is_that_of_the_code() -> None:
    bounds = Bounds()
    for told in (
        f"{bounds.connections_max} connections at each door",
        f"headers within {bounds.idle_s_max:.0f} seconds, a body within {bounds.body_s_max:.0f}",
        f"an answer taken within {bounds.write_s_max:.0f}",
        f"does not read for {bounds.write_s_max:.0f} seconds",
        f"every {bounds.beat_s:.0f} seconds",
        f"at most {PAGE_MAX}",
        HAPPENINGS.path,
    ):
        assert told in GUIDE, told


def test_its_program_is_one() -> None:
    [program] = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    compile(program, "docs/api.md", "exec")
