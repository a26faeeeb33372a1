/** The scope of one relationship: everything that its decisions read and write (spec 05 §9). */

import type { Party } from "../features/table.js";
import type { Roster } from "../features/roster.js";
import { hex } from "../encoding/bytes.js";
import type { Announcement } from "../wire/answer.js";
import type { Part } from "../wire/content.js";
import { type KeyLog, eventOf } from "../wire/keylog.js";
import type { Founders } from "../wire/start.js";
import type { Duty } from "./duties.js";
import type { Id } from "./entry.js";
import type { Kind, View } from "./judging.js";
import type { Incoming, Outgoing } from "./lines.js";
import type { Log } from "./log.js";
import type { KemPair, Own } from "./persona.js";
import type { Giving, Receiving, Taken } from "./sessions.js";

/** Where a side is reached. */
export interface Place {
    readonly mailbox: Uint8Array;
    readonly endpoints: readonly string[];
}

/** A contact key of an older epoch, and when it is forgotten: null until the peer has answered (spec 06 §13). */
export interface OlderContact {
    readonly pair: KemPair;
    readonly until: number | null;
}

/** The own side. */
export interface Mine {
    /** The persona that founded the relationship; it names it in sessions and never changes. */
    readonly founding: Uint8Array;
    /** Who signs now. */
    readonly own: Own;
    /** The log of the invitation persona that `own` continues; null where there is none. */
    readonly before: KeyLog | null;
    /** Contact keys of older epochs, oldest first (REC-2). */
    readonly olderContacts: readonly OlderContact[];
    readonly succession: Uint8Array | null;
    /** Every session frame brings the introduction until its receipt was taken (REL-19, spec 04 §6). */
    readonly introduces: boolean;
    readonly place: Place;
    readonly kind: Kind;
    /** The nonce of the handshake; null on the inviting side until it accepts. */
    readonly nonce: Uint8Array | null;
}

/** The side of the peer, as it is known. */
export interface Theirs {
    readonly founding: Uint8Array;
    /** The log of the persona that it uses now. */
    readonly log: KeyLog;
    /** The log of the invitation persona that it continues; null where there is none. */
    readonly before: KeyLog | null;
    /** By which it continues that one; nobody can make it again (spec 19 §8). */
    readonly succession: Uint8Array | null;
    readonly place: Place;
    /** Where it was reached in older epochs: a copy may still be there (REC-41). */
    readonly formerPlaces: ReadonlyMap<number, Place>;
    readonly kind: Kind | undefined;
    /** An announced receiving key that nothing was started to. */
    readonly key: Announcement | null;
    /** The highest number of a key that was taken from this side (SEAL-35). */
    readonly keyNumber: number;
    /** The newest receipt that was taken, and the newest start of a session of the present epochs (ROLL-4). */
    readonly receipt: Uint8Array | null;
    readonly start: Uint8Array | null;
}

/** An own message that has no receipt yet. */
export interface Waiting {
    readonly number: number;
    readonly firstId: Id;
    readonly name: string;
    readonly signed: Uint8Array;
    readonly parts: readonly Part[];
    /** When it was numbered, and when it is to be sent next, in seconds. */
    readonly since: number;
    readonly due: number;
    /** How often it was sent. */
    readonly sent: number;
}

/** The id of a header, and the entries that the copy held as unaffirmed: of these the owner decides. */
export interface KnownHead {
    readonly id: Id;
    readonly marked: readonly Id[];
}

/** A message as it was signed last, with its parts. */
export interface Kept {
    readonly signed: Uint8Array;
    readonly parts: readonly Part[];
}

/** An earlier header of a message that was sent again. */
export interface Former {
    readonly firstId: Id;
    readonly signed: Uint8Array;
}

/** What is sent so seldom, each kind by its own clock (ORDER-24; the notices of REC-37 and REC-41, and those of ROLL-4). */
export type Limited =
    | "pcloud-fork"
    | "pcloud-expected"
    | "pcloud-busy"
    | "repeated-receipt"
    | "sent-again"
    | "pcloud-recovered"
    | "stale-notice"
    | "rollback-notice";

