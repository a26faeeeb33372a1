/** Folders for a test file, which are gone when it has run. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ALL = mkdtempSync(join(tmpdir(), "second-"));
process.on("exit", () => rmSync(ALL, { recursive: true, force: true }));

/** A new folder; its name says whose it is. */
export function scratch(whose: string): string {
    return mkdtempSync(join(ALL, `${whose}-`));
}
