"""What every part of the owner's side stands on: a job, answered after its commit, refused in plain words."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pcloud.ambient.port import WorkersClosedError
from pcloud.errors import UsageError, Violation
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.node import Node
from pcloud.runtime.owning import speaking
from pcloud.runtime.owning.advice import told
from pcloud.runtime.owning.looking import find_scope
from pcloud.runtime.surface import OwnerError
from pcloud.store.port import Contact, FullError, StoreError

T = TypeVar("T")

PAGE_MAX = 100
"""Rows of one answer."""


class Answering:
    """A part of the owner's side of a node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def _do(self, job: Callable[[Batch], T]) -> T:
        """Run a job; a refusal is told in the owner's words."""
        return await self._told(self._node.decider.do(job))

    async def _told(self, work: Awaitable[T]) -> T:
        try:
            return await work
        except (UsageError, Violation) as error:
            raise told(error) from error
        except speaking.FullOutboxError:
            text = "Too many messages wait for this peer. Wait until it has been reached."
            raise OwnerError("busy", text) from None
        except FullError as error:
            raise OwnerError("full", str(error)) from error
        except StoreError as error:
            self._node.failed(error)
            raise OwnerError("store", str(error)) from error
        except WorkersClosedError:
            raise OwnerError("busy", "The node is stopping. Try again once it runs.") from None


def peer_of(batch: Batch, text: str) -> Scope:
    """A relationship or contact to which something was sent. Raises OwnerError."""
    scope = find_scope(batch, text)
    if scope.relationship.thread is None:
        raise OwnerError("unknown", "Nothing was sent to this contact yet. Accept it first.")
    return scope


def rows_of(batch: Batch, after: str | None = None) -> list[Contact]:
    """All rows of the list, in pages; they are small."""
    rows: list[Contact] = []
    last = None if after is None else find_scope(batch, after).id
    while True:
        page = batch.store.contacts(last, PAGE_MAX)
        rows.extend(page)
        if len(page) < PAGE_MAX:
            return rows
        last = page[-1].scope


def everybody(batch: Batch) -> list[Scope]:
    """Every relationship that has begun, in the order of the list."""
    scopes = (batch.scope(row.scope) for row in rows_of(batch))
    return [scope for scope in scopes if scope.relationship.thread is not None]
