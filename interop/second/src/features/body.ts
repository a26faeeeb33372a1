/** The body of a message, part 0: read by the name of the message (spec 05 §2). */

import { RefusalError, refuse } from "../errors.js";
import { NAMES } from "../spec/names.js";
import type { Feature } from "../spec/tables.js";
import { decode } from "../encoding/cbor.js";
import { encode } from "../encoding/encode.js";
import { anyMap, type Read } from "../encoding/shape.js";
import type { ValueMap } from "../encoding/value.js";
import { CONVERSATION_BODIES } from "./bodies/conversation.js";
import { DISCLOSURE_BODIES } from "./bodies/disclosure.js";
import { RELATIONSHIP_BODIES } from "./bodies/relationship.js";
import { CUSTODY_BODIES, RELAY_BODIES } from "./bodies/services.js";
import { TERMS_BODIES } from "./bodies/terms.js";
import { type FieldsReader, fieldsMap } from "./fields.js";

const BODIES = {
    ...CONVERSATION_BODIES,
    ...CUSTODY_BODIES,
    ...DISCLOSURE_BODIES,
    ...RELATIONSHIP_BODIES,
    ...RELAY_BODIES,
    ...TERMS_BODIES,
};

/** A standard name: `feature.verb`. */
export type Name = keyof typeof BODIES;
/** What the body of each message says. */
export type Bodies = { readonly [N in Name]: Read<(typeof BODIES)[N]> };
/** A name with its body, so that `switch (said.name)` narrows the body. */
export type Said = { readonly [N in Name]: { readonly name: N; readonly body: Bodies[N] } }[Name];
/** The messages of one feature. */
export type SaidOf<F extends Feature> = Extract<Said, { name: `${F}.${string}` }>;

/** Whether a name is registered for version 1 (GATE-1). */
export function isName(name: string): name is Name {
    return NAMES.has(name);
}

/** The feature of a standard name. */
export function featureOf(name: Name): Feature {
    return name.slice(0, name.indexOf(".")) as Feature;
}

/** Runs a reader; what it refuses at `form` is refused `body-form` here, because the message has a number (ERR-4). */
export function asBody<T>(read: () => T): T {
    try {
        return read();
    } catch (error) {
        if (error instanceof RefusalError && error.stage === "form") refuse("body-form");
        throw error;
    }
}

/** The body as a map by key, for who shows it; refused as `readBody` does. */
export function bodyFields(name: string, data: Uint8Array): ValueMap {
    readBody(name, data);
    return asBody(() => anyMap(decode(data)));
}

/**
 * Reads a body. Throws RefusalError `unknown-name` where the name is not registered, and otherwise `body-form`
 * where the body is not what the chapter of the message says (MSG-8 to MSG-11).
 */
export function readBody(name: string, data: Uint8Array): Said {
    if (!isName(name)) return refuse("unknown-name");
    const read: FieldsReader<object> = BODIES[name];
    return asBody(() => ({ name, body: read(decode(data)) }) as Said);
}

/** Writes a body: the data of part 0. */
export function writeBody({ name, body }: Said): Uint8Array {
    const spec: FieldsReader<object> = BODIES[name];
    return encode(fieldsMap(spec, body));
}
