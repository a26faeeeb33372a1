"""Settings about data of others that a node holds (see `config.py`)."""

from dataclasses import dataclass
from typing import Literal

from pcloud.runtime.configuring.rules import CONFIRM, ENDPOINT, FILE, setting, whole


@dataclass(frozen=True, slots=True)
class Taking:
    """Data of others that this node holds."""

    confirm: Literal["node", "owner"] = setting(
        "node",
        CONFIRM,
        "Who tells a peer that its data were taken over: this node as soon as it has them, or the owner, "
        "whose own systems say it with `pcloud confirm` or through the API.",
    )
    backup_days: int = setting(
        35,
        whole(0, 3_660),
        "How many days copies are kept that you make yourself, of this node's folder or of systems that "
        "use its data. Peers are told that what was deleted is gone by then; the node's own copies count "
        "by themselves.",
    )


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a system of your own is told at once what happens to data of others. No value is in it."""

    url: str = setting(
        "",
        ENDPOINT,
        "Where to POST it. Private addresses need `reach.allow_private`; public ones are dialled on ports "
        "443, 7012 and 8443 alone. Empty: nowhere.",
    )
    secret: str = setting(
        "",
        FILE,
        "A file with 16 to 256 bytes that only you and that system know; each message is signed with it.",
    )
