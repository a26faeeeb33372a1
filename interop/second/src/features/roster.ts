/** Rosters: signed lists of standard terms (spec 08 §7). */

import { refuse } from "../errors.js";
import {
    PROTOCOL_VERSION,
    ROSTER_BYTES_MAX,
    ROSTER_ENTRIES_MAX,
    TERMS_URL_BYTES_MAX,
    TITLE_BYTES_MAX,
} from "../limits.js";
import { mapPayload, readOne, verify } from "../wire/cose.js";
import { sha256 } from "../crypto/digest.js";
import { bytes, integer, list, text, tuple } from "../encoding/shape.js";
import { fields, id, need, termsId, time, where } from "./fields.js";
import { type Policy, readMachineForm } from "./policy.js";

const ROSTER = "pcloud-roster";

/** Terms id, address of the official text, text hash, machine form. */
const entry = tuple(termsId, text(1, TERMS_URL_BYTES_MAX), id, bytes());
const entries = where(
    list(entry, 1, ROSTER_ENTRIES_MAX),
    (all) => new Set(all.map(([terms]) => terms)).size === all.length,
);

const rosterPayload = fields({
    version: need(1, integer(PROTOCOL_VERSION, PROTOCOL_VERSION)),
    name: need(2, text(1, TITLE_BYTES_MAX)),
    issued: need(3, time),
    entries: need(4, entries),
});

/** Standard terms of a roster, with what a proffer has to name. */
export interface Terms {
    readonly address: string;
    readonly textHash: Uint8Array;
    readonly machineHash: Uint8Array;
    readonly policy: Policy;
}

export interface Roster {
    readonly id: Uint8Array;
    readonly name: string;
    readonly issued: number;
    /** By terms id, in the order of the roster. */
    readonly terms: ReadonlyMap<string, Terms>;
}

/** Reads a roster and every machine form in it, and judges it by the keeper's key (TERMS-32 to TERMS-34). */
export function readRoster(bytesOfRoster: Uint8Array, keeper: Uint8Array): Roster {
    if (bytesOfRoster.length > ROSTER_BYTES_MAX) refuse("shape");
    const object = readOne(bytesOfRoster, ROSTER);
    const payload = mapPayload(object, rosterPayload);
    const terms = new Map(
        payload.entries.map(([name, address, textHash, machine]): [string, Terms] => [
            name,
            { address, textHash, machineHash: sha256(machine), policy: readMachineForm(machine) },
        ]),
    );
    verify(object, keeper);
    return { id: object.id, name: payload.name, issued: payload.issued, terms };
}
