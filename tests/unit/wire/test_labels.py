"""Domain separation: no two uses share a label."""

import inspect
import re

from pcloud.wire import labels


def test_every_label_binds_the_version() -> None:
    for name, value in vars(labels).items():
        if name.isupper():
            assert re.match("pcloud/1 [a-z]", value if isinstance(value, str) else value.decode())


def test_no_label_of_a_hash_begins_another_of_the_same_hash() -> None:
    # As text in CBOR a label carries its length. As the first bytes under a hash nothing ends it but itself.
    groups = re.split(r"^# As ", inspect.getsource(labels), flags=re.MULTILINE)
    hashed = [group for group in groups if group.startswith("the first bytes")]
    assert hashed
    for group in hashed:
        values = [getattr(labels, name) for name in re.findall(r"^([A-Z_]+): Final", group, re.MULTILINE)]
        assert values
        for value in values:
            assert not [other for other in values if other != value and other.startswith(value)]
