"""Parts against their digests."""

from hashlib import sha256

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.wire.parts import Part, check_parts, digest

BODY = Part(b"s" * 16, b"body")
ITEM = Part(b"t" * 16, b"item")
DIGESTS = [digest(*BODY), digest(*ITEM)]


def test_a_digest_is_over_salt_and_data() -> None:
    assert digest(b"s" * 16, b"body") == sha256(b"s" * 16 + b"body").digest()


def test_all_parts_or_the_body_alone_pass() -> None:
    check_parts(DIGESTS, [BODY, ITEM])
    check_parts(DIGESTS, [BODY, None])
    check_parts(DIGESTS[:1], [BODY])


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([], Code.PART_MISSING),
        ([None, ITEM], Code.PART_MISSING),
        ([BODY], Code.PART_MISSING),
        ([BODY, ITEM, ITEM], Code.PART_MISMATCH),
        ([BODY, ITEM, None], Code.PART_MISMATCH),
        ([ITEM, BODY], Code.PART_MISMATCH),
        ([BODY, BODY], Code.PART_MISMATCH),
        ([BODY, Part(ITEM.salt, b"other")], Code.PART_MISMATCH),
        ([BODY, Part(b"u" * 16, ITEM.data)], Code.PART_MISMATCH),
        ([BODY, Part(b"", ITEM.salt + ITEM.data)], Code.PART_MISMATCH),
        ([BODY, Part(ITEM.salt + b"i", b"tem")], Code.PART_MISMATCH),
        ([Part(BODY.salt[:15], BODY.salt[15:] + BODY.data), ITEM], Code.PART_MISMATCH),
    ],
)
def test_other_parts_are_refused_as_content(parts: list[Part | None], code: Code) -> None:
    with pytest.raises(Violation) as refusal:
        check_parts(DIGESTS, parts)
    assert (refusal.value.code, refusal.value.stage) == (code, Stage.CONTENT)


def test_a_header_without_digests_has_no_body() -> None:
    with pytest.raises(Violation) as refusal:
        check_parts([], [])
    assert refusal.value.code == Code.PART_MISSING
