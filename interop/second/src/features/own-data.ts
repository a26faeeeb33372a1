/** What an owner can give of its own data: values by path, and the facts that follow from them (spec 09 §2). */

import { unlessRefused } from "../errors.js";
import { same } from "../encoding/bytes.js";
import { decode } from "../encoding/cbor.js";
import { encode } from "../encoding/encode.js";
import { factOf } from "./facts.js";
import { readExample, readValue } from "./items.js";
import { isPattern, matches, parsePath } from "./paths.js";

/** The newest version of a datum: its number, from 1, and its encoding. */
export interface Version {
    readonly version: number;
    readonly item: Uint8Array;
}

/** The owner's data, by path; no path of a fact is among them. */
export type OwnData = ReadonlyMap<string, Version>;

/** A field as a message gives it. */
export interface Field extends Version {
    readonly path: string;
}

/** A field with its newest value, or a fact as it follows from that on a day; undefined where the owner has none. */
export function fieldFor(data: OwnData, path: string, now: number, compared: Uint8Array | null): Field | undefined {
    const fact = parsePath(path)?.fact;
    const held = data.get(fact === undefined ? path : path.slice(0, path.lastIndexOf(":")));
    if (held === undefined) return undefined;
    const { version, item } = held;
    if (fact === undefined) return { path, version, item };
    const value = factOf(fact, { item, compared, now });
    if (value === undefined) return undefined;
    const derived = encode(value);
    // A fact that its item cannot hold, such as a long name of a town, is none.
    return unlessRefused(() => {
        readValue(path, derived);
        return { path, version, item: derived };
    }, undefined);
}

/** The paths that a wanted pattern stands for, of what the owner has; with an example only records that are like it. */
export function pathsFor(data: OwnData, wanted: string, example: Uint8Array | null): readonly string[] {
    if (!isPattern(wanted)) return [wanted];
    const fact = parsePath(wanted)?.fact;
    return [...data]
        .map(([place, { item }]) => ({ path: fact === undefined ? place : `${place}:${fact}`, item }))
        .filter(({ path, item }) => matches(path, wanted) && (example === null || isLike(item, example)))
        .map(({ path }) => path)
        .sort();
}

/** DISC-9: a record is like an example where it has these fields with these values. */
function isLike(item: Uint8Array, example: Uint8Array): boolean {
    const record = decode(item);
    if (!(record instanceof Map)) return false;
    return [...readExample(example)].every(([name, value]) => {
        const held = record.get(name);
        return held !== undefined && same(encode(held), encode(value));
    });
}
