/** The command line: what is typed, and two nodes in processes of their own. */

import { deepEqual, equal, match, notEqual, throws } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { commandOf } from "../src/cli/commands.js";
import { asked } from "../src/cli/control.js";
import { shown } from "../src/cli/showing.js";
import { UsageError, readTyped } from "../src/cli/usage.js";
import { secretOf, wordsOf } from "../src/cli/words.js";
import { scratch } from "./scratch.js";

const MAIN = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));
const LOOPBACK = "127.0.0.0/8";
const LOOK_MS = 100;

type Row = Readonly<Record<string, unknown>>;

interface Ended {
    readonly status: number | null;
    readonly out: string;
    readonly error: string;
}

function ended(words: readonly string[], input = ""): Promise<Ended> {
    const child = spawn(process.execPath, [MAIN, ...words]);
    let [out, error] = ["", ""];
    child.stdout.on("data", (data: Buffer) => (out += data.toString()));
    child.stderr.on("data", (data: Buffer) => (error += data.toString()));
    child.stdin.end(input);
    return new Promise((resolve) => child.on("close", (status) => resolve({ status, out, error })));
}

/** Asks until there is an answer that fits. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
        const found = await look();
        if (found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
}

/** One node with its process. */
class Owner {
    readonly folder = join(scratch("cli"), "node");
    words = "";
    #process: ChildProcess | null = null;

    async made(name: string, kind: string): Promise<this> {
        const { out, status } = await ended(["--dir", this.folder, "init", "--name", name, "--kind", kind, "--listen", "127.0.0.1:0", "--allow", LOOPBACK]);
        equal(status, 0);
        this.words = /(?:\b[a-z]+ ){5}[a-z]+\n(?:[a-z ]+\n){3}/.exec(out)?.[0] ?? "";
        return this;
    }

    /** Runs it, and waits until it says so. */
    async up(): Promise<this> {
        const child = spawn(process.execPath, [MAIN, "--dir", this.folder, "up"], { stdio: ["ignore", "pipe", "inherit"] });
        this.#process = child;
        await new Promise<void>((resolve, reject) => {
            child.stdout.on("data", () => resolve());
            child.on("close", () => reject(new Error("it ended")));
        });
        return this;
    }

    async down(signal: NodeJS.Signals): Promise<void> {
        const child = this.#process;
        if (child === null) return;
        const isOver = new Promise((resolve) => child.once("close", resolve));
        child.kill(signal);
        await isOver;
    }

    tried(...words: readonly string[]): Promise<Ended> {
        return ended(["--dir", this.folder, ...words]);
    }

    async asked(...words: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
        const { out, error, status } = await this.tried("--json", ...words);
        equal(status, 0, `${words.join(" ")}: ${out}${error}`);
        return JSON.parse(out) as Readonly<Record<string, unknown>>;
    }

    /** The first row of a list, once there is one that fits; `of` names the peer by its id. */
    row(name: string, fits: (row: Row) => boolean, of?: Row): Promise<Row> {
        return until(async () => {
            const answer = await asked(this.folder, { name, arguments: of === undefined ? {} : { peer: of["id"] } });
            return (Object.values(answer).find(Array.isArray) as readonly Row[] | undefined)?.find(fits);
        });
    }
}

describe("what is typed", () => {
    it("is refused where a word is missing, one is too many, or an option is none", () => {
        for (const words of [[], ["a"], ["a", "b", "c"], ["a", "b", "--loud"], ["a", "b", "--uses"]])
            throws(() => readTyped(words, { takes: ["peer", "text"], options: { uses: "number" } }), UsageError);
        throws(() => readTyped(["a", "b", "--uses", "few"], { takes: ["peer", "text"], options: { uses: "number" } }), UsageError);
        throws(() => commandOf("toString"), UsageError);
    });

    it("is taken in any order of its options", () => {
        const form = { takes: ["peer", "path..."], options: { purpose: "texts", once: "switch" } } as const;
        const typed = readTyped(["--purpose", "a", "Anna", "x", "--once", "y", "--purpose", "b"], form);
        deepEqual([typed.text("peer"), typed.textsOrNull("path"), typed.textsOrNull("purpose"), typed.has("once")], ["Anna", ["x", "y"], ["a", "b"], true]);
        equal(readTyped(["Anna"], form).textsOrNull("path"), null);
    });
});

describe("24 words", () => {
    const secret = Uint8Array.from({ length: 32 }, (_, place) => place * 7);

    it("are the secret, however they are written", () => {
        equal(wordsOf(secret).split(/\s+/).length, 24);
        deepEqual(secretOf(`  ${wordsOf(secret).toUpperCase()}\n`), secret);
    });

    it("are refused where one is missing, none of the list, or in another's place", () => {
        const words = wordsOf(secret).split(/\s+/);
        const [first = "", second = "", ...rest] = words;
        notEqual(first, second);
        for (const wrong of [words.slice(1), ["quux", ...words.slice(1)], [second, first, ...rest]])
            throws(() => secretOf(wrong.join(" ")), UsageError);
    });
});

