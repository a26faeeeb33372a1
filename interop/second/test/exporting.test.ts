/** A relationship that was lived is written into a file, and the file says what both nodes hold (spec 19). */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../src/encoding/bytes.js";
import { stateDigest } from "../src/engine/digest.js";
import type { Entry } from "../src/engine/entry.js";
import type { Scope } from "../src/engine/scope.js";
import { RefusalError } from "../src/errors.js";
import { verifyExport } from "../src/files/export/verify.js";
import { type Written, type WrittenMessage, writeExport } from "../src/files/export/write.js";
import { firstId, readHeader } from "../src/wire/header.js";
import { step } from "./steps.js";
import { type Side, World } from "./world.js";

const WALKS = 4;
const STEPS = 60;

/** What was signed of a message, whoever has it still. */
function everSaid(world: World): ReadonlyMap<string, Uint8Array> {
  return new Map(world.judged.map(({ row }) => [hex(readHeader(row.signed).id), row.signed]));
}

/** A message as a side holds it; of what it refused it has kept no part (MSG-18). */
function messageOf(entry: Entry, scope: Scope, said: ReadonlyMap<string, Uint8Array>): WrittenMessage {
  const kept = scope.messages.get(entry.firstId);
  const signed = kept?.signed ?? said.get(entry.id);
  ok(signed);
  const header = readHeader(signed);
  const { events } = entry.isOwn ? scope.mine.own.log : scope.theirs.log;
  const epoch = events.findIndex(({ signingKey }) => hex(signingKey) === hex(entry.signer));
  return {
    signed,
    verdict: entry.verdict,
    isUnaffirmed: entry.isUnaffirmed,
    firstEpoch: header.first === null || epoch < 0 ? null : epoch,
    parts: kept?.parts ?? header.digests.map(() => null),
  };
}

/** What one side of a world exports: what its log holds, and every earlier header of it that ever was. */
function writtenBy(world: World, side: Side, items: Written["items"]): Written {
  const scope = world.scopes[side];
  const peer = world.scopes[side === "opener" ? "other" : "opener"].mine;
  const said = everSaid(world);
  const entries = [...scope.log.entries.values()];
  const newest = new Set(entries.map(({ id }) => id));
  const held = new Set(entries.map((entry) => entry.firstId));
  const formers = [...said].filter(([id, signed]) => !newest.has(id) && held.has(hex(firstId(readHeader(signed)))));
  return {
    exporter: { founding: scope.mine.founding, events: scope.mine.own.events },
    peer: { founding: scope.theirs.founding, events: peer.own.events },
    invitation: world.invitation.signed,
    succession: world.scopes.other.mine.succession,
    messages: entries.map((entry) => messageOf(entry, scope, said)),
    formers: formers.map(([, signed]) => signed),
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
      strictEqual(report.messages.length, world.scopes[side].log.entries.size);
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
  const gone = world.judged.find(({ row }) => row.name === "conversation.say");
  ok(gone);
  const messages = written.messages.filter(({ signed }) => signed !== gone.row.signed);
  strictEqual(messages.length, written.messages.length - 1);
  const report = verifyExport(writeExport({ ...written, messages }, world.now, world.scopes.opener.mine.own.seed));
  strictEqual(report.complete, false);
  const side = gone.from === "opener" ? "exporter" : "peer";
  const [line] = report.lines.filter(([of]) => of === side);
  deepStrictEqual(line?.[7], [[gone.row.number, gone.row.number]]);
});

test("what was sent again after a recovery is proven by its first header, and the state is that of the nodes [EXPORT-13]", () => {
  const proofs = new Set<unknown>();
  for (let walk = 0; walk < WALKS; walk += 1) {
    const world = World.active(`export after a recovery ${walk}`);
    const earlier = [world.scopes.other];
    for (let count = 0; count < STEPS; count += 1) {
      step(world);
      earlier.push(world.scopes.other);
    }
    world.recover("other", world.fresh.oneOf(earlier));
    world.deliverAll();
    for (const side of ["opener", "other"] as const) {
      const report = verifyExport(exported(world, side));
      strictEqual(hex(report.digest), hex(stateDigest(world.scopes[side].log)), `walk ${walk}`);
      for (const message of report.messages) proofs.add(message[6]);
    }
  }
  ok(proofs.has("proven"));
});

test("a byte that is changed anywhere is refused", () => {
  const file = exported(World.active("export that is changed"), "other");
  for (let place = 0; place < file.length; place += 211) {
    const changed = file.slice();
    changed[place] = (changed[place] ?? 0) ^ 1;
    throws(() => verifyExport(changed), RefusalError, `byte ${place}`);
  }
});
