/** The scope of one relationship: everything that its decisions read and write (spec 05 §9). */

import type { Party } from "../features/table.js";
import type { Roster } from "../features/roster.js";
import { hex } from "../encoding/bytes.js";
import type { Announcement } from "../wire/answer.js";
import type { Part } from "../wire/content.js";
import { type KeyLog, eventOf } from "../wire/keylog.js";
import type { Founders } from "../wire/start.js";
import type { Id } from "./entry.js";
import type { Kind, View } from "./judging.js";
import type { Incoming, Outgoing } from "./lines.js";
import type { Log } from "./log.js";
import type { Own } from "./persona.js";
import type { Giving, Receiving, Taken } from "./sessions.js";

/** Where a side is reached. */
export interface Place {
    readonly mailbox: Uint8Array;
    readonly endpoints: readonly string[];
}

/** The own side. */
export interface Mine {
    /** The persona that founded the relationship; it names it in sessions and never changes. */
    readonly founding: Uint8Array;
    /** Who signs now. */
    readonly own: Own;
    /** The invitation persona that `own` continues; null where there is none. */
    readonly before: Own | null;
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
    readonly place: Place;
    readonly kind: Kind | undefined;
    /** An announced receiving key that nothing was started to. */
    readonly key: Announcement | null;
    /** The highest number of a key that was taken from this side (SEAL-35). */
    readonly keyNumber: number;
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

/** A message as it was signed last, with its parts. */
export interface Kept {
    readonly signed: Uint8Array;
    readonly parts: readonly Part[];
}

/** The kinds of answers whose number in time is bounded, each by its own clock (ORDER-24). */
export type Limited = "pcloud-fork" | "pcloud-expected" | "repeated-receipt" | "sent-again" | "pcloud-recovered";

export interface Scope {
    /** The opener of the relationship thread is the requester. */
    readonly role: Party;
    readonly invitation: Id;
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
    /** Every message that was said or applied, by first id: what is sent again, or given back, after a recovery. */
    readonly messages: ReadonlyMap<Id, Kept>;
    /** The own `recover` that waits for its answer: until then nothing is numbered or judged (REC-3). */
    readonly recover: Uint8Array | null;
    /** The own `recovered` in the present epochs, which every repeat brings again (REC-15). */
    readonly recovered: Uint8Array | null;
    readonly answered: Readonly<Partial<Record<Limited, number>>>;
    /** This copy was found to be outdated: it numbers and judges nothing until it recovers (ROLL-5). */
    readonly isStopped: boolean;
    /** When a valid frame came last, and the time of the last decision (SCOPE-7). */
    readonly heard: number;
    readonly decided: number;
}

/** What decisions need from outside the scope. */
export interface Surroundings {
    readonly rosters: ReadonlyMap<Id, Roster>;
}

/** The time of a decision: never before that of the last one of this scope (SCOPE-7). */
export function timeOf(scope: Scope, now: number): number {
    return Math.max(now, scope.decided);
}

export function myPersonas({ own, before }: Mine): ReadonlySet<Id> {
    return new Set([own, ...(before === null ? [] : [before])].map(({ log }) => hex(log.persona)));
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
    const logs = [
        mine.own.log,
        theirs.log,
        ...(mine.before === null ? [] : [mine.before.log]),
        ...(theirs.before === null ? [] : [theirs.before]),
    ];
    return {
        log: scope.log,
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
