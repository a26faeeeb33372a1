"""[TERMS-35], [TERMS-36], [TERMS-37]."""

from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.features.terms.policy import read_machine_form
from pcloud.kernel.gate import Clause
from pcloud.limits import CLAUSES_MAX, DUTIES_MAX
from pcloud.wire import cbor

CLAUSE = ["service", True, [], ["pd:EmailAddress"], ["dpv:ServiceProvision"]]
FORM: dict[int | str, Any] = {1: 1, 2: [CLAUSE], 3: ["p7012:PortabilityRequired"], 4: 60, 5: False}


def test_a_machine_form_becomes_a_policy_and_its_duties() -> None:
    """[TERMS-35] [TERMS-37]"""
    form = read_machine_form(cbor.encode(FORM))
    assert form.policy.clauses == (
        Clause("service", allowed=True, categories=("pd:EmailAddress",), purposes=("dpv:ServiceProvision",)),
    )
    assert (form.policy.retention_s_max, form.policy.onward) == (60, False)
    assert form.duties == ("p7012:PortabilityRequired",)


def test_without_retention_nothing_but_the_agreement_bounds_the_time() -> None:
    """[TERMS-35]"""
    form = {key: value for key, value in FORM.items() if key != 4}
    assert read_machine_form(cbor.encode(form)).policy.retention_s_max is None


@pytest.mark.parametrize(
    "change",
    [
        {2: []},
        {2: [CLAUSE, CLAUSE]},
        {2: [[f"clause {n}", True, [], [], []] for n in range(CLAUSES_MAX + 1)]},
        {2: [["service", True, [], []]]},
        {2: [["service", 1, [], [], []]]},
        {2: [["", True, [], [], []]]},
        {2: [["service", True, ["x" * 65], [], []]]},
        {2: [["service", True, [["dpv:Use"]], [], []]]},
        {3: ["duty"] * (DUTIES_MAX + 1)},
        {4: 0},
        {4: None},
        {5: 1},
        {6: True},
    ],
)
def test_what_is_no_machine_form_is_refused(change: Any) -> None:
    """[TERMS-36]"""
    with pytest.raises(Violation) as found:
        read_machine_form(cbor.encode({**FORM, **change}))
    assert (found.value.stage, found.value.code) == (Stage.FORM, Code.SHAPE)


def test_another_version_is_another_version() -> None:
    """[TERMS-36]"""
    with pytest.raises(Violation) as found:
        read_machine_form(cbor.encode({**FORM, 1: 2}))
    assert found.value.code is Code.VERSION_UNKNOWN
