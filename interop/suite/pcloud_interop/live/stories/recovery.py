"""The machine is lost, a copy is old, a thief goes on: what the words bring back (chapter 06)."""

from itertools import count

from pcloud_interop.live.node import LiveNode
from pcloud_interop.live.pair import DAY_S, Pair
from pcloud_interop.live.scenario import scenario
from pcloud_interop.live.stories.data import ARRIVED, NAME, given, holds, stands

CHAPTER = "06-recovery"
LOOKS_A_TRY = 12
"""So often it is looked before time passes once more: an answer needs its way."""
TRIED_AGAIN_S = 60
"""After this, what found nobody the first time is sent a second time (ORDER-26)."""


def _copied(pair: Pair) -> str:
    """A relationship with one word in it, and the copy that was made then."""
    pair.related()
    pair.guest.tell("say", peer=pair.to_host, text="before")
    pair.quiet()
    return str(pair.guest.tell("backup")["bytes"])


def _came_back(pair: Pair, copied: str) -> LiveNode:
    """The guest is another node now, out of the copy; gives the one that was lost."""
    lost, pair.guest = pair.guest, pair.guest.elsewhere(pair.folder / "new")
    lost.killed()
    pair.guest.up(secret=lost.secret, copy=copied)
    (peer,) = pair.guest.rows("peers", "peers")
    pair.to_host = str(peer["id"])
    pair.until("both have followed", lambda: pair.view(pair.guest)["state"] == "active")
    pair.advance(DAY_S)
    pair.quiet()
    return lost


@scenario(CHAPTER, "REC-18", "REC-21")
def what_was_said_since_the_copy_comes_back(pair: Pair) -> None:
    """The peer's words stand; one's own wait for the owner, and are said once, whatever the owner does."""
    copied = _copied(pair)
    pair.guest.tell("say", peer=pair.to_host, text="since")
    pair.host.tell("say", peer=pair.to_guest, text="an answer")
    pair.quiet()
    personas = pair.guest.state(pair.to_host)["personas"]
    _came_back(pair, copied)
    pair.same("the personas", pair.guest.state(pair.to_host)["personas"], personas)
    pair.same("what the guest reads", pair.guest.texts(pair.to_host), ["an answer"])
    waiting = pair.guest.rows("review", "entries", peer=pair.to_host)
    pair.same("what waits for its owner", [each["text"] for each in waiting], ["since"])
    pair.guest.tell("affirm", peer=pair.to_host)
    pair.quiet()
    pair.same("what still waits", pair.guest.rows("review", "entries", peer=pair.to_host), [])
    pair.sentinel(pair.guest)
    pair.sentinel(pair.host)
    expected = ["before", "since", "the last word of the guest"]
    pair.same("what the host reads", pair.host.texts(pair.to_guest), expected)
    pair.quiet()


@scenario(CHAPTER, "REC-50", "GATE-7")
def what_was_given_stands_though_its_terms_came_back(pair: Pair) -> None:
    """Terms, question and answer are younger than the copy; all stands once their owner owns up to it."""
    copied = _copied(pair)
    pair.agree()
    given(pair, {NAME: "Anna"}, standing=True)
    pair.quiet()
    _came_back(pair, copied)
    pair.until("what was given waits", lambda: pair.guest.rows("review", "entries", peer=pair.to_host))
    pair.guest.tell("affirm", peer=pair.to_host)
    pair.quiet()
    holds(pair, {NAME: "Anna"})
    pair.until("the ledger is right", lambda: stands(pair.guest, pair.to_host, {NAME: ARRIVED}))
    pair.same("questions that wait", pair.guest.rows("asks", "asks"), [])


