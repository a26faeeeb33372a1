/** Random walks: whatever two owners do and whatever crosses, both sides end in the same state (TABLE-8, TABLE-9, FOLD-5). */

import { deepStrictEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { stateDigest } from "../src/engine/digest.js";
import { hex } from "../src/encoding/bytes.js";
import { step } from "./steps.js";
import { type Judged, World } from "./world.js";

const WALKS = 15;
const STEPS = 100;

/** What is built on a message of the same side that was refused `crossed`, or was taken back, finds nothing there (TABLE-9). */
const BUILT_ON_NOTHING: ReadonlySet<string> = new Set([
    "unknown-thread",
    "unknown-agreement",
    "no-grant",
    "not-in-state",
    "replaces-unknown",
    "replaced-by-unknown",
]);
const FELL: ReadonlySet<string> = new Set(["crossed", "withdrawn"]);

/** Whatever the own node of a sender passed is applied by its peer, fell because of what crossed it, or was built on what fell. */
function checkVerdicts(judged: readonly Judged[]): void {
    for (const [place, { from, verdict, row }] of judged.entries()) {
        if (verdict === "applied" || FELL.has(verdict)) continue;
        ok(BUILT_ON_NOTHING.has(verdict), `${row.name}: ${verdict}`);
        ok(
            judged.slice(0, place).some((before) => before.from === from && FELL.has(before.verdict)),
            `${row.name}: ${verdict}`,
        );
    }
}

test("both sides agree after every walk, and refuse nothing but what crossed", () => {
    const seen = new Set<string>();
    for (let walk = 0; walk < WALKS; walk += 1) {
        const world = World.active(`walk ${walk}`);
        for (let count = 0; count < STEPS; count += 1) step(world);
        world.deliverAll();
        const [opener, other] = [world.scopes.opener, world.scopes.other];
        equal(hex(stateDigest(opener.log)), hex(stateDigest(other.log)), `walk ${walk}`);
        deepStrictEqual([opener.waiting, other.waiting], [[], []]);
        checkVerdicts(world.judged);
        for (const { row, verdict } of world.judged) seen.add(`${row.name} ${verdict}`);
    }
    for (const met of [
        "terms.seal applied",
        "disclosure.update applied",
        "disclosure.erased applied",
        "conversation.say crossed",
    ])
        ok(seen.has(met), met);
});
