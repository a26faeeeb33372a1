"""The operations of the vectors on messages, statements, invitations and tables (spec 16 §3)."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from pcloud.engine.gatekeeper import require_policy
from pcloud.engine.registry import STANDARD
from pcloud.errors import Code, Violation
from pcloud.features.conversation.say import read_text
from pcloud.features.custody.grant import read_token
from pcloud.features.disclosure.value import read_example, read_value
from pcloud.features.relay.grant import read_vouchers
from pcloud.features.terms.policy import read_machine_form
from pcloud.features.terms.record import read_record
from pcloud.features.terms.roster import read_roster
from pcloud.kernel.gate import Claims
from pcloud.kernel.machine import By, Machine
from pcloud.testing.vectors_export import export_verify
from pcloud.testing.vectors_input import Input, malformed, plain
from pcloud.testing.vectors_wire import Operation, Result
from pcloud.wire import cbor, cose, keylog
from pcloud.wire.answers import ANSWER_TYPES, Answer, Expected, Fork, Parties, Receipt, Stale, read_answer
from pcloud.wire.card import read_card
from pcloud.wire.header import SignedHeader, read_header
from pcloud.wire.invitation import Link, open_blob, read_invitation, read_link, write_link
from pcloud.wire.position import read_position
from pcloud.wire.services import custody, relay
from pcloud.wire.services.service import Answer as Back
from pcloud.wire.services.service import Service, operation_of


def _fields(data: bytes) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = plain(cbor.decode_map(data))
    return fields


# Chapters 05 and 06


def _header_read(given: Input) -> Result:
    data = given.octets("bytes")
    signed = cose.parse_sign1(data, cose.HEADER)
    header = read_header(signed.payload)
    cose.verify_sign1(signed, given.octets("key"))
    known = SignedHeader(header, signed.id, signed.kid, data)
    return {
        "version": 1,
        "sender": header.sender,
        "recipient": header.recipient,
        "sender_epoch": header.sender_epoch,
        "recipient_epoch": header.recipient_epoch,
        "name": header.name,
        "number": header.number,
        "prev": header.prev,
        "thread": header.thread,
        "time": header.time,
        "expiry": header.expiry,
        "received_number": header.highest,
        "received_id": header.highest_id,
        "agreement": header.agreement,
        "parts": header.digests,
        "first": header.first,
        "id": known.id,
        "first_id": known.first_id,
    }


def _parties(parties: Parties) -> Result:
    return {"version": 1, **parties._asdict()}


def _answer_read(given: Input) -> Result:
    typ = given.text("typ")
    if typ not in ANSWER_TYPES:
        raise malformed("typ: one of the answers")
    signed = cose.parse_sign1(given.octets("bytes"), typ)
    answer = read_answer(typ, signed.payload)
    cose.verify_sign1(signed, given.octets("key"))
    head = {**_parties(answer.parties), "session": answer.session, "key": answer.key, "id_of": signed.id}
    return head | _told(answer)


def _told(answer: Answer) -> Result:
    """What an answer of its type says."""
    match answer:
        case Receipt():
            return {"number": answer.number, "id": answer.id, "refusals": answer.refusals}
        case Expected():
            return {"number": answer.number}
        case Fork():
            return {"number": answer.number, "id": answer.id}
        case Stale():
            return {"events": answer.log}
        case _:
            return {}


def _position_read(given: Input) -> Result:
    typ = given.text("typ")
    signed = cose.parse_sign1(given.octets("bytes"), typ)
    position = read_position(typ, signed.payload)
    log, who = keylog.read_log(position.log), position.parties
    if log.persona != who.sender:
        raise Violation(Code.WRONG_PARTY)
    if log.epoch != who.sender_epoch:
        raise Violation(Code.LOG_INVALID)
    cose.verify_sign1(signed, log.current.signing_key)
    return {
        **_parties(who),
        "session": None,
        "key": position.key,
        "event": position.event,
        "events": position.log,
        "mailbox": position.mailbox,
        "endpoints": position.endpoints,
        "lines": position.lines,
        "id": signed.id,
    }


# Chapter 07


def _invitation_read(given: Input) -> Result:
    invitation = read_invitation(given.octets("bytes"))
    return {
        "fields": _fields(cose.parse_sign1(invitation.data, cose.INVITATION).payload),
        "id": invitation.id,
    }


def _card_read(given: Input) -> Result:
    card = read_card(given.octets("bytes"))
    signed = cose.parse_sign1(card.data, cose.CARD)
    return {"fields": _fields(signed.payload), "id": signed.id}


def _link_read(given: Input) -> Result:
    return read_link(given.text("text"))._asdict()


def _link_make(given: Input) -> Result:
    link = Link(given.text("endpoint"), *map(given.octets, ("mailbox", "hash", "key")))
    return {"text": write_link(link)}


def _blob_open(given: Input) -> Result:
    link = Link("", b"", given.octets("hash"), given.octets("key"))
    return {"invitation": open_blob(given.octets("blob"), link).data}


# Bodies and tables


def _body_read(given: Input) -> Result:
    message = STANDARD.messages.get(given.text("name"))
    if message is None:
        raise Violation(Code.UNKNOWN_NAME)
    body = given.octets("body")
    read = message.read(body)
    if read.write() != body:
        raise AssertionError("a body is written as it was read")
    return {"fields": _fields(body)}


def _table_step(given: Input) -> Result:
    by = {"opener": By.OPENER, "other": By.OTHER}.get(given.text("by"))
    if by is None:
        raise malformed("by: opener or other")
    row = _machine(given).row(given.text("state"), given.text("name"), by)
    if row.crossing and not given.flag("crossing"):
        raise Violation(Code.NOT_IN_STATE)
    return {"next": row.next}


def _machine(given: Input) -> Machine:
    machine = STANDARD.machines.get(given.text("name"))
    if machine is None or machine.name != given.text("feature"):
        raise Violation(Code.UNKNOWN_NAME)
    return machine


# Chapter 08


def _agreement_read(given: Input) -> Result:
    data = given.octets("bytes")
    record = read_record(data, (given.octets("first_key"), given.octets("second_key")))
    return {"fields": _fields(cose.parse_sign2(data, cose.AGREEMENT).payload), "id": record.id}


def _machine_read(given: Input) -> Result:
    data = given.octets("bytes")
    read_machine_form(data)
    return {"fields": _fields(data)}


def _roster_read(given: Input) -> Result:
    roster = read_roster(given.octets("bytes"), given.octets("key"))
    return {"terms": [entry.standard.terms for entry in roster.entries], "id": roster.id}


def _policy_judge(given: Input) -> Result:
    claims = Claims(
        action=given.text("action"),
        categories=given.texts("categories"),
        purposes=given.texts("purposes"),
        until=given.number_or_none("until"),
        onward="a recipient" if given.flag("onward") else None,
    )
    policy = read_machine_form(given.octets("machine")).policy
    require_policy(policy, claims, given.number_or_none("agreement_until"), given.number("now"))
    return {}


# Chapter 09


def _claims(given: Input) -> Claims:
    message = STANDARD.messages.get(given.text("name"))
    if message is None:
        raise Violation(Code.UNKNOWN_NAME)
    return message.read(given.octets("body")).claims()


def _claims_read(given: Input) -> Result:
    return dict(_claims(given)._asdict())


def _claims_judge(given: Input) -> Result:
    policy = read_machine_form(given.octets("machine")).policy
    require_policy(policy, _claims(given), given.number_or_none("agreement_until"), given.number("now"))
    return {}


def _value_read(given: Input) -> Result:
    return {"value": read_value(given.text("path"), given.octets("item"))}


def _example_read(given: Input) -> Result:
    return {"example": read_example(given.octets("item"))}


# Chapter 18


def _said_read(given: Input) -> Result:
    return {"text": read_text(given.octets("item"))}


# Chapter 22


def _token_read(given: Input) -> Result:
    return {"token": read_token(given.octets("item"))}


def _token_keep(given: Input) -> Result:
    return {"kept": custody.token_hash(given.octets("token"))}


def _asked(service: Service, message: bytes) -> Result:
    asked = service.read_request(message)
    return {"op": operation_of(message), "number": asked.number, "fields": list(asked.request)}


def _custody_read(given: Input) -> Result:
    return _asked(custody.CUSTODY, given.octets("message"))


def _locator_make(given: Input) -> Result:
    locator = custody.locator(given.octets("secret"), given.number("index"))
    return {"locator": locator, "address": custody.address_of(locator)}


def _custody_prove(given: Input) -> Result:
    return {"proof": sha256(custody.proof_prefix(given.octets("nonce")) + given.octets("volume")).digest()}


# Chapter 20


def _vouchers_read(given: Input) -> Result:
    return {"vouchers": list(read_vouchers(given.octets("item")))}


def _relay_read(given: Input) -> Result:
    return _asked(relay.RELAY, given.octets("message"))


def _relay_back(given: Input) -> Result:
    message = given.octets("message")
    back = relay.RELAY.read_back(message)
    if isinstance(back, Back):
        if back.values:  # what was asked is not known here; what is done gives nothing, or one integer
            relay.RELAY.given(relay.Open, back)
        return {"number": back.number, "outcome": int(back.outcome), "fields": list(back.values)}
    return {"op": operation_of(message), "fields": list(back)}


def _relay_keep(given: Input) -> Result:
    return {
        "address": relay.address_of(given.octets("mailbox")),
        "pickup_hash": relay.pickup_hash(given.octets("pickup")),
        "voucher_hash": relay.voucher_hash(given.octets("voucher")),
    }


MESSAGES: Mapping[str, Operation] = {
    "header.read": _header_read,
    "answer.read": _answer_read,
    "position.read": _position_read,
    "invitation.read": _invitation_read,
    "card.read": _card_read,
    "link.read": _link_read,
    "link.make": _link_make,
    "blob.open": _blob_open,
    "body.read": _body_read,
    "table.step": _table_step,
    "agreement.read": _agreement_read,
    "machine.read": _machine_read,
    "roster.read": _roster_read,
    "policy.judge": _policy_judge,
    "claims.read": _claims_read,
    "claims.judge": _claims_judge,
    "value.read": _value_read,
    "example.read": _example_read,
    "said.read": _said_read,
    "token.read": _token_read,
    "token.keep": _token_keep,
    "custody.read": _custody_read,
    "locator.make": _locator_make,
    "custody.prove": _custody_prove,
    "vouchers.read": _vouchers_read,
    "relay.read": _relay_read,
    "relay.back": _relay_back,
    "relay.keep": _relay_keep,
    "export.verify": export_verify,
}
"""The operations of chapters 05 to 09, 18 to 20, and 22."""
