/** What the messages of `relay` and `custody` do to the data of their threads (spec 20 §3, spec 22 §4). */

import type { SaidOf } from "../../features/body.js";
import type { Entry } from "../entry.js";
import { idBytes } from "./ends.js";

const ENDED = "ended";

/** The data of a relay thread (RELAY-5). */
export type RelayData = {
    readonly asked?: number;
    readonly endpoints?: readonly string[];
    readonly lease?: number;
    readonly frames?: number;
    readonly bytes?: number;
    readonly until?: number;
    readonly grant?: Uint8Array;
};

/** The data after a message that took its row to the state `next`. What has ended holds nothing, whatever crosses it. */
export function changeRelay(data: RelayData, entry: Entry, next: string, said: SaidOf<"relay">): RelayData {
    if (next === ENDED) return {};
    switch (said.name) {
        case "relay.ask":
            return { ...data, asked: said.body.vouchers };
        case "relay.grant":
            return { ...said.body, grant: idBytes(entry.firstId) };
        case "relay.refuse": {
            const { asked: _answered, ...before } = data;
            return before;
        }
        case "relay.end":
            return {};
    }
}

/** The data of a custody thread (CUSTODY-6). */
export type CustodyData = {
    readonly address?: Uint8Array;
    readonly bytes?: number;
    readonly days?: number;
    readonly endpoints?: readonly string[];
    readonly grant?: Uint8Array;
};

/** The data after a message that took its row to the state `next`. What has ended holds the address alone. */
export function changeCustody(data: CustodyData, entry: Entry, next: string, said: SaidOf<"custody">): CustodyData {
    const address = data.address === undefined ? {} : { address: data.address };
    switch (said.name) {
        case "custody.ask":
            return { ...said.body };
        case "custody.grant":
            return next === ENDED ? address : { ...address, ...said.body, grant: idBytes(entry.firstId) };
        case "custody.refuse":
        case "custody.end":
            return address;
    }
}
