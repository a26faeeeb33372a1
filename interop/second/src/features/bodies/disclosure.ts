/** Bodies of the feature `disclosure` (spec 09 §4). What only the check of a row refuses is not refused here. */

import { DISCLOSED_MAX, DISCLOSURE_PURPOSES_MAX } from "../../limits.js";
import { boolean, list, nullable, oneOf, type Reader, tuple } from "../../encoding/shape.js";
import { fields, id, may, need, positive, time, where, word } from "../fields.js";
import { pathText, patternText } from "../paths.js";

/** Rows that begin with a path; none stands twice (DISC-2). */
function rows<const T extends readonly [string, ...unknown[]]>(row: Reader<T>, countMin = 1): Reader<readonly T[]> {
    return where(
        list(row, countMin, DISCLOSED_MAX),
        (found) => new Set(found.map(([path]) => path)).size === found.length,
    );
}

function distinct(read: Reader<string>): Reader<readonly string[]> {
    return where(list(read, 1, DISCLOSED_MAX), (found) => new Set(found).size === found.length);
}

const field = tuple(pathText, positive);
const given = rows(field);
const whyNot = oneOf("not-now", "not-needed", "not-held", "not-for-this", "not-you");
const declined = rows(tuple(patternText, whyNot));
const purposes = list(word, 1, DISCLOSURE_PURPOSES_MAX);
const takenBack = fields({ paths: may(1, distinct(pathText)) });

export const DISCLOSURE_BODIES = {
    "disclosure.request": fields({
        agreement: need(1, id),
        wanted: need(2, rows(tuple(patternText, boolean, nullable(positive)))),
        action: need(3, word),
        purposes: need(4, purposes),
        until: need(5, time),
        standing: need(6, boolean),
        onward: may(7, word),
        circumstances: may(8, positive),
    }),
    "disclosure.present": fields({
        agreement: need(1, id),
        fields: need(2, given),
        action: need(3, word),
        purposes: need(4, purposes),
        until: need(5, time),
        standing: need(6, boolean),
        onward: may(7, word),
        declined: may(8, declined),
        answers: may(9, id),
    }),
    "disclosure.decline": fields({ reason: may(1, whyNot), declined: may(2, declined) }),
    "disclosure.update": fields({
        grant: need(1, id),
        fields: need(2, given),
        action: need(3, word),
        purposes: need(4, purposes),
    }),
    "disclosure.acknowledge": fields({
        outcomes: need(1, rows(tuple(pathText, positive, oneOf("applied", "refused", "need-more")))),
    }),
    "disclosure.revoke": takenBack,
    "disclosure.erase": takenBack,
    "disclosure.erased": fields({
        fields: need(1, rows(field, 0)),
        backups: need(2, time),
        kept: may(3, rows(tuple(pathText, oneOf("legal-duty", "legal-claim", "other-grant")))),
    }),
    "disclosure.handback": fields({ fields: need(1, given) }),
    "disclosure.rights": fields({
        right: need(1, oneOf("access", "correction", "portability", "erasure")),
        paths: may(2, distinct(patternText)),
        due: may(3, time),
    }),
    "disclosure.answer": fields({
        outcome: need(1, oneOf("done", "partly", "extended", "refused")),
        reason: may(2, oneOf("legal-duty", "legal-claim", "not-identified", "not-held", "excessive")),
        until: may(3, time),
        fields: may(4, given),
    }),
};
