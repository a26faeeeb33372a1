/** The log of one relationship: its entries by first id, and what follows from them (spec 05 §10). */

import { hex } from "../encoding/bytes.js";
import { type Agreement, agreementIn, compareIds } from "./agreements.js";
import type { Entry, Id } from "./entry.js";
import { type Thread, foldThread } from "./fold.js";

/** A log with its threads; nothing in it is ever changed, `withEntries` gives another one. */
export interface Log {
    readonly entries: ReadonlyMap<Id, Entry>;
    /** Threads that are held, by id; each was folded from the entries. */
    readonly threads: ReadonlyMap<Id, Thread>;
}

export const EMPTY_LOG: Log = { entries: new Map(), threads: new Map() };

/** The entries of one thread, in no order that means anything. */
export function entriesOf(log: Log, thread: Id): readonly Entry[] {
    return [...log.entries.values()].filter((entry) => entry.thread === thread);
}

/** The log with entries added or changed, and their threads folded anew (FOLD-4). */
export function withEntries(log: Log, ...changed: readonly Entry[]): Log {
    const entries = new Map(log.entries);
    for (const entry of changed) entries.set(entry.firstId, inPlaceOf(entries.get(entry.firstId), entry));
    const threads = new Map(log.threads);
    for (const id of new Set(changed.map((entry) => entry.thread))) {
        const thread = foldThread([...entries.values()].filter((entry) => entry.thread === id));
        if (thread === null) threads.delete(id);
        else threads.set(id, thread);
    }
    return { entries, threads };
}

/**
 * The entry that stands under a first id: the newest sending, with the key that signed the message when it was first
 * sent (TERMS-40), whichever of the two came first.
 */
function inPlaceOf(before: Entry | undefined, entry: Entry): Entry {
    if (before === undefined) return entry;
    return before.isReissue && !entry.isReissue
        ? { ...before, signer: entry.signer, signers: null }
        : { ...entry, signer: before.signer, signers: before.signers };
}

/** The key that signed a message when it was first sent, as far as the log tells (TERMS-40). */
export function firstSignerOf({ threads }: Log, { thread: id, firstId, signer }: Entry): Uint8Array {
    const thread = threads.get(id);
    if (thread?.feature !== "terms") return signer;
    const { accept, second_key: second, seal, first_key: first } = thread.data;
    if (accept !== undefined && hex(accept) === firstId) return second ?? signer;
    return seal !== undefined && hex(seal) === firstId ? (first ?? signer) : signer;
}

/** The thread of the relationship; undefined before its request (REL-16). */
export function relationshipThread(log: Log) {
    for (const thread of log.threads.values()) {
        if (thread.feature === "relationship") return thread;
    }
    return undefined;
}

/** Every agreement that was sealed, ascending by id. */
export function agreementsOf(log: Log): readonly Agreement[] {
    const found = [...log.threads.values()].map(agreementIn).filter((one): one is Agreement => one !== undefined);
    return found.sort((a, b) => compareIds(a.id, b.id));
}
