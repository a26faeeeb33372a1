#!/usr/bin/env node
/** The driver: one JSON object on each line in, one out (`interop/DRIVER.md`). */

import { createInterface } from "node:readline";
import { RefusalError } from "../errors.js";
import { Arguments } from "./arguments.js";
import { endLiving } from "./living.js";
import { type Outcome, run } from "./run.js";
import { VERBS } from "./verbs.js";

const LINE_CHARACTERS_MAX = 32 * 1024 * 1024;

/** A line that cannot be read is refused as arguments are that cannot be read (spec 16 §3). */
const UNREADABLE: Outcome = { ok: false, stage: "form", code: "shape" };
/** A fault of this implementation, not of what it was given (ERR-15). */
const FAILED: Outcome = { ok: false, stage: "content", code: "internal" };

async function answerLine(line: string): Promise<Outcome> {
  if (line.length > LINE_CHARACTERS_MAX) return UNREADABLE;
  try {
    const request: unknown = JSON.parse(line);
    return await run(VERBS, new Arguments(request).text("verb"), request);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RefusalError) return UNREADABLE;
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return FAILED;
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (line.trim() !== "") process.stdout.write(`${JSON.stringify(await answerLine(line))}\n`);
}
await endLiving();
