"""The owner's commands of interop/DRIVER.md, each told to a node that runs."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from pcloud.testing.vectors_input import Input, malformed

if TYPE_CHECKING:  # their names are told before there is a node
    from pcloud.runtime.owner import Owner

Result = dict[str, Any]
Word = Callable[["Owner", Input], Awaitable[Result]]

PAGE = 100
"""Rows that are asked for at once."""


async def _invite(owner: "Owner", given: Input) -> Result:
    uses, expires_s = _number(given, "uses", 1), _number(given, "expires_s", 86_400)
    made = await owner.invite(given.text("purpose"), uses=uses, expires_s=expires_s)
    return {"invitation": made.id, "link": made.link}


async def _withdraw(owner: "Owner", given: Input) -> Result:
    await owner.withdraw(given.text("invitation"))
    return {}


async def _connect(owner: "Owner", given: Input) -> Result:
    return {"contact": (await owner.connect(given.text("link"))).id}


async def _contacts(owner: "Owner", _: Input) -> Result:
    shown = ("id", "direction", "name", "purpose", "state")
    return {"contacts": [_view(each, shown) for each in await owner.contacts()]}


async def _accept(owner: "Owner", given: Input) -> Result:
    await owner.accept(given.text("contact"))
    return {}


async def _decline(owner: "Owner", given: Input) -> Result:
    await owner.decline(given.text("contact"), reason=_text(given, "reason"))
    return {}


async def _peers(owner: "Owner", _: Input) -> Result:
    shown = ("id", "name", "kind", "state", "mine", "theirs", "code", "terms")
    return {"peers": [_view(each, shown) for each in await owner.peers()]}


async def _pause(owner: "Owner", given: Input) -> Result:
    await owner.pause(given.text("peer"), until=given.number_or_none("until"))
    return {}


async def _resume(owner: "Owner", given: Input) -> Result:
    await owner.resume(given.text("peer"))
    return {}


async def _rotate(owner: "Owner", given: Input) -> Result:
    await owner.rotate(given.text("peer"))
    return {}


async def _close(owner: "Owner", given: Input) -> Result:
    await owner.close(given.text("peer"), held=given.text("held"))
    return {}


async def _say(owner: "Owner", given: Input) -> Result:
    said = await owner.say(given.text("peer"), given.text("text"), thread=_text(given, "thread"))
    return {"id": said.id, "thread": said.thread}


async def _log(owner: "Owner", given: Input) -> Result:
    peer, before = given.text("peer"), None
    found: list[Result] = []
    while True:
        page = await owner.log(peer, before=before, limit=PAGE)
        for entry in page:
            shown = _view(entry, ("id", "mine", "thread", "verdict", "text"))
            found.append({**shown, "name": entry.what})
        if len(page) < PAGE:
            return {"entries": found[::-1]}
        before = page[-1].number


async def _export(owner: "Owner", given: Input) -> Result:
    show = None if given.given.get("show") is None else list(given.texts("show"))
    return {"bytes": (await owner.export(given.text("peer"), show=show)).hex()}


# Copies, and what came back


async def _backup(owner: "Owner", _: Input) -> Result:
    return {"bytes": b"".join([piece async for piece in owner.backup()]).hex()}


async def _review(owner: "Owner", given: Input) -> Result:
    waiting = await owner.review(given.text("peer"))
    return {"entries": [{"id": each.id, "name": each.what, "text": each.text} for each in waiting]}


async def _affirm(owner: "Owner", given: Input) -> Result:
    await owner.affirm(given.text("peer"), entries=_texts(given, "entries"))
    return {}


async def _reject(owner: "Owner", given: Input) -> Result:
    await owner.reject(given.text("peer"), entries=_texts(given, "entries"))
    return {}


# What nodes do for each other


async def _relay_serve(owner: "Owner", _: Input) -> Result:
    await owner.relay_serve(on=True)
    return {}


async def _relay_invite(owner: "Owner", _: Input) -> Result:
    return {"link": (await owner.relay_invite()).link}


async def _relay_use(owner: "Owner", given: Input) -> Result:
    await owner.relay_use(given.text("link"))
    return {}


async def _relays(owner: "Owner", _: Input) -> Result:
    found = await owner.relays()
    shown = [{"state": each.state, "ready": each.connected and each.spare > 0} for each in found]
    return {"relays": shown}


async def _relay_kept(owner: "Owner", _: Input) -> Result:
    return {"frames": (await owner.relay_stats()).frames}


async def _holder_serve(owner: "Owner", _: Input) -> Result:
    await owner.holder_serve(on=True, anyone=True)
    return {}


async def _holder_ask(owner: "Owner", given: Input) -> Result:
    await owner.holder_ask(given.text("peer"))
    return {}


async def _holders(owner: "Owner", _: Input) -> Result:
    found = [each for each in await owner.holder_check() if each.place == "peer"]
    return {"holders": [{"peer": each.peer, "current": bool(each.current)} for each in found]}


# Terms


async def _proffer(owner: "Owner", given: Input) -> Result:
    made = await owner.proffer(
        given.text("peer"),
        given.text("terms"),
        expires_s=_number(given, "expires_s", 604_800),
        until=given.number_or_none("until"),
    )
    return {"negotiation": made.id}


async def _terms(owner: "Owner", given: Input) -> Result:
    shown = ("id", "terms", "state", "mine", "agreement")
    found = []
    for each in await owner.terms(given.text("peer")):
        whole = await owner.show_terms(each.id)
        found.append({**_view(whole, shown), "record": whole.record})
    return {"negotiations": found}


async def _agree(owner: "Owner", given: Input) -> Result:
    await owner.accept_terms(given.text("negotiation"))
    return {}


async def _counter(owner: "Owner", given: Input) -> Result:
    await owner.counter_terms(given.text("negotiation"), given.text("terms"))
    return {}


async def _refuse(owner: "Owner", given: Input) -> Result:
    await owner.decline_terms(given.text("negotiation"), reason=_text(given, "reason"))
    return {}


async def _terminate(owner: "Owner", given: Input) -> Result:
    await owner.terminate_terms(given.text("negotiation"), reason=_text(given, "reason"))
    return {}


# Data


async def _set(owner: "Owner", given: Input) -> Result:
    record = await owner.data_set(given.text("path"), given.given.get("value"))
    return {"version": record.version}


async def _ask(owner: "Owner", given: Input) -> Result:
    asked = await owner.ask(
        given.text("peer"),
        list(given.texts("paths")),
        list(given.texts("purposes")),
        until=given.number_or_none("until"),
        standing=given.flag("standing"),
        required=_texts(given, "required"),
    )
    return {"ask": asked.id}


async def _asked(owner: "Owner", given: Input) -> Result:
    page = await owner.questions(peer=given.text("peer"))
    return {"questions": [{"ask": each.id, **_view(each, ("state", "given"))} for each in page.questions]}


async def _asks(owner: "Owner", _: Input) -> Result:
    found = []
    for each in await owner.asks():
        paths = [field.path for field in each.wanted]
        required = [field.path for field in each.wanted if field.required]
        shown = _view(each, ("peer", "purposes", "until", "standing"))
        found.append({"ask": each.id, **shown, "paths": paths, "required": required})
    return {"asks": found}


async def _answer(owner: "Owner", given: Input) -> Result:
    decline = given.given.get("decline")
    if decline is not None and not isinstance(decline, dict):
        raise malformed("decline: an object")
    told = await owner.answer(
        given.text("ask"), only=_texts(given, "only"), decline=decline, reason=_text(given, "reason")
    )
    return {"given": told.given}


async def _share(owner: "Owner", given: Input) -> Result:
    told = await owner.share(
        given.text("peer"),
        list(given.texts("paths")),
        purposes=_texts(given, "purposes"),
        until=given.number_or_none("until"),
        once=given.flag("once"),
    )
    return {"given": told.given}


async def _held(owner: "Owner", given: Input) -> Result:
    after, found = None, []
    while True:
        page = await owner.held(peer=given.text("peer"), after=after)
        found += [_view(each, ("path", "version", "value")) for each in page.fields]
        after = page.next
        if after is None:
            return {"fields": found}


async def _ledger(owner: "Owner", given: Input) -> Result:
    after, found = None, []
    while True:
        page = await owner.ledger(peer=given.text("peer"), after=after)
        found += [_view(row, ("path", "version", "has", "state")) for row in page.rows]
        after = page.next
        if after is None:
            return {"rows": found}


async def _revoke(owner: "Owner", given: Input) -> Result:
    await owner.revoke(given.text("peer"), paths=_texts(given, "paths"))
    return {}


async def _erase(owner: "Owner", given: Input) -> Result:
    await owner.erase(given.text("peer"), paths=_texts(given, "paths"))
    return {}


WORDS: Final[Mapping[str, Word]] = {
    "invite": _invite,
    "withdraw": _withdraw,
    "connect": _connect,
    "contacts": _contacts,
    "accept": _accept,
    "decline": _decline,
    "peers": _peers,
    "pause": _pause,
    "resume": _resume,
    "rotate": _rotate,
    "close": _close,
    "say": _say,
    "log": _log,
    "export": _export,
    "backup": _backup,
    "review": _review,
    "affirm": _affirm,
    "reject": _reject,
    "relay-serve": _relay_serve,
    "relay-invite": _relay_invite,
    "relay-use": _relay_use,
    "relays": _relays,
    "relay-kept": _relay_kept,
    "holder-serve": _holder_serve,
    "holder-ask": _holder_ask,
    "holders": _holders,
    "proffer": _proffer,
    "terms": _terms,
    "agree": _agree,
    "counter": _counter,
    "refuse": _refuse,
    "terminate": _terminate,
    "set": _set,
    "ask": _ask,
    "asked": _asked,
    "asks": _asks,
    "answer": _answer,
    "share": _share,
    "held": _held,
    "ledger": _ledger,
    "revoke": _revoke,
    "erase": _erase,
}
"""Every command by its name."""


def _view(shown: object, names: tuple[str, ...]) -> Result:
    return {name: getattr(shown, name) for name in names}


def _text(given: Input, name: str) -> str | None:
    return None if given.given.get(name) is None else given.text(name)


def _texts(given: Input, name: str) -> list[str] | None:
    return None if given.given.get(name) is None else list(given.texts(name))


def _number(given: Input, name: str, default: int) -> int:
    found = given.number_or_none(name)
    return default if found is None else found
