"""The only list of features, and how own message types join (spec 16 §3)."""

from collections.abc import Mapping
from typing import NamedTuple

from pcloud.features.conversation.machine import MACHINE as CONVERSATION
from pcloud.features.custody.machine import MACHINE as CUSTODY
from pcloud.features.disclosure.machine import MACHINE as DISCLOSURE
from pcloud.features.relationship.machine import MACHINE as RELATIONSHIP
from pcloud.features.relay.machine import MACHINE as RELAY
from pcloud.features.terms.machine import MACHINE as TERMS
from pcloud.kernel.machine import Machine
from pcloud.kernel.message import Message


class Registry(NamedTuple):
    """Which names a node knows: name to message class, name to table."""

    messages: Mapping[str, type[Message]]
    machines: Mapping[str, Machine]
    """By message name."""
    relation: str
    """Name of the machine of which each relationship has one thread."""

    def with_machine(self, machine: Machine) -> "Registry":
        """Add a table, for message types of one's own. Raises ValueError for a name that is taken."""
        if not self.messages.keys().isdisjoint(machine.messages):
            raise ValueError(f"{machine.name}: a message of that name exists")
        return Registry(
            {**self.messages, **machine.messages},
            {**self.machines, **dict.fromkeys(machine.messages, machine)},
            self.relation,
        )


STANDARD = (
    Registry({}, {}, RELATIONSHIP.name)
    .with_machine(RELATIONSHIP)
    .with_machine(TERMS)
    .with_machine(CONVERSATION)
    .with_machine(CUSTODY)
    .with_machine(RELAY)
    .with_machine(DISCLOSURE)
)
