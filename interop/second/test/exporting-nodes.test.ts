/** The file that an owner takes along: with everything, with some values, and without what nobody could verify (spec 19 §6). */

import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { hex } from "../src/encoding/bytes.js";
import { stateDigest } from "../src/engine/digest.js";
import type { Scope } from "../src/engine/scope.js";
import { verifyExport } from "../src/files/export/verify.js";
import type { Held } from "../src/node/memory.js";
import { exportOf } from "../src/node/owner/exporting.js";
import { share } from "../src/node/owner/giving.js";
import { setRecord } from "../src/node/owner/records.js";
import { say } from "../src/node/owner/telling.js";
import { Pair } from "./pair.js";

const NAME = "Anna of the canary";
const SIZE = 39;

describe("a file that an owner takes along", () => {
    let pair: Pair;

    before(async () => {
        pair = await Pair.agreed();
        await pair.does("person", (node) => setRecord(node, "profile.name", NAME));
        await pair.does("person", (node) => setRecord(node, "profile.size.shoe", SIZE));
        const paths = ["profile.name", "profile.size.shoe"];
        await pair.does("person", (node, held) =>
            share(node, held, { paths, purposes: ["dpv:ServiceProvision"], until: undefined, standing: true }));
        await pair.does("shop", (node, held) => say(node, held, "thank you", null));
        await pair.quiet();
    });

    after(() => pair.over());

    function file(show?: readonly string[], change: (scope: Scope) => Scope = (scope) => scope): Uint8Array {
        const held = pair.held("person");
        const changed: Held = { ...held, scope: change(held.scope) };
        return exportOf(pair.node("person"), changed, show);
    }

    it("says what the node holds, is complete, and shows every value where nothing is chosen", () => {
        const report = verifyExport(file());
        deepEqual([report.items, report.complete, report.left_out], ["all", true, 0]);
        equal(hex(report.digest), hex(stateDigest(pair.held("person").scope.log)));
        deepEqual(report.fields.map((field) => [field[0], field[10]]), [["profile.name", NAME], ["profile.size.shoe", SIZE]]);
        ok(Buffer.from(file()).includes("thank you"));
    });

    it("shows the fields that were chosen and no other item, and proves as much", () => {
        const bytes = file(["profile.size.shoe"]);
        const report = verifyExport(bytes);
        deepEqual([report.items, report.complete], ["some", true]);
        deepEqual(report.fields.map((field) => [field[0], field[9], field[10]]), [["profile.name", false, null], ["profile.size.shoe", true, SIZE]]);
        for (const hidden of [NAME, "thank you"]) equal(Buffer.from(bytes).includes(hidden), false);
        equal(hex(report.digest), hex(verifyExport(file()).digest));
    });

    it("leaves out and counts a message of which no header can be verified, and is not complete then", () => {
        const bytes = file(undefined, (scope) => {
            const [first, kept] = [...scope.messages].at(-1) ?? [];
            ok(first !== undefined && kept !== undefined);
            const broken = new Uint8Array(kept.signed);
            broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
            return { ...scope, messages: new Map(scope.messages).set(first, { ...kept, signed: broken }) };
        });
        const report = verifyExport(bytes);
        deepEqual([report.left_out, report.complete], [1, false]);
    });
});
