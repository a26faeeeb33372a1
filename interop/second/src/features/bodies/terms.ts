/** Bodies of the feature `terms` (spec 08 §3). */

import { bytes, oneOf } from "../../encoding/shape.js";
import { fields, id, may, need, termsId, time } from "../fields.js";

const signature = bytes(64);

export const TERMS_BODIES = {
    "terms.proffer": fields({
        roster: need(1, id),
        terms: need(2, termsId),
        text: need(3, id),
        machine: need(4, id),
        expires: need(5, time),
        until: may(6, time),
        replaces: may(7, id),
    }),
    "terms.accept": fields({ proffer: need(1, id), sealBy: need(2, time), signature: need(3, signature) }),
    "terms.counter": fields({ terms: need(1, termsId) }),
    "terms.decline": fields({ reason: may(1, oneOf("not-these-terms", "not-now", "not-needed")) }), // TERMS-14
    "terms.withdraw": fields({}),
    "terms.seal": fields({ accept: need(1, id), signature: need(2, signature) }),
    "terms.terminate": fields({ agreement: need(1, id), reason: may(2, oneOf("not-needed", "breach", "other")) }),
    "terms.replace": fields({ agreement: need(1, id), by: need(2, id) }),
};
