"""Rosters: signed files of standard terms that a neutral body keeps (spec 08 §7)."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from pcloud.features.terms.policy import read_machine_form
from pcloud.kernel.gate import StandardTerms
from pcloud.limits import (
    PERSONA_ID_BYTES,
    PROTOCOL_VERSION,
    ROSTER_BYTES_MAX,
    ROSTER_ENTRIES_MAX,
    TERMS_ID_BYTES_MAX,
    TERMS_URL_BYTES_MAX,
    TITLE_BYTES_MAX,
)
from pcloud.wire import cbor, cose
from pcloud.wire.shape import array, fixed, octets, raw, shape, text, unsigned, version

_KEYS = frozenset({1, 2, 3, 4})


class RosterEntry(NamedTuple):
    """One text of a roster: how the gatekeeper sees it, where people read it, and what it obliges to."""

    standard: StandardTerms
    url: str
    duties: tuple[str, ...]


class Roster(NamedTuple):
    """A verified roster. id: SHA-256 of what its keeper signed; issued: seconds since 1970 UTC."""

    id: bytes
    name: str
    issued: int
    entries: tuple[RosterEntry, ...]

    def standards(self) -> Mapping[tuple[bytes, str], StandardTerms]:
        """Give the entries as the evidence of a decision holds them."""
        return {(self.id, entry.standard.terms): entry.standard for entry in self.entries}


def read_roster(data: bytes, keeper: bytes) -> Roster:
    """Read and verify a roster file against its keeper's public key.

    Raises Violation: shape, cbor-*, cose-*, type-mismatch, version-unknown (form); key-mismatch,
    bad-signature (authentic).
    """
    if len(data) > ROSTER_BYTES_MAX:
        raise shape("roster too long")
    signed = cose.parse_sign1(data, cose.ROSTER)
    value: dict[Any, Any] = cbor.decode_map(signed.payload)
    version(value.get(1, PROTOCOL_VERSION))
    if value.keys() != _KEYS:
        raise shape("roster keys")
    listed = [_Listed.read(item) for item in array(value[4], 1, ROSTER_ENTRIES_MAX)]
    if len({item.terms for item in listed}) != len(listed):
        raise shape("two entries of one id")
    name, issued = text(value[2], TITLE_BYTES_MAX), unsigned(value[3])
    roster = Roster(signed.id, name, issued, tuple(item.entry(signed.id) for item in listed))
    cose.verify_sign1(signed, keeper)
    return roster


class _Listed(NamedTuple):
    """An entry whose machine form is not read yet: it is an inner layer (ERR-3)."""

    terms: str
    url: str
    text_hash: bytes
    form: bytes

    @classmethod
    def read(cls, item: Any) -> "_Listed":
        """Read `[id, url, text hash, machine form]`. Raises Violation `shape`."""
        terms, url, text_hash, form = fixed(item, 4)
        return cls(
            text(terms, TERMS_ID_BYTES_MAX),
            text(url, TERMS_URL_BYTES_MAX),
            octets(text_hash, PERSONA_ID_BYTES),
            raw(form),
        )

    def entry(self, roster: bytes) -> RosterEntry:
        """The entry with its machine form. Raises Violation at stage form."""
        machine = read_machine_form(self.form)
        hashes = self.text_hash, sha256(self.form).digest()
        return RosterEntry(
            StandardTerms(roster, self.terms, *hashes, machine.policy), self.url, machine.duties
        )
