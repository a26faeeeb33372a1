/** Receiving keys that are renewed, and starts that were on their way to the keys before (spec 04 §8, spec 07 §5). */

import { deepEqual, equal, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import type { Scope } from "../src/engine/scope.js";
import { doorOf, withRotated, withTaken } from "../src/engine/sessions.js";
import { receiptOf, takeReceipt } from "../src/engine/receipts.js";
import { rotate } from "../src/node/owner/recovering.js";
import { log, say } from "../src/node/owner/telling.js";
import { readAnswer } from "../src/wire/answer.js";
import type { SessionFrame } from "../src/wire/frame.js";
import { session } from "../src/wire/start.js";
import { DAY_S } from "./disclosing.js";
import { Pair, type Who } from "./pair.js";
import { World } from "./world.js";

const SPENT = { stage: "authentic", code: "key-spent" };

/** The first frame of session number `count`, started to a key. */
function startTo(keyNumber: number, count: number): SessionFrame {
    const block = { sessionNumber: count, keyNumber, enc: new Uint8Array(), sealed: new Uint8Array() };
    return { kind: "session", session: new Uint8Array(16).fill(count), block } as unknown as SessionFrame;
}

/** The scope after a start to a key was taken. */
function taking(world: World, scope: Scope, keyNumber: number, count: number): Scope {
    const id = new Uint8Array(16).fill(count);
    const taken = { session: session(id, new Uint8Array(32)), number: count, storedAt: world.now };
    return withTaken(scope, taken, keyNumber, world.fresh);
}

describe("a receiving key that a rotate has replaced [REL-26]", () => {
    it("opens one start of a peer that knew no later one, and announces none but the new", () => {
        const world = World.active("replaced");
        const { number } = world.scopes.opener.receiving;
        const rotated = withRotated(world.scopes.opener, world.fresh);
        equal(doorOf(rotated, startTo(number, 20), world.now).kind, "key");
        equal(doorOf(rotated, startTo(number + 1, 20), world.now).kind, "key");
        const after = taking(world, rotated, number, 20);
        equal(after.receiving.number, number + 1);
        deepEqual(after.receiving.current, rotated.receiving.current);
        throws(() => doorOf(after, startTo(number, 21), world.now), SPENT);
        equal(doorOf(after, startTo(number + 1, 21), world.now).kind, "key");
    });

    it("is destroyed by a start to a later one", () => {
        const world = World.active("later");
        const { number } = world.scopes.opener.receiving;
        const twice = withRotated(withRotated(world.scopes.opener, world.fresh), world.fresh);
        const after = taking(world, twice, number + 1, 20);
        for (const spent of [number, number + 1]) throws(() => doorOf(after, startTo(spent, 21), world.now), SPENT);
        equal(after.receiving.number, number + 2);
        equal(taking(world, twice, number + 2, 20).receiving.replaced.size, 0);
    });

    it("is destroyed once no rotate waits, and not before", () => {
        const world = World.active("receipted");
        const { number } = world.scopes.opener.receiving;
        const thread = [...world.scopes.opener.log.threads.keys()][0] ?? "";
        world.scopes.opener = withRotated(world.scopes.opener, world.fresh);
        const { receiving } = world.scopes.opener;
        const key = [receiving.number, receiving.current.public] as const;
        const early = readAnswer(receiptOf(world.scopes.other, null), "pcloud-receipt").further;
        world.say("opener", { name: "relationship.rotate", body: { key }, thread });
        equal(takeReceipt(world.scopes.opener, early).receiving.replaced.size, 1);
        world.deliver("opener");
        equal(world.scopes.opener.waiting.length, 0);
        throws(() => doorOf(world.scopes.opener, startTo(number, 20), world.now), SPENT);
    });

    it("is kept for who was away, however often the owner renews meanwhile", () => {
        const world = World.active("often");
        const { number } = world.scopes.opener.receiving;
        let scope = world.scopes.opener;
        for (let time = 0; time < 10; time += 1) scope = withRotated(scope, world.fresh);
        deepEqual([...scope.receiving.replaced.keys()], [0, 1, 2, 3].map((more) => number + more));
        equal(scope.receiving.number, number + 10);
    });
});

describe("two nodes that renew their keys while the other is away [REL-26]", () => {
    const renew = (pair: Pair, who: Who): Promise<void> => pair.does(who, rotate);

    for (const times of [1, 2])
        it(`understand each other again, and lose no word, where each did so ${times} times`, async () => {
            const pair = await Pair.agreed();
            await pair.quiet();
            await pair.down("person");
            for (let time = 0; time < times; time += 1) await renew(pair, "shop");
            await pair.down("shop");
            await pair.up("person");
            for (let time = 0; time < times; time += 1) await renew(pair, "person");
            await pair.up("shop");
            await pair.advance(DAY_S);
            await pair.quiet();
            for (const who of pair.both()) await pair.does(who, (node, held) => say(node, held, `of the ${who}`, null));
            await pair.quiet();
            for (const who of pair.both()) {
                const texts = log(pair.node(who), pair.held(who)).flatMap(({ text }) => text ?? []);
                deepEqual(texts.sort(), ["of the person", "of the shop"]);
                equal(pair.held(who).scope.receiving.replaced.size, 0);
            }
            await pair.over();
        });
});
