/** Marks: what came back in a recovery counts as its sender's only when the owner has affirmed it (spec 06 §6). */

import type { Entry, Id } from "./entry.js";
import { type Log, withEntries } from "./log.js";
import { hex } from "../encoding/bytes.js";

const CLOSE = "relationship.close";
/** Without these nothing would be left to which the two could come back (REC-33). */
export const FOUNDING: ReadonlySet<string> = new Set(["relationship.request", "relationship.accept", "relationship.confirm"]);

/** The entry with its mark; a close of the recovering side does not act until it is affirmed (REC-27, REC-31). */
export function marked(entry: Entry): Entry {
    return { ...entry, isUnaffirmed: true, isSuspended: entry.name === CLOSE };
}

/** The entry without its mark. */
export function unmarked(entry: Entry): Entry {
    return { ...entry, isUnaffirmed: false, isSuspended: false };
}

function named(log: Log, ids: readonly Uint8Array[], senders: ReadonlySet<Id>): readonly Entry[] {
    return ids
        .map((id) => log.entries.get(hex(id)))
        .filter((entry): entry is Entry => entry !== undefined && senders.has(entry.sender));
}

/** The log after an affirm: the marks of the entries of its sender that it names are lifted (REC-32). */
export function affirmed(log: Log, ids: readonly Uint8Array[], senders: ReadonlySet<Id>): Log {
    return withEntries(
        log,
        ...named(log, ids, senders)
            .filter((entry) => entry.isUnaffirmed)
            .map(unmarked),
    );
}

/**
 * The log after a reject: the marked entries of its sender that it names leave no trace any more. One that came again, or
 * came back, also reaches unmarked entries of an epoch of its sender below `belowEpoch` (REC-24, REC-33).
 */
export function rejected(
    log: Log,
    ids: readonly Uint8Array[],
    senders: ReadonlySet<Id>,
    belowEpoch: number | null,
): Log {
    const reached = named(log, ids, senders).filter((entry) => {
        const isOpen = entry.verdict === "applied" || entry.verdict === null;
        const isOlder = belowEpoch !== null && entry.line.senderEpoch < belowEpoch;
        return isOpen && (entry.isUnaffirmed || isOlder) && !FOUNDING.has(entry.name);
    });
    return withEntries(log, ...reached.map((entry) => ({ ...unmarked(entry), verdict: "rejected" })));
}
