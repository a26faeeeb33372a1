"""Fill the chapter on the worked handshake: what stands between its markers is made from the companion file.

    python -m spec.kit.handshake_chapter           write the chapter
    python -m spec.kit.handshake_chapter --check   say what is out of date (exit status 1 if anything)

The chapter asks with `<!-- made:NAME -->` and `<!-- /made -->`; `BLOCKS` has the names. It runs in the folder
of the repository.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spec.kit.handshake_mistakes import mistakes
from spec.kit.hexdump import PER_LINE, Note, dump, holds, long_form, note, plain_rows
from spec.kit.vectors import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable

CHAPTER = FOLDER.parent / "17-handshake.md"
COMPANION = FOLDER / "traces/handshake-bytes.json"
PLACE = re.compile(r"(<!-- made:([a-z0-9-]+) -->\n).*?(<!-- /made -->)", re.DOTALL)


@dataclass(frozen=True)
class Found:
    """The companion file, read by path: `frames.0.nonce`."""

    whole: Any

    def value(self, path: str) -> Any:
        """What stands at the path."""
        here = self.whole
        for step in path.split("."):
            here = here[int(step)] if isinstance(here, list) else here[step]
        return here

    def octets(self, path: str) -> bytes:
        """A byte string at the path."""
        return bytes.fromhex(self.value(path))


def fenced(text: str) -> str:
    """A block of code."""
    return f"```\n{text}\n```\n"


def values(found: Found, *lines: tuple[str, str]) -> str:
    """Names and values; a value of more than 32 bytes goes over several lines."""
    wide = max(len(name) for name, _ in lines) + 2
    rows = []
    for name, path in lines:
        value = found.value(path)
        if not re.fullmatch(r"(?:[0-9a-f]{2})+", value):
            rows.append(f"{name:<{wide}}{value}")
            continue
        data = bytes.fromhex(value)
        if len(data) > 64:
            rows.append(f"{name:<{wide}}{long_form(data).partition('  (')[0]}")
            rows.append(f"{'':<{wide}}{long_form(data).partition('  (')[2].removesuffix(')')}")
            continue
        chunks = [data[at : at + PER_LINE].hex() for at in range(0, len(data), PER_LINE)]
        rows += [f"{name if not at else '':<{wide}}{chunk}" for at, chunk in enumerate(chunks)]
    return fenced("\n".join(rows))


def signed(text: str, payload: Note) -> Note:
    """A signed object of one signer."""
    header = note("", "key, alg", "Ed25519", "key, kid", "public key of the signer")
    header.items += [Note("key, typ"), Note("what it is")]
    return note(
        text,
        holds("protected header", header),
        "unprotected header, empty",
        holds("payload", payload),
        "signature",
    )


EVENT = note("key event", "key", "number of the event", "key", "previous event")
EVENT.items += [Note(one) for one in ("key", "signing key", "key", "contact key")]
EVENT.items += [Note("key"), Note("next-key commitment")]
INVITATION = note("invitation", "key", "version", "key", note("key log", "event 0"), "key")
INVITATION.items += [Note("receiving key, with key number 0"), Note("key"), Note("mailbox"), Note("key")]
INVITATION.items += [note("endpoints", "endpoint"), Note("key"), Note("purpose"), Note("key")]
INVITATION.items += [Note("kind"), Note("key"), Note("uses"), Note("key")]
INVITATION.items += [Note("created")]
LINK = note(
    "link", "endpoint", "mailbox under which the host keeps the blob", "hash of the signed invitation"
)
LINK.items += [Note("key of the blob")]
OFFER = note("key announcement", "key number", "public key")
REQUEST = note("body", "key", "invitation id", "key", OFFER, "key", "mailbox", "key")
REQUEST.items += [note("endpoints", "endpoint"), Note("key"), Note("nonce commitment"), Note("key")]
REQUEST.items += [Note("kind")]
ACCEPT = note("body", "key", OFFER, "key", "mailbox", "key", note("endpoints", "endpoint"), "key")
ACCEPT.items += [Note("nonce of the inviting side")]
CONFIRM = note("body", "key", "nonce of the requester", "key", "first id of the accept")
HEADER = note("header", "0 version", "1 sender", "2 recipient", "3 sender epoch", "4 recipient epoch")
HEADER.items += [Note(one) for one in ("5 name", "6 number", "7 prev", "8 thread", "9 time", "10 expiry")]
HEADER.items += [
    Note("11 highest received number"),
    Note("12 highest received id"),
    Note("13 agreement"),
]
HEADER.items += [note("14 part digests", "digest of part 0"), Note("15 first")]
SIGNATURE = note("Sig_structure", "context", "protected header", "external data, empty", "payload")
INFO = note("info", "label", "founding persona of the sender", "founding persona of the recipient")
INFO.items += [Note("session number"), Note("key number")]
BLOCK = note("start block", "session number", "key number", "enc (1,120), then the sealed secret (48)")
START = note("signed start", "0 version", "1 sender", "2 recipient", "3 sender epoch", "4 recipient epoch")
START.items += [Note("5 session id"), Note("6 session number"), Note("7 key number")]
INTRODUCTION = note("introduction", note("key log", "event 0"), "succession")
PART = note("part 0", "salt", "data: the body")
CONTENT = note("content", "signed start", INTRODUCTION, "signed element", note("parts", PART))
FRAME = note("frame", "version", "session id", "start block", "nonce", "ciphertext with its tag")
RECEIPT = note("receipt", "0 version", "1 sender", "2 recipient", "3 sender epoch", "4 recipient epoch")
RECEIPT.items += [Note("5 session whose start is answered"), OFFER, Note("7 last judged number")]
RECEIPT.items += [Note("8 its id"), Note("9 refusals, none")]
SUCCESSION = note("succession", "0 version", "1 invitation persona", "2 successor persona", "3 the peer")
SIGNER = note(
    "signer", holds("signer protected", note("", "key, alg", "Ed25519", "key", "kid")), "empty", "signature"
)
COSIGNED = note("", holds("body protected", note("", "key", "typ")), "empty", holds("payload", SUCCESSION))
COSIGNED.items += [note("signers: the invitation persona, then the successor", SIGNER)]
DATA = note("data", *["key", "value"] * 5)
THREAD = note("thread", "thread id", "feature", "opener persona", "state", DATA)
STATE = note("", "label", note("threads", THREAD), "agreements, none", "unaffirmed, none")


def padding(found: Found, frame: int) -> str:
    """The five steps of the padded length, with numbers."""
    content, padded = found.octets(f"frames.{frame}.content"), found.octets(f"frames.{frame}.padded")
    size = len(content)
    whole = max(size + 4, 256)
    exponent = whole.bit_length() - 1
    bits = exponent.bit_length()
    free = exponent - bits
    rows = [
        f"content      {size:,} bytes",
        f"l            {whole:,}",
        f"e            {exponent}",
        f"s            {bits}",
        f"m            2^({exponent} - {bits}) - 1 = {2**free - 1}",
        f"length       {whole + 2**free - 1:,} with its {free} lowest bits zero: {len(padded):,}",
        f"first bytes  {padded[:4].hex()}  the length {size:,}, then the content",
        f"last bytes   {len(padded) - size - 4} zero bytes",
    ]
    return fenced("\n".join(rows))


def seeds(found: Found) -> str:
    """What everything is made from."""
    rows = [
        ("invitation persona, signing key", "personas.inviting.signing_seed"),
        ("invitation persona, contact key", "personas.inviting.contact_seed"),
        ("requester, signing key", "personas.requester.signing_seed"),
        ("requester, contact key", "personas.requester.contact_seed"),
        (
            "rotation secret (requester: generation 0, index 2; successor: 0, 3)",
            "personas.requester.next.secret",
        ),
        ("successor, signing key", "personas.successor.signing_seed"),
        ("successor, contact key", "personas.successor.contact_seed"),
        ("receiving key of the invitation", "invitation.receiving_seed"),
        ("requester, receiving key 1", "receiving_keys.0.seed"),
        ("requester, receiving key 2", "receiving_keys.1.seed"),
        ("inviting side, receiving key 1", "receiving_keys.2.seed"),
        ("inviting side, receiving key 2", "receiving_keys.3.seed"),
        ("nonce of the requester", "nonces.requester"),
        ("nonce of the inviting side", "nonces.inviting"),
        ("secret of the session S", "sessions.there.secret"),
        ("secret of the session T", "sessions.back.secret"),
        ("secret of the session U", "sessions.anew.secret"),
        ("key of the short link", "invitation.link.key"),
    ]
    rows += [(f"salt of the {found.value(f'frames.{at}.name')}", f"frames.{at}.salt") for at in (0, 3, 5)]
    rows += [(f"nonce of frame {at + 1}, random part", f"frames.{at}.random") for at in range(8)]
    table = ["| Value | Bytes |", "|---|---|"]
    return "\n".join([*table, *(f"| {name} | `{found.value(path)}` |" for name, path in rows)]) + "\n"


def overview(found: Found) -> str:
    """The frames in order."""
    labels = ("request", "receipt", "receipt", "accept", "receipt", "confirm", "receipt", "receipt")
    signers = ["requester", "invitation persona", "requester", "successor", "requester", "requester"]
    signers += ["successor", "successor"]
    letters = {"there": "S", "back": "T", "anew": "U"}
    rows = ["| Frame | Holds | Signed by | Session | Start block | Content | Padded | Frame, bytes |"]
    rows.append("|---|---|---|---|---|---|---|---|")
    for at, (label, signer) in enumerate(zip(labels, signers, strict=True)):
        sizes = [len(found.octets(f"frames.{at}.{name}")) for name in ("content", "padded", "frame")]
        session = letters[found.value(f"frames.{at}.session")]
        start = "yes" if found.value(f"frames.{at}.with_start") else "no"
        rows.append(
            f"| {at + 1} | {label} | {signer} | {session} | {start} | "
            + " | ".join(f"{size:,}" for size in sizes)
            + " |"
        )
    return "\n".join(rows) + "\n"


def steps(found: Found) -> str:
    """What the inviting side does with the request, stage by stage."""
    sizes = {name: len(found.octets(f"frames.0.{name}")) for name in ("frame", "bound", "padded", "content")}
    first = {
        name: found.value(path)[:8]
        for name, path in (
            ("session", "sessions.there.session"),
            ("secret", "sessions.there.secret"),
            ("key", "sessions.there.key"),
            ("persona", "personas.requester.id"),
            ("start", "sessions.there.start.id"),
            ("request", "frames.0.id"),
            ("prev", "frames.0.prev"),
            ("digest", "frames.0.digest"),
            ("invitation", "invitation.id"),
        )
    }
    rows = [
        ("size", "at most 65,536 bytes", "[SEAL-10]", f"{sizes['frame']:,} bytes"),
        ("form", "CBOR, array of five, version 1", "[CBOR-1], [SEAL-11]", "`8501`"),
        ("form", "start block decoded: session number 1, key number 0", "[SEAL-5]", "`830100`"),
        ("authentic", "hash of the start block begins with the session id", "[SEAL-16]", "session"),
        ("", "this session is not known, so the start block is needed", "[SEAL-8]", ""),
        ("", "key number 0, and the invitation is open", "[SEAL-31]", ""),
        ("", "`info` with `null`; HPKE opens", "[SEAL-6], [SEAL-49]", "secret"),
        ("", "frame key", "[SEAL-7]", "key"),
        (
            "",
            f"ciphertext opens with the {sizes['bound']:,} bytes before its head",
            "[SEAL-12], [SEAL-14]",
            f"{sizes['padded']:,} bytes",
        ),
        ("form", "prefix, padded length, zeros", "[SEAL-18], [SEAL-19]", f"{sizes['content']:,} bytes"),
        ("", "array of four, parts beside a signed element", "[SEAL-20]", "`8458`"),
        ("authentic", "signed start, introduction and signed element are there", "[SEAL-21], [SEAL-27]", ""),
        ("", "introduced log verified from event 0", "[ID-11] to [ID-17], [SEAL-26]", "persona"),
        ("form", "signed start: typ, then 8 fields", "[COSE-5]", "`8801`"),
        ("authentic", "its sender and recipient", "[SEAL-24]", "requester, invitation persona"),
        ("order", "its epochs", "[SEAL-22], [ORDER-9], [ORDER-10]", "0 and 0"),
        ("authentic", "its `kid` and signature", "[SEAL-22]", "start"),
        ("", "its session id and numbers are those of the start block", "[SEAL-23]", "session"),
        ("", "its session number rises: there was none before", "[SEAL-9]", "1"),
        ("form", "header: typ, then 16 fields", "[COSE-5], [MSG-1], [MSG-2]", "`9001`"),
        ("authentic", "sender and recipient", "[MSG-3]", "requester, invitation persona"),
        ("order", "epochs of the header", "[ORDER-9], [ORDER-10]", "0 and 0"),
        ("authentic", "`kid` and signature", "[MSG-4], [COSE-8], [COSE-9]", "request"),
        ("order", "number 1 follows 0; `prev` of number 1", "[ORDER-3], [ORDER-6]", "prev"),
        ("gate", "the name is known; its gate is `open`", "[GATE-1]", ""),
        ("content", "part 0 is there and gives its digest", "[MSG-13], [MSG-14]", "digest"),
        ("", "the body has the declared keys", "[MSG-8] to [MSG-11], [REL-18]", "6 keys"),
        ("", "new thread; row `start`, `request`, `opener`", "[REL-11], [REL-17]", "`requested`"),
        ("", "check of the row: it names the invitation of this receiving key", "[REL-5]", "invitation"),
    ]
    lines = ["| Stage | What is done | Anchors | What is found |", "|---|---|---|---|"]
    for stage, done, by, value in rows:
        lines.append(f"| {stage} | {done} | {by} | {f'`{first[value]}…`' if value in first else value} |")
    return "\n".join(lines) + "\n"


def frame_values(found: Found, at: int) -> str:
    """How one frame is sealed."""
    names = [("content", "content"), ("padded", "padded"), ("random", "random"), ("nonce", "nonce")]
    names += [("additional data", "bound"), ("ciphertext", "ciphertext"), ("frame", "frame")]
    return values(found, *((name, f"frames.{at}.{path}") for name, path in names))


def signed_values(found: Found, path: str) -> str:
    """Signature, object and id."""
    names = [
        ("Sig_structure", "sig_structure"),
        ("signature", "signature"),
        ("object", "signed"),
        ("id", "id"),
    ]
    return values(found, *((name, f"{path}.{field}") for name, field in names))


def session_values(found: Found, way: str) -> str:
    """A session's derived values."""
    names = [
        ("secret", "secret"),
        ("session id", "session"),
        ("info of the key", "key_info"),
        ("frame key", "key"),
    ]
    return values(found, *((name, f"sessions.{way}.{field}") for name, field in names))


