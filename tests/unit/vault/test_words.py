"""The 24 words: BIP-39's own vectors, and that no slip of the pen gives another secret unnoticed (T65)."""

import unicodedata
from collections.abc import Iterator
from string import ascii_lowercase

import pytest
from mnemonic import Mnemonic

from pcloud.ambient.fixed import SeededEntropy
from pcloud.limits import POOL_SIZE
from pcloud.vault.words import WordsError, check_secret, drill, make_pool, secret_of, words_of
from pcloud.wire import keylog

# The eight of 24 words among the English vectors that BIP-39 names.
PUBLISHED = [
    ("00" * 32, "abandon " * 23 + "art"),
    (
        "7f" * 32,
        "legal winner thank year wave sausage worth useful " * 2
        + "legal winner thank year wave sausage worth title",
    ),
    (
        "80" * 32,
        "letter advice cage absurd amount doctor acoustic avoid " * 2
        + "letter advice cage absurd amount doctor acoustic bless",
    ),
    ("ff" * 32, "zoo " * 23 + "vote"),
    (
        "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c",
        (
            "hamster diagram private dutch cause delay private meat slide toddler razor book happy "
            "fancy gospel tennis maple dilemma loan word shrug inflict delay length"
        ),
    ),
    (
        "9f6a2878b2520799a44ef18bc7df394e7061a224d2c33cd015b157d746869863",
        (
            "panda eyebrow bullet gorilla call smoke muffin taste mesh discover soft ostrich alcohol "
            "speed nation flash devote level hobby quick inner drive ghost inside"
        ),
    ),
    (
        "066dca1a2bb7e8a1db2832148ce9933eea0f3ac9548d793112d9a95c9407efad",
        (
            "all hour make first leader extend hole alien behind guard gospel lava path output census museum "
            "junior mass reopen famous sing advance salt reform"
        ),
    ),
    (
        "f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f",
        (
            "void come effort suffer camp survey warrior heavy shoot primary clutch crush open "
            "amazing screen patrol group space point ten exist slush involve unfold"
        ),
    ),
]
SECRET = bytes(range(32))
WORDS = words_of(SECRET)
TEXT = " ".join(WORDS)
LIST = Mnemonic("english").wordlist
# spec 03 §4, the table: generation 0, index 0
COMMITMENT = bytes.fromhex("063a799bd969f502923f37eec4b1f3484e53f484168ce315c3625f0112c04c59")


@pytest.mark.parametrize(("secret", "text"), PUBLISHED, ids=[text.split()[-1] for _, text in PUBLISHED])
def test_the_published_words_are_written_and_read(secret: str, text: str) -> None:
    assert words_of(bytes.fromhex(secret)) == tuple(text.split())
    assert secret_of(text) == bytes.fromhex(secret)


@pytest.mark.parametrize(
    "text",
    [
        TEXT.upper(),
        TEXT.title(),
        f"  {TEXT}\n",
        TEXT.replace(" ", "  "),
        TEXT.replace(" ", "\r\n"),
        TEXT.replace(" ", "\t"),
        TEXT.replace(" ", "\u3000"),
        TEXT.replace(" ", "\u00a0"),
        "".join(chr(ord(letter) + 0xFEE0) if letter != " " else letter for letter in TEXT),
        unicodedata.normalize("NFD", TEXT),
        unicodedata.normalize("NFKC", TEXT),
    ],
    ids="upper title around double lines tabs ideographic no-break wide NFD NFKC".split(),
)
def test_case_blanks_and_form_of_unicode_do_not_matter(text: str) -> None:
    assert secret_of(text) == SECRET


def refused_at_sight(text: str) -> bool:
    """Whether these words are refused by themselves; if not, they are by what this node holds."""
    try:
        secret = secret_of(text)
    except WordsError:
        return True
    assert secret != SECRET
    with pytest.raises(WordsError, match="another node"):
        check_secret(secret, 0, 0, COMMITMENT)
    return False


def at(place: int, word: str) -> str:
    return " ".join((*WORDS[:place], word, *WORDS[place + 1 :]))


def test_no_other_word_of_the_list_at_any_place_goes_unnoticed() -> None:
    """The checksum lets 1 of 256 through; the commitment of the node refuses those too."""
    texts = [at(place, LIST[(place * 7 + step * 51) % 2_048]) for place in range(24) for step in range(40)]
    through = [text for text in texts if text != TEXT and not refused_at_sight(text)]
    assert len(through) < len(texts) / 64
    assert through, "some should come as far as the commitment, or this test shows nothing of it"


