"""What is said arrives once, in order, whoever was away meanwhile (chapters 05, 13 and 18)."""

from pcloud_interop.live.pair import DAY_S, Pair
from pcloud_interop.live.scenario import scenario

CHAPTER = "18-conversation"
TEXT_BYTES_MAX = 8_192


@scenario(CHAPTER, "ORDER-3")
def words_arrive_in_order_both_ways(pair: Pair) -> None:
    """Both logs hold the same messages, under the same ids, with the same verdicts."""
    pair.related()
    said = {node: [f"{node.role} {count}" for count in range(8)] for node in (pair.guest, pair.host)}
    for count in range(8):
        for node in (pair.guest, pair.host):
            node.tell("say", peer=pair.peer_of(node), text=said[node][count])
    pair.quiet()
    pair.same("what the host reads", pair.host.texts(pair.to_guest), said[pair.guest])
    pair.same("what the guest reads", pair.guest.texts(pair.to_host), said[pair.host])
    logs = [node.rows("log", "entries", peer=pair.peer_of(node)) for node in (pair.guest, pair.host)]
    here, there = (
        {each["id"]: (each["name"], each["thread"], each["verdict"]) for each in log} for log in logs
    )
    pair.same("the logs", here, there)
    pair.same("how many entries", len(logs[0]), len(here))


@scenario(CHAPTER, "TALK-1")
def an_answer_stands_in_its_conversation(pair: Pair) -> None:
    """A thread goes on from either side; one that nobody opened is refused."""
    pair.related()
    thread = pair.guest.tell("say", peer=pair.to_host, text="a question")["thread"]
    pair.until("the question", lambda: pair.host.texts(pair.to_guest))
    pair.host.tell("say", peer=pair.to_guest, text="an answer", thread=thread)
    pair.host.cannot("say", peer=pair.to_guest, text="lost", thread="ff" * 32)
    pair.quiet()
    entries = pair.guest.rows("log", "entries", peer=pair.to_host)
    found = [each["text"] for each in entries if each["thread"] == thread]
    pair.same("the conversation", found, ["a question", "an answer"])


@scenario(CHAPTER)
def a_text_that_may_not_be_is_never_sent(pair: Pair) -> None:
    """Empty, or longer than a text may be: refused before it is numbered."""
    pair.related()
    for text in ("", "x" * (TEXT_BYTES_MAX + 1), "ü" * (TEXT_BYTES_MAX // 2 + 1)):
        pair.guest.cannot("say", "body-form", peer=pair.to_host, text=text)
    pair.guest.tell("say", peer=pair.to_host, text="ü" * (TEXT_BYTES_MAX // 2))
    pair.sentinel(pair.guest)
    pair.same("how many words", len(pair.host.texts(pair.to_guest)), 2)
    pair.quiet()


@scenario("05-messages")
def what_is_said_to_one_who_is_away_waits(pair: Pair) -> None:
    """Both were down in between; all of it arrives, once, in order."""
    pair.related()
    pair.host.down()
    said = [f"line {count}" for count in range(6)]
    for text in said:
        pair.guest.tell("say", peer=pair.to_host, text=text)
    pair.guest.down()
    pair.host.up()
    pair.guest.up()
    pair.guest.advance(DAY_S)
    pair.host.advance(DAY_S)
    pair.quiet()
    pair.same("what the host reads", pair.host.texts(pair.to_guest), said)


@scenario("05-messages")
def who_comes_back_is_found_by_trying_again(pair: Pair) -> None:
    """The sender's clock alone brings the next try."""
    pair.related()
    pair.host.down()
    pair.guest.tell("say", peer=pair.to_host, text="are you there?")
    pair.host.up()
    pair.guest.advance(DAY_S)
    pair.until("the word", lambda: pair.host.texts(pair.to_guest) == ["are you there?"])
    pair.quiet()


@scenario("05-messages", "ORDER-3")
def a_sender_that_is_killed_after_its_yes_has_said_it(pair: Pair) -> None:
    """What a command answered is durable, and arrives once."""
    pair.related()
    pair.host.down()
    for text in ("first", "second"):
        pair.guest.tell("say", peer=pair.to_host, text=text)
    pair.guest.killed()
    pair.host.up()
    pair.guest.up()
    pair.guest.advance(DAY_S)
    pair.sentinel(pair.guest)
    expected = ["first", "second", "the last word of the guest"]
    pair.same("what the host reads", pair.host.texts(pair.to_guest), expected)
    pair.quiet()


@scenario("05-messages", "ORDER-3")
def a_receiver_that_is_killed_loses_and_doubles_nothing(pair: Pair) -> None:
    """It dies while words come; what it had not acknowledged comes again."""
    pair.related()
    said = [f"line {count}" for count in range(12)]
    for count, text in enumerate(said):
        pair.guest.tell("say", peer=pair.to_host, text=text)
        if count == len(said) // 2:
            pair.host.killed()
    pair.host.up()
    pair.guest.advance(DAY_S)
    pair.quiet()
    pair.same("what the host reads", pair.host.texts(pair.to_guest), said)


@scenario("04-sealing")
def months_pass_and_both_still_understand_each_other(pair: Pair) -> None:
    """Sessions end with their time, and begin anew by themselves."""
    pair.related()
    for month in range(3):
        pair.advance(31 * DAY_S)
        pair.guest.tell("say", peer=pair.to_host, text=f"guest, month {month}")
        pair.host.tell("say", peer=pair.to_guest, text=f"host, month {month}")
        pair.quiet()
    pair.same("what the host reads", len(pair.host.texts(pair.to_guest)), 3)
    pair.same("what the guest reads", len(pair.guest.texts(pair.to_host)), 3)


@scenario("04-sealing")
def receiving_keys_are_renewed_and_nothing_is_lost(pair: Pair) -> None:
    """Each rotates; words before and after arrive."""
    pair.related()
    for node in (pair.guest, pair.host):
        node.tell("say", peer=pair.peer_of(node), text="before")
        node.tell("rotate", peer=pair.peer_of(node))
        node.tell("say", peer=pair.peer_of(node), text="after")
        pair.quiet()
    for node in (pair.guest, pair.host):
        pair.same("what is read", node.texts(pair.peer_of(node)), ["before", "after"])


@scenario("04-sealing", "REL-26", "TABLE-8")
def keys_that_both_renew_at_once_are_new_for_both(pair: Pair) -> None:
    """Each rotates while the other is away; words arrive both ways, and once."""
    pair.related()
    pair.crossed(
        lambda: pair.guest.tell("rotate", peer=pair.to_host),
        lambda: pair.host.tell("rotate", peer=pair.to_guest),
    )
    for node in (pair.guest, pair.host):
        pair.sentinel(node)
    pair.same("what the host reads", pair.host.texts(pair.to_guest), ["the last word of the guest"])
    pair.same("what the guest reads", pair.guest.texts(pair.to_host), ["the last word of the host"])
    pair.quiet()
