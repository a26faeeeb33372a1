/** Secrets that were granted in an item: the granting side needs them no more once the receipt has come (spec 20 §8, CUSTODY-15). */

import type { Name } from "../features/body.js";
import type { Scope } from "./scope.js";

const SECRET: ReadonlySet<Name> = new Set<Name>(["relay.grant", "custody.grant"]);

/** The scope without the items of own grants that wait no more; the same scope where there are none. */
export function withoutGranted(scope: Scope): Scope {
    const waiting = new Set(scope.waiting.map(({ firstId }) => firstId));
    const spent = [...scope.log.entries.values()].filter(
        ({ isOwn, said, firstId }) =>
            isOwn && said !== null && SECRET.has(said.name) && !waiting.has(firstId) &&
            (scope.messages.get(firstId)?.parts[1] ?? null) !== null,
    );
    if (spent.length === 0) return scope;
    const messages = new Map(scope.messages);
    for (const { firstId } of spent) {
        const kept = messages.get(firstId);
        if (kept !== undefined) messages.set(firstId, { ...kept, parts: [kept.parts[0] ?? null, null] });
    }
    return { ...scope, messages };
}
