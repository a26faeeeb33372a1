"""The machine is lost, a copy is old, a thief goes on: what the words bring back (chapter 06)."""

from pcloud_interop.live.node import LiveNode
from pcloud_interop.live.pair import DAY_S, Pair
from pcloud_interop.live.scenario import scenario

CHAPTER = "06-recovery"


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
