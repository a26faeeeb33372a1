"""Settings about the owner's page (see `config.py`)."""

from dataclasses import dataclass
from typing import Literal

from pcloud.runtime.configuring.rules import ADDRESS_OR_NONE, PORT, SERVED, setting


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
    lan_host: str = setting(
        "",
        ADDRESS_OR_NONE,
        "The address on your network under which your other devices find the page, once you let it be served "
        "there (`pcloud page --lan`). Give this machine a fixed one. Empty: the one it has now.",
    )
    lan_port: int = setting(
        7014,
        PORT,
        "The port of that. With 0 any that is free is used, and devices are paired anew after each start.",
    )
