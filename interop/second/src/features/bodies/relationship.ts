/** Bodies of the feature `relationship` (spec 07 §3, spec 06 §4). */

import {
    AFFIRMED_IDS_MAX,
    CODE_BYTES_MAX,
    MAILBOX_BYTES,
    PURPOSE_BYTES_MAX,
    RETURNED_ENTRIES_MAX,
    SALT_BYTES,
} from "../../limits.js";
import { kemPublic } from "../../crypto/kem.js";
import { bytes, integer, list, oneOf, text, tuple } from "../../encoding/shape.js";
import { endpoints, fields, fieldsWhere, id, may, need, ownerKind, positive, role, time } from "../fields.js";

const mailbox = bytes(MAILBOX_BYTES);
const nonce = bytes(32);
/** A receiving key with its number (spec 04 §9). */
const announcement = tuple(positive, kemPublic);
const affirmed = fields({ ids: need(1, list(id, 1, AFFIRMED_IDS_MAX)) });

/** Signed header, salt and data of part 0, verdict. */
const returnedEntry = tuple(bytes(), bytes(SALT_BYTES), bytes(), text(1, CODE_BYTES_MAX));

export const RELATIONSHIP_BODIES = {
    "relationship.request": fields({
        invitation: need(1, id),
        key: need(2, tuple(integer(1, 1), kemPublic)), // REL-18
        mailbox: need(3, mailbox),
        endpoints: need(4, endpoints),
        commitment: need(5, id),
        kind: need(6, ownerKind),
        role: may(7, role),
        purpose: may(8, text(1, PURPOSE_BYTES_MAX)),
    }),
    "relationship.accept": fields({
        key: need(1, announcement),
        mailbox: need(2, mailbox),
        endpoints: need(3, endpoints),
        nonce: need(4, nonce),
    }),
    "relationship.decline": fields({ reason: may(1, oneOf("not-wanted", "unknown", "later")) }),
    "relationship.confirm": fields({ nonce: need(1, nonce), accept: need(2, id) }),
    "relationship.pause": fields({ until: may(1, time) }),
    "relationship.resume": fields({}),
    "relationship.rotate": fields({ key: need(1, announcement) }),
    "relationship.move": fields({ mailbox: need(1, mailbox), endpoints: need(2, endpoints) }),
    "relationship.close": fieldsWhere(
        fields({ held: need(1, oneOf("erased", "kept", "none")), until: may(2, time) }),
        (close) => close.until === undefined || close.held === "kept", // REL-31
    ),
    "relationship.returned": fields({ entries: need(1, list(returnedEntry, 1, RETURNED_ENTRIES_MAX)) }),
    "relationship.affirm": affirmed,
    "relationship.reject": affirmed,
};
