/** The data of a thread: a map with text keys that both sides hold alike (spec 05 §7). */

import type { Value } from "../encoding/value.js";

/** What the data of a thread are made of; a record is a map with text keys, and an undefined member of it is absent. */
export type Datum = Value | readonly Datum[] | Data;
export interface Data {
    readonly [name: string]: Datum | undefined;
}

/** How an agreement or a grant was ended: sender, generation and number of the rank, first id (spec 08 §5). */
export type End = readonly [sender: Uint8Array, generation: number, number: number, firstId: Uint8Array];

/** The data as they are encoded for the state digest. */
export function dataValue(datum: Datum): Value {
    if (datum === null || typeof datum !== "object" || datum instanceof Uint8Array) return datum;
    if (Array.isArray(datum)) return (datum as readonly Datum[]).map(dataValue);
    if (datum instanceof Map) return datum as Value;
    const held = Object.entries(datum as Data).filter((pair): pair is [string, Datum] => pair[1] !== undefined);
    return new Map(held.map(([name, inside]) => [name, dataValue(inside)]));
}
