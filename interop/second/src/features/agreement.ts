/** The agreement record: one object that both parties sign and both hold in the same bytes (spec 08 §4). */

import { PROTOCOL_VERSION } from "../limits.js";
import { mapPayload, readTwo, type SignedObject, verify } from "../wire/cose.js";
import { encode } from "../encoding/encode.js";
import { type Read, integer } from "../encoding/shape.js";
import type { Key, Value } from "../encoding/value.js";
import { fields, id, may, need, termsId, time } from "./fields.js";

/** The typ of an agreement. */
export const AGREEMENT = "pcloud-agreement";

const agreementPayload = fields({
    version: need(1, integer(PROTOCOL_VERSION, PROTOCOL_VERSION)),
    roster: need(2, id),
    terms: need(3, termsId),
    text: need(4, id),
    machine: need(5, id),
    first: need(6, id),
    second: need(7, id),
    proffer: need(8, id),
    sealBy: need(9, time),
    until: may(10, time),
    replaces: may(11, id),
});

/** What both parties sign, without the version. */
export type Agreed = Omit<Read<typeof agreementPayload>, "version">;

/** The bytes that both parties sign. */
export function agreementBytes(agreed: Agreed): Uint8Array {
    const { roster, terms, text, machine, first, second, proffer, sealBy, until, replaces } = agreed;
    const named: readonly (readonly [Key, Value | undefined])[] = [
        [1, PROTOCOL_VERSION],
        [2, roster],
        [3, terms],
        [4, text],
        [5, machine],
        [6, first],
        [7, second],
        [8, proffer],
        [9, sealBy],
        [10, until],
        [11, replaces],
    ];
    return encode(new Map(named.filter((pair): pair is [Key, Value] => pair[1] !== undefined)));
}

/** Reads a record, and judges both signatures; keys in the order of the parties (TERMS-26). */
export function readAgreement(bytes: Uint8Array, firstKey: Uint8Array, secondKey: Uint8Array): SignedObject {
    const object = readTwo(bytes, AGREEMENT);
    mapPayload(object, agreementPayload);
    verify(object, firstKey, secondKey);
    return object;
}
