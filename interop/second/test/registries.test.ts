/** What is transcribed from the registries is what stands there. */

import { deepStrictEqual } from "node:assert/strict";
import { test } from "node:test";
import { STAGE_OF } from "../src/errors.js";
import * as limits from "../src/limits.js";
import { registry } from "./spec.js";

test("every code has the stage that the registry gives it", () => {
  deepStrictEqual({ ...STAGE_OF }, Object.fromEntries(registry("errors").map(([code, stage]) => [code, stage])));
});

test("every bound has the value that the registry gives it", () => {
  deepStrictEqual({ ...limits }, Object.fromEntries(registry("limits").map(([name, value]) => [name, Number(value)])));
});
