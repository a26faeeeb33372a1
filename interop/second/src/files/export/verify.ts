/** Verifies an exported relationship, and reports on it (spec 19 §4 and §5). */

import { Collector } from "./collect.js";
import { recordsOf } from "./file.js";
import { foldFile } from "./fold.js";
import { reportOn } from "./report.js";

/** Verifies a file with nothing but its own bytes. Throws RefusalError with its first fault. */
export function verifyExport(file: Uint8Array) {
  const collector = new Collector(file);
  for (const record of recordsOf(file)) collector.take(record);
  const collected = collector.finish();
  return reportOn(collected, foldFile(collected));
}
