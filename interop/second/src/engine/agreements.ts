/** Agreements and grants: what a thread has brought into force, and who ended it (spec 08 §4, spec 09 §5). */

import { hex } from "../encoding/bytes.js";
import type { End } from "./data.js";
import { type Place, comparePlaces } from "../wire/header.js";
import type { Id } from "./entry.js";
import type { Thread } from "./fold.js";

/** A sealed agreement (TERMS-27). */
export interface Agreement {
    readonly id: Id;
    readonly thread: Id;
    readonly first: Id;
    readonly second: Id;
    readonly roster: Id;
    readonly terms: string;
    /** The time of the seal. */
    readonly sealed: number;
    readonly until: number | undefined;
    /** First ids of what made it, beside the thread: the acceptance and the seal. */
    readonly entries: readonly Id[];
    readonly ended: readonly End[];
}

/** The agreement of a terms thread; undefined where there is none. */
export function agreementIn(thread: Thread): Agreement | undefined {
    if (thread.feature !== "terms") return undefined;
    const { agreement, second, roster, terms, sealed, until, accept, seal, ended } = thread.data;
    if (agreement === undefined || second === undefined || roster === undefined || terms === undefined)
        return undefined;
    if (sealed === undefined || accept === undefined || seal === undefined) return undefined;
    return {
        id: hex(agreement),
        thread: thread.id,
        first: thread.opener,
        second: hex(second),
        roster: hex(roster),
        terms,
        sealed,
        until,
        entries: [hex(accept), hex(seal)],
        ended: ended ?? [],
    };
}

/** A grant of data (DISC-12). */
export interface Grant {
    readonly id: Id;
    readonly thread: Id;
    readonly agreement: Id;
    readonly until: number;
    readonly ended: readonly End[];
}

/** The grant of a disclosure thread; undefined where there is none. */
export function grantIn(thread: Thread): Grant | undefined {
    if (thread.feature !== "disclosure") return undefined;
    const { grant, agreement, until, ended } = thread.data;
    if (grant === undefined || agreement === undefined || until === undefined) return undefined;
    return { id: hex(grant), thread: thread.id, agreement: hex(agreement), until, ended: ended ?? [] };
}

/** How an agreement or a grant stands for the sender of a message (GATE-8, TERMS-7). */
export type Standing = "in-force" | "crossed" | "ended";

/** What the standing depends on: when it ends by itself, and who ended it before. */
interface Endable {
    readonly until: number | undefined;
    readonly ended: readonly End[];
}

/** Whether only the receiver ended it, by a message that the sender had not seen. */
function endedUnseen({ ended }: Endable, receivers: ReadonlySet<Id>, hasNotSeen: (rank: Place) => boolean): boolean {
    return ended.every(
        ([sender, generation, number]) => receivers.has(hex(sender)) && hasNotSeen({ generation, number }),
    );
}

/**
 * The standing at the gate (GATE-8): `crossed` where only the receiver ended it, by a message above what the sender
 * knew; what ends by itself is over where its end is lower than the time of the decision.
 */
export function standingAt(endable: Endable, receivers: ReadonlySet<Id>, knew: Place, now: number): Standing {
    if (endable.ended.length > 0) {
        return endedUnseen(endable, receivers, (rank) => comparePlaces(rank, knew) > 0) ? "crossed" : "ended";
    }
    return endable.until !== undefined && endable.until < now ? "ended" : "in-force";
}

/** In force as far as the sender of a message could know (spec 08 §3.1): its time, and what it had seen of this generation. */
export function inForceForSender(endable: Endable, receivers: ReadonlySet<Id>, knew: Place, time: number): boolean {
    if (endable.until !== undefined && endable.until <= time) return false;
    return endedUnseen(endable, receivers, (rank) => rank.generation === knew.generation && rank.number > knew.number);
}

/** The order of ids: that of their bytes. */
export function compareIds(a: Id, b: Id): number {
    return a < b ? -1 : Number(a > b);
}
