"""What needs the owner at a glance: read from single rows and indexes, and never by looking at all."""

from typing import Final

from pcloud.features.custody.machine import ASKED, MACHINE
from pcloud.runtime import facts
from pcloud.runtime.cares import Care
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.keeping import agreeing
from pcloud.runtime.keeping.holder import Holder
from pcloud.runtime.owning import show
from pcloud.runtime.owning.answering import Answering

NAMED: Final = 10
"""Peers that are named of each kind."""


class Caring(Answering):
    """The owner's side of seeing what is wrong."""

    async def care(self) -> Care:
        """What needs the owner, as far as it is cheap to know."""
        places = self._node.keepings.copying.places
        behind = [
            each.terms.scope for each in places if isinstance(each, Holder) and each.problem is not None
        ]

        def job(batch: Batch) -> Care:
            recovered = batch.fact(facts.RECOVERED)
            return Care(
                batch.fact(facts.RENEWING) is not None,
                None if recovered is None else int(recovered),
                _is_elsewhere(batch),
                batch.fact(facts.MOVING) is not None,
                _keep_for(batch),
                [show.line(batch.scope(scope).contact.name) for scope in behind[:NAMED]],
            )

        return await self._do(job)


def _is_elsewhere(batch: Batch) -> bool:
    """Whether a peer has proved that another copy is newer, and this one has not caught up since."""
    once = (bytes.fromhex(key.removeprefix(facts.STOPPED)) for key in batch.facts(facts.STOPPED))
    return any(batch.scope(scope).relationship.stopped for scope in once)


def _keep_for(batch: Batch) -> list[str | None]:
    rows = batch.store.personal.threads_in(ASKED, 0, NAMED, MACHINE.name)
    scopes = [batch.scope(row.scope) for row in rows]
    return [
        show.line(scope.contact.name)
        for scope, row in zip(scopes, rows, strict=True)
        if not agreeing.is_mine(scope, row.thread) and not agreeing.is_closed(scope)
    ]
