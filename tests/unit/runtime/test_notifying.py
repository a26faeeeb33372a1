"""The owner is told that something waits: how much, once, after rules had their time, and never what."""

import io
from collections.abc import AsyncIterator, Mapping

import msgspec
import pytest

from pcloud.ambient.system import system_entropy
from pcloud.net.port import UnreachableError
from pcloud.runtime.config import Log as LogSettings
from pcloud.runtime.logs import Log
from pcloud.runtime.notifying import (
    AGAIN_S_FIRST,
    PAUSE_S,
    QUIET_S,
    SUBJECT,
    ByHook,
    ByMail,
    Notifying,
    Waiting,
    worded,
)
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.taking.telling import SIGNATURE, sign
from pcloud.testing.home import Home, Village, asked, related


class Ear:
    """Hears what the owner is told."""

    def __init__(self) -> None:
        self.heard: list[Waiting] = []
        self.away = False

    async def tell(self, waiting: Waiting) -> None:
        if self.away:
            raise UnreachableError("away")
        self.heard.append(waiting)


@pytest.fixture
async def anna(village: Village) -> Home:
    return await village.home("Anna")


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def faults() -> list[Exception]:
    return []


@pytest.fixture
async def notifying(anna: Home, ear: Ear, faults: list[Exception]) -> AsyncIterator[Notifying]:
    clock = anna.clock
    log = Log(io.StringIO(), clock, system_entropy, LogSettings())
    notifying = Notifying(anna.owner, clock, log, faults.append, [ear])
    await notifying.start()
    yield notifying
    await notifying.stop()
    assert faults == []


async def pass_by(village: Village, seconds: float) -> None:
    """Time passes, and everybody does what is due."""
    await village.clock.advance(seconds)
    await village.clock.advance(0.1)


async def test_a_request_that_waits_is_told_once_and_after_a_while(
    village: Village, anna: Home, ear: Ear, notifying: Notifying
) -> None:
    rose = await village.home("Rose")
    await asked(rose, anna)
    assert ear.heard == []
    await pass_by(village, QUIET_S + 1)
    assert ear.heard == [Waiting(requests=1)]
    await pass_by(village, 2 * PAUSE_S)
    assert ear.heard == [Waiting(requests=1)]


async def test_what_was_answered_meanwhile_is_not_told(
    village: Village, anna: Home, ear: Ear, notifying: Notifying
) -> None:
    rose = await village.home("Rose")
    contact = await asked(rose, anna)
    await anna.owner.accept(contact.id)
    await pass_by(village, QUIET_S + 1)
    assert ear.heard == []


async def test_terms_that_wait_for_the_other_side_are_not_told(
    village: Village, anna: Home, ear: Ear, notifying: Notifying
) -> None:
    rose = await village.home("Rose")
    _, theirs = await related(rose, anna)
    await anna.owner.proffer(theirs.id, "SD-BASE")
    await pass_by(village, QUIET_S + 1)
    assert ear.heard == []


async def test_terms_that_somebody_proffers_are_told(
    village: Village, anna: Home, ear: Ear, notifying: Notifying
) -> None:
    rose = await village.home("Rose")
    mine, _ = await related(rose, anna)
    await rose.owner.proffer(mine.id, "SD-BASE")
    await pass_by(village, QUIET_S + 1)
    assert ear.heard == [Waiting(terms=1)]


async def test_who_could_not_be_told_is_told_again_and_what_waits_by_then(
    village: Village, anna: Home, ear: Ear, notifying: Notifying
) -> None:
    ear.away = True
    rose, carl = await village.home("Rose"), await village.home("Carl")
    await asked(rose, anna)
    await pass_by(village, QUIET_S + 1)
    assert (ear.heard, notifying.behind) == ([], True)
    await asked(carl, anna)
    ear.away = False
    await pass_by(village, AGAIN_S_FIRST + 1)
    assert (ear.heard, notifying.behind) == ([Waiting(requests=2)], False)


async def test_one_way_that_is_broken_holds_up_no_other(village: Village, anna: Home) -> None:
    faults: list[Exception] = []
    log = Log(io.StringIO(), anna.clock, system_entropy, LogSettings())
    broken, whole = Ear(), Ear()
    broken.away = True
    notifying = Notifying(anna.owner, anna.clock, log, faults.append, [broken, whole])
    await notifying.start()
    rose, carl = await village.home("Rose"), await village.home("Carl")
    await asked(rose, anna)
    await pass_by(village, QUIET_S + 1)
    assert (whole.heard, notifying.behind) == ([Waiting(requests=1)], True)
    await asked(carl, anna)
    await pass_by(village, PAUSE_S + QUIET_S + 1)
    await pass_by(village, QUIET_S + 1)
    assert (broken.heard, whole.heard) == ([], [Waiting(requests=1), Waiting(requests=2)])
    assert notifying.behind
    broken.away = False
    await notifying.try_out()
    assert (broken.heard, notifying.behind) == ([Waiting(requests=2)], False)
    await notifying.stop()
    assert faults == []


async def test_the_owner_may_try_it_out(ear: Ear, notifying: Notifying) -> None:
    await notifying.try_out()
    assert ear.heard == [Waiting()]
    ear.away = True
    with pytest.raises(OwnerError) as refusal:
        await notifying.try_out()
    assert refusal.value.code == "unreachable"


async def test_where_nobody_wants_to_know_nothing_is_followed(anna: Home) -> None:
    log = Log(io.StringIO(), anna.clock, system_entropy, LogSettings())
    nobody = Notifying(anna.owner, anna.clock, log, lambda _: None, [])
    await nobody.start()
    assert not nobody.wanted
    await nobody.stop()


async def test_a_mail_and_a_post_hold_numbers_and_nothing_else(anna: Home) -> None:
    sent: list[tuple[str, str]] = []
    posted: list[tuple[bytes, Mapping[str, str]]] = []

    class Box:
        async def send(self, subject: str, text: str) -> None:
            sent.append((subject, text))

    class Hook:
        async def tell(self, body: bytes, headers: Mapping[str, str]) -> None:
            posted.append((body, headers))

    waiting = Waiting(2, 1, 0)
    await ByMail(Box()).tell(waiting)
    await ByHook(Hook(), b"a secret of sixteen", anna.clock).tell(waiting)

    assert sent == [(SUBJECT, worded(waiting))]
    assert sent[0][1].startswith("2 questions, 1 request to meet you wait for your word. Open your page.")
    ((body, headers),) = posted
    assert msgspec.json.decode(body) == {"waiting": {"questions": 2, "requests": 1, "terms": 0}}
    assert headers[SIGNATURE] == sign(b"a secret of sixteen", anna.clock.now(), body)


@pytest.mark.parametrize(
    ("waiting", "text"),
    [
        (Waiting(1, 0, 0), "1 question waits for your word."),
        (Waiting(0, 0, 2), "2 proposals of terms wait for your word."),
        (Waiting(0, 0, 0), "Nothing waits for your word."),
    ],
)
def test_numbers_read_as_people_say_them(waiting: Waiting, text: str) -> None:
    assert worded(waiting).startswith(text)
