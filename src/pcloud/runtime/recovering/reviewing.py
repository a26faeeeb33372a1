"""Own entries that peers gave back: shown to the owner, who owns up to them or does not (spec 06 §6)."""

from collections.abc import Iterator, Sequence

from pcloud.engine.compose import Command, command
from pcloud.engine.snapshot import APPLIED, Entry
from pcloud.errors import Code, UsageError
from pcloud.features.conversation.say import ConversationSay, read_text
from pcloud.features.relationship.affirm import RelationshipAffirm
from pcloud.features.relationship.reject import RelationshipReject
from pcloud.kernel.gate import Mark
from pcloud.kernel.message import Message
from pcloud.limits import AFFIRMED_IDS_MAX
from pcloud.runtime import facts, views
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.keeping import agreeing
from pcloud.runtime.owning import show
from pcloud.runtime.surface import OwnerError

ID_MIN = 4
"""Characters of an entry's id that are taken for one."""


def waiting(scope: Scope) -> list[Entry]:
    """Own entries of a relationship that wait for the owner's word, oldest first."""
    found = (scope.log.find(id_) for id_ in scope.relationship.unaffirmed)
    own = (entry for entry in found if entry is not None and entry.mine and entry.verdict in (None, APPLIED))
    return sorted(own, key=lambda entry: (entry.signed.rank, entry.first_id))


def restricts(batch: Batch, entry: Entry) -> bool:
    """Whether an entry ends, revokes or closes something."""
    message = _kind(batch, entry)
    return message is not None and message.MARK is Mark.RESTRICTS


def _kind(batch: Batch, entry: Entry) -> type[Message] | None:
    """What sort of message it is; None for one that this version does not know: it has no effect."""
    return batch.setting.registry.messages.get(entry.signed.header.name)


def view(batch: Batch, scope: Scope, entry: Entry) -> views.Unaffirmed:
    """One of them, as its owner sees it."""
    header = entry.signed.header
    message = _kind(batch, entry)
    said = entry.parts[1] if header.name == ConversationSay.NAME and len(entry.parts) > 1 else None
    return views.Unaffirmed(
        scope.id.hex(),
        show.line(scope.contact.name),
        entry.first_id.hex(),
        header.time,
        header.name,
        entry.signed.thread_id.hex(),
        restricts=restricts(batch, entry),
        suspended=message is not None and message.SUSPENDED,
        rejectable=message is not None and not message.LASTING,
        text=None if said is None else show.clean(read_text(said.data)),
    )


def decide(batch: Batch, scope: Scope, wanted: Sequence[str], *, mine: bool) -> int:
    """Affirm or reject entries, all where none is named; gives how many. Raises OwnerError, UsageError."""
    thread = scope.relationship.thread
    if thread is None:
        raise UsageError(Code.NOT_RELATED)
    entries = waiting(scope)
    if wanted:
        entries = [_named(entries, text) for text in wanted]
    if not mine:
        entries = [entry for entry in entries if _rejectable(batch, entry, named=bool(wanted))]
    for ids in _chunks([entry.first_id for entry in entries]):
        said = RelationshipAffirm(ids) if mine else RelationshipReject(ids)
        batch.apply(scope, command(scope.relationship, Command(said, thread.id), scope.log, batch.setting))
    return len(entries)


def _named(entries: Sequence[Entry], text: str) -> Entry:
    found = [entry for entry in entries if entry.first_id.hex().startswith(text.lower())]
    if len(text) < ID_MIN or not found:
        raise OwnerError("unknown", f"No entry {text!r} waits for your word. See: pcloud review list")
    if len(found) > 1:
        raise OwnerError("ambiguous", f"More than one entry fits {text!r}. Give more of its id.")
    return found[0]


def _rejectable(batch: Batch, entry: Entry, *, named: bool) -> bool:
    """Whether it can be rejected: without what began the relationship nothing would be left (REC-33)."""
    message = _kind(batch, entry)
    if message is None:
        return False
    lasting = message.LASTING
    if lasting and named:
        text = "What began the relationship cannot be rejected. Close the relationship if you do not want it."
        raise OwnerError("invalid", text)
    return not lasting


def _chunks(ids: Sequence[bytes]) -> Iterator[tuple[bytes, ...]]:
    for start in range(0, len(ids), AFFIRMED_IDS_MAX):
        yield tuple(ids[start : start + AFFIRMED_IDS_MAX])


def state(batch: Batch, scopes: Sequence[Scope]) -> views.Recovery:
    """How far the last recovery has come, and where another copy of this node has shown itself."""
    known = [(scope.id.hex(), scope.relationship) for scope in scopes]
    return views.Recovery(
        generation=_number(batch, facts.GENERATION) or 0,
        created=_number(batch, facts.CREATED),
        recovered=_number(batch, facts.RECOVERED),
        held_until=_number(batch, facts.HELD_UNTIL),
        unfinished=batch.fact(facts.RENEWING) is not None,
        unanswered=[id_ for id_, relationship in known if relationship.recovering],
        stopped=[id_ for id_, relationship in known if relationship.stopped],
        unaffirmed=sum(len(waiting(scope)) for scope in scopes),
        holders=[holder for scope in scopes for holder in _holders(batch, scope)],
    )


def _holders(batch: Batch, scope: Scope) -> Iterator[views.Holder]:
    """What a peer has granted this node, if it has."""
    for thread in agreeing.threads(batch.store, scope.id):
        terms = agreeing.terms_of(scope, thread) if agreeing.is_mine(scope, thread) else None
        if terms is not None:
            yield views.Holder(show.line(scope.contact.name), terms.endpoints[0])


def _number(batch: Batch, fact: str) -> int | None:
    value = batch.fact(fact)
    return None if value is None else int(value)
