/** What goes back over a link though it is not taken for the way to the peer: a `recover` (TRANSPORT-41), and notices (spec 06 §13). */

import { WebSocket } from "ws";
import { concat } from "../encoding/bytes.js";
import { sealRecover, sealTo } from "../engine/post.js";
import type { Notice } from "../engine/recovery/recover.js";
import type { Scope } from "../engine/scope.js";
import { isNowhere } from "./keeping.js";

/** Over one link the `recover` goes back at most once in so many seconds. */
const AGAIN_S = 10;

export class Seeking {
    readonly #now: () => number;
    /** When something went back over a link. */
    readonly #last = new WeakMap<WebSocket, number>();

    /** `now` gives the time, in seconds. */
    constructor(now: () => number) {
        this.#now = now;
    }

    /** A frame came for a relationship over a link that nobody is known by, and did not open. Only the peer can open what goes back. */
    async back(scope: Scope, link: WebSocket): Promise<void> {
        const { place } = scope.theirs;
        if (scope.recover === null || scope.isStopped || !isNowhere(place)) return;
        const now = this.#now();
        const last = this.#last.get(link);
        if (last !== undefined && Math.abs(now - last) < AGAIN_S) return;
        const sealed = await sealRecover(scope);
        if (sealed === null || link.readyState !== WebSocket.OPEN) return;
        this.#last.set(link, now);
        link.send(concat(place.mailbox, sealed));
    }
}

/** Notices go back on the link on which came what called for them: each can be opened by the copy alone that it is for. */
export async function giveBack(notices: readonly Notice[], link: WebSocket | null): Promise<void> {
    for (const { contactKey, signed, place } of notices) {
        const sealed = await sealTo(contactKey, signed);
        if (link?.readyState === WebSocket.OPEN) link.send(concat(place.mailbox, sealed));
    }
}
