/** A node that comes back: with the words every relationship gets a new key event, and begins anew where it stood (spec 06). */

import { type Restored, Restoring } from "../files/archive/restore.js";
import { type ChainEnd, readVolume } from "../files/archive/chain.js";
import { manifestSeed } from "../files/archive/manifest.js";
import { openVolume } from "../files/archive/volume.js";
import { extended, recover } from "../engine/recovery/recover.js";
import type { Scope } from "../engine/scope.js";
import { RefusalError } from "../errors.js";
import { hex } from "../encoding/bytes.js";
import { KEY_EVENTS_MAX } from "../limits.js";
import { readLog } from "../wire/keylog.js";
import { cannot } from "./cannot.js";
import type { Held, OwnRecord, Owner } from "./memory.js";
import type { Node } from "./node.js";
import { NextKeys, ownerWith } from "./ownership.js";

/** What a copy of a node says, and of which generation its next keys were. */
export interface Copy {
    readonly restored: Restored;
    readonly generation: number;
}

/** The first copy that can be read whole; an owner's command that fails where these words open none, or all were changed. */
export async function readFirst(copies: readonly (readonly Uint8Array[])[], secret: Uint8Array): Promise<Copy> {
    for (const volumes of copies) {
        const copy = await readCopy(volumes, secret);
        if (copy !== null) return copy;
    }
    return cannot("invalid");
}

async function readCopy(volumes: readonly Uint8Array[], secret: Uint8Array): Promise<Copy | null> {
    const seed = manifestSeed(secret);
    try {
        const restoring = new Restoring();
        let end: ChainEnd | null = null;
        let generation = 0;
        for (const volume of volumes) {
            generation = (await openVolume(volume, seed)).manifest[2];
            end = await readVolume(end, volume, seed, (row) => restoring.take(row));
        }
        return end === null ? null : { restored: await restoring.finish(), generation };
    } catch (error) {
        if (error instanceof RefusalError) return null;
        throw error;
    }
}

/** What a node recovers with. */
interface Known {
    readonly held: readonly Held[];
    readonly records: readonly (readonly [path: string, row: OwnRecord])[];
}

/** The relationships and the data of a copy, as a node holds them. */
function heldIn({ restored }: Copy): Known {
    const held = restored.relationships.map(({ id, scope, name, purpose, mailboxes }) => ({
        id: hex(id),
        scope,
        about: { name, purpose, mailboxes: mailboxes.map(hex) },
    }));
    const records = restored.records.map(({ path, version, item, time }) => [path, { version, item, time }] as const);
    return { held, records };
}

/** What a node comes back with. */
export interface Return {
    readonly secret: Uint8Array;
    /** Null where it comes back with all that it has. */
    readonly copy: Copy | null;
}

/** Begins the recovery of every relationship, in one commit; each asks its peer then until it is answered. */
export async function comeBack(node: Node, { secret, copy }: Return): Promise<void> {
    const { owner } = node.memory;
    const { held, records } =
        copy === null ? { held: [...node.memory.relationships.values()], records: [] } : heldIn(copy);
    const keys = new NextKeys(secret, copy?.generation ?? owner.generation);
    const found = held.map((one) => ({ one, next: nextOf(one.scope, keys) }));
    const renewed = await ownerWith(secret, owner, keys.newest + 1);
    const used = new Set<number>();
    const relationships: Held[] = [];
    for (const { one, next } of found) {
        await node.entropy.ready();
        relationships.push(next === null ? one : { ...one, scope: begun(node, one.scope, next, renewed, used, copy !== null) });
    }
    node.memory.write({ owner: renewed, used: [...used], relationships, records });
}

/** The next key of the newest own log that is known; null for a persona that cannot go on (spec 06 §1). */
function nextOf(scope: Scope, keys: NextKeys): { readonly seed: Uint8Array; readonly events: readonly Uint8Array[] } | null {
    const events = scope.newerLog ?? scope.mine.own.events;
    const { next } = readLog(events).last;
    const seed = next === null || events.length >= KEY_EVENTS_MAX ? null : keys.find(next);
    return seed === null ? null : { seed, events };
}

function begun(
    node: Node,
    scope: Scope,
    { seed, events }: { readonly seed: Uint8Array; readonly events: readonly Uint8Array[] },
    { pool }: Owner,
    used: Set<number>,
    isElsewhere: boolean,
): Scope {
    const index = unused(node, pool.length, used);
    const { mine } = scope;
    const known = { ...mine.own, events, log: readLog(events) };
    const own = extended(known, seed, pool[index] ?? cannot("busy"), node.entropy);
    const place = isElsewhere && node.endpoint !== null ? { ...mine.place, endpoints: node.endpoints } : mine.place;
    return recover({ ...scope, decided: Math.max(scope.decided, node.clock.now()) }, own, place, node.entropy);
}

/** An index that is not used yet, from a random place on (spec 03 §4). */
function unused(node: Node, count: number, used: Set<number>): number {
    const [low = 0, high = 0] = node.entropy.bytes(2);
    for (let step = 0; step < count; step += 1) {
        const index = (low + 256 * high + step) % count;
        if (used.has(index)) continue;
        used.add(index);
        return index;
    }
    return cannot("busy");
}
