"""Level 2: a published conversation verified and folded to its state digest (spec 16 §2, spec 05 §10)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pcloud.engine.fold import fold
from pcloud.engine.registry import STANDARD
from pcloud.engine.snapshot import APPLIED, Entry
from pcloud.errors import Code, Violation
from pcloud.testing.vectors_input import Input, malformed
from pcloud.wire import cose, keylog
from pcloud.wire.content import Introduction, read_introduced
from pcloud.wire.header import SignedHeader, read_header
from pcloud.wire.invitation import read_invitation
from pcloud.wire.parts import Part, check_parts, digest

OPENER: Final = "opener"
OTHER: Final = "other"
SIDES: Final = (OPENER, OTHER)

Logs = Mapping[str, keylog.KeyLog]


def answer_fold(given: Input) -> dict[str, Any]:
    """Fold the entries. Raises Violation where something does not verify."""
    context, entries = given.given.get("context"), given.given.get("entries")
    if not isinstance(context, dict) or not isinstance(entries, list):
        raise malformed("a context and entries")
    logs = read_logs(Input(context))
    held = newest([read_entry(one, logs) for one in entries])
    return {
        "ok": True,
        "digest": fold(held, STANDARD, logs=tuple(logs.values())).digest().hex(),
    }


def read_logs(context: Input) -> Logs:
    """The key logs of both sides, of which the other's is that of the invitation or of its successor."""
    invitation = read_invitation(context.octets("invitation"))
    opener = keylog.read_log(list(context.several("opener_events")))
    succession = context.octets_or_none("succession")
    other = read_introduced(
        Introduction(context.several("other_events"), succession),
        known=invitation.log.persona,
        known_key=invitation.log.current.signing_key,
        peer=opener.persona,
    )
    return {OPENER: opener, OTHER: other}


def read_entry(one: Any, logs: Logs, *, acting: bool = True) -> Entry:
    """One entry: its header under the key of its epoch, the parts that are there by their digests.

    Whether a part is missing is asked here only of what is `acting` in a fold: otherwise it is for its
    receiver to judge (spec 05 §6, step 5).
    """
    if not isinstance(one, dict) or one.get("from") not in SIDES:
        raise malformed("an entry of one side")
    given, log = Input(one), logs[one["from"]]
    verdict = None if one.get("verdict") is None else given.text("verdict")
    data = given.octets("signed")
    signed = cose.parse_sign1(data, cose.HEADER)
    header = read_header(signed.payload)
    if header.sender != log.persona:
        raise Violation(Code.WRONG_PARTY)
    if header.sender_epoch >= len(log.events):
        raise Violation(Code.EPOCH_UNKNOWN)
    cose.verify_sign1(signed, log.events[header.sender_epoch].signing_key)
    parts = _parts(one.get("parts"))
    if acting and verdict in (None, APPLIED):
        check_parts(header.digests, parts)
    else:
        _check_present(header.digests, parts)
    # Without a verdict it waits for one, and counts as it does for its sender (FOLD-2).
    return Entry(SignedHeader(header, signed.id, signed.kid, data), parts, verdict, mine=verdict is None)


def _check_present(digests: Sequence[bytes], parts: Sequence[Part | None]) -> None:
    for place, part in enumerate(parts):
        if place >= len(digests) or (part is not None and digest(*part) != digests[place]):
            raise Violation(Code.PART_MISMATCH)


def _parts(given: Any) -> tuple[Part | None, ...]:
    if not isinstance(given, list):
        raise malformed("an array of parts")
    return tuple(None if part is None else Part(*_pair(part)) for part in given)


def _pair(part: Any) -> Sequence[bytes]:
    pair = Input({"part": part}).several("part")
    if len(pair) != 2:
        raise malformed("salt and data")
    return pair


def newest(entries: Sequence[Entry]) -> list[Entry]:
    """Each message once: the newest header, and the key of the one that was sent first (TERMS-40)."""
    held: dict[bytes, Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.signed.header.generation):
        known = held.get(entry.first_id)
        held[entry.first_id] = entry if known is None else entry._replace(first_signer=known.signer)
    return list(held.values())