def shown(path: str, said: Note) -> Callable[[Found], str]:
    """A dump of what stands at a path."""
    return lambda found: fenced(dump(found.octets(path), said))


def named(*lines: tuple[str, str]) -> Callable[[Found], str]:
    """Names and values."""
    return lambda found: values(found, *lines)


def persona_values(name: str) -> Callable[[Found], str]:
    """A persona that can grow."""
    names = [("info of the next key", "next.info"), ("seed of the next key", "next.seed")]
    names += [("public next key", "next.public"), ("commitment", "next.commitment")]
    names += [("signing key", "signing_key"), ("contact key", "contact_key"), ("payload", "payload")]
    names += [("event 0", "signed"), ("id", "id"), ("text", "text")]
    return named(*((one, f"personas.{name}.{path}") for one, path in names))


BLOCKS: dict[str, Callable[[Found], str]] = {
    "overview": overview,
    "seeds": seeds,
    "event": shown("personas.inviting.signed", signed("key event 0", EVENT)),
    "event-values": lambda found: signed_values(found, "personas.inviting"),
    "event-id": named(("persona id", "personas.inviting.id"), ("text", "personas.inviting.text")),
    "invitation": shown("invitation.signed", signed("invitation", INVITATION)),
    "invitation-values": named(
        ("Sig_structure", "invitation.sig_structure"),
        ("invitation id", "invitation.id"),
        ("hash for the link", "invitation.hash"),
    ),
    "link": shown("invitation.link.packed", LINK),
    "link-text": named(("link", "invitation.link.text")),
    "blob": named(
        ("info", "invitation.link.blob_info"),
        ("key of the blob", "invitation.link.blob_key"),
        ("blob", "invitation.link.blob"),
    ),
    "requester": persona_values("requester"),
    "commitment": named(("nonce", "nonces.requester"), ("commitment", "commitment")),
    "request-body": shown("frames.0.body", REQUEST),
    "request-part": named(
        ("salt", "frames.0.salt"), ("data", "frames.0.body"), ("digest", "frames.0.digest")
    ),
    "request-header": shown("frames.0.payload", HEADER),
    "request-input": shown("frames.0.sig_structure", SIGNATURE),
    "request-input-rows": lambda found: fenced(plain_rows(found.octets("frames.0.sig_structure"))),
    "request-signed": lambda found: signed_values(found, "frames.0"),
    "there-info": shown("sessions.there.info", INFO),
    "there-block": shown("sessions.there.block", BLOCK),
    "there-values": lambda found: session_values(found, "there"),
    "there-start": shown("sessions.there.start.payload", START),
    "there-signed": lambda found: signed_values(found, "sessions.there.start"),
    "request-content": shown("frames.0.content", CONTENT),
    "request-padding": lambda found: padding(found, 0),
    "request-values": lambda found: frame_values(found, 0),
    "request-frame": shown("frames.0.frame", FRAME),
    "steps": steps,
    "request-state": shown("frames.0.state", STATE),
    "request-digest": named(("state digest", "frames.0.state_digest")),
    "back-info": shown("sessions.back.info", INFO),
    "back-values": lambda found: session_values(found, "back"),
    "back-start": shown("sessions.back.start.payload", START),
    "receipt-1": shown("frames.1.payload", RECEIPT),
    "receipt-1-signed": lambda found: signed_values(found, "frames.1"),
    "receipt-1-values": lambda found: frame_values(found, 1),
    "receipt-2": shown("frames.2.payload", RECEIPT),
    "receipt-2-values": lambda found: frame_values(found, 2),
    "receipt-2-frame": shown("frames.2.frame", FRAME),
    "successor": persona_values("successor"),
    "succession": shown("succession.signed", COSIGNED),
    "succession-values": named(
        ("first input", "succession.first_input"),
        ("second input", "succession.second_input"),
        ("id", "succession.id"),
    ),
    "accept-body": shown("frames.3.body", ACCEPT),
    "accept-header": shown("frames.3.payload", HEADER),
    "accept-signed": lambda found: signed_values(found, "frames.3"),
    "accept-content": shown("frames.3.content", CONTENT),
    "accept-values": lambda found: frame_values(found, 3),
    "accept-state": shown("frames.3.state", STATE),
    "accept-digest": named(("state digest", "frames.3.state_digest")),
    "anew-info": shown("sessions.anew.info", INFO),
    "anew-values": lambda found: session_values(found, "anew"),
    "anew-start": shown("sessions.anew.start.payload", START),
    "receipt-3": shown("frames.4.payload", RECEIPT),
    "receipt-3-values": lambda found: frame_values(found, 4),
    "confirm-body": shown("frames.5.body", CONFIRM),
    "confirm-header": shown("frames.5.payload", HEADER),
    "confirm-signed": lambda found: signed_values(found, "frames.5"),
    "confirm-values": lambda found: frame_values(found, 5),
    "confirm-state": shown("frames.5.state", STATE),
    "confirm-digest": named(("state digest", "frames.5.state_digest")),
    "receipt-4": shown("frames.6.payload", RECEIPT),
    "receipt-4-values": lambda found: frame_values(found, 6),
    "receipt-5": shown("frames.7.payload", RECEIPT),
    "receipt-5-values": lambda found: frame_values(found, 7),
    "code": named(("input", "code.input"), ("hash", "code.hash"), ("short code", "code.code")),
    "mistakes": lambda found: mistakes(found.octets),
}


def filled(text: str, found: Found) -> str:
    """The chapter with everything between its markers made anew."""
    asked = [one[1] for one in PLACE.findall(text)]
    assert sorted(asked) == sorted(BLOCKS), sorted(set(asked) ^ set(BLOCKS))
    return PLACE.sub(lambda one: one[1] + BLOCKS[one[2]](found) + one[3], text)


def main(arguments: list[str]) -> int:
    """Write the chapter, or compare."""
    text = CHAPTER.read_text()
    made = filled(text, Found(json.loads(COMPANION.read_text())))
    if made == text:
        return 0
    if "--check" in arguments:
        print(f"{CHAPTER.name} is out of date: run python -m spec.kit.handshake_chapter")
        return 1
    CHAPTER.write_text(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
