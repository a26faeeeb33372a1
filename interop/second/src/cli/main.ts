#!/usr/bin/env node
/** The command line of a node. Status 0: done; 1: refused, or it cannot be; 2: what was typed is no command. */

import { writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { unhex } from "../encoding/bytes.js";
import { RefusalError } from "../errors.js";
import { CannotError } from "../node/cannot.js";
import type { Outcome } from "../driver/run.js";
import { type Command, GROUPS, commandOf } from "./commands.js";
import { type Request, asked } from "./control.js";
import { CARD_OF, INIT, RECOVER, UP, VERIFY } from "./forms.js";
import { sentenceOf, shown } from "./showing.js";
import { type Form, UsageError, readTyped } from "./usage.js";

const FOLDER = join(homedir(), ".pcloud-second");
const [REFUSED, MISTYPED] = [1, 2];

/** What is said before the command. */
interface Global {
    readonly folder: string;
    readonly isJson: boolean;
    readonly words: readonly string[];
}

function globalOf(words: readonly string[]): Global {
    const rest = words.filter((word) => word !== "--json");
    const at = rest.indexOf("--dir");
    const named = at < 0 ? (process.env["PCLOUD_SECOND_DIR"] ?? FOLDER) : rest[at + 1];
    if (named === undefined) throw new UsageError("--dir needs a folder.");
    if (at >= 0) rest.splice(at, 2);
    return { folder: resolve(named), isJson: rest.length < words.length - (at < 0 ? 0 : 2), words: rest };
}

function usage(name: string, { takes = [], options = {} }: Form): string {
    const rest = takes.map((one) => (one.endsWith("...") ? `[${one.slice(0, -3).toUpperCase()}…]` : one.toUpperCase()));
    const valueOf = (kind: string): string => (kind === "switch" ? "" : kind === "number" ? " N" : " …");
    const flags = Object.entries(options).map(([one, kind]) => `[--${one}${valueOf(kind)}]`);
    return [name, ...rest, ...flags].join(" ");
}

function help(): string {
    const lines = [
        "pcloud-second [--dir FOLDER] [--json] COMMAND …",
        "",
        "A node",
        `  ${usage("init", INIT)}`,
        `  ${usage("up", UP)}`,
        `  ${usage("recover", RECOVER)}`,
        "",
        "Without a node",
        `  ${usage("verify", VERIFY)}`,
        `  ${usage("card-of", CARD_OF)}`,
    ];
    for (const [title, commands] of Object.entries(GROUPS)) {
        lines.push("", title);
        for (const [name, command] of Object.entries(commands)) lines.push(`  ${usage(name, command)}`, `      ${command.about}`);
    }
    return lines.join("\n");
}

/** Asks the node that runs. */
async function told(folder: string, name: string, words: readonly string[]): Promise<Outcome> {
    const command: Command = commandOf(name);
    const typed = readTyped(words, command);
    const given = (await command.arguments?.(typed, (kind, named) => find(folder, kind, named))) ?? {};
    const outcome = await asked(folder, { name, arguments: given });
    if (outcome["ok"] !== true) return outcome;
    if (command.then !== undefined) return { ...outcome, ...(await asked(folder, { name: command.then, arguments: {} })) };
    if (command.into === undefined) return outcome;
    const file = typed.text(command.into);
    writeFileSync(file, unhex(String(outcome["bytes"])) ?? new Uint8Array(), { mode: 0o600, flag: "wx" });
    return { ok: true, file };
}

const LISTS = { peer: ["peers", "id", "name"], contact: ["contacts", "id", "name"], ask: ["asks", "ask", "ask"], negotiation: ["terms", "id", "id"] } as const;

/** The id of what was named, by its name or the beginning of its id. Throws UsageError where none or several fit. */
async function find(folder: string, kind: keyof typeof LISTS, named: string): Promise<string> {
    const [list, id, name] = LISTS[kind];
    const rows = kind === "negotiation" ? await negotiations(folder) : await rowsOf(folder, list, {});
    const fitting = rows.filter((row) => row[name] === named || row[id]?.startsWith(named) === true);
    const [found] = fitting;
    if (found === undefined) throw new UsageError(`There is no ${kind} ${named}. See: pcloud-second ${list}`);
    if (fitting.length > 1) throw new UsageError(`Several fit ${named}: use the beginning of an id. See: pcloud-second ${list}`);
    return found[id] ?? "";
}

type Row = Readonly<Record<string, string | null>>;

async function rowsOf(folder: string, list: string, given: Request["arguments"]): Promise<readonly Row[]> {
    const outcome = await asked(folder, { name: list, arguments: given });
    return Object.values(outcome).find((value) => Array.isArray(value)) as unknown as readonly Row[] | undefined ?? [];
}

/** The negotiations with all peers. */
async function negotiations(folder: string): Promise<readonly Row[]> {
    const peers = await rowsOf(folder, "peers", {});
    return (await Promise.all(peers.map(({ id }) => rowsOf(folder, "terms", { peer: id })))).flat();
}

/** What one command gives; null where all was said already. What only some need is loaded when it is needed. */
async function outcomeOf({ folder, isJson }: Global, name: string, rest: readonly string[]): Promise<Outcome | null> {
    switch (name) {
        case "help":
        case "--help":
            process.stdout.write(`${help()}\n`);
            return null;
        case "init":
            await (await import("./running.js")).init(folder, readTyped(rest, INIT));
            return null;
        case "up":
            await (await import("./running.js")).up(folder, readTyped(rest, UP));
            return null;
        case "recover":
            await (await import("./running.js")).recover(folder, readTyped(rest, RECOVER));
            return null;
        case "verify":
            return (await import("./looking.js")).verify(readTyped(rest, VERIFY), isJson);
        case "card-of":
            return (await import("./looking.js")).cardOf(readTyped(rest, CARD_OF));
        default:
            return told(folder, name, rest);
    }
}

async function run(global: Global): Promise<number> {
    const [name = "help", ...rest] = global.words;
    const outcome = await outcomeOf(global, name, rest);
    if (outcome === null) return 0;
    const isDone = outcome["ok"] === true;
    const text = global.isJson ? JSON.stringify(outcome) : isDone ? shown(outcome) : sentenceOf(outcome);
    (isDone || global.isJson ? process.stdout : process.stderr).write(`${text}\n`);
    return isDone ? 0 : REFUSED;
}

/** What is said of an error that is no fault of this program; others are thrown again. */
function sentenceFor(error: unknown): readonly [string, number] {
    if (error instanceof UsageError) return [error.message, MISTYPED];
    if (error instanceof RefusalError) return [sentenceOf({ stage: error.stage, code: error.code }), REFUSED];
    if (error instanceof CannotError) return [sentenceOf({ code: error.code }), REFUSED];
    const isOfSystem = error instanceof Error && ("code" in error || /^(Passphrase|Journal|FolderPath)Error$/.test(error.name));
    const hint = isOfSystem && error.name === "PassphraseError" ? ": see --passphrase-file" : "";
    if (isOfSystem) return [`${error.message}${hint}`, REFUSED];
    throw error;
}

try {
    process.exitCode = await run(globalOf(process.argv.slice(2)));
} catch (error) {
    const [text, status] = sentenceFor(error);
    process.stderr.write(`${text}\n`);
    process.exitCode = status;
}
