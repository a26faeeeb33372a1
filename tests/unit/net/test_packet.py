"""[TRANSPORT-4], [TRANSPORT-16]: packets and mailbox ids have one form."""

import pytest

from pcloud.errors import Code, UsageError
from pcloud.net.packet import read_mailbox, read_packet, write_mailbox, write_packet
from pcloud.net.port import Packet

MAILBOX = bytes.fromhex("50952c7428bfe463e1bc089cc462bb94")


def test_a_packet_is_a_mailbox_id_and_a_frame() -> None:
    for size in (1, 2, 65_536):
        packet = Packet(MAILBOX, bytes(size))
        assert write_packet(packet) == MAILBOX + bytes(size)
        assert read_packet(write_packet(packet)) == packet


@pytest.mark.parametrize("size", [0, 1, 15, 16, 65_553, 10**6])
def test_other_sizes_are_no_packet(size: int) -> None:
    assert read_packet(bytes(size)) is None


@pytest.mark.parametrize(
    "packet", [Packet(MAILBOX, b""), Packet(b"", b"f" * 20), Packet(MAILBOX, bytes(65_537))]
)
def test_what_is_no_packet_is_not_written(packet: Packet) -> None:
    with pytest.raises(UsageError) as refused:
        write_packet(packet)
    assert refused.value.code is Code.FRAME_TOO_LARGE


def test_a_mailbox_id_in_a_path_is_22_letters() -> None:
    assert write_mailbox(bytes(16)) == "A" * 22
    assert write_mailbox(b"\xff" * 16) == "_" * 21 + "w"
    assert write_mailbox(MAILBOX) == "UJUsdCi_5GPhvAicxGK7lA"
    for mailbox in (bytes(16), MAILBOX, b"\xff" * 16, b"\xfb\xef\xbe" * 5 + b"\xfb"):
        assert len(write_mailbox(mailbox)) == 22
        assert read_mailbox(write_mailbox(mailbox)) == mailbox


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A" * 21,
        "A" * 23,
        "A" * 21 + "B",  # the last bits are not zero
        "A" * 22 + "==",
        "A" * 21 + "=",
        "A" * 21 + "%",
        "+" * 22,
        "/" * 22,
        "A" * 21 + "\u0410",
        "A" * 20 + "\n\n",
        " " + "A" * 21,
        "A" * 11 + "?" + "A" * 10,
    ],
)
def test_another_text_is_no_mailbox_id(text: str) -> None:
    assert read_mailbox(text) is None
