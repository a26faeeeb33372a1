/** What a copy of a node holds, and what comes of it (spec 21). */

import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../src/encoding/bytes.js";
import { encode } from "../src/encoding/encode.js";
import { stateDigest } from "../src/engine/digest.js";
import type { Scope } from "../src/engine/scope.js";
import { kemPublicOf } from "../src/crypto/kem.js";
import { type ChainEnd, readVolume } from "../src/files/archive/chain.js";
import { type Restored, Restoring } from "../src/files/archive/restore.js";
import { makeVolume, openVolume } from "../src/files/archive/volume.js";
import { type Archived, type ArchivedRecord, rowsOf } from "../src/files/archive/write.js";
import { step } from "./steps.js";
import { type Side, World } from "./world.js";

const SEED = new Uint8Array(32).fill(3);
const WALKS = 4;
const STEPS = 40;
const RECORD: ArchivedRecord = { path: "profile.name", version: 2, item: encode("Anna"), time: 1_800_000_000 };

function archivedOf(scopes: readonly Scope[], records: readonly ArchivedRecord[] = []): Archived {
    const relationships = scopes.map((scope, number) => ({
        id: new Uint8Array(16).fill(number),
        scope,
        name: "Flora",
        purpose: "A walk",
        mailboxes: [scope.mine.place.mailbox],
    }));
    return { name: "Anna", kind: "person", made: 1_800_000_000, relationships, records };
}

async function volumeOf(archived: Archived): Promise<Uint8Array> {
    const manifest = { 1: 1, 2: 0, 3: 4096, 4: 1_800_000_000, 5: 1, 6: 1, 7: null, 8: 0 } as const;
    return makeVolume(manifest, rowsOf(archived), await kemPublicOf(SEED), new Uint8Array(32).fill(5), new Uint8Array(12));
}

async function restored(volume: Uint8Array): Promise<Restored> {
    const restoring = new Restoring();
    await readVolume(null, volume, SEED, (row) => restoring.take(row));
    return restoring.finish();
}

function lived(seed: string): World {
    const world = World.active(seed);
    for (let count = 0; count < STEPS; count += 1) step(world);
    return world;
}

test("what a volume says of a relationship is what the node held, both sides, after recoveries too [ARCHIVE-12]", async () => {
    for (let walk = 0; walk < WALKS; walk += 1) {
        const world = lived(`archive ${walk}`);
        if (walk % 2 === 1) {
            world.recover("opener", world.scopes.opener);
            world.deliverAll();
        }
        for (const side of ["opener", "other"] as const) {
            const scope = world.scopes[side];
            const [back] = (await restored(await volumeOf(archivedOf([scope])))).relationships;
            ok(back);
            equal(hex(stateDigest(back.scope.log)), hex(stateDigest(scope.log)));
            deepEqual([...back.scope.messages], [...scope.messages]);
            deepEqual([...back.scope.formers], [...scope.formers].filter(([, { firstId }]) => scope.log.entries.has(firstId)));
            deepEqual(marks(back.scope), marks(scope));
            deepEqual(verdicts(back.scope), verdicts(scope));
            deepEqual(back.scope.theirs.log, scope.theirs.log);
            deepEqual(back.scope.mine.before, scope.mine.before);
            equal(back.name, "Flora");
        }
    }
});

function marks({ log }: Scope): readonly string[] {
    return [...log.entries.values()].filter(({ isUnaffirmed }) => isUnaffirmed).map(({ firstId }) => firstId);
}

function verdicts({ log }: Scope): readonly (readonly [string, string | null])[] {
    return [...log.entries.values()].map(({ firstId, verdict }) => [firstId, verdict] as const);
}

test("a node that comes back from a volume goes on where both stood, and its peer follows", async () => {
    for (const side of ["opener", "other"] as const satisfies readonly Side[]) {
        const world = lived(`back ${side}`);
        world.deliverAll();
        const [back] = (await restored(await volumeOf(archivedOf([world.scopes[side]])))).relationships;
        ok(back);
        world.recover(side, back.scope);
        world.deliverAll();
        const [a, b] = [world.scopes.opener, world.scopes.other].map(({ log }) => hex(stateDigest(log)));
        equal(a, b);
        equal(world.scopes[side].isStopped, false);
    }
});

test("a volume holds no key that signs or receives, and no secret of a session [ARCHIVE-13]", async () => {
    const { opener } = World.active("secrets").scopes;
    const rows = Buffer.concat(rowsOf(archivedOf([opener])));
    const { mine, receiving } = opener;
    ok(rows.includes(Buffer.from(mine.own.contact.seed)));
    equal(rows.includes(Buffer.from(mine.own.seed)), false);
    const others = [receiving.current.seed, receiving.next.seed].filter((seed) => hex(seed) !== hex(mine.own.contact.seed));
    for (const seed of others) equal(rows.includes(Buffer.from(seed)), false);
});

test("a request that is not accepted is left out with its messages: a one-time persona cannot come back [ARCHIVE-15]", async () => {
    const { opener, other } = World.requested("one time").scopes;
    equal((await restored(await volumeOf(archivedOf([other])))).relationships.length, 0);
    equal((await restored(await volumeOf(archivedOf([opener])))).relationships.length, 1);
});

test("the owner's own data come back, in their newest version", async () => {
    const older = { ...RECORD, version: 1, item: encode("Ann") };
    const { records } = await restored(await volumeOf(archivedOf([], [RECORD, older])));
    deepEqual(records, [RECORD]);
});

test("a volume that was changed anywhere, cut, or is another's gives nothing", async () => {
    const volume = await volumeOf(archivedOf([World.active("changed").scopes.opener], [RECORD]));
    for (let place = 0; place < volume.length; place += 97) {
        const changed = new Uint8Array(volume);
        changed[place] = (changed[place] ?? 0) ^ 1;
        await rejects(restored(changed));
    }
    await rejects(restored(volume.subarray(0, volume.length - 1)));
    await rejects(openVolume(volume, new Uint8Array(32)));
});

test("an increment is taken after its full volume alone, and replaces what it names [ARCHIVE-10, ARCHIVE-11]", async () => {
    const world = World.active("chain");
    const full = await volumeOf(archivedOf([world.scopes.opener]));
    const restoring = new Restoring();
    const end: ChainEnd = await readVolume(null, full, SEED, (row) => restoring.take(row));
    const before = hex(stateDigest(world.scopes.opener.log));
    world.say("opener", { name: "relationship.pause", body: { until: undefined }, thread: threadOf(world.scopes.opener) });
    world.deliverAll();
    const rows = rowsOf(archivedOf([world.scopes.opener]));
    const next = { 1: 1, 2: 0, 3: 4096, 4: 1_800_000_001, 5: 2, 6: 1, 7: end.digest, 8: end.last } as const;
    const increment = await makeVolume(next, rows, await kemPublicOf(SEED), new Uint8Array(32).fill(6), new Uint8Array(12));
    await rejects(readVolume(null, increment, SEED, () => undefined), { stage: "order", code: "stale" });
    await readVolume(end, increment, SEED, (row) => restoring.take(row));
    const [back] = (await restoring.finish()).relationships;
    ok(back);
    equal(hex(stateDigest(back.scope.log)), hex(stateDigest(world.scopes.opener.log)));
    notEqual(hex(stateDigest(back.scope.log)), before);
});

function threadOf({ log }: Scope): string {
    return [...log.threads.values()].find(({ feature }) => feature === "relationship")?.id ?? "";
}