@scenario(CHAPTER, "REC-24")
def what_a_thief_said_is_disowned(pair: Pair) -> None:
    """Somebody else spoke with the lost machine; its owner says that it was nobody's word."""
    copied = _copied(pair)
    pair.guest.tell("say", peer=pair.to_host, text="I am the thief")
    pair.quiet()
    _came_back(pair, copied)
    pair.until("what the thief said", lambda: pair.guest.rows("review", "entries", peer=pair.to_host))
    pair.guest.tell("reject", peer=pair.to_host)
    pair.quiet()
    for node in (pair.guest, pair.host):
        log = node.rows("log", "entries", peer=pair.peer_of(node))
        verdicts = [each["verdict"] for each in log if each["name"] == "conversation.say"]
        pair.same(f"the verdicts at the {node.role}", sorted(verdicts), ["applied", "rejected"])
    pair.sentinel(pair.guest)


@scenario(CHAPTER, "ROLL-4")
def the_lost_machine_is_locked_out(pair: Pair) -> None:
    """What it signs after the recovery reaches nobody."""
    lost = _came_back(pair, _copied(pair))
    pair.guest.down()
    lost.up()
    there = lost.rows("peers", "peers")[0]["id"]
    # It may have been told already that another copy is newer.
    lost.perhaps("say", "outdated", peer=there, text="from the lost machine")
    lost.advance(DAY_S)
    pair.host.advance(DAY_S)
    lost.down()
    pair.guest.up()
    pair.guest.advance(DAY_S)
    pair.sentinel(pair.guest)
    pair.same("what the host reads", pair.host.texts(pair.to_guest), ["before", "the last word of the guest"])
    pair.quiet()


@scenario(CHAPTER)
def a_recovery_in_place_loses_nothing(pair: Pair) -> None:
    """New keys for a node that has all it had; nothing comes back, and nothing waits."""
    _copied(pair)
    pair.guest.down()
    pair.guest.up(secret=pair.guest.secret)
    pair.until("both have followed", lambda: pair.view(pair.guest)["state"] == "active")
    pair.quiet()
    pair.same("what waits", pair.guest.rows("review", "entries", peer=pair.to_host), [])
    pair.sentinel(pair.host)
    pair.sentinel(pair.guest)
    pair.quiet()


@scenario(CHAPTER, "REC-29", "REC-32", "REC-33")
def one_word_is_owned_up_to_and_another_is_not(pair: Pair) -> None:
    """Of what comes back the owner takes some and disowns the rest, word by word."""
    copied = _copied(pair)
    for text in ("mine", "the thief's"):
        pair.guest.tell("say", peer=pair.to_host, text=text)
    pair.quiet()
    _came_back(pair, copied)

    def both() -> dict[str, str] | None:
        found = pair.guest.rows("review", "entries", peer=pair.to_host)
        return {each["text"]: each["id"] for each in found} if len(found) == 2 else None

    waiting = pair.until("both words wait for their owner", both)
    pair.guest.tell("affirm", peer=pair.to_host, entries=[waiting["mine"]])
    pair.guest.tell("reject", peer=pair.to_host, entries=[waiting["the thief's"]])
    pair.quiet()
    for node in (pair.guest, pair.host):
        log = node.rows("log", "entries", peer=pair.peer_of(node))
        verdicts = {each["id"]: each["verdict"] for each in log}
        seen = verdicts[waiting["mine"]], verdicts[waiting["the thief's"]]
        pair.same(f"the verdicts at the {node.role}", seen, ("applied", "rejected"))
    pair.same("what still waits", pair.guest.rows("review", "entries", peer=pair.to_host), [])
    pair.sentinel(pair.guest)


