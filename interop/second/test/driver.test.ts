/** The driver as a process: what it is sent on lines, and what it answers (spec 16 §3). */

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { specText } from "./spec.js";

const DRIVER = fileURLToPath(new URL("../src/driver/main.js", import.meta.url));
const UNREADABLE = { ok: false, stage: "form", code: "shape" };
const UNSUPPORTED = { ok: false, unsupported: true };

/** Sends lines to a driver and gives what it answered before its end. */
function ask(...lines: readonly unknown[]): readonly unknown[] {
  const input = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");
  const { status, stdout, stderr } = spawnSync(process.execPath, [DRIVER], { input, encoding: "utf8" });
  strictEqual(stderr, "");
  strictEqual(status, 0);
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as unknown);
}

function inputOf(file: string, name: string): Record<string, unknown> {
  const { cases } = JSON.parse(specText(`vectors/${file}.json`)) as {
    cases: readonly { name: string; input: Record<string, unknown> }[];
  };
  return cases.find((one) => one.name === name)?.input ?? {};
}

test("hello names the protocol, its version and every verb that is answered", () => {
  const [hello] = ask({ verb: "hello" }) as readonly Record<string, unknown>[];
  strictEqual(hello?.["protocol"], 1);
  const verbs = hello["verbs"] as readonly string[];
  const answers = ask(...verbs.map((verb) => ({ verb })));
  strictEqual(answers.length, verbs.length);
  for (const answer of answers) strictEqual((answer as { unsupported?: boolean }).unsupported, undefined);
});

test("answers come in order, one for each line that is not blank", () => {
  const values = ask({ verb: "cbor.check", bytes: "01" }, "", "   ", { verb: "cbor.check", bytes: "02" });
  deepStrictEqual(values, [{ ok: true, value: "1" }, { ok: true, value: "2" }]);
});

test("a line or an argument that cannot be read is refused shape, and the next line is answered", () => {
  const answers = ask(
    "{", "[]", "null", {}, { verb: 1 }, { verb: "cbor.check" }, { verb: "cbor.check", bytes: "0" },
    { verb: "cbor.check", bytes: "0A" }, { verb: "did.key", seed: "00" }, { verb: "vector", chapter: "cbor" },
    { verb: "vector", chapter: "../registry/x", case: "zero" }, { verb: "vector", chapter: "cbor", case: "no such" },
    { verb: "cbor.check", bytes: "00" },
  );
  deepStrictEqual(answers.slice(0, -1), Array.from({ length: 12 }, () => UNREADABLE));
  deepStrictEqual(answers.at(-1), { ok: true, value: "0" });
});

test("a verb or an operation that is not known is unsupported and not refused", () => {
  const answers = ask(
    { verb: "levitate" }, { verb: "constructor" }, { verb: "vector", chapter: "cbor", case: { op: "toString", input: {} } },
  );
  deepStrictEqual(answers, [UNSUPPORTED, UNSUPPORTED, UNSUPPORTED]);
});

test("a case of the vectors can be run by its name", () => {
  deepStrictEqual(ask({ verb: "vector", chapter: "cbor", case: "integer-24" }), [{ ok: true, value: "24" }]);
});

test("a signed object is verified whatever its typ is", () => {
  const { bytes, key } = inputOf("cose", "sign1") as { bytes: string; key: string };
  const [verified] = ask({ verb: "sign1.verify", bytes, key }) as readonly Record<string, unknown>[];
  strictEqual(verified?.["ok"], true);
  strictEqual(verified["typ"], "pcloud-example");
  strictEqual(verified["id"], "f4636ca85ca947d97ea27d65ed21b027d207c5dfa090a2c2f18d3a1d18136f0e");
  const other = key.replace(/^../, "00");
  deepStrictEqual(ask({ verb: "sign1.verify", bytes, key: other }), [
    { ok: false, stage: "authentic", code: "key-mismatch" },
  ]);
});

test("what was sealed with HPKE opens under its info alone", () => {
  const { block, seed, sender, recipient } = inputOf("sealing", "start") as Record<string, string>;
  const sealed = (block ?? "").slice(-2 * 1168);
  const info = `8570${Buffer.from("pcloud/1 session").toString("hex")}5820${sender ?? ""}5820${recipient ?? ""}0101`;
  const request = { verb: "hpke.open", private: seed, enc: sealed.slice(0, 2240), ciphertext: sealed.slice(2240), info };
  const [opened] = ask(request) as readonly Record<string, unknown>[];
  deepStrictEqual(Object.keys(opened ?? {}), ["ok", "plaintext"]);
  deepStrictEqual(ask({ ...request, info: "" }), [{ ok: false, stage: "authentic", code: "not-opened" }]);
});
