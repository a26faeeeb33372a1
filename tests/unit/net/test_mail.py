"""Mail to the owner: over TLS or not at all, and nothing that a server says comes back."""

import asyncio
import email
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.policy import default
from pathlib import Path

import pytest
from tests.contract.net.worlds import Certificate

from pcloud.net.mail import Mailbox, Mailer
from pcloud.net.port import UnreachableError
from pcloud.net.tls import server_context

ANNA, NODE = "anna@example.org", "node@example.org"
SECRET_WORD = "what the server says"


@dataclass
class PostOffice:
    """A mail server that speaks as much SMTP as one letter needs (RFC 5321)."""

    port: int = 0
    refuses: str = ""
    """The command that it refuses."""
    heard: list[str] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())

        say("220 here")
        while line := (await reader.readline()).decode().rstrip():
            self.heard.append(line)
            word = line.split()[0].upper()
            if word == self.refuses:
                say(f"550 {SECRET_WORD}")
            elif word == "EHLO":
                say("250-here\r\n250 AUTH PLAIN")
            elif word == "AUTH":
                say("235 yes")
            elif word == "DATA":
                say("354 go on")
                letter = await reader.readuntil(b"\r\n.\r\n")
                self.letters.append(letter.decode())
                say("250 taken")
            elif word == "QUIT":
                say("221 bye")
                break
            else:
                say("250 yes")
        writer.close()


@pytest.fixture
async def office(certificate: Certificate) -> AsyncIterator[PostOffice]:
    office = PostOffice()
    context = server_context(certificate.chain, certificate.key)
    server = await asyncio.start_server(office.serve, "127.0.0.1", 0, ssl=context)
    office.port = server.sockets[0].getsockname()[1]
    yield office
    server.close()


def mailbox(port: int, password: Path | None = None) -> Mailbox:
    return Mailbox(f"127.0.0.1:{port}", NODE, ANNA, "anna" if password else "", password)


async def test_a_letter_arrives_as_it_was_written(office: PostOffice, certificate: Certificate) -> None:
    await Mailer(mailbox(office.port), certificate.chain).send("Something waits", "1 question waits.\n")

    (letter,) = office.letters
    read = email.message_from_string(letter, policy=default)
    assert (read["From"], read["To"], read["Subject"]) == (NODE, ANNA, "Something waits")
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Message-ID"].endswith("@example.org>")
    assert "1 question waits." in letter
    assert not any(line.startswith("AUTH") for line in office.heard)


async def test_the_name_and_password_are_given_only_over_tls(
    office: PostOffice, certificate: Certificate, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text("a secret\n")
    await Mailer(mailbox(office.port, password), certificate.chain).send("a", "b")

    assert len(office.letters) == 1
    assert any(line.startswith("AUTH PLAIN") for line in office.heard)


async def test_a_server_whose_certificate_nobody_vouches_for_learns_nothing(office: PostOffice) -> None:
    with pytest.raises(UnreachableError):
        await Mailer(mailbox(office.port), None).send("a", "b")
    assert (office.heard, office.letters) == ([], [])


async def test_a_server_without_tls_learns_nothing(certificate: Certificate, tmp_path: Path) -> None:
    office, password = PostOffice(), tmp_path / "password"
    password.write_text("a secret\n")
    server = await asyncio.start_server(office.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(UnreachableError):
        await Mailer(mailbox(port, password), certificate.chain).send("a", "b")
    server.close()
    assert office.letters == []
    assert not any("AUTH" in line for line in office.heard)


@pytest.mark.parametrize("word", ["EHLO", "AUTH", "MAIL", "RCPT", "DATA"])
async def test_what_a_server_says_when_it_refuses_is_not_repeated(
    word: str, office: PostOffice, certificate: Certificate, tmp_path: Path
) -> None:
    office.refuses = word
    password = tmp_path / "password"
    password.write_text("a secret\n")
    with pytest.raises(UnreachableError) as refusal:
        await Mailer(mailbox(office.port, password), certificate.chain).send("a", "b")
    assert SECRET_WORD not in str(refusal.value)
    assert ANNA not in str(refusal.value)
    assert office.letters == []


async def test_a_password_that_is_gone_is_a_letter_that_is_not_sent(
    office: PostOffice, certificate: Certificate, tmp_path: Path
) -> None:
    with pytest.raises(UnreachableError):
        await Mailer(mailbox(office.port, tmp_path / "none"), certificate.chain).send("a", "b")
    assert office.letters == []


def test_a_mailbox_shows_nothing_of_itself() -> None:
    assert ANNA not in repr(mailbox(465))
