/** What goes to a peer in one commit, sealed one after the other in the scope that this leads to. */

import { type Letter, START_ALONE, type Sealed, sealAny, sealLetter } from "../engine/post.js";
import { afterSending, dueNow } from "../engine/outbox.js";
import type { Fresh } from "../engine/persona.js";
import { type Notice, afterRecover, dueRecover } from "../engine/recovery/recover.js";
import type { Scope } from "../engine/scope.js";

export class Sealing {
    /** What answers a frame, and goes back where that came from. */
    readonly answers: Sealed[] = [];
    readonly frames: Sealed[] = [];
    /** Whether a message went: it carries the start as long as that has no answer. */
    hasSent = false;
    readonly #now: number;
    readonly #fresh: Fresh;
    #scope: Scope;

    constructor(scope: Scope, now: number, fresh: Fresh) {
        this.#scope = scope;
        this.#now = now;
        this.#fresh = fresh;
    }

    get scope(): Scope {
        return this.#scope;
    }

    /** Answers, and notices to contact keys; what has to wait for a receiving key is left out. */
    async letters(letters: readonly (Letter | Notice)[]): Promise<void> {
        for (const letter of letters) {
            const sealed = await sealAny(this.#scope, letter, this.#now, this.#fresh);
            if (sealed === null) continue;
            this.#scope = sealed.scope;
            ("contactKey" in letter ? this.frames : this.answers).push(sealed);
        }
    }

    /**
     * The own `recover` and messages whose time has come. Over a new link the `recover` goes at once (TRANSPORT-39), and of
     * the messages the first: a peer that has recovered since opens none, and shuts out whoever brings many (TRANSPORT-12).
     */
    async due(isNewLink: boolean): Promise<void> {
        const recover = dueRecover(this.#scope, isNewLink ? Infinity : this.#now);
        if (recover !== null) {
            const sealed = await sealAny(this.#scope, recover, this.#now, this.#fresh);
            this.#scope = afterRecover(this.#scope, this.#now, this.#fresh);
            if (sealed !== null) this.frames.push(sealed);
        }
        const due = dueNow(this.#scope, this.#now);
        for (const { number, signed, parts } of isNewLink ? due.slice(0, 1) : due) {
            const sealed = await sealLetter(this.#scope, { signed, parts, opensSession: true }, this.#now, this.#fresh);
            if (sealed === null) break;
            this.#scope = afterSending(sealed.scope, number, this.#now, this.#fresh);
            this.frames.push(sealed);
            this.hasSent = true;
        }
    }

    /** A session that is opened, or its start given again, with nothing to say in it. */
    async start(): Promise<void> {
        const sealed = await sealLetter(this.#scope, START_ALONE, this.#now, this.#fresh);
        if (sealed === null) return;
        this.#scope = sealed.scope;
        this.frames.push(sealed);
    }
}
