/** The commands that make a node, run it, and bring one back. */

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import type { Kind } from "../engine/judging.js";
import { Dialling } from "../node/addresses.js";
import { type Begun, type Recovering, begin } from "../node/begin.js";
import { Clock } from "../node/clock.js";
import { Journal } from "../node/journal.js";
import type { Node } from "../node/node.js";
import { retrieve } from "../node/custody/retrieving.js";
import { trustedRosters } from "../spec/rosters.js";
import { takeCommands } from "./controlled.js";
import { type Settings, hasSettings, placeOf, readSettings, writeSettings } from "./settings.js";
import { type Typed, UsageError } from "./usage.js";
import { secretOf, wordsOf } from "./words.js";

const MS = 1_000;

function say(text: string): void {
    process.stdout.write(`${text}\n`);
}

function tell(line: string): void {
    process.stderr.write(`${line}\n`);
}

/** What was typed about where the node listens and dials. */
function placeIn(typed: Typed): Omit<Settings, "name" | "kind"> {
    const [cert, key] = [typed.textOrNull("tls-cert"), typed.textOrNull("tls-key")];
    if ((cert === null) !== (key === null)) throw new UsageError("--tls-cert and --tls-key belong together.");
    return {
        listen: typed.textOrNull("listen"),
        endpoints: typed.textsOrNull("endpoint") ?? [],
        hosts: typed.textsOrNull("host") ?? [],
        proxies: typed.textsOrNull("proxy") ?? [],
        allow: typed.textsOrNull("allow") ?? [],
        tls: cert === null || key === null ? null : { cert, key },
        bounds: {},
    };
}

/** The passphrase in the first line of a file; null where no file is named, and the key lies open in the folder. */
function passphraseIn(typed: Typed): string | null {
    const file = typed.textOrNull("passphrase-file");
    return file === null ? null : (readFileSync(file, "utf8").split("\n")[0] ?? "");
}

function kindIn(typed: Typed): Kind {
    const kind = typed.textOrNull("kind") ?? "organisation";
    if (kind === "person" || kind === "organisation") return kind;
    throw new UsageError("--kind is person or organisation.");
}

function opened(folder: string, { name, kind, allow, bounds }: Settings, typed: Typed, recover: Recovering | null): Promise<Begun> {
    return begin({
        folder,
        name,
        kind,
        clock: new Clock(Date.now() / MS),
        seed: null,
        around: trustedRosters(),
        allowed: allow,
        passphrase: passphraseIn(typed),
        recover,
        bounds,
        tell,
    });
}

/** Makes a node, and shows its words once. */
export async function init(folder: string, typed: Typed): Promise<void> {
    if (hasSettings(folder)) throw new UsageError("There is a node in this folder already.");
    const settings: Settings = { name: typed.text("name"), kind: kindIn(typed), ...placeIn(typed) };
    const { node, secret } = await opened(folder, settings, typed, null);
    await node.stop();
    if (secret === null) throw new UsageError("There is a node in this folder already.");
    writeSettings(folder, settings);
    say("Write these 24 words on paper. They are shown once, and bring everything back:\n");
    say(`${wordsOf(secret)}\n`);
    say("Start the node with: pcloud-second up");
}

/** Runs a node until it is told to end. */
export async function up(folder: string, typed: Typed): Promise<void> {
    const settings = readSettings(folder);
    // A new node in its place would have words that nobody has seen.
    if (!Journal.isIn(folder))
        throw new UsageError("What this node knew is gone. Bring it back into an empty folder: pcloud-second recover --dir FOLDER");
    const { node } = await opened(folder, settings, typed, null);
    await stay(folder, node, settings);
}

/** Brings a node back into an empty folder, out of a file or from a holder, and runs it. */
export async function recover(folder: string, typed: Typed): Promise<void> {
    if (hasSettings(folder)) throw new UsageError("There is a node in this folder already. Choose another one with --dir.");
    const place = placeIn(typed);
    const secret = secretOf(await wordsTyped());
    const copies = await copiesFrom(typed.text("from"), secret, place.allow);
    if (copies.length === 0) throw new UsageError("Nothing was found there under these words.");
    const { node } = await opened(folder, { name: "", kind: "person", ...place }, typed, { secret, copies });
    const { name, kind } = node.memory.owner;
    const settings: Settings = { name, kind, ...place };
    writeSettings(folder, settings);
    say(`${name} is back. What may have been said in your name meanwhile waits for your word: pcloud-second review PEER`);
    await stay(folder, node, settings);
}

async function copiesFrom(from: string, secret: Uint8Array, allow: readonly string[]): Promise<Recovering["copies"] & object> {
    if (/^https?:/.test(from)) return retrieve(from, secret, new Dialling(allow));
    return [[new Uint8Array(readFileSync(from))]];
}

/** The words, from the terminal or from what is piped in. */
async function wordsTyped(): Promise<string> {
    const lines = createInterface({ input: process.stdin, output: process.stdin.isTTY ? process.stdout : undefined, terminal: false });
    if (process.stdin.isTTY) say("The 24 words, then an empty line:");
    const words: string[] = [];
    for await (const line of lines) {
        if (line.trim() === "" && words.length > 0) break;
        words.push(line);
    }
    lines.close();
    return words.join(" ");
}

/** Starts a node and takes commands until a signal comes. */
async function stay(folder: string, node: Node, settings: Settings): Promise<void> {
    const isTold = new Promise<void>((resolve) => {
        for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => resolve());
    });
    await node.start(placeOf(settings));
    const control = await takeCommands(folder, node, (error) => tell(error instanceof Error ? error.name : "a command failed"));
    const where = node.endpoint === null ? "It opens no port." : `Peers reach it at ${node.endpoints.join(", ")}`;
    say(`${settings.name} runs. ${where}`);
    await isTold;
    control.close();
    await node.stop();
}
