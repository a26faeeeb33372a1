"""Settings about the owner's page (see `config.py`)."""

from dataclasses import dataclass
from typing import Literal

from pcloud.runtime.config_rules import PORT, SERVED, setting


@dataclass(frozen=True, slots=True)
class Page:
    """The page that shows your node in a browser."""

    serve: Literal["here", "off"] = setting(
        "here", SERVED, "Whether there is a page for browsers on this machine."
    )
    port: int = setting(
        7013,
        PORT,
        "Its port on loopback. Where another program has taken it, or with 0, any that is free is used.",
    )
