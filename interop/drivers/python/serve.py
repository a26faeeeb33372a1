"""The driver of the Python implementation: one line in, one line out (interop/DRIVER.md, spec 16 §3).

Whatever a line holds, the answer is a line; nothing else is written to stdout.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interop.drivers.python import outside
from interop.drivers.python.folding import answer_fold
from interop.drivers.python.judging import answer_judge
from interop.drivers.python.words import WORDS

import pcloud
from pcloud.errors import Code, PcloudError, Stage, UsageError, Violation
from pcloud.limits import PROTOCOL_VERSION
from pcloud.testing.vectors import UNSUPPORTED, run_case
from pcloud.testing.vectors_input import Input, malformed, plain
from pcloud.wire.keys import HYBRID_OVERHEAD_BYTES, TAG_BYTES, HybridKey

if TYPE_CHECKING:
    from interop.drivers.python.living import Living

VECTORS = Path(__file__).resolve().parents[3] / "spec" / "vectors"
LEVELS = (1, 2, 3)
"""Which levels of the test suite this driver answers."""
PROFILES = ("reader", "sealer", "node", "services")
ENC_BYTES = HYBRID_OVERHEAD_BYTES - TAG_BYTES

Answer = dict[str, Any]
Case = Mapping[str, Any]


class Cases:
    """The published cases, by the name of their file or of their chapter, and their own name."""

    def __init__(self, folder: Path) -> None:
        self.files: list[str] = []
        self._found: dict[tuple[str, str], list[Case]] = {}
        for path in sorted(folder.glob("*.json")):
            self.files.append(path.stem)
            content = json.loads(path.read_text(encoding="utf-8"))
            for case in content["cases"]:
                for chapter in {path.stem, content["chapter"]}:
                    self._found.setdefault((chapter, case["name"]), []).append(case)

    def find(self, chapter: str, name: str) -> Case:
        """One case. Raises Violation `shape` where there is none, or several files of a chapter have one."""
        found = self._found.get((chapter, name), [])
        if len(found) != 1:
            raise malformed(f"{len(found)} cases of that name")
        return found[0]


class Driver:
    """Answers lines."""

    def __init__(self, folder: Path) -> None:
        self._cases = Cases(folder)
        self._living: Living | None = None
        self._verbs: Mapping[str, Callable[[Input], Answer]] = {
            "hello": self._hello,
            "cbor.check": _operation("cbor.check"),
            "ed25519.verify": _operation("ed25519.verify"),
            "key.check": _operation("key.check"),
            "did.key": _operation("did.key"),
            "hpke.open": _hpke_open,
            "sign1.verify": _sign1_verify,
            "vector": self._vector,
            "fold": answer_fold,
            "judge": answer_judge,
            "start": lambda given: self._live().start(given),
            "command": lambda given: self._live().command(given),
            "state": lambda given: self._live().state(given),
            "advance": lambda given: self._live().advance(given),
            "stop": lambda given: self._live().stop(given),
        }

    def _live(self) -> "Living":
        if self._living is None:
            from interop.drivers.python.living import Living  # noqa: PLC0415 - bytes and traces need no node

            self._living = Living()
        return self._living

    def end(self) -> None:
        """Stop what runs."""
        if self._living is not None:
            self._living.end()

    def answer(self, line: bytes) -> Answer:
        """Give the answer to one line. Never raises."""
        try:
            asked = _asked(line)
            run = self._verbs.get(asked.text("verb"))
            return dict(UNSUPPORTED) if run is None else run(asked)
        except (ValueError, RecursionError):
            return _refused(malformed("not JSON"))
        except (Violation, UsageError) as refusal:
            return _refused(refusal)
        except Exception as fault:  # noqa: BLE001 - a driver that ends tells the suite nothing about the other cases
            sys.stderr.write(f"{type(fault).__name__} for {line[:200]!r}\n")
            return {"ok": False, "stage": str(Stage.CONTENT), "code": str(Code.INTERNAL)}

    def _hello(self, _: Input) -> Answer:
        return {
            "ok": True,
            "name": "pcloud-python",
            "implementation": "pcloud-python",
            "version": pcloud.__version__,
            "protocol": PROTOCOL_VERSION,
            "levels": list(LEVELS),
            "profiles": list(PROFILES),
            "chapters": self._cases.files,
            "verbs": sorted(self._verbs),
            "commands": sorted(WORDS),
        }

    def _vector(self, given: Input) -> Answer:
        case = given.given.get("case")
        if isinstance(case, dict):
            return run_case(case)
        return run_case(self._cases.find(given.text("chapter"), given.text("case")))


def _asked(line: bytes) -> Input:
    asked = json.loads(line)
    if not isinstance(asked, dict):
        raise malformed("a line holds an object")
    return Input(asked)


def _refused(refusal: PcloudError) -> Answer:
    assert isinstance(refusal, Violation | UsageError)
    return {"ok": False, "stage": str(refusal.stage), "code": str(refusal.code)}


def _operation(name: str) -> Callable[[Input], Answer]:
    return lambda given: run_case({"op": name, "input": given.given})


def _hpke_open(given: Input) -> Answer:
    """The suite of the protocol; additional data, which it never has, is for outside vectors."""
    key, enc = HybridKey.from_seed(given.octets("private")), given.octets("enc")
    ciphertext, info = given.octets("ciphertext"), given.octets("info")
    if len(enc) != ENC_BYTES:
        raise Violation(Code.NOT_OPENED, "enc")
    if given.has("aad"):
        return {
            "ok": True,
            "plaintext": outside.open_with_aad(key, enc + ciphertext, info, given.octets("aad")).hex(),
        }
    return {"ok": True, "plaintext": key.open(enc + ciphertext, info).hex()}


def _sign1_verify(given: Input) -> Answer:
    signed = outside.read_sign1(given.octets("bytes"))
    outside.verify(signed, given.octets("key"))
    return {"ok": True, **plain({"typ": signed.typ, "payload": signed.payload, "id": signed.id})}


def main() -> None:
    """Answer line by line until stdin ends."""
    driver = Driver(VECTORS)
    for line in sys.stdin.buffer:
        if line.strip():
            sys.stdout.write(json.dumps(driver.answer(line)) + "\n")
            sys.stdout.flush()
    driver.end()


if __name__ == "__main__":
    main()