describe("what is shown", () => {
    it("has no control characters of a stranger in it", () => {
        equal(shown({ ok: true, contacts: [{ id: "0123456789abcdef", name: "a\u001b[2Jb\u202ec" }] }), "ID          NAME\n0123456789  a·[2Jb·c");
    });
});

describe("two owners with nothing but the command line", () => {
    const [shop, anna] = [new Owner(), new Owner()];

    before(async () => {
        await Promise.all([shop.made("Flower shop", "organisation"), anna.made("Anna", "person")]);
        await Promise.all([shop.up(), anna.up()]);
    });
    after(() => Promise.all([shop.down("SIGKILL"), anna.down("SIGKILL")]));

    it("are refused before anything is made, or while nothing runs", async () => {
        const nowhere = join(shop.folder, "nowhere");
        const silent = await ended(["--dir", nowhere, "peers"]);
        deepEqual([silent.status, existsSync(nowhere)], [2, false]);
        match(silent.error, /does not run/);
        equal((await ended(["--dir", nowhere, "up"])).status, 2);
        const emptied = scratch("cli");
        writeFileSync(join(emptied, "settings.json"), readFileSync(join(shop.folder, "settings.json")));
        match((await ended(["--dir", emptied, "up"])).error, /is gone/);
        const settings = JSON.parse(readFileSync(join(shop.folder, "settings.json"), "utf8")) as object;
        writeFileSync(join(emptied, "settings.json"), JSON.stringify({ ...settings, bounds: { relay: { leaseS: 1 } } }));
        match((await ended(["--dir", emptied, "up"])).error, /leaseS is no bound/);
        equal(existsSync(join(emptied, "journal")), false);
        const again = await ended(["--dir", shop.folder, "init", "--name", "Other"]);
        equal(again.status, 2);
        equal((JSON.parse(readFileSync(join(shop.folder, "settings.json"), "utf8")) as { name: string }).name, "Flower shop");
        match((await ended(["--dir", shop.folder, "up"])).error, /Not now/);
        match((await ended(["--dir", nowhere, "recover", "--from", nowhere], "one two")).error, /takes 24/);
        equal(existsSync(nowhere), false);
    });

    it("keep folder and keys to themselves", () => {
        equal(statSync(shop.folder).mode & 0o077, 0);
        for (const file of ["key", "journal"]) equal(statSync(join(shop.folder, file)).mode & 0o077, 0);
        equal(shop.words.trim().split(/\s+/).length, 24);
    });

    it("meet, agree, and one asks and holds what the other gives", async () => {
        const { link } = await shop.asked("invite", "flowers on order");
        match((await anna.tried("connect", String(link))).out, /Flower shop\s+flowers on order\s+pending/);
        await anna.asked("accept", "Flower shop");
        await shop.row("contacts", ({ state }) => state === "requested");
        await shop.asked("accept", "Anna");
        await anna.row("peers", ({ state }) => state === "active");
        const peer = await shop.row("peers", ({ state }) => state === "active");
        match((await shop.tried("ask", "Anna", "profile.name")).error, /They have to proffer terms/);
        const { negotiation } = await anna.asked("proffer", "Flower shop", "SD-BASE");
        await shop.row("terms", ({ state }) => state === "proffered", peer);
        await shop.asked("agree", String(negotiation).slice(0, 10));
        await shop.row("terms", ({ state }) => state === "agreed", peer);
        await shop.asked("ask", "Anna", "profile.name", "--days", "30");
        await anna.asked("set", "profile.name", "Anna Quittenbaum");
        const { ask } = await anna.row("asks", () => true);
        match((await anna.tried("answer", String(ask).slice(0, 10))).out, /given: profile\.name/);
        const held = await shop.row("held", () => true, peer);
        equal(held["value"], "Anna Quittenbaum");
    });

    it("go on after a process was killed, and write files that verify and copies that nobody overwrites", async () => {
        await shop.down("SIGKILL");
        await shop.up();
        const file = join(shop.folder, "anna.pcloud");
        await shop.asked("export", "Anna", file);
        match((await ended(["verify", file])).out, /Every signature holds/);
        const bytes = readFileSync(file);
        const again = await shop.tried("export", "Anna", file);
        deepEqual([again.status, readFileSync(file).equals(bytes)], [1, true]);
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        writeFileSync(file, bytes);
        equal((await ended(["verify", file])).status, 1);
    });
});
