"""The owner's words in a relationship, each a command of the table that judges the peer's (spec 05 §7)."""

from pcloud.engine.compose import Command, command
from pcloud.engine.sealing import announced
from pcloud.errors import Code, UsageError
from pcloud.features.conversation.say import ConversationSay
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.pause import RelationshipPause
from pcloud.features.relationship.resume import RelationshipResume
from pcloud.features.relationship.rotate import RelationshipRotate
from pcloud.features.terms.accept import TermsAccept
from pcloud.features.terms.counter import TermsCounter
from pcloud.features.terms.decline import TermsDecline
from pcloud.features.terms.proffer import TermsProffer
from pcloud.features.terms.terminate import TermsTerminate
from pcloud.features.terms.withdraw import TermsWithdraw
from pcloud.kernel.context import Me
from pcloud.kernel.gate import Mark, StandardTerms
from pcloud.kernel.message import Message
from pcloud.kernel.thread import Thread
from pcloud.limits import SEAL_AFTER_EXPIRY_S_MAX
from pcloud.runtime.deciding.batch import RESUMED, Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.store.port import Timer

WAITING_MAX = 1_000
"""Own messages of one relationship without a receipt; then only what restricts is taken on."""
SEAL_BY_S = 86_400
"""How long after a proffer's expiry this node lets the first party's seal come (spec 08 §3.2)."""
CONVERSATION = "conversation"
"""Name of the feature's table."""
RESUME = "resume"
"""The timer that ends a pause of one's own (spec 07 §5)."""


class FullOutboxError(Exception):
    """Too many messages of this relationship wait for the peer."""


def speak(batch: Batch, scope: Scope, wanted: Command) -> bytes:
    """Decide an own message and give its first id. Raises UsageError, FullOutboxError."""
    waiting = len(scope.relationship.outgoing.pending)
    if waiting >= WAITING_MAX and wanted.message.MARK is not Mark.RESTRICTS:
        raise FullOutboxError
    decision = command(scope.relationship, wanted, scope.log, batch.setting)
    batch.apply(scope, decision)
    return decision.entries[0].first_id


def _own_thread(scope: Scope) -> bytes:
    thread = scope.relationship.thread
    if thread is None:
        raise UsageError(Code.NOT_RELATED)
    return thread.id


def pause(batch: Batch, scope: Scope, until: int | None) -> None:
    """Rest; with an end, the node resumes by itself."""
    speak(batch, scope, Command(RelationshipPause(until=until), _own_thread(scope)))
    if until is not None:
        batch.changes.timers[scope.id, RESUME, b""] = Timer(scope.id, RESUME, b"", until)


def resume(batch: Batch, scope: Scope) -> None:
    """End one's own rest."""
    speak(batch, scope, Command(RelationshipResume(), _own_thread(scope)))
    batch.changes.timers[scope.id, RESUME, b""] = None
    batch.ask(scope.id, RESUMED, b"")


def close(batch: Batch, scope: Scope, held: str, until: int | None) -> None:
    """End the relationship."""
    speak(batch, scope, Command(RelationshipClose(held=held, until=until), _own_thread(scope)))


def rotate(batch: Batch, scope: Scope) -> None:
    """Renew the sessions of both directions."""
    speak(batch, scope, Command(RelationshipRotate(key=announced(scope.relationship)), _own_thread(scope)))


def conversation(batch: Batch, scope: Scope, wanted: str) -> bytes:
    """The conversation to go on with, by the beginning of its id. Raises UsageError `unknown-thread`."""
    found = [
        thread.id
        for thread in batch.store.threads(scope.id, CONVERSATION)
        if thread.id.hex().startswith(wanted.lower())
    ]
    if len(found) != 1:
        raise UsageError(Code.UNKNOWN_THREAD)
    return found[0]


def say(batch: Batch, scope: Scope, text: str, thread: bytes | None) -> bytes:
    """Say something: the text is an item, never part of the body. Without a thread it opens one."""
    message, items = ConversationSay.pack(text)
    return speak(batch, scope, Command(message, thread, items))


def proffer(
    batch: Batch,
    scope: Scope,
    chosen: StandardTerms,
    expires: int,
    until: int | None,
    replaces: bytes | None,
    thread: bytes | None,
) -> bytes:
    """Proffer an entry of a roster; in a thread where the peer has named it."""
    message = TermsProffer.choose(chosen, expires, until, replaces)
    return speak(batch, scope, Command(message, thread))


def accept_terms(batch: Batch, scope: Scope, thread: Thread) -> None:
    """Sign as second party; the first party's node signs last."""
    me = scope.relationship.me
    if "proffer" not in thread.data:
        raise UsageError(Code.NOT_IN_STATE)
    seal_by = min(thread.data["expires"] + SEAL_BY_S, thread.data["expires"] + SEAL_AFTER_EXPIRY_S_MAX)
    mine = Me(me.log.persona, me.kind, me.key, me.nonce, me.invitation)
    speak(batch, scope, Command(TermsAccept.sign(thread, mine, seal_by), thread.id))


def counter_terms(batch: Batch, scope: Scope, thread: Thread, terms: str) -> None:
    """Name other terms of the same roster."""
    speak(batch, scope, Command(TermsCounter(terms=terms), thread.id))


def refuse_terms(batch: Batch, scope: Scope, thread: Thread, reason: str | None) -> None:
    """Say no: to a proffer, to a counter, or by taking one's own proffer back."""
    mine = thread.opener == scope.relationship.me.log.persona
    message: Message = TermsDecline(reason=reason)
    if mine and thread.state != "countered":
        message = TermsWithdraw()
    speak(batch, scope, Command(message, thread.id))


def terminate(batch: Batch, scope: Scope, thread: Thread, reason: str | None) -> None:
    """End an agreement."""
    if "agreement" not in thread.data:
        raise UsageError(Code.NOT_IN_STATE)
    message = TermsTerminate(agreement=thread.data["agreement"], reason=reason)
    speak(batch, scope, Command(message, thread.id))
