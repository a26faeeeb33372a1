"""Receipts of a relationship, from its log and what its gate has refused."""

from collections.abc import Iterable, Iterator

from pcloud.features.disclosure.machine import MACHINE
from pcloud.home.receipts import Known, Receipt, Refused, receipt, refusal
from pcloud.runtime.consenting import answering
from pcloud.runtime.deciding import refusals
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import show


def threads_of(batch: Batch, scope: Scope) -> list[bytes]:
    """Threads of a relationship in which something was asked for or given, by their ids."""
    return [thread.id for thread in batch.store.threads(scope.id, MACHINE.name)]


def receipts_of(batch: Batch, scope: Scope, threads: Iterable[bytes]) -> list[Receipt]:
    """The receipts of some threads: of many a few at a time, since each is computed from its messages."""
    return list(_told(batch, scope, threads))


def refusals_of(batch: Batch, scope: Scope) -> list[Receipt]:
    """Receipts of what went beyond the terms: of the newest that are kept."""
    forbidden = (Refused(each.id, each.at, each.clause, each.agreement) for each in refusals.of(batch, scope))
    known = _known(batch, scope)
    return [refusal(each, known) for each in forbidden]


def _known(batch: Batch, scope: Scope) -> Known:
    relationship = scope.relationship
    return Known(
        scope.id.hex(),
        show.line(scope.contact.name),
        relationship.me.log.persona,
        relationship.peer.log.persona,
        batch.now,
        {id_: agreement.terms for id_, agreement in relationship.agreements.items()},
        relationship.unaffirmed,
    )


def _told(batch: Batch, scope: Scope, threads: Iterable[bytes]) -> Iterator[Receipt]:
    known = _known(batch, scope)
    for thread in threads:
        ruled = answering.by_rule(batch, thread)
        told = known._replace(rules={} if ruled is None else {thread: ruled.rules})
        made = receipt(scope.log.entries(thread), batch.setting.registry, told)
        if made is not None:
            yield made
