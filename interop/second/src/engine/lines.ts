/** Lines: the messages of one direction in one pair of epochs, numbered from 1 and chained (spec 05 §4). */

import { WINDOW_MESSAGES } from "../limits.js";
import { hex } from "../encoding/bytes.js";
import { type Header, firstPrev } from "../wire/header.js";
import type { KeyLog } from "../wire/keylog.js";
import type { Id } from "./entry.js";
import { idBytes } from "./threads/ends.js";

/** What both directions have: the ids in their order, and the `prev` of number 1. */
export interface Line {
    readonly start: Id;
    /** The id of number `n` stands at `n - 1`. */
    readonly ids: readonly Id[];
}

/** The line of the peer: what was judged. */
export interface Incoming extends Line {
    /** Refusals by number, ascending; receipts list those of the window. */
    readonly refusals: readonly (readonly [number: number, code: string])[];
    /** The header that showed a fork: evidence. The line is halted then (ORDER-7). */
    readonly fork: Uint8Array | null;
}

/** The own line: what was numbered. */
export interface Outgoing extends Line {
    /** The highest number that a receipt named. */
    readonly receipted: number;
}

/** A line in which nothing was said, between the current events of two personas (ORDER-2). */
export function emptyLine(sender: KeyLog, recipient: KeyLog): Line {
    return { start: hex(firstPrev(sender.last.id, recipient.last.id)), ids: [] };
}

/** The last number of a line with its id; 0 and null before the first. */
export function lastOf({ ids }: Line): readonly [number: number, id: Uint8Array | null] {
    const last = ids.at(-1);
    return [ids.length, last === undefined ? null : idBytes(last)];
}

/** The `prev` that the next message of a line has to name. */
export function nextPrev({ start, ids }: Line): Id {
    return ids.at(-1) ?? start;
}

/** What the order says of a message whose signature has verified (ORDER-3 to ORDER-8). */
export type Order =
    | { readonly kind: "next" | "repeat" }
    | { readonly kind: "expected"; readonly number: number }
    /** `fork` halts the line, `halted` was halted before: both are answered with the message that was judged in the place. */
    | { readonly kind: "fork" | "halted"; readonly number: number };

/** Where a message stands in the line of its sender. */
export function orderOf(line: Incoming, { number, id, prev }: Header): Order {
    const judged = line.ids.length;
    if (line.fork !== null) return { kind: "halted", number: judged };
    if (number > judged + 1) return { kind: "expected", number: judged + 1 };
    if (number <= judged) return line.ids[number - 1] === hex(id) ? { kind: "repeat" } : { kind: "fork", number };
    return hex(prev) === nextPrev(line) ? { kind: "next" } : { kind: "fork", number: judged };
}

/** The id under a number of a line; null for number 0. */
export function idAt({ ids }: Line, number: number): Uint8Array | null {
    const id = ids[number - 1];
    return id === undefined ? null : idBytes(id);
}

/** The line after a verdict, which consumes the number (ORDER-11). */
export function judgedLine(line: Incoming, { number, id }: Header, verdict: string): Incoming {
    const refusals = verdict === "applied" ? line.refusals : [...line.refusals, [number, verdict] as const];
    return { ...line, ids: [...line.ids, hex(id)], refusals };
}

/** The refusals that a receipt lists: all among the last 256 numbers (ORDER-18). */
export function refusalsInWindow({ ids, refusals }: Incoming): readonly (readonly [number, string])[] {
    return refusals.filter(([number]) => number > ids.length - WINDOW_MESSAGES);
}
