/** A folder belongs to one process, and its key to whoever has the passphrase. */

import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Entropy } from "../src/node/entropy.js";
import { FolderPathError, holdFolder } from "../src/node/hold.js";
import { PassphraseError, journalKey } from "../src/node/key.js";
import { scratch } from "./scratch.js";

function folder(): string {
    return scratch("holding");
}

const HOLD = new URL("../src/node/hold.js", import.meta.url).href;

/** Another process that holds a folder until it is ended. */
async function holder(of: string) {
    const script = `import { holdFolder } from ${JSON.stringify(HOLD)};
        await holdFolder(${JSON.stringify(of)});
        process.stdout.write("held"); setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    return child;
}

describe("a folder", () => {
    it("is not had by a second process, and is after the first has ended", async () => {
        const at = folder();
        const release = await holdFolder(at);
        await rejects(holdFolder(at), { code: "busy" });
        release();
        (await holdFolder(at))();
    });

    it("is not had while another process lives, and is after that was killed", async () => {
        const at = folder();
        const child = await holder(at);
        await rejects(holdFolder(at), { code: "busy" });
        child.kill("SIGKILL");
        await once(child, "exit");
        ok(existsSync(join(at, "in-use")));
        const release = await holdFolder(at);
        await rejects(holdFolder(at), { code: "busy" });
        release();
    });

    it("is had by one alone of several that follow a process that was killed", async () => {
        const at = folder();
        const child = await holder(at);
        child.kill("SIGKILL");
        await once(child, "exit");
        const tries = await Promise.allSettled([holdFolder(at), holdFolder(at), holdFolder(at)]);
        const had = tries.filter((one) => one.status === "fulfilled");
        equal(had.length, 1);
        await rejects(holdFolder(at), { code: "busy" });
        for (const { value } of had) value();
    });

    it("whose path is too long for a socket is refused, and says so", async () => {
        await rejects(holdFolder(join(tmpdir(), "x".repeat(120))), FolderPathError);
    });
});

describe("the key of the journal", () => {
    const entropy = new Entropy(new Uint8Array(32).fill(1));

    it("is the same at every start, and only the owner of the folder can read its file", () => {
        const at = folder();
        const key = journalKey(at, null, entropy);
        deepEqual(journalKey(at, null, entropy), key);
        equal(statSync(join(at, "key")).mode & 0o077, 0);
    });

    it("opens with the passphrase, however that was typed, and does not lie in its file", () => {
        const at = folder();
        const key = journalKey(at, "Quendelweg sch\u00f6n", entropy);
        deepEqual(journalKey(at, "Quendelweg scho\u0308n", entropy), key);
        equal(readFileSync(join(at, "key")).includes(Buffer.from(key)), false);
    });

    it("does not open with another passphrase, with none, or from a file that was changed, and the file stays", () => {
        const at = folder();
        journalKey(at, "right", entropy);
        const file = readFileSync(join(at, "key"));
        for (const wrong of ["wrong", "", null]) throws(() => journalKey(at, wrong, entropy), PassphraseError);
        deepEqual(readFileSync(join(at, "key")), file);
        for (let place = 0; place < file.length; place += 17) {
            const changed = Buffer.from(file);
            changed[place] = (changed[place] ?? 0) ^ 1;
            writeFileSync(join(at, "key"), changed);
            throws(() => journalKey(at, "right", entropy), PassphraseError);
        }
    });

    it("that has no passphrase is not given to who thinks that it has one", () => {
        const at = folder();
        journalKey(at, null, entropy);
        throws(() => journalKey(at, "any", entropy), PassphraseError);
    });
});