@scenario(CHAPTER, "REC-12", "REC-21")
def an_organisation_that_lost_its_machine_is_back_at_another_place(pair: Pair) -> None:
    """The inviting side recovers too; its peer follows it to where it is now."""
    pair.related()
    pair.host.tell("say", peer=pair.to_guest, text="before")
    pair.quiet()
    copied = str(pair.host.tell("backup")["bytes"])
    pair.guest.tell("say", peer=pair.to_host, text="a question since")
    pair.quiet()
    lost, pair.host = pair.host, pair.host.elsewhere(pair.folder / "new")
    lost.killed()
    pair.host.up(secret=lost.secret, copy=copied)
    (peer,) = pair.host.rows("peers", "peers")
    pair.to_guest = str(peer["id"])
    pair.until("both have followed", lambda: pair.view(pair.host)["state"] == "active")
    pair.advance(DAY_S)
    pair.quiet()
    pair.same("what the host reads", pair.host.texts(pair.to_guest), ["a question since"])
    pair.sentinel(pair.guest)
    pair.sentinel(pair.host)
    pair.same("what the guest reads", pair.guest.texts(pair.to_host), ["before", "the last word of the host"])


@scenario(CHAPTER, "REC-17")
def both_lose_their_machines_at_once(pair: Pair) -> None:
    """Each follows the other, and what one of the copies holds is there for both."""
    copied = _copied(pair)
    kept = str(pair.host.tell("backup")["bytes"])
    lost = pair.guest, pair.host
    for node in lost:
        node.killed()
    pair.guest, pair.host = (node.elsewhere(pair.folder / f"new {node.role}") for node in lost)
    for old, new, copy in zip(lost, (pair.guest, pair.host), (copied, kept), strict=True):
        new.listen = old.listen
        new.up(secret=old.secret, copy=copy)
    (there,), (here,) = pair.guest.rows("peers", "peers"), pair.host.rows("peers", "peers")
    pair.to_host, pair.to_guest = str(there["id"]), str(here["id"])
    looks = count()

    def followed() -> bool:
        if next(looks) % LOOKS_A_TRY == 0:
            pair.advance(TRIED_AGAIN_S)
        return {pair.view(node)["state"] for node in (pair.guest, pair.host)} == {"active"}

    pair.until("both have followed, once each has tried often enough", followed)
    pair.advance(DAY_S)
    for node in (pair.guest, pair.host):
        if node.rows("review", "entries", peer=pair.peer_of(node)):
            node.tell("affirm", peer=pair.peer_of(node))
    pair.quiet()
    pair.sentinel(pair.guest)
    pair.sentinel(pair.host)
    pair.same("what the host reads", pair.host.texts(pair.to_guest), ["before", "the last word of the guest"])
    pair.quiet()


@scenario("19-export", "REC-20")
def a_file_after_a_recovery_says_what_was_said(pair: Pair) -> None:
    """Both write one, both read both, and the state in it is the live one."""
    copied = _copied(pair)
    pair.guest.tell("say", peer=pair.to_host, text="since")
    pair.quiet()
    _came_back(pair, copied)
    pair.until("what came back", lambda: pair.guest.rows("review", "entries", peer=pair.to_host))
    pair.guest.tell("affirm", peer=pair.to_host)
    pair.quiet()
    digest = pair.guest.state(pair.to_host)["digest"]
    for writer in (pair.guest, pair.host):
        data = writer.tell("export", peer=pair.peer_of(writer))["bytes"]
        for reader in (pair.guest, pair.host):
            found = reader.verify_export(data)["digest"]
            pair.same(f"the file of the {writer.role}, read by the {reader.role}", found, digest)


@scenario(CHAPTER)
def other_words_open_no_copy(pair: Pair) -> None:
    """And nothing is made of one that was changed."""
    pair.up()
    copied, secret = str(pair.guest.tell("backup")["bytes"]), pair.guest.secret
    pair.guest.down()
    new = pair.guest.elsewhere(pair.folder / "new")
    middle = len(copied) // 2
    changed = copied[:middle] + f"{int(copied[middle], 16) ^ 1:x}" + copied[middle + 1 :]
    for words, wrong in ((secret[::-1], copied), (secret, changed), (secret, copied[:-2])):
        new.cannot_come_back(secret=words, copy=wrong)
    new.up(secret=secret, copy=copied)
    pair.same("its peers", new.rows("peers", "peers"), [])
    new.down()
