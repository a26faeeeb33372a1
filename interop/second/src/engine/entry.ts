/** What a log holds of one message, and in which order messages are folded (spec 05 §1, §10). */

import type { Said } from "../features/body.js";
import { hex } from "../encoding/bytes.js";
import { type Header, type Place, comparePlaces, firstId, knew, rank, threadId } from "../wire/header.js";

/** An id, a persona or a digest in lower-case hexadecimal: it can be a key, and its order is that of the bytes. */
export type Id = string;

/** The signing key of a persona in an epoch; undefined where it is not known. */
export type KeyOf = (persona: Id, epoch: number) => Uint8Array | undefined;

/** What the receiver decided: `applied`, a code of refusal, `rejected`; null while there is no receipt for an own message. */
export type Verdict = string | null;

/** A number in a line, which its two epochs name. */
export interface LinePlace {
    readonly senderEpoch: number;
    readonly recipientEpoch: number;
    readonly number: number;
}

/** One message of a log, without its parts. */
export interface Entry {
    readonly id: Id;
    readonly firstId: Id;
    readonly name: string;
    readonly sender: Id;
    readonly recipient: Id;
    /** Where it was first sent. */
    readonly rank: Place;
    /** What its sender had judged of the other side when it first sent it. */
    readonly knew: Place;
    /** Where its newest header stands: the line, and the number in it. */
    readonly line: LinePlace;
    readonly thread: Id;
    readonly time: number;
    /** The agreement that its header names. */
    readonly agreement: Id | null;
    /** The key that signed it when it was first sent (TERMS-40). */
    readonly signer: Uint8Array;
    /** Where the first header is not held: the key of this one, then those of earlier epochs, newest first (TERMS-40). */
    readonly signers: readonly Uint8Array[] | null;
    readonly isReissue: boolean;
    /** Sent by the owner of this log. */
    readonly isOwn: boolean;
    /** null where the message was refused, or its name is not known: of those no body is kept (MSG-18). */
    readonly said: Said | null;
    readonly verdict: Verdict;
    /** It came back in a recovery, and its sender has not affirmed it (spec 06 §6). */
    readonly isUnaffirmed: boolean;
    /** An unaffirmed `relationship.close` of the recovering side (REC-31). */
    readonly isSuspended: boolean;
}

/** What a header does not say about an entry. */
export interface Circumstances {
    readonly signer: Uint8Array;
    readonly isOwn: boolean;
    readonly said: Said | null;
    readonly verdict: Verdict;
}

/** The keys that can have signed a message when it was first sent, where it comes under the header of a reissue. */
export function signersOf({ first, sender, senderEpoch }: Header, keyOf: KeyOf): readonly Uint8Array[] | null {
    if (first === null) return null;
    const epochs = Array.from({ length: senderEpoch + 1 }, (_, back) => senderEpoch - back);
    return epochs.map((epoch) => keyOf(hex(sender), epoch)).filter((key) => key !== undefined);
}

/** The entry of a message that was sent or received just now. */
export function entryOf(header: Header, { signer, isOwn, said, verdict }: Circumstances): Entry {
    return {
        id: hex(header.id),
        firstId: hex(firstId(header)),
        name: header.name,
        sender: hex(header.sender),
        recipient: hex(header.recipient),
        rank: rank(header),
        knew: knew(header),
        line: { senderEpoch: header.senderEpoch, recipientEpoch: header.recipientEpoch, number: header.number },
        thread: hex(threadId(header)),
        time: header.time,
        agreement: header.agreement === null ? null : hex(header.agreement),
        signer,
        signers: null,
        isReissue: header.first !== null,
        isOwn,
        said,
        verdict,
        isUnaffirmed: false,
        isSuspended: false,
    };
}

/** Ends that act in the log of their sender whatever code the receiver gave them (FOLD-2). */
const ENDS: ReadonlySet<string> = new Set([
    "relationship.close",
    "terms.terminate",
    "disclosure.revoke",
    "disclosure.erase",
]);

/** Whether an entry takes part in a fold (FOLD-2). */
export function acts(entry: Entry): boolean {
    if (entry.isSuspended || entry.said === null) return false;
    if (entry.verdict === "applied") return true;
    return entry.isOwn && (entry.verdict === null || (ENDS.has(entry.name) && entry.verdict !== "rejected"));
}

/**
 * The condition of crossing rows: whether the sender of a message had not seen the newest message of the other side
 * that acts in the thread (spec 05 §7). It does not hold where there is none.
 */
export function crosses(seen: Place, othersOfThread: readonly Entry[]): boolean {
    const newest = othersOfThread.filter(acts).reduce<Place | null>((best, entry) => {
        return best === null || comparePlaces(entry.rank, best) > 0 ? entry.rank : best;
    }, null);
    if (newest === null) return false;
    return newest.generation === seen.generation ? newest.number > seen.number : newest.generation < seen.generation;
}
