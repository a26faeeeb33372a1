"""Letters filled in with what has changed; and with old and new values, where the owner says so."""

from typing import Any

from pcloud.home import shapes
from pcloud.home.letters import ANSWER_S, Change, Content, Holder, Right, Stage, compose
from pcloud.runtime import facts
from pcloud.runtime.consenting.paper import Numbered
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.giving.wording import label_of
from pcloud.wire import cbor


def text_of(batch: Batch, letter: Numbered, holder: Holder, *, values: bool, sender: str | None) -> str:
    """The letter as it would be sent today, or was sent. Without `values` it names what has changed only.

    Whoever asks for access tells in the same letter what has changed; who is to erase all is told nothing.
    """
    name = (batch.fact(facts.NAME) or b"").decode()
    was_sent = letter.letter.stage in (Stage.SENT, Stage.ANSWERED)
    changes = [
        _as_sent(batch, path, number, values=values)
        if was_sent
        else _change(batch, path, holder, values=values)
        for path, number in letter.letter.changes.items()
    ]
    to = "\n".join(each for each in (holder.name, holder.address.strip(), holder.mail) if each)
    return compose(
        Content(
            sender or name,
            to,
            batch.now,
            letter.letter.right,
            letter.id,
            tuple(label_of(each) for each in holder.holds),
            () if letter.letter.right is Right.ERASURE else tuple(changes),
            batch.now + ANSWER_S,
        )
    )


def _change(batch: Batch, path: str, holder: Holder, *, values: bool) -> Change:
    newest = batch.newest(path)
    gone = newest is not None and newest.value is None
    if not values or newest is None or gone:
        return Change(label_of(path), gone=gone)
    told = batch.store.personal.version(path, holder.known.get(path, 0))
    return Change(label_of(path), None if told is None else _said(told.value), _said(newest.value))


def _as_sent(batch: Batch, path: str, number: int, *, values: bool) -> Change:
    """What a letter told that was sent; what stood there before that is not noted any more."""
    told = batch.store.personal.version(path, number)
    gone = told is not None and told.value is None and batch.newest(path) == told
    return Change(label_of(path), None, None if told is None or not values else _said(told.value), gone=gone)


def _said(value: bytes | None) -> str | None:
    """A value on one line."""
    return None if value is None else _line(shapes.to_json(cbor.decode(value)))


def _line(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_line(each)}" for key, each in value.items())
    return ", ".join(map(_line, value)) if isinstance(value, list) else str(value)
