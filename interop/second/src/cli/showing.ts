/** What an owner is shown: tables of what is listed, and a sentence for what was refused. */

import type { Outcome } from "../driver/run.js";
import type { Json } from "../driver/json.js";

const COLUMN_CHARACTERS_MAX = 80;
const MS = 1_000;
/** Ids are shown by their beginning, which is enough to name them. */
const ID_CHARACTERS = 10;
const TIMES: ReadonlySet<string> = new Set(["until", "ended", "due"]);
const IDS: ReadonlySet<string> = new Set(["id", "peer", "ask", "agreement"]);
/** Too long for a table; `--json` has it. */
const HIDDEN: ReadonlySet<string> = new Set(["record", "thread"]);

const SENTENCES: Readonly<Record<string, string>> = {
    unknown: "There is no such thing here.",
    invalid: "That cannot be done: look at what was typed, or at what the node is set up for.",
    unreachable: "Nobody answers there now. Try again later.",
    busy: "Not now. Try again in a moment.",
    internal: "The node has failed at this; what it was is in its own log.",
    shape: "A value is missing, or is none that is taken here.",
    "link-text": "This is no link of an invitation, or a part of it is missing.",
    "not-opened": "What the link leads to was changed, or is another invitation.",
    "invitation-used": "The invitation is used up, withdrawn or expired. Ask for another one.",
    "not-related": "You are not connected yet: both have to say yes.",
    paused: "The relationship rests.",
    closed: "The relationship has ended.",
    "no-agreement": "No terms are in force with this peer. They have to proffer terms, and you agree, before you may ask.",
    "terms-forbid": "The agreed terms forbid that.",
    "not-in-state": "That cannot be done as things stand now.",
    "not-your-turn": "It is the other side's turn.",
    "proffer-by-organisation": "Terms are proffered by the person, not by the organisation: invite them to.",
    recovering: "The peer has not followed to the new keys yet.",
};

/** Why something was not done. */
export function sentenceOf({ code, stage }: Outcome): string {
    const text = SENTENCES[String(code)] ?? "The protocol forbids it.";
    return stage === undefined ? text : `${text} (${String(stage)}: ${String(code)})`;
}

/** What a person reads of an answer: a table for each list, a line for everything else. */
export function shown(outcome: Outcome): string {
    const lines: string[] = [];
    for (const [name, value] of Object.entries(outcome)) {
        if (name === "ok") continue;
        if (isList(value)) lines.push(value.length === 0 ? `no ${name}` : tableOf(value));
        else lines.push(`${name}: ${cell(name, value)}`);
    }
    return lines.length === 0 ? "Done." : lines.join("\n");
}

/** Whether it is a list of rows; a list of texts stands in one line. */
function isList(value: Json | undefined): value is readonly Json[] {
    return Array.isArray(value) && value.every((one) => one !== null && typeof one === "object");
}

function cell(name: string, value: Json | undefined, isInTable = false): string {
    if (value === null || value === undefined) return "";
    if (typeof value === "boolean") return value ? "yes" : "no";
    if (typeof value === "number") return TIMES.has(name) ? new Date(value * MS).toISOString().slice(0, 16) : String(value);
    if (Array.isArray(value)) return value.map((one) => cell("", one)).join(", ");
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (!isInTable) return text;
    return IDS.has(name) ? text.slice(0, ID_CHARACTERS) : plain(text);
}

/** Texts of strangers are shown without control characters, and cut (spec 07 §10). */
function plain(text: string): string {
    const clean = text.replace(/\p{C}/gu, "·");
    return clean.length > COLUMN_CHARACTERS_MAX ? `${clean.slice(0, COLUMN_CHARACTERS_MAX - 1)}…` : clean;
}

function tableOf(rows: readonly Json[]): string {
    const all = rows as readonly Readonly<Record<string, Json>>[];
    const names = [...new Set(all.flatMap((row) => Object.keys(row)))].filter((name) => !HIDDEN.has(name));
    const cells = all.map((row) => names.map((name) => cell(name, row[name], true)));
    const widths = names.map((name, at) => Math.max(name.length, ...cells.map((line) => line[at]?.length ?? 0)));
    const lined = (line: readonly string[]): string => line.map((text, at) => text.padEnd(widths[at] ?? 0)).join("  ").trimEnd();
    return [lined(names.map((name) => name.toUpperCase())), ...cells.map(lined)].join("\n");
}
