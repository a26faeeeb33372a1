/** Readers for bodies: maps whose fields get names, and the small types that several features share (spec 05 §2). */

import { refuse } from "../errors.js";
import {
    ENDPOINTS_MAX,
    ENDPOINT_BYTES_MAX,
    ROLE_BYTES_MAX,
    TERMS_ID_BYTES_MAX,
    CLAUSE_WORD_BYTES_MAX,
} from "../limits.js";
import { anyMap, bytes, integer, list, oneOf, type Reader, text } from "../encoding/shape.js";
import type { Value, ValueMap } from "../encoding/value.js";

interface Field<T> {
    readonly key: number;
    readonly read: Reader<T>;
    readonly isOptional: boolean;
}

/** A required field of a body: its key and its reader. */
export function need<T>(key: number, read: Reader<T>): Field<T> {
    return { key, read, isOptional: false };
}

/** An optional field: absent, and never null, where it has no value (MSG-9). */
export function may<T>(key: number, read: Reader<T>): Field<T | undefined> {
    return { key, read, isOptional: true };
}

type Named<S> = { readonly [K in keyof S]: S[K] extends Field<infer T> ? T : never };

/** A reader of a map with named fields, with the key of each: so that what it reads can be written again. */
export interface FieldsReader<T> extends Reader<T> {
    readonly keys: Readonly<Record<string, number>>;
}

/** A map with exactly the declared integer keys (MSG-8); what it gives has the names under which they are declared. */
export function fields<const S extends Readonly<Record<string, Field<unknown>>>>(spec: S): FieldsReader<Named<S>> {
    const declared = new Set(Object.values(spec).map((field) => field.key));
    const keys = Object.fromEntries(Object.entries(spec).map(([name, { key }]) => [name, key]));
    const read: Reader<Named<S>> = (value) => {
        const held = anyMap(value);
        for (const key of held.keys()) {
            if (typeof key !== "number" || !declared.has(key)) refuse("shape");
        }
        const found = Object.entries(spec).map(([name, field]) => {
            const inside = held.get(field.key);
            if (inside !== undefined) return [name, field.read(inside)];
            return field.isOptional ? [name, undefined] : refuse("shape");
        });
        return Object.fromEntries(found) as Named<S>;
    };
    return Object.assign(read, { keys });
}

/** The map that a reader of fields reads as this; fields without a value are left out. */
export function fieldsMap<T extends object>({ keys }: FieldsReader<T>, named: T): ValueMap {
    const held = Object.entries(named as Record<string, Value | undefined>).map(
        ([name, value]) => [keys[name], value] as const,
    );
    return new Map(
        held.filter((pair): pair is readonly [number, Value] => pair[0] !== undefined && pair[1] !== undefined),
    );
}

/** A reader of fields with one more condition on them. */
export function fieldsWhere<T>(read: FieldsReader<T>, holds: (found: T) => boolean): FieldsReader<T> {
    return Object.assign(where(read, holds), { keys: read.keys });
}

/** A reader with one more condition on what it gives. */
export function where<T>(read: Reader<T>, holds: (found: T) => boolean): Reader<T> {
    return (value) => {
        const found = read(value);
        return holds(found) ? found : refuse("shape");
    };
}

/** An id, a digest, a persona: 32 bytes (cddl/common.cddl). */
export const id = bytes(32);
/** Seconds since 1970-01-01T00:00:00Z. */
export const time = integer();
/** A counting number: 1 or more. */
export const positive = integer(1);
/** A word of a vocabulary, compared as text (spec 08 §6). */
export const word = text(1, CLAUSE_WORD_BYTES_MAX);
/** The id of standard terms in a roster (spec 08 §3). */
export const termsId = text(1, TERMS_ID_BYTES_MAX);
/** Where a node is reached, the preferred place first (spec 07 §1). */
export const endpoints = list(text(1, ENDPOINT_BYTES_MAX), 1, ENDPOINTS_MAX);
export const ownerKind = oneOf("person", "organisation");
export const role = text(1, ROLE_BYTES_MAX);
