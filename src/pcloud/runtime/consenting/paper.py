"""Holders without a node, and the letters to them: kept in every copy of the node, and due with each change.

One letter to a holder is open at a time. What changes before it is sent goes into it; what changes after
makes the next one.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final, Literal, NamedTuple

from pcloud.errors import Violation
from pcloud.features.disclosure.path import read_path
from pcloud.home.letters import Holder, Letter, Right, Stage, read_holder, read_letter
from pcloud.home.rules import Reach, reach
from pcloud.home.ruling import DAY_S
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.surface import OwnerError
from pcloud.store.personal import Version

PAPER: Final = "kept/paper/"
"""With the id of a holder: who that is, and what they hold."""
LETTER: Final = "kept/letter/"
"""With the id of a holder and a number: one letter to it."""
HOLDERS_MAX: Final = 1_000
LETTERS_MAX: Final = 100
"""To one holder that are kept; then the oldest goes."""
CHANGES_MAX: Final = 16
"""Records that one letter names; of more it names the place."""
KNOWN_MAX: Final = 256
"""Records of one holder whose version is noted; of others a letter does not say what stood there before."""
_DIGITS: Final = 6
"""Of the number of a letter, so that they stand in order."""
_ID_BYTES: Final = 4

Reached = Literal["due", "printed", "sent", "answered"]
State = Literal["none"] | Reached


class Paper(NamedTuple):
    """One thing that a holder without a node holds."""

    id: str
    name: str
    path: str
    since: int
    until: int | None
    letter: State
    """How far the newest letter about it is."""


class Numbered(NamedTuple):
    """A letter under its id: that of its holder, and a number."""

    id: str
    letter: Letter


def holders(batch: Batch) -> Iterator[tuple[str, Holder]]:
    """All of them; one that cannot be read any more is passed over."""
    for key, kept in batch.facts(PAPER).items():
        yield from _readable(key, kept)


def _readable(key: str, kept: bytes) -> Iterator[tuple[str, Holder]]:
    try:
        yield key.removeprefix(PAPER), read_holder(kept)
    except Violation:
        return


def letters_to(batch: Batch, holder: str) -> list[Numbered]:
    """All letters to a holder, the newest first; those that cannot be read any more are passed over."""
    kept = batch.facts(f"{LETTER}{holder}/").items()
    return [each for key, row in kept for each in _legible(key, row)][::-1]


def _legible(key: str, kept: bytes) -> Iterator[Numbered]:
    try:
        yield Numbered(key.removeprefix(LETTER).replace("/", "-"), read_letter(kept))
    except Violation:
        return


def paper_holders(batch: Batch, path: str | None = None) -> list[Paper]:
    """Who holds what without a node; with a path only that, what is below it, and what it is part of."""
    found = []
    for id_, holder in holders(batch):
        about = [each for each in holder.holds if path is None or _is_about(each, path)]
        letters = letters_to(batch, id_)[:1] if about else ()
        state: State = state_of(letters[0].letter) if letters else "none"
        found += [Paper(id_, holder.name, each, holder.since, holder.until, state) for each in about]
    return found


def _is_about(held: str, path: str) -> bool:
    one, other = held.partition(":")[0], path.partition(":")[0]
    return Reach.WHOLE in (reach(one, other), reach(other, one))


def state_of(letter: Letter) -> Reached:
    """How far a letter is."""
    states: dict[Stage, Reached] = {
        Stage.DUE: "due",
        Stage.PRINTED: "printed",
        Stage.SENT: "sent",
        Stage.ANSWERED: "answered",
    }
    return states[letter.stage]


# What the owner does


def add(batch: Batch, holder: Holder) -> str:
    """Note a holder, who is taken to know what is newest now. Raises OwnerError `invalid`, `full`."""
    if len(batch.facts(PAPER)) >= HOLDERS_MAX:
        raise OwnerError("full", f"There are {HOLDERS_MAX} holders already.")
    for path in holder.holds:
        try:
            read_path(path, pattern=True)
        except Violation:
            raise OwnerError("invalid", f"{path!r} is no place or record of your data.") from None
    found = (version for each in holder.holds for version in _records(batch, each))
    known = {version.path: version.number for version in islice(found, KNOWN_MAX)}
    holder = holder._replace(known=known)
    try:
        read_holder(holder.write())
    except Violation as violation:
        text = "A holder needs a name, and 1 to 32 places; a name, an address or all of it is too long."
        raise OwnerError("invalid", text) from violation
    id_ = batch.draw(_ID_BYTES).hex()
    batch.changes.facts[PAPER + id_] = holder.write()
    return id_


def _records(batch: Batch, held: str) -> Iterator[Version]:
    """What stands at a held place and below it, in its newest version."""
    record = held.partition(":")[0]
    version = None if record.endswith("*") else batch.newest(record)
    if version is not None:
        yield version
    one = Holder("", "", "", (held,), 0, None, {})
    page = batch.store.personal.list(record.removesuffix("/*"), None, KNOWN_MAX)
    yield from (version for version in page if one.has(version.path))


def find(batch: Batch, text: str) -> tuple[str, Holder]:
    """A holder by its name or the beginning of its id. Raises OwnerError `unknown`, `ambiguous`."""
    wanted = text.casefold()
    known = list(holders(batch))
    found = [one for one in known if one[1].name.casefold() == wanted]
    found = found or [one for one in known if wanted and one[0].startswith(wanted)]
    if len(found) != 1:
        code, said = ("ambiguous", "More than one fits") if found else ("unknown", "There is no")
        raise OwnerError(code, f"{said} holder {text!r}. See: pcloud letters list")
    return found[0]


def remove(batch: Batch, text: str) -> None:
    """Forget a holder and the letters to it."""
    id_, _ = find(batch, text)
    batch.changes.facts[PAPER + id_] = None
    for letter in letters_to(batch, id_):
        batch.changes.facts[_key(letter.id)] = None


def find_letter(batch: Batch, text: str) -> tuple[Numbered, str, Holder]:
    """A letter by its id, or the newest one to a holder. Raises OwnerError."""
    holder, dash, _ = text.rpartition("-")
    known = dict(holders(batch))
    if dash and holder in known:
        found = [each for each in letters_to(batch, holder) if each.id == text]
    else:
        holder = find(batch, text)[0]
        found = letters_to(batch, holder)[:1]
    if not found:
        raise OwnerError("unknown", f"There is no letter {text!r}. See: pcloud letters list")
    return found[0], holder, known[holder]


def write(batch: Batch, holder: str, right: Right) -> Numbered:
    """Let a letter be due that asks for something, whether or not anything has changed."""
    open_ = _open(batch, holder)
    changes = {} if open_ is None else open_.letter.changes
    due = batch.now if open_ is None else open_.letter.due
    return _put(batch, holder, open_, Letter(right, Stage.DUE, due, changes=changes))


def printed(batch: Batch, letter: Numbered) -> Numbered:
    """Note that it was printed as things are now."""
    told = {path: _newest(batch, path) for path in letter.letter.changes}
    if letter.letter.stage not in (Stage.DUE, Stage.PRINTED):
        return letter
    after = letter.letter._replace(stage=Stage.PRINTED, printed=batch.now, changes=told)
    return _keep(batch, letter.id, after)


def sent(batch: Batch, letter: Numbered, holder_id: str, holder: Holder, at: int) -> Numbered:
    """Note that it is on its way: they are taken to know what it tells. Raises OwnerError `invalid`."""
    _require_day(at, batch.now)
    if letter.letter.stage not in (Stage.DUE, Stage.PRINTED):
        raise OwnerError("invalid", "This letter was sent already. A newer one: pcloud letters write")
    told = letter.letter.changes
    if letter.letter.stage is Stage.DUE:
        told = {path: _newest(batch, path) for path in told}
    known = dict(islice({**told, **holder.known, **told}.items(), KNOWN_MAX))
    batch.changes.facts[PAPER + holder_id] = holder._replace(known=known).write()
    return _keep(batch, letter.id, letter.letter._replace(stage=Stage.SENT, sent=at, changes=told))


def answered(batch: Batch, letter: Numbered, at: int) -> Numbered:
    """Note that they have answered. Raises OwnerError `invalid`."""
    _require_day(at, batch.now)
    if letter.letter.stage is not Stage.SENT:
        raise OwnerError("invalid", "This letter was not sent yet. When it is: pcloud letters sent")
    return _keep(batch, letter.id, letter.letter._replace(stage=Stage.ANSWERED, answered=at))


def _require_day(at: int, now: int) -> None:
    """A day of the past, or today wherever the owner is."""
    if not 0 <= at <= now + DAY_S:
        raise OwnerError("invalid", "That day is still to come, or no calendar has it.")


# What a change does


def changed(batch: Batch, path: str) -> None:
    """A record has a new version, or is gone: each holder of it gets a letter, in the same commit."""
    for id_, holder in _of(batch, path):
        open_ = _open(batch, id_)
        before = Letter(Right.CORRECTION, Stage.DUE, batch.now) if open_ is None else open_.letter
        told = path
        if len(before.changes) >= CHANGES_MAX and path not in before.changes:
            told = next(each for each in holder.holds if holder._replace(holds=(each,)).has(path))
        if open_ is None or before.stage is not Stage.DUE or told not in before.changes:
            after = before._replace(stage=Stage.DUE, changes={**before.changes, told: 0})
            _put(batch, id_, open_, after)


def _of(batch: Batch, record: str) -> Iterator[tuple[str, Holder]]:
    """Who holds a record. A holder is read only where its row has the first name of the path."""
    first = record.partition("/")[0].partition(".")[0].encode()
    for key, kept in batch.facts(PAPER).items():
        if first in kept:
            yield from ((id_, each) for id_, each in _readable(key, kept) if each.has(record))


def _open(batch: Batch, holder: str) -> Numbered | None:
    """The letter to a holder that is not sent yet: the newest, if any."""
    newest = list(batch.facts(f"{LETTER}{holder}/").items())[-1:]
    letters = [each for key, kept in newest for each in _legible(key, kept)]
    return next((each for each in letters if each.letter.stage in (Stage.DUE, Stage.PRINTED)), None)


def _put(batch: Batch, holder: str, open_: Numbered | None, letter: Letter) -> Numbered:
    if open_ is not None:
        return _keep(batch, open_.id, letter)
    known = letters_to(batch, holder)
    for old in known[LETTERS_MAX - 1 :]:
        batch.changes.facts[_key(old.id)] = None
    number = int(known[0].id.rpartition("-")[2]) + 1 if known else 1
    return _keep(batch, f"{holder}-{number:0{_DIGITS}}", letter)


def _keep(batch: Batch, id_: str, letter: Letter) -> Numbered:
    batch.changes.facts[_key(id_)] = letter.write()
    return Numbered(id_, letter)


def _key(id_: str) -> str:
    holder, _, number = id_.rpartition("-")
    return f"{LETTER}{holder}/{number}"


def _newest(batch: Batch, path: str) -> int:
    version = batch.newest(path)
    return 0 if version is None else version.number
