/** The owner's commands of disclosure, as a driver takes them (`interop/DRIVER.md`). */

import { deepEqual } from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { LIVING, endLiving } from "../src/driver/living.js";
import { run } from "../src/driver/run.js";
import { scratch } from "./scratch.js";

const FORM = { ok: false, stage: "form", code: "shape" };
const INVALID = { ok: false, code: "invalid" };
const UNKNOWN = { ok: false, code: "unknown" };

function command(name: string, given: object) {
    return run(LIVING, "command", { name, arguments: given });
}

describe("a command about data", () => {
    before(async () => {
        const dir = scratch("driver");
        const start = { dir, now: 1_798_700_000, entropy: null, listen: null, name: "Anna", kind: "person" };
        deepEqual((await run(LIVING, "start", start))["ok"], true);
    });
    after(endLiving);

    it("sets texts, integers, true, false, arrays and objects, in versions that rise", async () => {
        const values = ["Anna", 7, -1, true, false, ["a", 1], { inside: { deeper: ["x"] } }];
        for (const [place, value] of values.entries())
            deepEqual(await command("set", { path: "profile.name", value }), { ok: true, version: place + 1 });
    });

    it("sets no fraction, no null at any depth, no integer that JSON rounds, and nothing too deep or too long", async () => {
        const deep = JSON.parse(`${"[".repeat(10_000)}1${"]".repeat(10_000)}`) as object;
        for (const value of [1.5, null, [null], { inside: null }, 2 ** 53, deep, "x".repeat(16_385), "\ud800"])
            deepEqual(await command("set", { path: "profile.email", value }), INVALID);
        deepEqual(await command("set", { path: "profile.email" }), INVALID);
        deepEqual(await command("set", { value: "x" }), FORM);
    });

    it("of a peer or a question that is not there is refused, and one whose arguments cannot be read", async () => {
        const peer = "00";
        const asking = { peer, paths: ["profile.name"], purposes: ["dpv:ServiceProvision"] };
        for (const name of ["ask", "asked", "share", "held", "ledger", "revoke", "erase"])
            deepEqual(await command(name, asking), UNKNOWN, name);
        deepEqual(await command("answer", { ask: peer }), UNKNOWN);
        for (const wrong of [{ only: "all" }, { reason: "why" }, { decline: [] }, { decline: { "profile.name": "why" } }])
            deepEqual(await command("answer", { ask: peer, ...wrong }), FORM);
        deepEqual(await command("asks", {}), { ok: true, asks: [] });
    });
});
