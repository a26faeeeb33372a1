/** What a message is judged by: nothing but what is given here (ORDER-13). */

import type { Said } from "../features/body.js";
import type { Roster } from "../features/roster.js";
import type { Part } from "../wire/content.js";
import type { Header } from "../wire/header.js";
import type { Entry, Id, KeyOf } from "./entry.js";
import type { Thread } from "./fold.js";
import type { Log } from "./log.js";

export type Kind = "person" | "organisation";

/** What a node holds of a relationship when it judges a message of it, or a command of its owner (GATE-17). */
export interface View {
    readonly log: Log;
    /** Whether the message is an own one that is still to be said: it crosses nothing (spec 05 §7). */
    readonly isOwn: boolean;
    /** The personas of the side that sends: one, or an invitation persona and its successor. */
    readonly senders: ReadonlySet<Id>;
    /** Those of the side that the message goes to. */
    readonly receivers: ReadonlySet<Id>;
    /** What kind each side said it is (spec 07 §4); undefined as long as it is not known. */
    readonly senderKind: Kind | undefined;
    readonly receiverKind: Kind | undefined;
    /** The invitation whose receiving key opened the frame of a request; undefined where there was none. */
    readonly invitation: Id | undefined;
    /** The rosters that are loaded, by id (TERMS-32). */
    readonly rosters: ReadonlyMap<Id, Roster>;
    readonly keyOf: KeyOf;
}

/** A message whose header has verified. */
export interface Message {
    readonly header: Header;
    /** The bytes of the signed header. */
    readonly signed: Uint8Array;
    readonly parts: readonly Part[];
}

/** What the check of a row looks at. */
export interface Judging {
    readonly view: View;
    readonly header: Header;
    /** The message as it would stand in the log. */
    readonly entry: Entry;
    readonly said: Said;
    /** The data of parts 1 and on; null for an item that is gone. */
    readonly items: readonly (Uint8Array | null)[];
    /** The thread before the message; in state `start` where the message opens it. */
    readonly thread: Thread;
    /** The time of the decision (SCOPE-7). */
    readonly now: number;
}

/** A judging whose message is one of these names. */
export type JudgingOf<S extends Said, T extends Thread> = Omit<Judging, "said" | "thread"> & {
    readonly said: S;
    readonly thread: T;
};
