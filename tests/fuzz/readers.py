"""Every reader of the pure layers by name: what it is given is bytes, and all it may raise is a Violation."""

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.fuzz.objects import EVENT, HYBRID, KEY, NEXT

from pcloud.engine.archive import coding
from pcloud.engine.export.verify import verify_export
from pcloud.engine.registry import STANDARD
from pcloud.features.conversation.say import read_text
from pcloud.features.custody.grant import read_token
from pcloud.features.disclosure.value import read_example, read_sought, read_value
from pcloud.features.relay.grant import read_vouchers
from pcloud.features.terms.policy import read_machine_form
from pcloud.features.terms.record import read_record
from pcloud.features.terms.roster import read_roster
from pcloud.wire import (
    answers,
    card,
    cbor,
    content,
    cose,
    header,
    invitation,
    keylog,
    manifest,
    position,
    session,
)
from pcloud.wire.files import archive, export
from pcloud.wire.services.custody import CUSTODY
from pcloud.wire.services.relay import RELAY

Reader = Callable[[bytes], object]

TYPES = sorted(cose.TYPES)
LINK = invitation.Link("https://host.example", bytes(16), bytes(32), bytes(16))


def expecting(parse: Callable[[bytes, str], object], typ: str) -> Reader:
    """The parser of one type."""
    return lambda data: parse(data, typ)


ITEMS: dict[str, Reader] = {"vouchers": read_vouchers, "put token": read_token, "said": read_text}
ITEMS |= {"value": partial(read_value, "profile.name"), "fact": partial(read_value, "profile.address:city")}
ITEMS |= {"example": read_example, "sought": read_sought}
"""Judged with the message that brings them."""

BODIES: dict[str, Reader] = {name: message.read for name, message in STANDARD.messages.items()}

READERS: dict[str, Reader] = {
    "cbor": cbor.decode,
    "cbor with floats": lambda data: cbor.decode(data, floats=True),
    "frame": session.read_frame,
    "start block": session.read_start,
    "start block, opened": lambda data: session.open_start(HYBRID, data, (None, bytes(32))),
    "content": content.read_content,
    "succession": content.read_succession,
    "type": cose.peek_type,
    "header": header.read_header,
    "start": content.read_start,
    "invitation": invitation.read_invitation,
    "blob of a link": lambda data: invitation.open_blob(data, LINK),
    "card": card.read_card,
    "manifest": lambda data: manifest.open_manifest(HYBRID, data),
    "manifest, opened": manifest.read_manifest,
    "volume": lambda data: list(archive.open_volume(HYBRID, [data]).rows),
    "volume, after its line": lambda data: archive.open_volume(HYBRID, [archive.MAGIC, data]),
    "row of a volume": lambda data: coding.decode(data).read(),
    "export": lambda data: verify_export(data).digest,
    "export, after its line": lambda data: list(export.open_file([export.MAGIC, data]).records),
    "end of an export": export.read_closing,
    "roster": lambda data: read_roster(data, KEY.public),
    "terms for machines": read_machine_form,
    "agreement": lambda data: read_record(data, (KEY.public, NEXT.public)),
    "log": lambda data: keylog.read_log([data]),
    "log of two": lambda data: keylog.read_log([EVENT.data, data]),
    "link": lambda data: invitation.read_link(invitation.LINK_PREFIX + data.decode("latin-1")),
    **{f"signed {typ}": expecting(cose.parse_sign1, typ) for typ in TYPES},
    **{f"co-signed {typ}": expecting(cose.parse_sign2, typ) for typ in TYPES},
    **{typ: partial(answers.read_answer, typ) for typ in sorted(answers.ANSWER_TYPES)},
    **{typ: partial(position.read_position, typ) for typ in (cose.RECOVER, cose.RECOVERED)},
    "relay, asked": RELAY.read_request,
    "relay, back": RELAY.read_back,
    "custody, asked": CUSTODY.read_request,
    "custody, back": CUSTODY.read_back,
    **ITEMS,
    **BODIES,
}


def named(*names: str) -> dict[str, Reader]:
    """Some of them."""
    return {name: READERS[name] for name in names}


def beginning(*starts: Any) -> dict[str, Reader]:
    """Those whose names begin so."""
    return {name: reader for name, reader in READERS.items() if name.startswith(starts)}
