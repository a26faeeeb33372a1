"""Receipts as JSON-LD: consent records of ISO/IEC TS 27560:2023 in the Data Privacy Vocabulary (DPV 2).

After the group's guide "Consent Records and Receipts as per ISO/IEC TS 27560:2023 using DPV". The context
stands inside the document: nothing is fetched to read it. What no message says, such as where a taker keeps
its disks, is said to be not available.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from pcloud.features.disclosure.path import category_of
from pcloud.home.receipts import Event, Receipt
from pcloud.wire.ids import persona_text

PROFILE: Final = "https://w3id.org/dpv/schema/dpv-27560"
CONTEXT: Final = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "p7012": "https://w3id.org/dpv/standards/p7012#",
    "pd": "https://w3id.org/dpv/pd#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
UNKNOWN: Final = "dpv:NotAvailable"
_LAST: Final = 253_402_300_799
"""The last second of the year 9999; calendars know none after it."""
_STATUS: Final = {
    "asked": "dpv:ConsentRequested",
    "given": "dpv:ConsentGiven",
    "declined": "dpv:ConsentRefused",
    "refused": "dpv:ConsentRefused",
    "withdrawn": "dpv:ConsentWithdrawn",
    "given-up": "dpv:ConsentRevoked",
    "erase": "dpv:ConsentWithdrawn",
    "expired": "dpv:ConsentExpired",
}
"""What each event, and the end of a day, makes of a consent; updates and deletions make nothing of it."""

Node = dict[str, Any]


def document(receipts: Iterable[Receipt], made: int) -> Node:
    """All of them as one receipt, which says when it was made: seconds since 1970."""
    return {
        "@context": CONTEXT,
        "@type": "dpv:ConsentReceipt",
        "dct:identifier": f"receipt-{made}",
        "dct:conformsTo": {"@id": f"{PROFILE}#receipt-record"},
        "dct:created": _time(made),
        "dpv:hasRecordOfActivity": [_record(each) for each in receipts],
    }


def _record(receipt: Receipt) -> Node:
    giver, taker = _persona(receipt.giver), _persona(receipt.taker)
    status = [_status(each, receipt) for each in receipt.events if each.what in _STATUS]
    if receipt.state == "expired" and receipt.until is not None:
        status.append({"@type": ["dpv:ConsentExpired"], "dpv:isIndicatedAtTime": _time(receipt.until)})
    record: Node = {
        "@id": f"pcloud:thread/{receipt.id}",
        "@type": "dpv:ConsentRecord",
        "dct:identifier": receipt.id,
        "dct:conformsTo": {"@id": f"{PROFILE}#record"},
        "dct:created": _time(receipt.events[0].at),
        "dpv:hasDataSubject": {"@id": giver, "@type": "dpv:DataSubject"},
        "dpv:hasDataController": {"@id": taker, "@type": "dpv:DataController"},
        "dpv:hasJurisdiction": {"@id": UNKNOWN},
        "dpv:hasNotice": {
            "@id": f"pcloud:agreement/{receipt.agreement}",
            "@type": "dpv:ConsentNotice",
            "dct:identifier": receipt.terms,
            "dct:language": "en",
        },
        "dpv:hasConsentControl": {
            "@type": "dpv:WithdrawConsent",
            "dpv:isExercisedAt": {"@id": f"pcloud:thread/{receipt.id}"},
        },
        "dpv:hasProcess": _process(receipt, taker),
        "dpv:hasConsentStatus": status,
    }
    if receipt.clause is not None:
        record["dct:description"] = f"refused: the terms do not allow it ({receipt.clause})"
    deleted = [_deletion(each) for each in receipt.events if each.what == "erased"]
    if deleted:
        record["dct:provenance"] = deleted
    return record


def _process(receipt: Receipt, taker: str) -> Node:
    paths = dict.fromkeys([*receipt.wanted, *(path for each in receipt.events for path in each.paths)])
    process: Node = {
        "@type": "dpv:Process",
        "dpv:hasLegalBasis": {"@id": "dpv:ExpressedConsent"},
        "dpv:hasPurpose": [{"@id": each} for each in receipt.purposes] or [{"@id": UNKNOWN}],
        "dpv:hasPersonalData": [_datum(path, receipt) for path in paths] or [{"@id": UNKNOWN}],
        "dpv:hasRecipient": [{"@id": taker}],
        "dpv:hasStorageCondition": [
            {"@type": "dpv:StorageLocation", "dpv:hasLocation": {"@id": UNKNOWN}},
            {"@type": "dpv:StorageDuration", "dpv:hasDuration": _duration(receipt.until)},
        ],
    }
    if receipt.action:
        process["dpv:hasProcessing"] = [{"@id": receipt.action}]
    if receipt.onward is not None:
        process["dpv:hasRecipient"].append({"@type": "dpv:ThirdParty", "dct:identifier": receipt.onward})
    return process


def _datum(path: str, receipt: Receipt) -> Node:
    """Which datum, never its value."""
    needed = "dpv:Required" if receipt.wanted.get(path, True) else "dpv:Optional"
    return {
        "@type": "dpv:PersonalData",
        "dct:identifier": path,
        "skos:broader": {"@id": category_of(path)},
        "dpv:hasNecessity": {"@id": needed},
    }


def _duration(until: int | None) -> Node:
    if until is None:
        return {"@id": UNKNOWN}
    return {"@type": "dpv:UntilTimeDuration", "rdf:value": _time(until)}


def _status(event: Event, receipt: Receipt) -> Node:
    types = [_STATUS[event.what]]
    if event.what == "given":
        types.append("dpv:ExpressedConsent")
    party = "dpv:DataSubject" if event.by == "giver" else "dpv:DataController"
    by_rule = receipt.rules and event.by == "giver" and event.what in ("given", "declined")
    status: Node = {
        "@type": types,
        "dct:identifier": event.message,
        "dpv:isIndicatedBy": {"@id": party},
        "dpv:isIndicatedAtTime": _time(event.at),
        "dpv:hasIndicationMethod": f"standing rules {', '.join(receipt.rules)}"
        if by_rule
        else "signed message",
    }
    if event.paths:
        status["dpv:hasPersonalData"] = [
            {"dct:identifier": path, **({"dct:description": why} if (why := event.reasons.get(path)) else {})}
            for path in event.paths
        ]
    return status


def _deletion(event: Event) -> Node:
    """What the taker signed that it deleted, and what it keeps, with its reason."""
    gone = [path for path in event.paths if path not in event.reasons]
    told: Node = {
        "@type": "dpv:StorageDeletion",
        "dct:identifier": event.message,
        "dct:date": _time(event.at),
        "dpv:hasPersonalData": [{"dct:identifier": path} for path in gone],
        "dpv:hasDuration": _duration(event.backups),
    }
    if event.reasons:
        told["dct:description"] = "; ".join(f"{path} kept: {why}" for path, why in event.reasons.items())
    return told


def _persona(hex_: str) -> str:
    return f"pcloud:persona/{persona_text(bytes.fromhex(hex_))}"


def _time(at: int) -> Node:
    """A moment in UTC. A peer may claim one that no calendar has (spec 05 §1)."""
    shown = datetime.fromtimestamp(min(at, _LAST), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"@type": "xsd:dateTime", "@value": shown}
