"""The Python driver with one fault built in, named by the argument, to see that the suite catches it.

Each is one that an implementation could have: a check that is forgotten, an order that is wrong, a promise
that is not kept. `none` is the driver as it is.
"""

import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from interop.drivers.python import folding, living, serve, words  # found by the line before

from pcloud.engine import answering, fold, gatekeeper, intake
from pcloud.engine.snapshot import Entry
from pcloud.features.terms import accept
from pcloud.net import http, server
from pcloud.runtime.owner import Owner
from pcloud.testing.vectors_input import Input
from pcloud.wire import cbor, keys

Result = dict[str, Any]
Word = Callable[[Owner, Input], Awaitable[Result]]


def any_signature() -> None:
    """Signatures are read and not checked."""
    vars(vars(keys)["sodium"])["crypto_sign_open"] = lambda signed, _public: signed[64:]


def small_keys() -> None:
    """Keys of small order pass, under which one signature fits every message."""
    vars(keys)["_SMALL_ORDER"] = frozenset()


def without_depth() -> None:
    """What nests without end is decoded."""
    vars(cbor)["CBOR_DEPTH_MAX"] = 10_000


def another_code() -> None:
    """The right stage, another code."""
    run: Callable[[Mapping[str, Any]], Result] = vars(serve)["run_case"]

    def told(case: Mapping[str, Any]) -> Result:
        answer = run(case)
        return {**answer, "code": "bad-signature"} if answer.get("code") == "key-mismatch" else answer

    vars(serve)["run_case"] = told


def yes_to_everything() -> None:
    """What it does not know, it says that it did."""
    vars(serve)["UNSUPPORTED"] = {"ok": True}


def dies() -> None:
    """Some input ends the process."""
    run: Callable[[Mapping[str, Any]], Result] = vars(serve)["run_case"]

    def told(case: Mapping[str, Any]) -> Result:
        if case["op"] == "cbor.check" and case["input"]["bytes"] == "ff":
            sys.exit(3)
        return run(case)

    vars(serve)["run_case"] = told


def order_of_arrival() -> None:
    """A fold that takes entries as they came."""

    def merge(entries: Iterable[Entry]) -> list[Entry]:
        return list(entries)

    vars(fold)["merge"] = merge


def refusals_act() -> None:
    """A fold in which what was refused counts."""
    vars(fold)["acts"] = lambda entry, registry, _: entry.signed.header.name in registry.messages


def loose_parts() -> None:
    """Bodies and items are not compared with what was signed."""
    vars(folding)["check_parts"] = lambda _digests, _parts: None


def forgets() -> None:
    """It says that something is said before that is durable."""
    said = words.WORDS["say"]

    async def say(owner: Owner, given: Input) -> Result:
        if given.text("text") == "second":
            return {"id": "00" * 32, "thread": "00" * 32}
        return await said(owner, given)

    _replace("say", say)


def stutters() -> None:
    """What is said once is sent twice."""
    said = words.WORDS["say"]

    async def say(owner: Owner, given: Input) -> Result:
        await said(owner, given)
        return await said(owner, given)

    _replace("say", say)


def beyond_terms() -> None:
    """Terms are agreed on and not kept."""
    vars(gatekeeper)["require_policy"] = lambda *_: None


def shows_all() -> None:
    """A file shows what its owner has left out."""
    told = words.WORDS["export"]

    async def export(owner: Owner, given: Input) -> Result:
        return await told(owner, Input({"peer": given.text("peer")}))

    _replace("export", export)


def another_state() -> None:
    """The digest is of something else."""
    state = living.Living.state

    def told(self: living.Living, given: Input) -> Result:
        answer = state(self, given)
        return {**answer, "digest": answer["personas"][0]}

    vars(living)["Living"] = type("Living", (living.Living,), {"state": told})


def any_yes() -> None:
    """The other party's signature on an agreement is not checked."""
    vars(accept)["check_signature"] = lambda *_: None


def believes_receipts() -> None:
    """A receipt for what was never sent is dropped, and the node goes on."""
    vars(answering)["_stop"] = lambda relationship, _: relationship


def any_epoch() -> None:
    """The epochs that a message names are not looked at."""
    vars(intake)["check_epochs"] = lambda *_: None


def any_name() -> None:
    """Whoever calls the node by whatever name is let in."""

    class Everything(frozenset[str]):
        def __contains__(self, _: object) -> bool:
            return True

    start = server.Server.start

    async def started(self: server.Server) -> tuple[str, int]:
        where = await start(self)
        vars(self)["_hosts"] = Everything()
        return where

    vars(server)["Server"] = type("Server", (server.Server,), {"start": started})
    vars(http)["Server"] = vars(server)["Server"]


def none() -> None:
    """As it is."""


def _replace(name: str, word: Word) -> None:
    told = {**words.WORDS, name: word}
    vars(words)["WORDS"] = vars(living)["WORDS"] = told


FAULTS: Mapping[str, Callable[[], None]] = {
    fault.__name__: fault
    for fault in (
        any_signature,
        small_keys,
        without_depth,
        another_code,
        yes_to_everything,
        dies,
        order_of_arrival,
        refusals_act,
        loose_parts,
        forgets,
        stutters,
        beyond_terms,
        shows_all,
        another_state,
        any_yes,
        believes_receipts,
        any_epoch,
        any_name,
        none,
    )
}


if __name__ == "__main__":
    FAULTS[sys.argv[1]]()
    serve.main()
