/** Random walks: whatever two owners do and whatever crosses, both sides end in the same state (TABLE-8, TABLE-9, FOLD-5). */

import { deepStrictEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { stateDigest } from "../src/engine/digest.js";
import { hex } from "../src/encoding/bytes.js";
import { World } from "./world.js";
import { step } from "./steps.js";

const WALKS = 60;
const STEPS = 60;

/** The verdicts with which a message may end that its sender's own node had passed. */
const CROSSINGS: ReadonlySet<string> = new Set(["applied", "crossed", "unknown-thread", "unknown-agreement", "no-grant"]);

test("both sides agree after every walk, and refuse nothing but what crossed", () => {
  let crossed = 0;
  for (let walk = 0; walk < WALKS; walk += 1) {
    const world = World.active(`walk ${walk}`);
    for (let count = 0; count < STEPS; count += 1) step(world);
    world.deliverAll();
    const digests = [world.scopes.opener, world.scopes.other].map(({ log }) => hex(stateDigest(log)));
    equal(digests[0], digests[1], `walk ${walk}`);
    const verdicts = new Set(world.judged.map(({ verdict }) => verdict));
    for (const verdict of verdicts) ok(CROSSINGS.has(verdict), `walk ${walk}: ${verdict}`);
    crossed += world.judged.filter(({ verdict }) => verdict === "crossed").length;
    deepStrictEqual([world.scopes.opener.waiting, world.scopes.other.waiting], [[], []]);
  }
  ok(crossed > 0);
});

