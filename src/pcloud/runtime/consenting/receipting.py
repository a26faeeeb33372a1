"""Receipts of a relationship, from its log and what its gate has refused."""

from collections.abc import Iterator

from pcloud.features.disclosure.machine import MACHINE
from pcloud.home.receipts import Known, Receipt, Refused, receipt, refusal
from pcloud.runtime.consenting import answering
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.giving import refusals
from pcloud.runtime.owning import show


def receipts_of(batch: Batch, scope: Scope) -> list[Receipt]:
    """All of one relationship, the oldest first; of what went beyond the terms the newest that are kept."""
    relationship = scope.relationship
    known = Known(
        scope.id.hex(),
        show.line(scope.contact.name),
        relationship.me.log.persona,
        relationship.peer.log.persona,
        batch.now,
        {id_: agreement.terms for id_, agreement in relationship.agreements.items()},
        relationship.unaffirmed,
    )
    found = [*_of_threads(batch, scope, known)]
    forbidden = (Refused(each.id, each.at, each.clause, each.agreement) for each in refusals.of(batch, scope))
    found += [refusal(each, known) for each in forbidden]
    return sorted(found, key=lambda each: each.events[0].at)


def _of_threads(batch: Batch, scope: Scope, known: Known) -> Iterator[Receipt]:
    for thread in batch.store.threads(scope.id, MACHINE.name):
        ruled = answering.by_rule(batch, thread.id)
        told = known._replace(rules={} if ruled is None else {thread.id: ruled.rules})
        made = receipt(scope.log.entries(thread.id), batch.setting.registry, told)
        if made is not None:
            yield made