def test_no_two_words_that_changed_places_go_unnoticed() -> None:
    for first in range(24):
        for second in range(first):
            swapped = list(WORDS)
            swapped[first], swapped[second] = swapped[second], swapped[first]
            if swapped != list(WORDS):
                refused_at_sight(" ".join(swapped))


def slips(word: str) -> Iterator[str]:
    """One letter wrong, missing, doubled, or changed with its neighbour."""
    for place, letter in enumerate(word):
        yield from (word[:place] + other + word[place + 1 :] for other in ascii_lowercase if other != letter)
        yield word[:place] + word[place + 1 :]
        yield word[:place] + letter + word[place:]
        yield word[:place] + word[place + 1 : place + 2] + letter + word[place + 2 :]


def test_no_slip_of_a_letter_in_any_word_goes_unnoticed() -> None:
    tried = [at(place, slip) for place in range(24) for slip in slips(WORDS[place]) if slip != WORDS[place]]
    assert len(tried) > 3_000
    named = sum(refused_at_sight(text) for text in tried)
    assert named > len(tried) * 0.99


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "that is 0"),
        (" \n", "that is 0"),
        (" ".join(WORDS[:23]), "that is 23"),
        (f"{TEXT} zoo", "that is 25"),
        (" ".join(WORDS[:12]), "that is 12"),
        (TEXT.replace(" ", ""), "that is 1"),
        (TEXT.replace(" ", ", "), "Word 1 "),
        (at(6, "pcloud"), "Word 7 "),
        (at(23, WORDS[23][:4]), "Word 24 "),
        (at(0, "a\u0301bandon"), "Word 1 "),
        (at(3, f"{WORDS[3]}\u200b"), "Word 4 "),
        (at(2, "\x00"), "Word 3 "),
        (at(2, "\ud800"), "Word 3 "),
        (" ".join(Mnemonic("spanish").to_mnemonic(SECRET).split()), "Word 1 "),
        (at(23, "zoo"), "do not belong together"),
        ("zoo " * 20_000, "more than 24"),
        ("\ufdfa" * 60_000, "more than 24"),
    ],
)
def test_what_is_not_the_words_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(WordsError, match=said):
        secret_of(text)


def test_a_refusal_never_repeats_what_was_typed() -> None:
    def said(text: str) -> str:
        with pytest.raises(WordsError) as refusal:
            secret_of(text)
        return repr(refusal.value) + repr(refusal.value.__cause__)

    assert said(at(5, "secretword")) == said(at(5, "elsewhere"))
    assert said(at(23, "zoo")) == said(at(23, "zone"))


@pytest.mark.parametrize("size", [0, 16, 31, 33, 64])
def test_a_secret_of_another_length_has_no_words(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        words_of(bytes(size))


def test_the_words_of_this_node_are_told_from_those_of_another() -> None:
    check_secret(SECRET, 0, 0, COMMITMENT)
    for secret, generation, index in ((bytes(32), 0, 0), (SECRET, 1, 0), (SECRET, 0, 1)):
        with pytest.raises(WordsError, match="another node"):
            check_secret(secret, generation, index, COMMITMENT)


def test_the_make_pool_has_every_commitment_in_order_and_says_how_far_it_is() -> None:
    """[ID-23] and the pool of spec 03 §4."""
    told: list[int] = []
    made = make_pool(SECRET, 0, 0, told.append)
    assert len(made) == len(set(made)) == POOL_SIZE
    assert made[0] == COMMITMENT
    assert made[4_000:] == keylog.pool(SECRET, 0, 4_000, 96)
    assert told == list(range(64, POOL_SIZE + 1, 64))


def test_three_different_words_are_asked_back_each_by_its_place() -> None:
    draw = SeededEntropy("drill")
    asked = [drill(WORDS, draw) for _ in range(400)]
    for places in asked:
        assert len(places) == 3
        assert list(places) == sorted(places)
        assert all(WORDS[place - 1] == word for place, word in places.items())
    counts = [sum(place in places for places in asked) for place in range(1, 25)]
    assert min(counts) > 25  # of 50 expected
    assert max(counts) < 85


def test_the_drill_asks_what_the_entropy_says_and_nothing_else() -> None:
    assert drill(WORDS, SeededEntropy("a")) == drill(WORDS, SeededEntropy("a"))
    assert drill(WORDS, bytes) == dict(enumerate(WORDS[:3], 1))
