"""Real objects of every kind: what is one reader's object is another reader's surprise."""

from collections.abc import Iterator

from pcloud.engine.archive import coding
from pcloud.engine.archive.rows import Timed
from pcloud.wire import answers, card, cose, invitation, keylog, manifest, position, session
from pcloud.wire.content import Content, Introduction, Start, make_succession, sign_start, write_content
from pcloud.wire.files import archive
from pcloud.wire.header import First, Header, sign_header
from pcloud.wire.keys import HybridKey, SigningKey
from pcloud.wire.parts import Part
from pcloud.wire.services.custody import CUSTODY, Begin
from pcloud.wire.services.relay import RELAY, Frame, Open, Taken
from pcloud.wire.services.service import Outcome, write_answer

KEY, NEXT = SigningKey.from_seed(b"\1" * 32), SigningKey.from_seed(b"\2" * 32)
HYBRID = HybridKey.from_seed(b"\3" * 32)
WHO = answers.Parties(b"\4" * 32, b"\5" * 32, 0, 1)
OFFER = answers.KeyOffer(1, HYBRID.public)
EVENT = keylog.first_event(KEY, HYBRID.public, keylog.commitment(NEXT.public))


def _samples() -> Iterator[bytes]:
    block, made = session.make_start(HYBRID.public, bytes(32), (None, bytes(32)), 1, 0)
    yield from (block, session.seal_frame(made, block, b"content", bytes(12)))
    yield session.seal_contact(HYBRID.public, b"content")
    yield write_content(Content(b"start", Introduction((b"e",), None), b"x", (None,)))
    yield write_content(Content(None, None, b"x" * 300, (Part(bytes(16), b"body"),)))
    yield from _published()
    yield from _kept()
    yield EVENT.data
    link = invitation.Link("a", bytes(16), bytes(32), bytes(16))
    yield invitation.write_link(link).removeprefix(invitation.LINK_PREFIX).encode()
    yield from _signed()
    start = sign_start(KEY, Start(bytes(32), bytes(32), 0, 0, bytes(16), 1, 0))
    yield from (start, cose.parse_sign1(start, cose.START).payload)
    yield make_succession(KEY, NEXT, (bytes(32), bytes(32), bytes(32)))
    yield b"\xa1\x01\x81\x58\x20" + bytes(32)
    yield b"\x81\x58\x20" + bytes(32)
    yield RELAY.write_request(1, Open(bytes(32), bytes(32), bytes(32)))
    yield RELAY.write_request(2, Taken(1, 1))
    yield RELAY.write_push(Frame(1, 1, b"frame"))
    yield CUSTODY.write_request(3, Begin(bytes(32), 0, 1, bytes(32)))
    yield write_answer(4, Outcome.DONE, 1)


def _published() -> Iterator[bytes]:
    fields = {2: [EVENT.data], 3: HYBRID.public, 4: bytes(16), 5: ["a"], 6: "p", 7: "person", 10: 1, 11: 0}
    asked = invitation.sign_invitation(KEY, fields)
    yield asked.data
    yield card.sign_card(KEY, {2: [EVENT.data], 3: "person", 4: ["a"], 5: 0, 6: 1, 10: asked.data}).data


def _kept() -> Iterator[bytes]:
    yield manifest.seal_manifest(HYBRID.public, b"content", bytes(32), bytes(12))
    first = manifest.Manifest(0, 1, 2, 1, 1, None, 0)
    yield manifest.write_manifest(first)
    sealer = archive.Sealer(first, HYBRID.public, bytes(32), bytes(12))
    yield sealer.opening + sealer.add(b"row") + b"".join(sealer.end())
    yield coding.encode(Timed(bytes(16), "resume", b"", 1))


def _signed() -> Iterator[bytes]:
    """Answers, positions and headers, and their payloads."""
    receipt = answers.Receipt(WHO, bytes(16), OFFER, 2, bytes(32), (answers.Refusal(1, "expired"),))
    lines = (position.LineHeads(False, 0, 0, ((2, bytes(32)), (1, bytes(32))), ()),)  # noqa: FBT003 - its place
    stood = position.Position(WHO, OFFER, bytes(32), (EVENT.data,), bytes(16), ("a",), lines)
    for typ, data in (
        (cose.RECEIPT, answers.sign_answer(KEY, receipt)),
        (cose.STALE, answers.sign_answer(KEY, answers.Stale(WHO, None, None, (EVENT.data,)))),
        (cose.RECOVERED, position.sign_position(KEY, cose.RECOVERED, stood)),
    ):
        yield from (data, cose.parse_sign1(data, typ).payload)
    made = Header(
        bytes(32), bytes(32), 0, 0, "terms.proffer", 1, bytes(32), None, 0, None, 0, None, None, (bytes(32),)
    )
    for one in (made, made._replace(first=First(bytes(32), 0, 1, 0), time=2**40)):
        data = sign_header(KEY, one).data
        yield from (data, cose.parse_sign1(data, cose.HEADER).payload)


SAMPLES = list(_samples())
