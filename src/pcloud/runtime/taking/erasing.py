"""Deleting values here: with their salts, from the live files, in one commit (spec 05 §3, spec 09 §7)."""

from collections.abc import Callable, Iterable
from itertools import groupby

from pcloud.engine import retry
from pcloud.engine.snapshot import Decision
from pcloud.features.disclosure.machine import CLAIMED, MACHINE, RETURNED
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.taking import grants
from pcloud.runtime.taking.grants import Given


def erase(batch: Batch, scope: Scope, values: Iterable[Given]) -> None:
    """Erase these values; what is there no more is passed over. Sessions that could open them go as well."""
    relationship, emptied = scope.relationship, []
    for _, group in groupby(sorted(values, key=_message_of), key=_message_of):
        of_one = list(group)
        places = frozenset(value.place for value in of_one)
        relationship, without = retry.erase_items(relationship, of_one[0].entry, places)
        emptied.append(without)
    if emptied:
        batch.apply(scope, Decision(relationship, tuple(emptied)))


def _message_of(value: Given) -> bytes:
    return value.entry.first_id


def erase_copies(batch: Batch, scope: Scope, fits: Callable[[str], bool]) -> None:
    """Erase what stands of deleted fields elsewhere: claims and answers to them, and data that arose here.

    `fits` says of which paths. From now on the next copies of the node are whole ones, so that older ones run
    out (`taking.backups`).
    """
    batch.changes.facts[facts.ERASED] = str(batch.now).encode()
    me = scope.relationship.me.log.persona
    for state, mine in ((RETURNED, True), (CLAIMED, False)):
        for thread in batch.store.threads(scope.id, MACHINE.name, state):
            if (thread.opener == me) is mine:
                said = grants.values(scope.log.holding(thread.id), batch.setting.registry)
                erase(batch, scope, [each for each in said if fits(each.path)])
