/** The fold: threads computed from the log alone, alike on both sides (spec 05 §10). */

import { featureOf, type SaidOf } from "../features/body.js";
import { type Party, START, rowFor } from "../features/table.js";
import type { Feature } from "../spec/tables.js";
import { comparePlaces } from "../wire/header.js";
import { type Entry, type Id, acts } from "./entry.js";
import { type DisclosureData, changeDisclosure, giverIn } from "./threads/disclosure.js";
import { type RelationshipData, changeRelationship } from "./threads/relationship.js";
import { type CustodyData, type RelayData, changeCustody, changeRelay } from "./threads/services.js";
import { type TermsData, changeTerms } from "./threads/terms.js";

/** The data of the threads of each feature. */
export interface DataOf {
    readonly conversation: Readonly<Record<string, never>>;
    readonly custody: CustodyData;
    readonly disclosure: DisclosureData;
    readonly relationship: RelationshipData;
    readonly relay: RelayData;
    readonly terms: TermsData;
}

/** One thread; its data are those of its feature. */
export type Thread = {
    readonly [F in Feature]: {
        readonly id: Id;
        readonly feature: F;
        /** The persona that sent its first message. */
        readonly opener: Id;
        readonly state: string;
        readonly data: DataOf[F];
    };
}[Feature];

/** The thread of one feature. */
export type ThreadOf<F extends Feature> = Extract<Thread, { feature: F }>;

/** The party of a thread that a persona is. */
export function partyOf(thread: Pick<Thread, "opener">, persona: Id): Party {
    return persona === thread.opener ? "opener" : "other";
}

/** A thread before its first message, which `entry` is to be. */
export function unopened(feature: Feature, entry: Pick<Entry, "firstId" | "sender">): Thread {
    return { id: entry.firstId, feature, opener: entry.sender, state: START, data: {} };
}

/** The thread after a message that takes the row to `next`: never refuses (TABLE-5). */
export function afterRow(thread: Thread, entry: Entry, next: string): Thread {
    const { said } = entry;
    if (said === null) return thread;
    return { ...thread, state: next, data: changed(thread, entry, next) } as Thread;
}

function changed(thread: Thread, entry: Entry, next: string): DataOf[Feature] {
    const party = partyOf(thread, entry.sender);
    const { said } = entry;
    switch (thread.feature) {
        case "conversation":
            return {};
        case "custody":
            return changeCustody(thread.data, entry, next, said as SaidOf<"custody">);
        case "disclosure":
            return changeDisclosure(thread.data, entry, party === giverIn(thread.state), said as SaidOf<"disclosure">);
        case "relationship":
            return changeRelationship(thread.data, entry, party, said as SaidOf<"relationship">);
        case "relay":
            return changeRelay(thread.data, entry, next, said as SaidOf<"relay">);
        case "terms":
            return changeTerms(thread.data, entry, next, thread.opener, said as SaidOf<"terms">);
    }
}

/** Entries of one party in their order: by rank, and those of one rank by first id (FOLD-1). */
function inRank(entries: readonly Entry[]): readonly Entry[] {
    return [...entries].sort((a, b) => comparePlaces(a.rank, b.rank) || (a.firstId < b.firstId ? -1 : 1));
}

/** The entries of a thread that act, both sequences merged: `h` before `l` exactly if `l` knew it (FOLD-1). */
export function merged(entries: readonly Entry[]): readonly Entry[] {
    const acting = entries.filter(acts);
    const lower = acting.reduce<Id | undefined>(
        (lowest, { sender }) => (lowest === undefined || sender < lowest ? sender : lowest),
        undefined,
    );
    const low = inRank(acting.filter(({ sender }) => sender === lower));
    const high = inRank(acting.filter(({ sender }) => sender !== lower));
    const order: Entry[] = [];
    let next = 0;
    for (const entry of low) {
        for (
            let other = high[next];
            other !== undefined && comparePlaces(other.rank, entry.knew) <= 0;
            other = high[next]
        ) {
            order.push(other);
            next += 1;
        }
        order.push(entry);
    }
    return [...order, ...high.slice(next)];
}

/**
 * The thread that entries with one thread id make; null where no row is taken, so that it counts as not held.
 * Rows are looked up by state, message and party only, and an entry without a row is passed over (FOLD-3).
 */
export function foldThread(entries: readonly Entry[]): Thread | null {
    let thread: Thread | null = null;
    for (const entry of merged(entries)) {
        if (entry.said === null) continue;
        const feature = featureOf(entry.said.name);
        const before: Thread | null = thread ?? (entry.firstId === entry.thread ? unopened(feature, entry) : null);
        if (before === null || before.feature !== feature) continue;
        const row = rowFor(before.state, entry.said.name, partyOf(before, entry.sender));
        if (row !== undefined) thread = afterRow(before, entry, row[3]);
    }
    return thread;
}
