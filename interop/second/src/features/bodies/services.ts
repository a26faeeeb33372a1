/** Bodies of the features `relay` (spec 20 §3) and `custody` (spec 22 §3). */

import { RELAY_LEASE_S_MIN } from "../../limits.js";
import { integer, oneOf } from "../../encoding/shape.js";
import { endpoints, fields, id, may, need, positive, time } from "../fields.js";

const refusal = fields({ reason: may(1, oneOf("not-wanted", "no-room", "not-now")) });

export const RELAY_BODIES = {
    "relay.ask": fields({ vouchers: need(1, positive) }),
    "relay.grant": fields({
        endpoints: need(1, endpoints),
        lease: need(2, integer(RELAY_LEASE_S_MIN)),
        frames: need(3, positive),
        bytes: need(4, positive),
        until: need(5, time),
    }),
    "relay.refuse": refusal,
    "relay.end": fields({}),
};

export const CUSTODY_BODIES = {
    "custody.ask": fields({ address: need(1, id), bytes: need(2, positive), days: need(3, positive) }),
    "custody.grant": fields({ bytes: need(1, positive), days: need(2, positive), endpoints: need(3, endpoints) }),
    "custody.refuse": refusal,
    "custody.end": fields({}),
};
