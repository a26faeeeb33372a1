"""The driver as a suite runs it: one process, one line in, one line out."""

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from pcloud.errors import Violation
from pcloud.wire import cbor, cose, keys
from pcloud.wire.keys import HybridKey, SigningKey

ROOT = Path(__file__).parents[2]
DRIVER = ROOT / "interop/drivers/python/driver"
PUBLISHED = ROOT / "tests/vectors/published"
VECTORS = sorted((ROOT / "spec/vectors").glob("*.json"))

Asked = dict[str, Any]
ROSTER_KEY = "29b3f6b8ed3049749628afe44902376d1eaea447c0b8f282754af03c383ef69c"
UNSUPPORTED = {"ok": False, "unsupported": True}
NOT_READ = {"ok": False, "stage": "form", "code": "shape"}


def run(lines: bytes) -> list[Any]:
    """A process of its own, from its first line to its end."""
    done = subprocess.run([str(DRIVER)], input=lines, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    return [json.loads(line) for line in done.stdout.splitlines()]


Ask = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Ask one process that lives as long as this file: a line, then its answer."""
    with subprocess.Popen([str(DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def answer(one: Asked) -> Any:
            stdin.write(json.dumps(one).encode() + b"\n")
            stdin.flush()
            return json.loads(stdout.readline())

        yield lambda *asked: [answer(one) for one in asked]


def published(name: str) -> Any:
    return json.loads((PUBLISHED / f"{name}.json").read_text())


def refused(stage: str, code: str) -> dict[str, Any]:
    return {"ok": False, "stage": stage, "code": code}


# What it is


def test_it_says_what_it_is(ask: Ask) -> None:
    (hello,) = ask({"verb": "hello"})
    assert hello["ok"] is True
    assert (hello["name"], hello["protocol"], hello["levels"]) == ("pcloud-python", 1, [1, 2, 3])
    assert hello["chapters"] == [path.stem for path in VECTORS]
    assert {"cbor.check", "ed25519.verify", "key.check", "did.key", "hpke.open", "sign1.verify"} < set(
        hello["verbs"]
    )


def test_every_line_gets_an_answer_whatever_it_holds(ask: Ask) -> None:
    lines = [
        b"",
        b"  ",
        b"nonsense",
        b"[1]",
        b"7",
        b"null",
        b"{}",
        b'{"verb": 1}',
        b"\xff\xfe",
        b"[" * 100_000,
    ]
    lines += [b'{"verb": "vector"}', b'{"verb": "vector", "chapter": "cbor", "case": "no-such-case"}']
    lines += [b'{"verb": "cbor.check"}', b'{"verb": "cbor.check", "bytes": "0"}', b'{"verb": "did.key"}']
    lines += [
        b'{"verb": "cbor.check", "bytes": ' + b"9" * 5000 + b"}",
        b'{"verb": "sign1.verify", "key": ""}',
    ]
    lines += [b'{"verb": "vector", "chapter": "\\ud800", "case": []}']
    asked = [line for line in lines if line.strip()]
    assert run(b"\n".join(lines) + b"\n") == [NOT_READ] * len(asked)
    assert ask({"verb": "tea.make"}, {"verb": "vector", "case": {"op": "tea.make"}}) == [UNSUPPORTED] * 2
    assert ask({"verb": "hello"})[0]["ok"], "a blank line is no line, and the last one needs no end"
    assert run(b'{"verb": "hello"}')[0]["ok"]


def test_half_a_surrogate_in_a_text_is_refused_and_no_end(ask: Ask) -> None:
    case = {"op": "link.read", "input": {"text": "pcloud:contact/1/\ud800"}}
    made = {"op": "link.make", "input": {"endpoint": "\ud800", "mailbox": "", "hash": "", "key": ""}}
    for answer in ask({"verb": "vector", "case": case}, {"verb": "vector", "case": made}):
        assert answer["ok"] is False
        assert answer["code"] != "internal"


def test_without_an_environment_it_says_what_to_run_and_makes_none(tmp_path: Path) -> None:
    folder = tmp_path / "interop/drivers/python"
    folder.mkdir(parents=True)
    shutil.copy(DRIVER, folder)
    done = subprocess.run([sys.executable, str(folder / "driver")], capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"run `make" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["interop"]


# The vectors of the specification


def test_every_case_of_the_specification_through_the_driver(ask: Ask) -> None:
    cases = [(path.stem, case) for path in VECTORS for case in json.loads(path.read_text())["cases"]]
    by_name = ask(*({"verb": "vector", "chapter": stem, "case": case["name"]} for stem, case in cases))
    whole = ask(*({"verb": "vector", "chapter": stem, "case": case} for stem, case in cases))
    assert by_name == whole
    faults = []
    for (stem, case), got in zip(cases, by_name, strict=True):
        for name, value in case["expect"].items():
            expected = value
            if isinstance(value, dict) and "fill" in value:
                expected = value["prefix"] + value["fill"] * value["count"] + value["suffix"]
            if got.get(name) != expected:
                faults.append(f"{stem}: {case['name']}: {name}")
    assert not faults, "\n".join(faults)


def test_a_verb_gives_what_the_vector_of_that_name_gives(ask: Ask) -> None:
    verbs = {"cbor.check", "ed25519.verify", "key.check", "did.key"}
    cases = [
        case for path in VECTORS for case in json.loads(path.read_text())["cases"] if case["op"] in verbs
    ]
    assert ask(*({"verb": case["op"], **case["input"]} for case in cases)) == ask(
        *({"verb": "vector", "case": case} for case in cases)
    )


def test_a_case_is_found_by_the_chapter_too_where_its_name_is_the_only_one(ask: Ask) -> None:
    one, none = ask(
        {"verb": "vector", "chapter": "02-notation", "case": "sign1"},
        {"verb": "vector", "chapter": "08-terms", "case": "body-least"},
    )
    assert one["ok"]
    assert none == NOT_READ


# Vectors that others published


def test_wycheproof(ask: Ask) -> None:
    tests = [
        (group["publicKey"]["pk"], test)
        for group in published("wycheproof-ed25519")["testGroups"]
        for test in group["tests"]
    ]
    assert len(tests) == 151
    answers = ask(
        *(
            {"verb": "ed25519.verify", "key": key, "message": test["msg"], "signature": test["sig"]}
            for key, test in tests
        )
    )
    for (_, test), answer in zip(tests, answers, strict=True):
        expected = {"ok": True} if test["result"] == "valid" else refused("authentic", "bad-signature")
        assert answer == expected, test


def test_did_keys(ask: Ask) -> None:
    cases = published("did-key-ed25519")["cases"]
    assert len(cases) == 3
    answers = ask(*({"verb": "did.key", "seed": case["seed"]} for case in cases))
    assert answers == [{"ok": True, "did": case["did"]} for case in cases]


def test_the_first_cose_example_of_one_signer_holds_and_what_is_changed_does_not(ask: Ask) -> None:
    example = published("cose-eddsa-sig-01")
    data, key = example["output"]["cbor"].lower(), example["input"]["sign0"]["key"]["x_hex"]
    other = SigningKey.from_seed(bytes(32)).public.hex()
    assert ask(
        {"verb": "sign1.verify", "bytes": data, "key": key},
        {"verb": "sign1.verify", "bytes": data, "key": other},
        {"verb": "sign1.verify", "bytes": data[:-2] + "ff", "key": key},
        {"verb": "sign1.verify", "bytes": data[2:], "key": key},
        {"verb": "sign1.verify", "bytes": data + "00", "key": key},
        {"verb": "sign1.verify", "bytes": data[:-2], "key": key},
    ) == [
        {
            "ok": True,
            "typ": None,
            "payload": example["input"]["plaintext"].encode().hex(),
            "id": sha256(bytes.fromhex(example["intermediates"]["ToBeSign_hex"])).hexdigest(),
        },
        refused("authentic", "bad-signature"),
        refused("authentic", "bad-signature"),
        refused("form", "cose-structure"),
        refused("form", "cbor-malformed"),
        refused("form", "cbor-malformed"),
    ]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cose-eddsa-sig-02", "cose-structure"),  # Ed448: a signature of 114 bytes
        ("cose-eddsa-01", "cose-structure"),  # COSE_Sign
        ("cose-eddsa-02", "cose-structure"),  # COSE_Sign
        ("cose-sign1-pass-01", "cose-header"),  # ECDSA
    ],
)
def test_the_other_cose_examples_are_no_ed25519_of_one_signer(ask: Ask, name: str, code: str) -> None:
    example = published(name)
    key = SigningKey.from_seed(bytes(32)).public.hex()
    asked = {"verb": "sign1.verify", "bytes": example["output"]["cbor"].lower(), "key": key}
    assert ask(asked) == [refused("form", code)]


def outside(protected: bytes, unprotected: dict[int, Any], key: SigningKey) -> bytes:
    shown = b"" if protected == b"\xa0" else protected
    signature = key.sign(cbor.encode(["Signature1", shown, b"", b"payload"]))
    return b"\xd2" + cbor.encode([protected, unprotected, b"payload", signature])


def test_signed_objects_of_others(ask: Ask) -> None:
    key = SigningKey.from_seed(bytes(range(32)))
    good: list[tuple[bytes, dict[int, Any], Any]] = [
        (cbor.encode({1: -8}), {4: b"11"}, None),
        (cbor.encode({1: -19, 4: b"a name"}), {}, None),
        (cbor.encode({1: -8, 3: 0, 16: "application/x"}), {4: key.public}, "application/x"),
        (cbor.encode({1: -19, 4: key.public, 16: "pcloud-x"}), {}, "pcloud-x"),
        (cbor.encode({1: -19}), {16: 7}, 7),
    ]
    bad: list[tuple[bytes, dict[int, Any]]] = [
        (cbor.encode({1: -7}), {}),
        (cbor.encode({4: b"11"}), {1: -8}),
        (b"", {1: -8}),
        (b"\xa0", {1: -8}),
        (cbor.encode({1: -8, 4: b"11"}), {4: b"11"}),
        (cbor.encode({1: -8, 2: [4], 4: b"11"}), {}),
        (cbor.encode({1: -8, 4: "text"}), {}),
        (cbor.encode({1: -8, 16: None}), {}),
        (cbor.encode({1: -8, 16: True}), {}),
        (cbor.encode([1, -8]), {}),
    ]
    asked = [
        {"verb": "sign1.verify", "bytes": outside(protected, unprotected, key).hex(), "key": key.public.hex()}
        for protected, unprotected in [(one, two) for one, two, _ in good] + bad
    ]
    answers = ask(*asked)
    assert [answer.get("typ") for answer in answers[: len(good)]] == [typ for *_, typ in good]
    assert all(answer["ok"] for answer in answers[: len(good)])
    assert answers[len(good) :] == [refused("form", "cose-header")] * len(bad)


def test_an_object_of_the_protocols_own_form_names_its_signer(ask: Ask) -> None:
    key, other = SigningKey.from_seed(bytes(32)), SigningKey.from_seed(bytes(31) + b"\1")
    data = cose.sign1(key, "pcloud-example", b"x")
    structures = [[b"", {}, b"", 1], [b"", {}, None, bytes(64)], [b"", 1, b"", bytes(64)], [1], 1]
    assert ask(
        {"verb": "sign1.verify", "bytes": data.hex(), "key": key.public.hex()},
        {"verb": "sign1.verify", "bytes": data.hex(), "key": other.public.hex()},
        {"verb": "sign1.verify", "bytes": data.hex(), "key": "00" * 32},
        *({"verb": "sign1.verify", "bytes": "d2" + cbor.encode(one).hex(), "key": ""} for one in structures),
    ) == [
        {
            "ok": True,
            "typ": "pcloud-example",
            "payload": "78",
            "id": cose.parse_sign1(data, "pcloud-example").id.hex(),
        },
        refused("authentic", "key-mismatch"),
        refused("form", "key-small-order"),
        *[refused("form", "cose-structure")] * len(structures),
    ]


def test_hpke(ask: Ask) -> None:
    (case,) = published("hpke-pq-mlkem768-x25519")["cases"]
    first = case["encryptions"][0]
    asked = {"verb": "hpke.open", "private": case["skRm"], "enc": case["enc"], "info": case["info"]}
    sealed = keys.seal(bytes.fromhex(case["pkRm"]), bytes.fromhex(first["pt"]), bytes.fromhex(case["info"]))
    ours = {**asked, "enc": sealed[:1120].hex(), "ciphertext": sealed[1120:].hex()}
    assert HybridKey.from_seed(bytes.fromhex(case["skRm"])).public.hex() == case["pkRm"]
    assert ask(
        # The draft's case has additional data, which the protocol never has.
        {**asked, "ciphertext": first["ct"], "aad": first["aad"]},
        {**asked, "ciphertext": first["ct"]},
        ours,
        {**ours, "aad": ""},
        {**ours, "info": case["info"] + "00"},
        {**ours, "enc": sealed[:1119].hex(), "ciphertext": sealed[1119:].hex()},
        {**ours, "private": "00"},
    ) == [
        {"ok": True, "plaintext": first["pt"]},
        refused("authentic", "not-opened"),
        {"ok": True, "plaintext": first["pt"]},
        {"ok": True, "plaintext": first["pt"]},
        refused("authentic", "not-opened"),
        refused("authentic", "not-opened"),
        refused("form", "key-encoding"),
    ]


def appendix_a(case: dict[str, Any], *, floats: bool) -> str | None:
    """What the codec says when it is called directly, which test_published checks against the RFC."""
    data = bytes.fromhex(case["hex"])
    try:
        cbor.decode(data, floats=floats)
    except Violation as refusal:
        return str(refusal.code)
    return None


def test_appendix_a(ask: Ask) -> None:
    cases = [(case, floats) for case in published("cbor-appendix-a") for floats in (False, True)]
    assert len(cases) == 164
    answers = ask(*({"verb": "cbor.check", "bytes": case["hex"], "floats": floats} for case, floats in cases))
    for (case, floats), answer in zip(cases, answers, strict=True):
        code = appendix_a(case, floats=floats)
        if code is not None:
            assert answer == refused("form", code), case
            continue
        assert answer["ok"], case
        if "diagnostic" in case:
            assert answer["value"] == case["diagnostic"], case
        elif isinstance(case["decoded"], float) and math.isfinite(case["decoded"]):
            assert float(answer["value"]) == case["decoded"]


# Conversations


def test_a_message_with_a_part_too_few_is_judged_and_its_trace_goes_on(ask: Ask) -> None:
    """[MSG-13] Only its receiver can say so; a part that is there and is another is no trace at all."""
    trace = json.loads((ROOT / "spec/vectors/traces/conversation.json").read_text())
    roster = (ROOT / "spec/rosters/customer-commons.cbor").read_bytes().hex()
    keys = {"roster": roster, "roster_key": ROSTER_KEY, "context": trace["context"]}
    entries = [{name: one[name] for name in ("from", "signed", "parts")} for one in trace["entries"][:9]]
    verdicts = [one["verdict"] for one in trace["entries"][:9]]
    (whole,) = ask({"verb": "judge", "entries": entries, **keys})
    assert whole["verdicts"] == verdicts
    for less in ([], [None] * len(entries[-1]["parts"])):
        changed = [*entries[:-1], {**entries[-1], "parts": less}]
        (judged,) = ask({"verb": "judge", "entries": changed, **keys})
        assert judged == {"ok": True, "verdicts": [*verdicts[:-1], "part-missing"]}
    more = [*entries[:-1], {**entries[-1], "parts": [*entries[-1]["parts"], None]}]
    assert ask({"verb": "judge", "entries": more, **keys}) == [refused("content", "part-mismatch")]
