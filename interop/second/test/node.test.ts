/** What a node keeps, and whom it dials. */

import { deepEqual, equal, notEqual, throws } from "node:assert/strict";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Dialling, readEndpoint } from "../src/node/addresses.js";
import { Clock } from "../src/node/clock.js";
import { Entropy } from "../src/node/entropy.js";
import { Journal, JournalError } from "../src/node/journal.js";
import { scopeChanges, scopeOf } from "../src/node/rows.js";
import { stateDigest } from "../src/engine/digest.js";
import { scratch } from "./scratch.js";
import { World } from "./world.js";

const KEY = new Uint8Array(32).fill(7);

function folder(): string {
    return scratch("node");
}

/** A journal with two commits, closed. */
function written(): { readonly at: string; readonly file: string; readonly bytes: Uint8Array } {
    const at = folder();
    const { journal } = Journal.open(at, KEY);
    journal.append([["a", new Uint8Array([1, 2])], ["b", "to be removed"]]);
    journal.append([["b", undefined], ["c", { inside: [1, null] }]]);
    journal.close();
    const file = join(at, "journal");
    return { at, file, bytes: readFileSync(file) };
}

describe("the journal", () => {
    it("gives back what its commits leave", () => {
        const { journal, rows } = Journal.open(written().at, KEY);
        deepEqual([...rows.keys()], ["a", "c"]);
        deepEqual([...(rows.get("a") as Uint8Array)], [1, 2]);
        deepEqual(rows.get("c"), { inside: [1, null] });
        journal.close();
    });

    it("shows nothing of a row to who reads the file", () => {
        equal(Buffer.from(written().bytes).includes("to be removed"), false);
    });

    it("loses only the commit that a power cut tore, and goes on after it", () => {
        const { at, file, bytes } = written();
        truncateSync(file, bytes.length - 1);
        const { journal, rows } = Journal.open(at, KEY);
        deepEqual([...rows.keys()], ["a", "b"]);
        journal.append([["d", 4]]);
        journal.close();
        const again = Journal.open(at, KEY);
        deepEqual([...again.rows.keys()], ["a", "b", "d"]);
        again.journal.close();
    });

    it("is not read where an early commit was changed, and stays as it is", () => {
        const { at, file, bytes } = written();
        const changed = new Uint8Array(bytes);
        changed[60] = (changed[60] ?? 0) ^ 1;
        writeFileSync(file, changed);
        throws(() => Journal.open(at, KEY), JournalError);
        deepEqual(new Uint8Array(readFileSync(file)), changed);
    });

    it("is not read with another key, and stays as it is", () => {
        const { at, file, bytes } = written();
        throws(() => Journal.open(at, new Uint8Array(32)), JournalError);
        deepEqual(readFileSync(file), bytes);
    });

    it("is written anew where most of it is of former times", () => {
        const at = folder();
        const { journal } = Journal.open(at, KEY);
        for (let turn = 0; turn < 5; turn += 1) journal.append([["large", new Uint8Array(400_000).fill(turn)]]);
        journal.close();
        const before = readFileSync(join(at, "journal")).length;
        const again = Journal.open(at, KEY);
        equal((again.rows.get("large") as Uint8Array)[0], 4);
        equal(readFileSync(join(at, "journal")).length < before / 2, true);
        again.journal.append([["small", 1]]);
        again.journal.close();
        const third = Journal.open(at, KEY);
        deepEqual([...third.rows.keys()], ["large", "small"]);
        third.journal.close();
    });
});

