"""The one way to the owner's own mail server: over TLS or not at all, and to nobody else."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, localtime, make_msgid
from pathlib import Path
from typing import Final, NamedTuple

from pcloud.net.port import UnreachableError
from pcloud.net.tls import client_context

SUBMISSION_PORT: Final = 587
"""Where TLS begins with STARTTLS (RFC 6409); elsewhere with the first byte (RFC 8314 section 3.3)."""
MAIL_S_MAX: Final = 20.0
"""For each answer of the server."""


class Mailbox(NamedTuple):
    """What the owner has set: the server, and between whom."""

    server: str
    sender: str
    to: str
    user: str = ""
    password: Path | None = None

    def __repr__(self) -> str:
        """Without addresses: what is printed ends in logs."""
        return "Mailbox()"


class Mailer:
    """Sends short texts to the owner. The server is the owner's word, no stranger's: any may be dialled."""

    def __init__(self, mailbox: Mailbox, authorities: Path | None) -> None:
        """`authorities`: further ones as PEM, as for peers."""
        self._mailbox, self._authorities = mailbox, authorities

    async def send(self, subject: str, text: str) -> None:
        """Send it, once. Raises UnreachableError where the server did not take it, without what it said."""
        try:
            await asyncio.to_thread(self._send, subject, text)
        except (OSError, smtplib.SMTPException, ValueError) as fault:
            raise UnreachableError(f"the mail server did not take it ({type(fault).__name__})") from None

    def _send(self, subject: str, text: str) -> None:
        box = self._mailbox
        host, _, port = box.server.rpartition(":")
        tls = client_context(self._authorities)
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = subject, box.sender, box.to
        message["Date"] = format_datetime(localtime())
        message["Message-ID"] = make_msgid(domain=box.sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence answers it
        message.set_content(text)
        with _opened(host.strip("[]"), int(port), tls) as server:
            if box.user and box.password is not None:
                server.login(box.user, box.password.read_text().strip())
            server.send_message(message)


def _opened(host: str, port: int, tls: ssl.SSLContext) -> smtplib.SMTP:
    """A connection that nobody else reads. Raises OSError, SMTPException."""
    if port != SUBMISSION_PORT:
        return smtplib.SMTP_SSL(host, port, timeout=MAIL_S_MAX, context=tls)
    server = smtplib.SMTP(host, port, timeout=MAIL_S_MAX)
    try:
        server.starttls(context=tls)
    except BaseException:
        server.close()
        raise
    return server
