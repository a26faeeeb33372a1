/** The owner's own data (spec 09 §2): what can be given, in versions that rise. */

import { same } from "../../encoding/bytes.js";
import { encode } from "../../encoding/encode.js";
import type { Value } from "../../encoding/value.js";
import { newestGiven, valuesGiven, withUpdates } from "../../engine/giving.js";
import { readAnyValue } from "../../features/items.js";
import { isPattern, parsePath } from "../../features/paths.js";
import { RefusalError } from "../../errors.js";
import type { Field } from "../../features/own-data.js";
import { cannot } from "../cannot.js";
import type { Held } from "../memory.js";
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
    // A copy that came back may know less of the data than was given since.
    const given = [...node.memory.relationships.values()].map(({ scope }) => newestGiven(scope, path));
    const newest = Math.max(before?.version ?? 0, ...given);
    if (before?.version === newest && same(before.item, item)) return newest;
    await keepVersion(node, { path, version: newest + 1, item });
    return newest + 1;
}

/** Takes the values into the owner's data that own messages gave, and that these do not know: they came back in a recovery. */
export async function takeBack(node: Node, { scope }: Held, ids: readonly string[]): Promise<void> {
    for (const field of valuesGiven(scope, ids))
        if (field.version > (node.memory.records.get(field.path)?.version ?? 0)) await keepVersion(node, field);
}

/** One commit with the new version, and an update for each standing grant of it. */
async function keepVersion(node: Node, { path, version, item }: Field): Promise<void> {
    const record = { version, item, time: node.clock.now() };
    const data = new Map(node.memory.records).set(path, record);
    const relationships = [...node.memory.relationships.values()].flatMap((held) => {
        const scope = withUpdates(held.scope, data, node.moment());
        return scope === held.scope ? [] : { ...held, scope };
    });
    node.memory.write({ record: [path, record], relationships });
    for (const held of relationships) await node.settle(held, held.scope);
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