describe("a journal that is written anew while it is open", () => {
    it("has what its commits left and what came with it, and nothing of what was removed", () => {
        const { at, file } = written();
        const { journal } = Journal.open(at, KEY);
        journal.append([["large", new Uint8Array(50_000)]]);
        journal.append([["large", undefined]]);
        journal.renew(["renewed", 7]);
        equal(readFileSync(file).length < 5_000, true);
        journal.append([["d", 4]]);
        journal.close();
        const again = Journal.open(at, KEY);
        deepEqual([...again.rows.keys()], ["a", "c", "renewed", "d"]);
        again.journal.append([["e", 5]]);
        again.journal.renew(["renewed", 8]);
        again.journal.close();
        const third = Journal.open(at, KEY);
        deepEqual([...third.rows.entries()].slice(2), [["renewed", 8], ["d", 4], ["e", 5]]);
        third.journal.close();
    });

    it("is refused where the file was changed from outside, and stays as it is", () => {
        const { at, file, bytes } = written();
        const { journal } = Journal.open(at, KEY);
        const changed = new Uint8Array(bytes);
        changed[60] = (changed[60] ?? 0) ^ 1;
        writeFileSync(file, changed);
        throws(() => journal.renew(["renewed", 7]), JournalError);
        deepEqual(new Uint8Array(readFileSync(file)), changed);
        journal.close();
    });
});

describe("a scope in rows", () => {
    it("comes back with the same state, and a later commit writes only what changed", () => {
        const { opener } = World.active("rows").scopes;
        const all = scopeChanges("", null, opener);
        const back = scopeOf(all);
        deepEqual(stateDigest(back.log), stateDigest(opener.log));
        deepEqual(back, opener);
        deepEqual(scopeChanges("", opener, { ...opener, heard: opener.heard + 1 }).map(([key]) => key), ["head"]);
    });
});

describe("whom a node dials", () => {
    for (const endpoint of [
        "http://a.example/", "HTTP://a.example", "http://a.example.", "http://u@a.example", "http://a.example?q",
        "http://a.example:0", "http://a.example:080", "http://a.example:65536", "http://1.2.3", "http://01.2.3.4",
        "http://[::1", "http://a.example/..", "http://a.example/%41", "ftp://a.example", `http://${"a".repeat(64)}.example`,
    ])
        it(`reads no endpoint in ${endpoint}`, () => equal(readEndpoint(endpoint), null));

    for (const endpoint of [
        "https://127.0.0.1", "https://10.1.2.3:8443", "https://[::1]", "https://[::ffff:10.0.0.1]", "https://[2002::1]",
        "https://169.254.169.254", "http://1.1.1.1:8443", "https://1.1.1.1:22", "https://localhost", "https://a.invalid",
    ])
        it(`does not dial ${endpoint}`, async () => {
            const read = readEndpoint(endpoint);
            notEqual(read, null);
            if (read !== null) equal(await new Dialling([]).addressOf(read), null);
        });

    it("dials a public address, and one in a network that the owner allowed", async () => {
        const publicOne = readEndpoint("https://1.1.1.1:8443");
        const own = readEndpoint("http://127.0.0.1:2000");
        if (publicOne !== null) equal(await new Dialling([]).addressOf(publicOne), "1.1.1.1");
        if (own !== null) equal(await new Dialling(["127.0.0.0/8"]).addressOf(own), "127.0.0.1");
    });
});

describe("randomness", () => {
    it("is the same for the same seed, and no two draws are alike", () => {
        const [one, other] = [new Entropy(KEY), new Entropy(KEY)];
        const drawn = one.bytes(32);
        deepEqual(other.bytes(32), drawn);
        notEqual(Buffer.compare(one.bytes(32), drawn), 0);
    });
});

describe("the clock of a node", () => {
    it("says each jump of the system's clock once, in both directions, and no correction", () => {
        let ahead = 0;
        const clock = new Clock(1_000_000, undefined, () => Date.now() / 1_000 + ahead);
        equal(clock.hasJumped(), false);
        for (const jump of [3_600, 0, -3_600]) {
            ahead = jump;
            deepEqual([clock.hasJumped(), clock.hasJumped()], [true, false]);
        }
        ahead += 5;
        equal(clock.hasJumped(), false);
    });

    it("does not take time that was let pass for a jump", () => {
        const clock = new Clock(1_000_000);
        clock.advance(86_400);
        equal(clock.hasJumped(), false);
        equal(clock.now() >= 1_086_400, true);
    });
});
