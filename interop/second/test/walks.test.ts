/** Random walks: whatever two owners do and whatever crosses, both sides end in the same state (TABLE-8, TABLE-9, FOLD-5). */

import { deepStrictEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { stateDigest } from "../src/engine/digest.js";
import { hex } from "../src/encoding/bytes.js";
import { step } from "./steps.js";
import { World } from "./world.js";

const WALKS = 25;
const STEPS = 100;

/** What is built on a message that was refused `crossed` finds nothing there (TABLE-9). */
const BUILT_ON_CROSSED: ReadonlySet<string> = new Set([
  "unknown-thread", "unknown-agreement", "no-grant", "replaces-unknown", "replaced-by-unknown",
]);
/** Every item was taken back before it came (DISC-16). */
const TAKEN_BACK = "withdrawn";

/** Whatever the own node of a sender passed is applied by its peer, or crossed, or was built on what crossed. */
function checkVerdicts(verdicts: readonly string[]): void {
  for (const [place, verdict] of verdicts.entries()) {
    if (verdict === "applied" || verdict === "crossed" || verdict === TAKEN_BACK) continue;
    ok(BUILT_ON_CROSSED.has(verdict), verdict);
    ok(verdicts.slice(0, place).some((before) => before === "crossed" || before === TAKEN_BACK), verdict);
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
    const verdicts = world.judged.map(({ verdict }) => verdict);
    checkVerdicts(verdicts);
    world.judged.forEach(({ row }, place) => seen.add(`${row.name} ${verdicts[place] ?? ""}`));
  }
  for (const met of ["terms.seal applied", "disclosure.update applied", "disclosure.erased applied", "conversation.say crossed"]) ok(seen.has(met), met);
});
