/** A relationship that was lived is written into a file, and the file says what both nodes hold (spec 19). */

import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../src/encoding/bytes.js";
import { stateDigest } from "../src/engine/digest.js";
import { RefusalError } from "../src/errors.js";
import { verifyExport } from "../src/files/export/verify.js";
import { type Written, writeExport } from "../src/files/export/write.js";
import type { Part } from "../src/wire/content.js";
import { step } from "./steps.js";
import { type Side, World } from "./world.js";

const WALKS = 4;
const STEPS = 60;

/** What one side of a world exports; of what it refused it has kept no part (MSG-18). */
function writtenBy(world: World, side: Side, items: Written["items"]): Written {
  const { mine, theirs } = world.scopes[side];
  const peer = world.scopes[side === "opener" ? "other" : "opener"].mine;
  const gone = (parts: readonly Part[]) => parts.map(() => null);
  return {
    exporter: { founding: mine.founding, events: mine.own.events },
    peer: { founding: theirs.founding, events: peer.own.events },
    invitation: world.invitation.signed,
    succession: world.scopes.other.mine.succession,
    messages: world.judged.map(({ from, row, verdict }) => ({
      signed: row.signed,
      verdict,
      isUnaffirmed: false,
      firstEpoch: null,
      parts: from === side || verdict === "applied" ? row.parts : gone(row.parts),
    })),
    formers: [],
    receipts: [],
    items,
    leftOut: 0,
  };
}

function exported(world: World, side: Side, items: Written["items"] = "all"): Uint8Array {
  return writeExport(writtenBy(world, side, items), world.now, world.scopes[side].mine.own.seed);
}

function lived(seed: string): World {
  const world = World.active(seed);
  for (let count = 0; count < STEPS; count += 1) step(world);
  world.deliverAll();
  return world;
}

test("the files of both sides say the same state, which is that of their nodes [EXPORT-16, FOLD-5]", () => {
  for (let walk = 0; walk < WALKS; walk += 1) {
    const world = lived(`export ${walk}`);
    const digest = hex(stateDigest(world.scopes.opener.log));
    for (const side of ["opener", "other"] as const) {
      const report = verifyExport(exported(world, side));
      strictEqual(hex(report.digest), digest);
      strictEqual(report.complete, true);
      strictEqual(report.opener, side === "opener" ? "exporter" : "peer");
      strictEqual(report.messages.length, world.judged.length);
    }
  }
});

test("a file without items says as much, and shows no value [EXPORT-25]", () => {
  const world = lived("export without items");
  const [all, none] = [verifyExport(exported(world, "opener")), verifyExport(exported(world, "opener", "none"))];
  deepStrictEqual(none.messages, all.messages);
  deepStrictEqual(none.digest, all.digest);
  strictEqual(none.fields.length, all.fields.length);
  strictEqual(none.fields.every(([, , , , , , , , , isShown, value]) => isShown === false && value === null), true);
});

test("a number that is not in a file is told, and the file is not complete [EXPORT-22, EXPORT-23]", () => {
  const world = lived("export 0");
  const written = writtenBy(world, "opener", "all");
  const said = world.judged.findIndex(({ row }) => row.name === "conversation.say");
  const left = world.judged[said];
  const messages = written.messages.filter((_, place) => place !== said);
  const report = verifyExport(writeExport({ ...written, messages }, world.now, world.scopes.opener.mine.own.seed));
  strictEqual(report.complete, false);
  const side = left?.from === "opener" ? "exporter" : "peer";
  const [line] = report.lines.filter(([of]) => of === side);
  deepStrictEqual(line?.[7], [[left?.row.number, left?.row.number]]);
});

test("a byte that is changed anywhere is refused", () => {
  const file = exported(World.active("export that is changed"), "other");
  for (let place = 0; place < file.length; place += 211) {
    const changed = file.slice();
    changed[place] = (changed[place] ?? 0) ^ 1;
    throws(() => verifyExport(changed), RefusalError, `byte ${place}`);
  }
});
