"""Every refusal of the protocol: where it happens (stage) and what it is (code). Spec: design D16.

The codes are the rows of `spec/registry/errors.csv`; a test keeps both equal. Stages are the order of intake
(design D6): an object refused at one stage is never looked at by a later one.
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
    # authentic
    BAD_SIGNATURE = "bad-signature"
    KEY_MISMATCH = "key-mismatch"
    LOG_INVALID = "log-invalid"
    NOT_OPENED = "not-opened"
    # order
    # gate
    # content
    PART_MISMATCH = "part-mismatch"
    PART_MISSING = "part-missing"


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
    ),
    Stage.AUTHENTIC: (
        Code.BAD_SIGNATURE,
        Code.KEY_MISMATCH,
        Code.LOG_INVALID,
        Code.NOT_OPENED,
    ),
    Stage.ORDER: (),
    Stage.GATE: (),
    Stage.CONTENT: (
        Code.PART_MISMATCH,
        Code.PART_MISSING,
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
    others we cannot send ourselves (design §3).
    """

    def __init__(self, cause: Violation | Code, detail: str = "") -> None:
        if isinstance(cause, Violation):
            super().__init__(cause.code, detail or cause.detail)
        else:
            super().__init__(cause, detail)
