"""The cases, one module for each group of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec.kit.cases import (
    archive_rows,
    bodies,
    custody_kept,
    export_file,
    identity_logs,
    messages_answers,
    messages_header,
    messages_policy,
    notation_cbor,
    notation_cose,
    recovery_position,
    relationship_invitation,
    relay_asked,
    sealing_frames,
    terms_agreement,
    terms_roster,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec.kit.vectors import Vectors

ALL: list[Callable[[], list[Vectors]]] = [
    notation_cbor.make,
    notation_cose.make,
    identity_logs.make,
    sealing_frames.make,
    messages_header.make,
    messages_answers.make,
    messages_policy.make,
    recovery_position.make,
    relationship_invitation.make,
    bodies.make,
    custody_kept.make,
    relay_asked.make,
    terms_agreement.make,
    terms_roster.make,
    export_file.make,
    archive_rows.make,
]
