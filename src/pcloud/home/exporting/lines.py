"""Lines of vCard and iCalendar: escaped, and folded (RFC 5545, RFC 6350)."""

import re
from typing import Any, Final

from icalendar import vText
from icalendar.parser import Contentline

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def text(value: Any) -> str:
    """A text as it stands in a line. Control characters have no place in one."""
    bare = _CONTROLS.sub("", str(value).replace("\r\n", "\n").replace("\r", "\n"))
    return str(vText(bare).to_ical().decode())


def line(name: str, value: str, *parameters: tuple[str, str]) -> bytes:
    """One line; the value stands as it is given, without line ends."""
    head = "".join(f';{key}="{_parameter(told)}"' for key, told in parameters if told)
    bare = _CONTROLS.sub("", value).replace("\n", " ")
    folded = Contentline(f"{name}{head}:{bare}").to_ical()  # type: ignore[no-untyped-call]  # it has no types yet
    return bytes(folded) + b"\r\n"


def _parameter(told: str) -> str:
    return _CONTROLS.sub("", told).replace('"', "'").replace("\n", " ")
