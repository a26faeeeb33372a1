/** Items: one personal value in one part, with the number of places for them (spec 05 §3, MSG-15, MSG-16). */

import { refuse } from "../errors.js";
import {
    CUSTODY_TOKEN_BYTES,
    DISCLOSED_MAX,
    EXAMPLE_FIELDS_MAX,
    FACT_BYTES_MAX,
    PARTS_MAX,
    SAY_BYTES_MAX,
    VALUE_BYTES_MAX,
    VOUCHERS_MAX,
    VOUCHER_BYTES,
} from "../limits.js";
import { decode } from "../encoding/cbor.js";
import { hex } from "../encoding/bytes.js";
import { anyMap, boolean, bytes, list, text } from "../encoding/shape.js";
import type { Value, ValueMap } from "../encoding/value.js";
import { type Name, asBody } from "./body.js";
import { where } from "./fields.js";
import { derivationOf, parsePath } from "./paths.js";

const ONE = 1;
const MANY = PARTS_MAX - 1;
/** How many places for items a message may have by its name; messages that are not here have none. */
const PLACES: Readonly<Partial<Record<Name, number>>> = {
    "conversation.say": ONE,
    "custody.grant": ONE,
    "relay.grant": ONE,
    "relationship.request": ONE,
    "relationship.accept": ONE,
    "relationship.returned": MANY,
    // How many of these a body asks for, the check of its row compares (DISC-7, DISC-11, DISC-34).
    "disclosure.request": MANY,
    "disclosure.present": DISCLOSED_MAX,
    "disclosure.update": DISCLOSED_MAX,
    "disclosure.handback": DISCLOSED_MAX,
    "disclosure.rights": DISCLOSED_MAX,
    "disclosure.answer": DISCLOSED_MAX,
};

/** The most places for items that a message of this name may have. */
export function placesMax(name: Name): number {
    return PLACES[name] ?? 0;
}

/** The text of `conversation.say` (TALK-2). */
export function readSaid(item: Uint8Array): string {
    return asBody(() => text(1, SAY_BYTES_MAX)(decode(item)));
}

/** The put token of `custody.grant` (CUSTODY-3). */
export function readToken(item: Uint8Array): Uint8Array {
    return asBody(() => bytes(CUSTODY_TOKEN_BYTES)(decode(item)));
}

/** The vouchers of `relay.grant`, none twice (RELAY-2). */
export function readVouchers(item: Uint8Array): readonly Uint8Array[] {
    const distinct = where(
        list(bytes(VOUCHER_BYTES), 1, VOUCHERS_MAX),
        (all) => new Set(all.map(hex)).size === all.length,
    );
    return asBody(() => distinct(decode(item)));
}

/** One value of at most 16,384 bytes, and not null (DISC-6). */
export function readAnyValue(item: Uint8Array): Value {
    if (item.length > VALUE_BYTES_MAX) refuse("body-form");
    return asBody(() => decode(item) ?? refuse("shape"));
}

/** The item of a field: a value, and for a fact what its row in the registry says (DISC-3, DISC-6). */
export function readValue(path: string, item: Uint8Array): Value {
    const value = readAnyValue(item);
    const fact = parsePath(path)?.fact;
    if (fact === undefined) return value;
    return asBody(() => (derivationOf(fact)?.result === "text" ? text(1, FACT_BYTES_MAX)(value) : boolean(value)));
}

/** An example, or circumstances: fields that a record is to have (DISC-9). */
export function readExample(item: Uint8Array): ValueMap {
    return asBody(() => {
        const example = anyMap(decode(item));
        const isExample =
            example.size >= 1 &&
            example.size <= EXAMPLE_FIELDS_MAX &&
            [...example.keys()].every((key) => typeof key === "string");
        return isExample ? example : refuse("shape");
    });
}
