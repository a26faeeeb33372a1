"""[CONF-3], [CONF-4], [GATE-1]: the list of features, and message types of one's own."""

import pytest
from tests.unit.engine.probe import MACHINE, REGISTRY

from pcloud.engine.registry import STANDARD
from pcloud.kernel.machine import Machine


def test_standard_names_never_begin_as_private_ones_do() -> None:
    """[CONF-3]"""
    assert STANDARD.messages
    assert not [name for name in STANDARD.messages if name.startswith("x-")]
    assert all(name == STANDARD.messages[name].NAME for name in STANDARD.messages)


def test_every_name_has_one_table() -> None:
    """[GATE-1]"""
    assert STANDARD.messages.keys() == STANDARD.machines.keys()
    assert {machine.name for machine in STANDARD.machines.values()} == {
        "conversation",
        "custody",
        "disclosure",
        "relay",
        "relationship",
        "terms",
    }
    assert STANDARD.relation == "relationship"


def test_a_table_of_ones_own_joins_beside_the_standard_ones() -> None:
    """[CONF-4]"""
    assert REGISTRY.messages.keys() == STANDARD.messages.keys() | MACHINE.messages.keys()
    assert REGISTRY.machines["x-probe.note"] is MACHINE
    assert "x-probe.note" not in STANDARD.messages, "a registry is never changed in place"
    assert all(name.startswith("x-") for name in MACHINE.messages)


def test_a_name_is_taken_once() -> None:
    """[CONF-4]"""
    for machine in (MACHINE, STANDARD.machines["terms.proffer"], Machine("x-copy", MACHINE.rows[:1])):
        with pytest.raises(ValueError, match="exists"):
            REGISTRY.with_machine(machine)
