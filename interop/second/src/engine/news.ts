/** What a frame shows of the link on which it came: who recorded one can send it again, but cannot bring anything new with it. */

import type { Scope } from "./scope.js";

/** Whether the peer has come back, with a new key event: what was opened before may lead to an older copy of it. */
export function cameBack(before: Scope, { theirs }: Scope): boolean {
    return theirs.log.epoch > before.theirs.log.epoch;
}

/** Whether a frame brought what was not taken before: a message, a session, a receipt, a key, an event. A mere repeat does not. */
export function bringsNews(before: Scope, after: Scope): boolean {
    const isAnswered = before.recover !== null && after.recover === null;
    return (
        isAnswered ||
        cameBack(before, after) ||
        after.theirs.keyNumber > before.theirs.keyNumber ||
        after.outgoing.receipted > before.outgoing.receipted ||
        after.incoming.ids.length > before.incoming.ids.length ||
        (after.taken[0]?.number ?? 0) > (before.taken[0]?.number ?? 0)
    );
}
