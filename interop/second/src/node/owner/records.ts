/** The owner's own data (spec 09 §2): what can be given, in versions that rise. */

import { same } from "../../encoding/bytes.js";
import { encode } from "../../encoding/encode.js";
import type { Value } from "../../encoding/value.js";
import { newestGiven, withUpdates } from "../../engine/giving.js";
import { readAnyValue } from "../../features/items.js";
import { isPattern, parsePath } from "../../features/paths.js";
import { RefusalError } from "../../errors.js";
import { cannot } from "../cannot.js";
import type { Node } from "../node.js";

/**
 * Sets a datum, and gives its version; the same value again is no new one. Whoever follows it is brought the change in
 * the commit that makes it (spec 09 §13). Facts are derived, so none is set.
 */
export async function setRecord(node: Node, path: string, value: Value): Promise<number> {
    const read = parsePath(path);
    if (read === undefined || read.fact !== undefined || isPattern(path)) return cannot("invalid");
    const item = itemOf(value);
    const before = node.memory.records.get(path);
    if (before !== undefined && same(before.item, item)) return before.version;
    const all = [...node.memory.relationships.values()];
    // A copy that came back may know less of the data than was given since.
    const newest = Math.max(before?.version ?? 0, ...all.map(({ scope }) => newestGiven(scope, path)));
    const record = { version: newest + 1, item, time: node.clock.now() };
    const data = new Map(node.memory.records).set(path, record);
    const relationships = all.flatMap((held) => {
        const scope = withUpdates(held.scope, data, node.moment());
        return scope === held.scope ? [] : { ...held, scope };
    });
    node.memory.write({ record: [path, record], relationships });
    for (const held of relationships) await node.settle(held, held.scope);
    return record.version;
}

/** The encoding of a value that an item can hold (DISC-6); an owner's command that fails for another. */
export function itemOf(value: Value): Uint8Array {
    try {
        const item = encode(value);
        readAnyValue(item);
        return item;
    } catch (error) {
        if (error instanceof RangeError || error instanceof RefusalError) return cannot("invalid");
        throw error;
    }
}
