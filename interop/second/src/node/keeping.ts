/** Who takes no packets itself keeps a link to each peer, and opens a session over each link that it opens (TRANSPORT-39). */

import { relationshipThread } from "../engine/log.js";
import type { Place, Scope } from "../engine/scope.js";
import { greetingOf } from "../engine/sessions.js";
import { NOWHERE } from "./addresses.js";
import { dialled } from "./links.js";

const MS = 1_000;
/** A link that stood so long was a good one: the next is opened nearly at once. */
const STOOD_S = 5;
const AGAIN_S = 0.2;
/** After a try that failed; each further wait is double the one before. */
const FAILED_S = 5;
/** A try may itself last some seconds, and two are never more than 15 minutes apart. */
const WAIT_S_MAX = 840;
/** By so much of it a wait may be shorter, so that many do not come at once. */
const JITTER = 0.25;

/** Whether links are opened to the peer though there is nothing to send: it has no other way to this side. */
export function keepsLink({ mine, theirs, log, isStopped }: Scope): boolean {
    const state = relationshipThread(log)?.state;
    const isOver = isStopped || state === "closed" || state === "declined";
    return !isOver && isNowhere(mine.place) && dialled(theirs.place.endpoints) !== null;
}

/** Whether a side is reached only over links that it opens. */
export function isNowhere({ endpoints }: Place): boolean {
    return endpoints.every((one) => one === NOWHERE);
}

/** What links are kept with. */
export interface Ways {
    /** The time, in seconds. */
    now(): number;
    /** Whether there is a link, or one is being opened. */
    isOpen(relationship: string): boolean;
    open(relationship: string): void;
}

interface Kept {
    /** How often in a row no link stood. */
    failed: number;
    /** When the present link was opened. */
    since: number | null;
    /** The next try. */
    next: { readonly at: number; readonly timer: NodeJS.Timeout } | null;
    /** What the present link still lacks: a start, or one to a new key where the last start was given again. */
    lacks: "start" | "new-start" | null;
}

export class Keeping {
    readonly #ways: Ways;
    readonly #kept = new Map<string, Kept>();
    #isOver = false;

    constructor(ways: Ways) {
        this.#ways = ways;
    }

    /** A relationship stands as it stands now. What is to be sent makes no wait shorter: a peer may end each link that it takes. */
    look(id: string, scope: Scope): void {
        if (!keepsLink(scope)) return this.#leave(id);
        if ((this.#kept.get(id)?.next ?? null) === null) this.hurry(id);
    }

    /** Opens a link now, if there is none. */
    hurry(id: string): void {
        if (this.#isOver) return;
        const kept = this.#kept.get(id) ?? { failed: 0, since: null, next: null, lacks: null };
        this.#kept.set(id, kept);
        if (this.#ways.isOpen(id)) return;
        clearTimeout(kept.next?.timer);
        kept.next = null;
        this.#ways.open(id);
    }

    /** A link was opened: whether it is one that is kept, and so lacks a start. */
    opened(id: string): boolean {
        const kept = this.#kept.get(id);
        if (kept === undefined) return false;
        clearTimeout(kept.next?.timer);
        this.#kept.set(id, { ...kept, since: this.#ways.now(), next: null, lacks: "start" });
        return true;
    }

    /** Whether nothing went over the link yet: the session of now was made before it was opened, and a new one is due. */
    lacksStart(id: string): boolean {
        return this.#kept.get(id)?.lacks === "start";
    }

    /** A link has ended, or could not be opened: where it was the only one, another is tried after a while. */
    ended(id: string): void {
        const kept = this.#kept.get(id);
        if (kept === undefined || kept.next !== null || this.#isOver || this.#ways.isOpen(id)) return;
        const now = this.#ways.now();
        const hasStood = kept.since !== null && now >= kept.since + STOOD_S;
        const wait = hasStood ? AGAIN_S : Math.min(FAILED_S * 2 ** kept.failed, WAIT_S_MAX);
        kept.failed = hasStood ? 0 : kept.failed + 1;
        kept.since = null;
        kept.lacks = null;
        const seconds = wait * (1 - JITTER * Math.random());
        kept.next = { at: now + seconds, timer: setTimeout(() => this.hurry(id), seconds * MS) };
    }

    /**
     * Whether a frame is to bring a start over the link, because nothing that went did: a new session, or the start of
     * the last one again where no key is known for another (SEAL-36). Of each there is at most one for a link. While a
     * recovery waits for its answer, the `recover` has gone in the place of the first.
     */
    greets(id: string, scope: Scope, { hasBegun, hasSent }: Gone, now: number): boolean {
        const kept = this.#kept.get(id);
        if (kept === undefined || kept.lacks === null) return false;
        if (scope.recover !== null && !hasBegun) kept.lacks = "new-start";
        const greeting = hasBegun ? "begun" : greetingOf(scope, now);
        if (greeting === null || (greeting === "again" && kept.lacks === "new-start")) return false;
        kept.lacks = greeting === "again" ? "new-start" : null;
        return greeting === "new" || (greeting === "again" && !hasSent);
    }

    /** Time was set forward. */
    passed(): void {
        for (const [id, { next }] of this.#kept) if (next !== null && next.at <= this.#ways.now()) this.hurry(id);
    }

    stop(): void {
        this.#isOver = true;
        for (const id of [...this.#kept.keys()]) this.#leave(id);
    }

    #leave(id: string): void {
        clearTimeout(this.#kept.get(id)?.next?.timer);
        this.#kept.delete(id);
    }
}

/** What goes over the link in this commit: a session that was begun, and messages, which carry the start as long as it has no answer. */
export interface Gone {
    readonly hasBegun: boolean;
    readonly hasSent: boolean;
}
