"""How far copies are, as the store keeps it: what is written is read, and what cannot be read begins anew."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcloud.runtime.keeping.progress import TESTS_MAX, Known, Progress, Proof, Prover, read
from pcloud.wire.services.custody import proof_prefix

DAY = 86_400
NOW = 1_800_000_000


def known(name: str, came: int, *, full: bool = False) -> Known:
    digest = sha256(name.encode()).digest()
    return Known(digest, came, full, (Proof(b"n" * 32, digest),))


def test_what_is_written_is_read() -> None:
    progress = Progress(1, 2, 3, 4, 5, 6, 7, (known("a", NOW, full=True), known("b", NOW)))
    assert read(progress.write()) == progress
    assert read(None) == Progress()


@given(st.binary(max_size=200))
def test_what_cannot_be_read_begins_anew(data: bytes) -> None:
    assert isinstance(read(data), Progress)


def test_a_holder_is_asked_only_for_what_it_may_not_have_let_go() -> None:
    """[CUSTODY-13]"""
    progress = Progress(
        tests=(
            known("old full", NOW - 91 * DAY, full=True),
            known("old more", NOW - 8 * DAY),
            known("full", NOW - 89 * DAY, full=True),
            known("more", NOW - 6 * DAY),
            known("newest", NOW - DAY, full=True),
        )
    )
    fulls, others = progress.there(90, NOW)
    assert [test.came for test in fulls] == [NOW - 89 * DAY, NOW - DAY]
    assert [test.came for test in others] == [NOW - 6 * DAY]
    fulls, others = progress.there(1, NOW + 500 * DAY)
    assert [test.came for test in fulls] == [NOW - DAY], "the newest full one is always there"
    assert others == []


def test_tests_are_bounded_and_whole_copies_are_not_crowded_out() -> None:
    progress = Progress().with_test(known("full", NOW, full=True), 90, NOW)
    for number in range(100):
        progress = progress.with_test(known(str(number), NOW + number), 90, NOW + number)
    assert len(progress.tests) == 1 + TESTS_MAX
    assert progress.tests[0].full
    assert progress.tests[-1].came == NOW + 99
    assert not progress.without(progress.tests[0].digest).tests[0].full


@pytest.mark.parametrize("pieces", [[b"volume"], [b"vol", b"", b"ume"]])
def test_proofs_are_those_that_a_holder_would_give(pieces: list[bytes]) -> None:
    """[CUSTODY-12]"""
    nonces = (b"a" * 32, b"b" * 32)
    prover = Prover(tuple((nonce, proof_prefix(nonce)) for nonce in nonces))
    for piece in pieces:
        prover.add(piece)
    assert (prover.size, prover.digest.digest()) == (6, sha256(b"volume").digest())
    wanted = [sha256(b"pcloud/1 custody proof" + nonce + b"volume").digest() for nonce in nonces]
    assert prover.proofs() == tuple(map(Proof, nonces, wanted))
