/** Every case of `spec/vectors` gives the published result (spec 16 §2). */

import { deepStrictEqual, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import { OPERATIONS } from "../src/driver/operations/all.js";
import { run } from "../src/driver/run.js";
import { specNames, specText } from "./spec.js";

interface Case {
  readonly name: string;
  readonly op: string;
  readonly input: unknown;
  readonly expect: Readonly<Record<string, unknown>>;
}

/** Byte strings that stand as a repeated part, written out (spec 16 §2). */
function writtenOut(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(writtenOut);
  if (value === null || typeof value !== "object") return value;
  const { prefix, fill, count, suffix } = value as Record<string, unknown>;
  if (typeof fill === "string" && typeof count === "number") return `${String(prefix)}${fill.repeat(count)}${String(suffix)}`;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, writtenOut(member)]));
}

for (const file of specNames("vectors", ".json")) {
  describe(`vectors/${file}.json`, () => {
    const { cases } = JSON.parse(specText(`vectors/${file}.json`)) as { cases: readonly Case[] };
    ok(cases.length > 0);
    for (const { name, op, input, expect } of cases) {
      test(`${op}: ${name}`, async (context) => {
        const outcome = await run(OPERATIONS, op, input);
        if (outcome["unsupported"] === true) return context.skip("not implemented");
        const compared = Object.fromEntries(Object.keys(expect).map((member) => [member, outcome[member]]));
        deepStrictEqual(compared, writtenOut(expect));
      });
    }
  });
}
