/** Erases items that the peer sent: with their salts, in every copy, and with what could open them again (SEAL-42). */

import { hex } from "../encoding/bytes.js";
import type { Part } from "../wire/content.js";
import { readReturnedItems } from "./checks/relationship.js";
import type { Entry } from "./entry.js";
import { withdrawing } from "./outbox.js";
import type { Kept, Scope } from "./scope.js";

/** The scope without the items of the peer's messages that `isGone` names, by message and place from 1. */
export function withoutItems(scope: Scope, isGone: (entry: Entry, place: number) => boolean): Scope {
    const salts = new Set<string>();
    const messages = new Map(scope.messages);
    for (const [id, kept] of scope.messages) {
        const entry = scope.log.entries.get(id);
        if (entry === undefined || entry.isOwn) continue;
        const parts = kept.parts.map((part, place) => {
            if (part === null || place === 0 || !isGone(entry, place)) return part;
            salts.add(hex(part[0]));
            return null;
        });
        if (parts.some((part, place) => part !== kept.parts[place])) messages.set(id, { ...kept, parts });
    }
    if (salts.size === 0) return scope;
    return withoutReturned({ ...scope, messages, taken: scope.taken.slice(0, 1) }, salts);
}

/** What this node gave back of those messages in a recovery has the same items once more (REC-26). */
function withoutReturned(scope: Scope, salts: ReadonlySet<string>): Scope {
    const isGone = ({ parts }: Pick<Kept, "parts">, place: number): boolean => {
        const [item] = readReturnedItems([parts[place]?.[1] ?? null], Infinity);
        return item !== undefined && salts.has(hex(item[2]));
    };
    const returned = [...scope.messages].filter(
        ([id]) => scope.log.entries.get(id)?.name === "relationship.returned" && scope.log.entries.get(id)?.isOwn === true,
    );
    const messages = new Map(scope.messages);
    for (const [id, kept] of returned) {
        const parts = kept.parts.map((part, place): Part => (place > 0 && isGone(kept, place) ? null : part));
        messages.set(id, { ...kept, parts });
    }
    return withdrawing(
        { ...scope, messages },
        (row, place) => row.name === "relationship.returned" && isGone(row, place),
    );
}
