/** What is made from the files of the specification is what they give now. */

import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("tables, names and places are those of the specification", () => {
  execFileSync(process.execPath, [fileURLToPath(new URL("../../scripts/spec-data.mjs", import.meta.url)), "--check"]);
});
