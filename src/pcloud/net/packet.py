"""What stands on the wire of the transport: packets as bytes, paths, media types (spec 13 §2, §3, §5)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Final

from pcloud.errors import Code, UsageError
from pcloud.limits import FRAME_BYTES_MAX, MAILBOX_BYTES
from pcloud.net.port import Packet

PACKET_BYTES_MIN: Final = MAILBOX_BYTES + 1
"""The shortest packet: a frame has at least one byte."""

PACKET_BYTES_MAX: Final = MAILBOX_BYTES + FRAME_BYTES_MAX
"""The longest packet."""

BLOB_BYTES_MAX: Final = 65_536
"""A sealed invitation, and a node card."""

PACKET_TYPE: Final = "application/vnd.pcloud.packet"
BLOB_TYPE: Final = "application/octet-stream"
CARD_TYPE: Final = 'application/cose; cose-type="cose-sign1"'
"""RFC 9052 §12.3."""

SUBPROTOCOL: Final = "pcloud.1"
SERVICE_SUBPROTOCOL: Final = "pcloud.service.1"

PACKETS_PATH: Final = "/pcloud/1/packets"
LINK_PATH: Final = "/pcloud/1/link"
SERVICE_PATH: Final = "/pcloud/1/service"
INVITATIONS_PATH: Final = "/pcloud/1/invitations"
CARD_PATH: Final = "/.well-known/pcloud"
"""At the root of an origin (RFC 8615), whatever path its endpoints have."""

_MAILBOX_LETTERS: Final = 22


def write_packet(packet: Packet) -> bytes:
    """A packet as bytes. Raises UsageError where no carrier would take it."""
    data = packet.mailbox + packet.frame
    if len(packet.mailbox) != MAILBOX_BYTES or not PACKET_BYTES_MIN <= len(data) <= PACKET_BYTES_MAX:
        raise UsageError(Code.FRAME_TOO_LARGE, "a packet is a mailbox id and 1 to 65,536 bytes")
    return data


def read_packet(data: bytes) -> Packet | None:
    """A packet from bytes, unread; None for another size."""
    if PACKET_BYTES_MIN <= len(data) <= PACKET_BYTES_MAX:
        return Packet(data[:MAILBOX_BYTES], data[MAILBOX_BYTES:])
    return None


def write_mailbox(mailbox: bytes) -> str:
    """A mailbox id in a path: base64url without padding (RFC 4648 §5)."""
    return urlsafe_b64encode(mailbox).rstrip(b"=").decode()


def read_mailbox(text: str) -> bytes | None:
    """The mailbox id of a path; None where the text is not the one form of one."""
    if len(text) != _MAILBOX_LETTERS or not text.isascii():
        return None
    try:
        mailbox = urlsafe_b64decode(text + "==")
    except Base64Error:
        return None
    return mailbox if write_mailbox(mailbox) == text else None
