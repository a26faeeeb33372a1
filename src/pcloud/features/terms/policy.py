"""The machine form of terms, and what the gatekeeper makes of it (spec 08 §6)."""

from typing import Any, NamedTuple

from pcloud.kernel.gate import Clause, Policy
from pcloud.limits import (
    CLAUSE_WORD_BYTES_MAX,
    CLAUSE_WORDS_MAX,
    CLAUSES_MAX,
    DUTIES_MAX,
    PROTOCOL_VERSION,
)
from pcloud.wire import cbor
from pcloud.wire.shape import array, fixed, flag, shape, text, unsigned, version

_REQUIRED = frozenset({1, 2, 3, 5})
_KNOWN = _REQUIRED | {4}


class MachineForm(NamedTuple):
    """Terms for machines: what the gatekeeper judges, and the duties that only people can check."""

    policy: Policy
    duties: tuple[str, ...]


def read_machine_form(data: bytes) -> MachineForm:
    """Compile a machine form. Raises Violation (form): cbor-*, shape, version-unknown."""
    value: dict[Any, Any] = cbor.decode_map(data)
    version(value.get(1, PROTOCOL_VERSION))
    if not _REQUIRED <= value.keys() <= _KNOWN:
        raise shape("machine form keys")
    clauses = tuple(_clause(item) for item in array(value[2], 1, CLAUSES_MAX))
    if len({clause.name for clause in clauses}) != len(clauses):
        raise shape("two clauses of one name")
    retention_s_max = unsigned(value[4], 1) if 4 in value else None  # noqa: PLR2004 - the key in the map
    return MachineForm(
        Policy(clauses, retention_s_max, flag(value[5])),
        _words(value[3], DUTIES_MAX),
    )


def _clause(item: Any) -> Clause:
    """Read `[name, allowed, actions, categories, purposes]`; an empty list means any."""
    name, allowed, *lists = fixed(item, 5)
    actions, categories, purposes = (_words(words, CLAUSE_WORDS_MAX) for words in lists)
    return Clause(_word(name), flag(allowed), actions, categories, purposes)


def _words(value: Any, most: int) -> tuple[str, ...]:
    return tuple(_word(item) for item in array(value, 0, most))


def _word(value: Any) -> str:
    return text(value, CLAUSE_WORD_BYTES_MAX)
