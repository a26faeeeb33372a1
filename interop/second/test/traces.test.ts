/** Every published trace folds to its digests (spec 16 §2, vectors/OPS.md). */

import { deepStrictEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { stateDigest } from "../src/engine/digest.js";
import { hex } from "../src/wire/bytes.js";
import { specNames } from "./spec.js";
import { type Step, readTrace } from "./trace.js";
import { EMPTY_LOG, withEntries } from "../src/engine/log.js";

const NO_CONVERSATION = "handshake-bytes";

for (const name of specNames("vectors/traces", ".json").filter((each) => each !== NO_CONVERSATION)) {
  test(`${name}: each entry is what it says, and the log folds to the digest after it`, () => {
    const trace = readTrace(name);
    let log = EMPTY_LOG;
    for (const step of trace.steps) {
      checkHeader(step);
      log = withEntries(log, step.entry);
      equal(hex(stateDigest(log)), step.published.digest, `${step.published.name}: ${step.published.why}`);
    }
  });
}

function checkHeader({ header, published }: Step): void {
  deepStrictEqual([header.name, header.time, hex(header.id)], [published.name, published.time, published.id]);
  ok(published.parts.length > 0);
}
