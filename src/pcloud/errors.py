"""Every refusal of the protocol: where it happens (stage) and what it is (code). Spec 14.

The codes are the rows of `spec/registry/errors.csv`; a test keeps both equal. Stages are the order of intake
(spec 14 §1): an object refused at one stage is never looked at by a later one.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Stage(StrEnum):
    """Where a received object was refused, in the order the stages run."""

    SIZE = "size"
    FORM = "form"
    AUTHENTIC = "authentic"
    ORDER = "order"
    GATE = "gate"
    CONTENT = "content"


class Code(StrEnum):
    """What was wrong. Values are kebab-case and permanent: they travel in receipts and vectors."""

    # size
    FRAME_TOO_LARGE = "frame-too-large"
    CONTENT_TOO_LARGE = "content-too-large"
    # form
    CBOR_MALFORMED = "cbor-malformed"
    CBOR_NOT_DETERMINISTIC = "cbor-not-deterministic"
    CBOR_TYPE = "cbor-type"
    CBOR_DEPTH = "cbor-depth"
    CBOR_ITEMS = "cbor-items"
    SHAPE = "shape"
    COSE_STRUCTURE = "cose-structure"
    COSE_HEADER = "cose-header"
    TYPE_MISMATCH = "type-mismatch"
    KEY_ENCODING = "key-encoding"
    KEY_SMALL_ORDER = "key-small-order"
    ID_TEXT = "id-text"
    PADDING = "padding"
    VERSION_UNKNOWN = "version-unknown"
    LINK_TEXT = "link-text"
    # authentic
    BAD_SIGNATURE = "bad-signature"
    KEY_MISMATCH = "key-mismatch"
    LOG_INVALID = "log-invalid"
    NOT_OPENED = "not-opened"
    WRONG_PARTY = "wrong-party"
    START_MISSING = "start-missing"
    START_MISMATCH = "start-mismatch"
    KEY_SPENT = "key-spent"
    UNKNOWN_SESSION = "unknown-session"
    # order
    EXPECTED = "expected"
    FORK = "fork"
    HALTED = "halted"
    STALE = "stale"
    EPOCH_UNKNOWN = "epoch-unknown"
    RECOVERING = "recovering"
    OUTDATED = "outdated"
    RECEIPT_UNKNOWN = "receipt-unknown"
    # gate
    UNKNOWN_NAME = "unknown-name"
    NOT_RELATED = "not-related"
    PAUSED = "paused"
    CLOSED = "closed"
    CROSSED = "crossed"
    NO_AGREEMENT = "no-agreement"
    UNKNOWN_AGREEMENT = "unknown-agreement"
    AGREEMENT_ENDED = "agreement-ended"
    UNAFFIRMED = "unaffirmed"
    TERMS_FORBID = "terms-forbid"
    NO_GRANT = "no-grant"
    # content
    PART_MISMATCH = "part-mismatch"
    PART_MISSING = "part-missing"
    BODY_FORM = "body-form"
    EXPIRED = "expired"
    UNKNOWN_THREAD = "unknown-thread"
    NOT_IN_STATE = "not-in-state"
    NOT_YOUR_TURN = "not-your-turn"
    INVITATION_MISMATCH = "invitation-mismatch"
    INVITATION_USED = "invitation-used"
    NONCE_MISMATCH = "nonce-mismatch"
    ENTRY_INVALID = "entry-invalid"
    INTERNAL = "internal"
    ASK_FORGOTTEN = "ask-forgotten"
    PROFFER_BY_ORGANISATION = "proffer-by-organisation"
    ROSTER_UNKNOWN = "roster-unknown"
    TEXT_MISMATCH = "text-mismatch"
    COUNTER_INVALID = "counter-invalid"
    PROFFER_EXPIRED = "proffer-expired"
    SEAL_BY_INVALID = "seal-by-invalid"
    AGREEMENT_SIGNATURE = "agreement-signature"
    SEAL_LATE = "seal-late"
    REFERENCE_MISMATCH = "reference-mismatch"
    REPLACES_UNKNOWN = "replaces-unknown"
    REPLACED_BY_UNKNOWN = "replaced-by-unknown"
    WITHDRAWN = "withdrawn"
    NOT_ASKED = "not-asked"
    NOT_GRANTED = "not-granted"
    VERSION_ORDER = "version-order"
    ALREADY_ERASED = "already-erased"


_CODES_BY_STAGE: Final[Mapping[Stage, tuple[Code, ...]]] = {
    Stage.SIZE: (
        Code.FRAME_TOO_LARGE,
        Code.CONTENT_TOO_LARGE,
    ),
    Stage.FORM: (
        Code.CBOR_MALFORMED,
        Code.CBOR_NOT_DETERMINISTIC,
        Code.CBOR_TYPE,
        Code.CBOR_DEPTH,
        Code.CBOR_ITEMS,
        Code.SHAPE,
        Code.COSE_STRUCTURE,
        Code.COSE_HEADER,
        Code.TYPE_MISMATCH,
        Code.KEY_ENCODING,
        Code.KEY_SMALL_ORDER,
        Code.ID_TEXT,
        Code.PADDING,
        Code.VERSION_UNKNOWN,
        Code.LINK_TEXT,
    ),
    Stage.AUTHENTIC: (
        Code.BAD_SIGNATURE,
        Code.KEY_MISMATCH,
        Code.LOG_INVALID,
        Code.NOT_OPENED,
        Code.WRONG_PARTY,
        Code.START_MISSING,
        Code.START_MISMATCH,
        Code.KEY_SPENT,
        Code.UNKNOWN_SESSION,
    ),
    Stage.ORDER: (
        Code.EXPECTED,
        Code.FORK,
        Code.HALTED,
        Code.STALE,
        Code.EPOCH_UNKNOWN,
        Code.RECOVERING,
        Code.OUTDATED,
        Code.RECEIPT_UNKNOWN,
    ),
    Stage.GATE: (
        Code.UNKNOWN_NAME,
        Code.NOT_RELATED,
        Code.PAUSED,
        Code.CLOSED,
        Code.CROSSED,
        Code.NO_AGREEMENT,
        Code.UNKNOWN_AGREEMENT,
        Code.AGREEMENT_ENDED,
        Code.UNAFFIRMED,
        Code.TERMS_FORBID,
        Code.NO_GRANT,
    ),
    Stage.CONTENT: (
        Code.PART_MISMATCH,
        Code.PART_MISSING,
        Code.BODY_FORM,
        Code.EXPIRED,
        Code.UNKNOWN_THREAD,
        Code.NOT_IN_STATE,
        Code.NOT_YOUR_TURN,
        Code.INVITATION_MISMATCH,
        Code.INVITATION_USED,
        Code.NONCE_MISMATCH,
        Code.ENTRY_INVALID,
        Code.INTERNAL,
        Code.ASK_FORGOTTEN,
        Code.PROFFER_BY_ORGANISATION,
        Code.ROSTER_UNKNOWN,
        Code.TEXT_MISMATCH,
        Code.COUNTER_INVALID,
        Code.PROFFER_EXPIRED,
        Code.SEAL_BY_INVALID,
        Code.AGREEMENT_SIGNATURE,
        Code.SEAL_LATE,
        Code.REFERENCE_MISMATCH,
        Code.REPLACES_UNKNOWN,
        Code.REPLACED_BY_UNKNOWN,
        Code.WITHDRAWN,
        Code.NOT_ASKED,
        Code.NOT_GRANTED,
        Code.VERSION_ORDER,
        Code.ALREADY_ERASED,
    ),
}

STAGE_OF: Final[Mapping[Code, Stage]] = MappingProxyType(
    {code: stage for stage, codes in _CODES_BY_STAGE.items() for code in codes}
)
"""The one stage each code belongs to."""


class PcloudError(Exception):
    """Root of everything this package raises on purpose."""


class _CodedError(PcloudError):
    """A refusal with a code, the code's stage and a detail for our own log."""

    def __init__(self, code: Code, detail: str = "") -> None:
        super().__init__(code, detail)
        self._code = code
        self._detail = detail

    @property
    def code(self) -> Code:
        """What was wrong, as registered."""
        return self._code

    @property
    def stage(self) -> Stage:
        """Where it was refused; follows from the code."""
        return STAGE_OF[self._code]

    @property
    def detail(self) -> str:
        """One phrase for the developer. Never a personal value, never sent to a peer as is."""
        return self._detail

    def __str__(self) -> str:
        told = f"{self.stage}: {self._code}"
        return f"{told} ({self._detail})" if self._detail else told


class Violation(_CodedError):  # noqa: N818 - the protocol's word for "they broke a rule"
    """A peer's input breaks the protocol. The only exception that received bytes may cause."""


class UsageError(_CodedError):
    """Our own caller asked for something the protocol refuses; raised on the command path, never for input.

    Made from a code, or from the Violation that judging our own object gave: what we would refuse from
    others we cannot send ourselves (spec 14 §1).
    """

    def __init__(self, cause: Violation | Code, detail: str = "") -> None:
        if isinstance(cause, Violation):
            super().__init__(cause.code, detail or cause.detail)
        else:
            super().__init__(cause, detail)
