/** Requests that wait for the owner are bounded: strangers push out strangers, and nobody else (REL-6). */

import { relationshipThread } from "../engine/log.js";
import type { Moment } from "../engine/intake.js";
import type { Scope } from "../engine/scope.js";
import { speak } from "../engine/speak.js";
import { PENDING_REQUESTS_MAX } from "../limits.js";
import type { Held } from "./memory.js";

/** The oldest pending request, declined with the reason `later`; null where there is room for one more. */
export function makeRoom(relationships: Iterable<Held>, { around, now, fresh }: Moment): readonly [Held, Scope] | null {
    const pending = [...relationships].filter(
        ({ scope }) => scope.role === "other" && relationshipThread(scope.log)?.state === "requested",
    );
    const [oldest] = pending;
    const thread = oldest === undefined ? undefined : relationshipThread(oldest.scope.log);
    if (oldest === undefined || thread === undefined || pending.length < PENDING_REQUESTS_MAX) return null;
    const speech = { name: "relationship.decline", body: { reason: "later" }, thread: thread.id } as const;
    return [oldest, speak(oldest.scope, speech, around, now, fresh).scope];
}