export interface Scope {
    /** The opener of the relationship thread is the requester. */
    readonly role: Party;
    readonly invitation: Id;
    /** As it travelled; null where a copy that this side came back from did not have it. */
    readonly signedInvitation: Uint8Array | null;
    readonly mine: Mine;
    readonly theirs: Theirs;
    readonly receiving: Receiving;
    /** The peer's sessions whose secrets are held, newest first. */
    readonly taken: readonly Taken[];
    /** The own session; null before the first. */
    readonly giving: Giving | null;
    readonly incoming: Incoming;
    readonly outgoing: Outgoing;
    readonly log: Log;
    readonly waiting: readonly Waiting[];
    /** Every message, by first id: what is sent again, or given back, after a recovery. Of a refused one no part is there. */
    readonly messages: ReadonlyMap<Id, Kept>;
    /** Earlier headers of messages that were sent again, by their ids (EXPORT-18). */
    readonly formers: ReadonlyMap<Id, Former>;
    /** The own `recover` that waits for its answer: until then nothing is numbered or judged (REC-3). */
    readonly recover: Uint8Array | null;
    /** How often it was sent, and when it is sent next, in seconds. */
    readonly recoverTries: { readonly sent: number; readonly due: number };
    /** The newest own message that a copy knew: what leads up to it is affirmed when it comes back (spec 06 §13). */
    readonly knownHead: KnownHead | null;
    /** The own `recovered` in the present epochs, which every repeat brings again (REC-15). */
    readonly recovered: Uint8Array | null;
    readonly answered: Readonly<Partial<Record<Limited, number>>>;
    /** This copy was found to be outdated: it numbers and judges nothing until it recovers (ROLL-5). */
    readonly isStopped: boolean;
    /** The own key log that a peer has shown, where another copy has made it longer (REC-39). */
    readonly newerLog: readonly Uint8Array[] | null;
    /** When this side took the relationship to be closed; null while it is not (REC-42). */
    readonly closedAt: number | null;
    /** When a valid frame came last, and the time of the last decision (SCOPE-7). */
    readonly heard: number;
    readonly decided: number;
}

/** What decisions need from outside the scope. */
export interface Surroundings {
    readonly rosters: ReadonlyMap<Id, Roster>;
    /** What this node has to keep by law, whoever takes it back. */
    readonly duties?: readonly Duty[];
}

/** The time of a decision: never before that of the last one of this scope (SCOPE-7). */
export function timeOf(scope: Scope, now: number): number {
    return Math.max(now, scope.decided);
}

export function myPersonas({ own, before }: Mine): ReadonlySet<Id> {
    return new Set([own.log, ...(before === null ? [] : [before])].map(({ persona }) => hex(persona)));
}

export function theirPersonas({ log, before }: Theirs): ReadonlySet<Id> {
    return new Set([log, ...(before === null ? [] : [before])].map(({ persona }) => hex(persona)));
}

/** The founding personas, in the direction of the own sessions, or of those of the peer. */
export function founders({ mine, theirs }: Scope, direction: "giving" | "taking"): Founders {
    const [sender, recipient] = direction === "giving" ? [mine, theirs] : [theirs, mine];
    return { sender: sender.founding, recipient: recipient.founding };
}

/** What a message of the peer is judged by, or with `isOwn` a command of the owner (GATE-17). */
export function viewOf(scope: Scope, { rosters }: Surroundings, isOwn: boolean): View {
    const { mine, theirs } = scope;
    const [my, their] = [myPersonas(mine), theirPersonas(theirs)];
    const logs = [mine.own.log, theirs.log, mine.before, theirs.before].filter((log) => log !== null);
    return {
        log: scope.log,
        isOwn,
        senders: isOwn ? my : their,
        receivers: isOwn ? their : my,
        senderKind: isOwn ? mine.kind : theirs.kind,
        receiverKind: isOwn ? theirs.kind : mine.kind,
        invitation: scope.invitation,
        rosters,
        keyOf: (persona, epoch) => {
            const log = logs.find((one) => hex(one.persona) === persona);
            return log === undefined ? undefined : eventOf(log, epoch)?.signingKey;
        },
    };
}
