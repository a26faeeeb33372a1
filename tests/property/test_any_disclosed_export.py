"""Whatever an export says of disclosures, a verifier gives an answer; it never shows what is hidden."""

from functools import cache, partial
from hashlib import sha256
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.property.test_any_disclosure import PATHS, History
from tests.property.test_any_export import answers, mutated, records

from pcloud.engine.export.disclosed import places_of
from pcloud.engine.export.verify import verify_export
from pcloud.engine.export.write import write_export
from pcloud.errors import Violation
from pcloud.testing.node import Node
from pcloud.wire import cbor, cose
from pcloud.wire.files.export import MAGIC
from pcloud.wire.parts import digest

SEEDS = 12
STEPS = 120
MESSAGE, RECEIPTED = 2, 4


@cache
def told(seed: int) -> History:
    """A history of grants, changes, and what was taken back, with crossings and repeats."""
    history = History(seed)
    for _ in range(STEPS):
        history.step()
    history.settle()
    return history


def side(seed: int, *, mine: bool) -> Node:
    shared = told(seed).shared
    return shared.anna if mine else shared.shop


@cache
def file_of(seed: int, *, mine: bool) -> bytes:
    node = side(seed, mine=mine)
    return b"".join(write_export(node.relationship, node.log, node.clock.now))


def signed(changed: list[Any], seed: int, *, mine: bool) -> bytes:
    """A file of these records under the exporter's signature."""
    relationship = side(seed, mine=mine).relationship
    body = MAGIC + b"".join(framed(record) for record in changed)
    me, peer = relationship.me.log, relationship.peer.log
    front = [1, me.persona, peer.persona, me.epoch, peer.epoch, 0]
    payload = cbor.encode([*front, len(changed), sha256(body).digest()])
    return body + framed([5, cose.sign1(relationship.me.key, cose.EXPORT, payload)])


def framed(record: Any) -> bytes:
    content = cbor.encode(record)
    return cbor.head(2, len(content)) + content


seeds, sides = st.integers(0, SEEDS - 1), st.booleans()


@given(seeds, sides, st.data())
def test_whatever_became_of_disclosures_gets_a_report_or_a_refusal(
    seed: int,
    mine: bool,  # noqa: FBT001 - drawn
    data: st.DataObject,
) -> None:
    """The ledger meets messages in any combination, as an exporter may call them applied or not."""
    changed = [list(record) for record in records(file_of(seed, mine=mine))]
    for record in changed:
        if record[0] == MESSAGE and record[5][0] is not None:
            record[2] = data.draw(st.sampled_from(["applied", "applied", "applied", "not-granted"]))
            record[3] = data.draw(st.sampled_from([False, False, True]))
    answers(signed(changed, seed, mine=mine))


@given(seeds, sides, st.data())
def test_whatever_is_signed_as_a_body_or_a_value_gets_a_report_or_a_refusal(
    seed: int,
    mine: bool,  # noqa: FBT001 - drawn
    data: st.DataObject,
) -> None:
    """Two who work together sign any bodies and values, and everything after them: all links hold."""
    found = [list(record) for record in records(file_of(seed, mine=mine)) if record[0] != RECEIPTED]
    by_id = {cose.parse_sign1(each[1], cose.HEADER).id: each for each in found if each[0] == MESSAGE}
    disclosed = [id_ for id_, each in by_id.items() if name_of(each).startswith("disclosure.")]
    wrong = set(data.draw(st.lists(st.sampled_from(disclosed), min_size=1, max_size=3)))
    made = Forged(seed, by_id, wrong, data)
    for id_ in by_id:
        made.of(id_)
    answers(signed(found, seed, mine=mine))


def name_of(record: list[Any]) -> str:
    return str(cbor.decode_list(cose.parse_sign1(record[1], cose.HEADER).payload)[5])


class Forged:
    """Messages signed anew, each after those that it names."""

    def __init__(
        self, seed: int, by_id: dict[bytes, list[Any]], wrong: set[bytes], data: st.DataObject
    ) -> None:
        shared = told(seed).shared
        both = (shared.anna.relationship, shared.shop.relationship)
        self.keys = {each.me.log.persona: each.me.key for each in both}
        self.by_id, self.wrong, self.data = by_id, wrong, data
        self.known: dict[bytes, bytes] = {}

    def of(self, id_: bytes) -> bytes:
        """The new id of a message."""
        if id_ not in self.known:
            self.known[id_] = self.make(id_)
        return self.known[id_]

    def make(self, id_: bytes) -> bytes:
        record = self.by_id[id_]
        before = cose.parse_sign1(record[1], cose.HEADER)
        fields = self.renamed(cbor.decode_list(before.payload))
        parts = [self.part(id_, each) for each in record[5]]
        if fields == cbor.decode_list(before.payload) and parts == record[5]:
            return id_
        where = fields.index(before_digests(fields))
        fields[where] = [
            old if part is None else digest(*part) for old, part in zip(fields[where], parts, strict=True)
        ]
        key = next(key for persona, key in self.keys.items() if persona == fields[1])
        record[1], record[5] = cose.sign1(key, cose.HEADER, cbor.encode(fields)), parts
        return cose.parse_sign1(record[1], cose.HEADER).id

    def part(self, id_: bytes, part: list[bytes] | None) -> list[bytes] | None:
        if part is None:
            return None
        try:
            value = self.renamed(cbor.decode(part[1]))
        except Violation:
            return part
        if id_ in self.wrong and self.data.draw(st.booleans()):
            value = self.other(value)
        return [part[0], cbor.encode(value)]

    def other(self, value: Any) -> Any:
        """A body with another value under one of its keys, or another value."""
        if isinstance(value, dict) and value:
            key = self.data.draw(st.sampled_from(sorted(value)))
            return value | {key: self.data.draw(mutated(value[key]))}
        return self.data.draw(mutated(value))

    def renamed(self, value: Any) -> Any:
        """The same with new ids for old ones."""
        if isinstance(value, list):
            return [self.renamed(each) for each in value]
        if isinstance(value, dict):
            return {key: self.renamed(each) for key, each in value.items()}
        return self.of(value) if isinstance(value, bytes) and value in self.by_id else value


def before_digests(fields: list[Any]) -> list[bytes]:
    """The digests of the parts, in the fields of a header."""
    (found,) = (each for each in fields if isinstance(each, list) and each and isinstance(each[0], bytes))
    return list(found)


@given(seeds, sides, st.sampled_from(PATHS))
def test_what_is_not_chosen_is_in_no_part_of_the_file(seed: int, mine: bool, path: str) -> None:  # noqa: FBT001 - drawn
    node = side(seed, mine=mine)
    pieces = write_export(
        node.relationship, node.log, node.clock.now, items=partial(places_of, paths=frozenset({path}))
    )
    report = verify_export(b"".join(pieces))
    assert {row.path for row in report.fields if row.shown} <= {path}
    whole = {(row.message, row.path): row.state for row in verify_export(file_of(seed, mine=mine)).fields}
    assert {(row.message, row.path): row.state for row in report.fields} == whole
