/** Closed relationships: when one was closed, and how long a recovery is still followed (spec 06 §8). */

import { CLOSED_RECOVER_S_MAX } from "../../limits.js";
import { relationshipThread } from "../log.js";
import type { Scope } from "../scope.js";

/** The scope with the time at which it was closed first; without one where it is open, or open again. */
export function withClosing(scope: Scope): Scope {
    const isClosed = relationshipThread(scope.log)?.state === "closed";
    if (isClosed === (scope.closedAt !== null)) return scope;
    return { ...scope, closedAt: isClosed ? scope.decided : null };
}

/** Whether this side has closed the relationship itself, and it was closed so long ago that no recovery is followed (REC-42). */
export function isClosedFor({ log, closedAt }: Scope, now: number): boolean {
    if (closedAt === null || now <= closedAt + CLOSED_RECOVER_S_MAX) return false;
    return [...log.entries.values()].some(
        ({ isOwn, name, verdict }) =>
            isOwn && name === "relationship.close" && (verdict === "applied" || verdict === null),
    );
}
