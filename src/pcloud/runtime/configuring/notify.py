"""Settings about telling the owner that something waits (see `config.py`)."""

from dataclasses import dataclass
from typing import Final

from pcloud.runtime.configuring.rules import ENDPOINT, FILE, MAIL_ADDRESS, MAIL_SERVER, TEXT, setting

INCOMPLETE: Final = (
    "in [notify], mail_to, mail_from and mail_server must be set all or none, and so must mail_user and "
    "mail_password, and url and secret"
)


@dataclass(frozen=True, slots=True)
class Notify:
    """How you are told that something waits for your word. How many things wait is said, and no more."""

    mail_to: str = setting("", MAIL_ADDRESS, "Where a mail goes. Empty: none is sent.")
    mail_from: str = setting("", MAIL_ADDRESS, "The sender of that mail, as your mail server takes it.")
    mail_server: str = setting(
        "",
        MAIL_SERVER,
        "Your mail server, as HOST:PORT. TLS from the first byte, on port 587 by STARTTLS; never without.",
    )
    mail_user: str = setting("", TEXT, "The name that it knows you by; empty where it asks for none.")
    mail_password: str = setting("", FILE, "A file with one line: the password for that name.")
    url: str = setting(
        "",
        ENDPOINT,
        "Where to POST how much waits. Private addresses need `reach.allow_private`; public ones are dialled "
        "on ports 443, 7012 and 8443 alone. Empty: nowhere.",
    )
    secret: str = setting(
        "",
        FILE,
        "A file with 16 to 256 bytes that only you and that system know; each POST is signed with it.",
    )

    @property
    def whole(self) -> bool:
        """Whether what belongs together is set together."""
        together = (
            (self.mail_to, self.mail_from, self.mail_server),
            (self.mail_user, self.mail_password),
            (self.url, self.secret),
        )
        return all(len({bool(value) for value in values}) == 1 for values in together)
