"""Rest, the end, and what is left in the hand: the file that anybody can verify (chapters 07 and 19)."""

from pcloud_interop.live.pair import SERVICE, TERMS, Pair
from pcloud_interop.live.scenario import scenario

CHAPTER = "07-relationship"
EXPORT = "19-export"
NAME = "profile.name"
VALUE = "Anna of the canary"


@scenario(CHAPTER, "REL-13")
def while_one_rests_nobody_speaks(pair: Pair) -> None:
    """Only who rests goes on; then words arrive again."""
    pair.related()
    pair.guest.tell("pause", peer=pair.to_host)
    pair.until("the host sees the rest", lambda: pair.view(pair.host)["state"] == "paused")
    seen = pair.view(pair.guest), pair.view(pair.host)
    sides = [(each["mine"], each["theirs"]) for each in seen]
    pair.same("who rests", sides, [("paused", "active"), ("active", "paused")])
    for node in (pair.guest, pair.host):
        node.cannot("say", "paused", peer=pair.peer_of(node), text="still there?")
    pair.host.cannot("resume", peer=pair.to_guest)
    pair.guest.tell("resume", peer=pair.to_host)
    pair.quiet()
    pair.sentinel(pair.host)
    pair.same("what the guest reads", pair.guest.texts(pair.to_host), ["the last word of the host"])
    pair.same("what the host reads", pair.host.texts(pair.to_guest), [])
    pair.quiet()


@scenario(CHAPTER, "REL-13", "TABLE-8")
def rests_that_cross_end_in_one_state(pair: Pair) -> None:
    """Each says it while the other is away; each ends its own."""
    pair.related()
    pair.crossed(
        lambda: pair.guest.tell("pause", peer=pair.to_host),
        lambda: pair.host.tell("pause", peer=pair.to_guest),
    )
    for node in (pair.guest, pair.host):
        seen = pair.view(node)
        pair.same(f"who rests, for the {node.role}", (seen["mine"], seen["theirs"]), ("paused", "paused"))
    pair.guest.tell("resume", peer=pair.to_host)
    pair.quiet()
    pair.same("who rests", pair.view(pair.guest)["theirs"], "paused")
    pair.guest.cannot("say", "paused", peer=pair.to_host, text="already?")
    pair.host.tell("resume", peer=pair.to_guest)
    pair.quiet()
    pair.sentinel(pair.guest)


@scenario(CHAPTER, "REL-14")
def the_end_is_the_end_for_both(pair: Pair) -> None:
    """It is acknowledged, nothing is said after it, and what was in force is not."""
    pair.agreed()
    pair.guest.tell("close", peer=pair.to_host, held="erased")
    pair.until("the host sees the end", lambda: pair.view(pair.host)["state"] == "closed")
    pair.quiet()
    for node in (pair.guest, pair.host):
        pair.same("how it stands", pair.view(node)["state"], "closed")
        node.cannot("say", "closed", peer=pair.peer_of(node), text="wait")
        pair.same("what is read", node.texts(pair.peer_of(node)), [])
    pair.host.down()
    pair.host.up()
    pair.same("after a start", pair.view(pair.host)["state"], "closed")


@scenario(CHAPTER, "REL-14", "TABLE-8")
def ends_that_cross_are_one_end(pair: Pair) -> None:
    """Both close while the other is away."""
    pair.agreed()
    pair.crossed(
        lambda: pair.guest.tell("close", peer=pair.to_host, held="none"),
        lambda: pair.host.tell("close", peer=pair.to_guest, held="none"),
    )
    for node in (pair.guest, pair.host):
        pair.same("how it stands", pair.view(node)["state"], "closed")


def _story(pair: Pair) -> None:
    pair.agreed()
    pair.guest.tell("set", path=NAME, value=VALUE)
    pair.guest.tell("share", peer=pair.to_host, paths=[NAME], purposes=[SERVICE])
    pair.host.tell("say", peer=pair.to_guest, text="thank you")
    pair.until("the value", lambda: pair.host.rows("held", "fields", peer=pair.to_guest))
    pair.quiet()


@scenario(EXPORT)
def both_implementations_say_the_same_of_both_files(pair: Pair) -> None:
    """Each verifies what the other wrote; all they report is the same, and the state is the live one."""
    _story(pair)
    digest = pair.guest.state(pair.to_host)["digest"]
    for writer in (pair.guest, pair.host):
        data = writer.tell("export", peer=pair.peer_of(writer))["bytes"]
        mine, theirs = pair.guest.verify_export(data), pair.host.verify_export(data)
        pair.same("how much is reported", mine.keys(), theirs.keys())
        for member, value in mine.items():
            pair.same(f"{member} of the file of the {writer.role}", value, theirs[member])
        pair.same("the digest of the file and of the node", mine["digest"], digest)
        pair.same("terms in the file", len(mine["agreements"]), 1)


@scenario(EXPORT)
def a_file_that_was_changed_is_refused(pair: Pair) -> None:
    """By whoever reads it."""
    _story(pair)
    data = pair.host.tell("export", peer=pair.to_guest)["bytes"]
    middle = len(data) // 2
    changed = data[:middle] + f"{int(data[middle], 16) ^ 1:x}" + data[middle + 1 :]
    for node in (pair.guest, pair.host):
        for wrong in (changed, data[:-2], data + "00"):
            node.cannot_verify(wrong)


@scenario(EXPORT)
def a_file_shows_no_value_that_was_left_out(pair: Pair) -> None:
    """The owner chooses what is shown; the rest is proved without being told."""
    _story(pair)
    canary = VALUE.encode().hex()
    whole = pair.guest.tell("export", peer=pair.to_host)["bytes"]
    pair.same("the whole file shows the value", canary in whole, other=True)
    without = pair.guest.tell("export", peer=pair.to_host, show=[])["bytes"]
    pair.same("the other does not", canary in without, other=False)
    pair.same(f"what was agreed is in it ({TERMS})", len(pair.host.verify_export(without)["agreements"]), 1)
