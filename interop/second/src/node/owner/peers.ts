/** What an owner is shown of contacts and peers. */

import { agreementsOf, relationshipThread } from "../../engine/log.js";
import { shortCode } from "../../engine/handshake.js";
import type { Scope } from "../../engine/scope.js";
import { DISPLAY_NAME_BYTES_MAX } from "../../limits.js";
import { unlessRefused } from "../../errors.js";
import { decode } from "../../encoding/cbor.js";
import { text } from "../../encoding/shape.js";
import { cannot } from "../cannot.js";
import type { Held } from "../memory.js";
import type { Node } from "../node.js";

export type ContactState = "pending" | "requested" | "accepted" | "declined" | "closed";
type SideState = "active" | "paused" | "closed";

/** The thread of the relationship; a scope has one from its request on. */
function threadOf(scope: Scope) {
    return relationshipThread(scope.log) ?? cannot("unknown");
}

/** Whether it is shown among the peers: accepted, and confirmed or ended after that. */
export function isPeer({ scope }: Held): boolean {
    const { state, data } = threadOf(scope);
    return data.accept !== undefined && state !== "accepted" && !(state === "closed" && data.opened === undefined);
}

/** A peer by its id; an owner's command that fails where there is none. */
export function peerOf(node: Node, id: string): Held {
    const held = node.memory.relationships.get(id);
    return held !== undefined && isPeer(held) ? held : cannot("unknown");
}

/** How the contact stands that has become no peer yet. */
export function contactState({ scope }: Held): ContactState {
    const { state } = threadOf(scope);
    return state === "requested" || state === "accepted" || state === "declined" ? state : "closed";
}

/** How the other side calls itself: in its request or accept, or in its invitation. */
export function nameOf({ scope, about }: Held): string | null {
    for (const entry of scope.log.entries.values()) {
        const isNaming = entry.name === "relationship.request" || entry.name === "relationship.accept";
        const item = scope.messages.get(entry.firstId)?.parts[1];
        if (isNaming && !entry.isOwn && item !== undefined && item !== null) return readName(item[1]) ?? about.name;
    }
    return about.name;
}

/** What is no name in its encoding is none (spec 07 §3). */
function readName(item: Uint8Array): string | null {
    return unlessRefused(() => text(1, DISPLAY_NAME_BYTES_MAX)(decode(item)), null);
}

function sides({ role, log }: Scope): { readonly mine: SideState; readonly theirs: SideState } {
    const thread = relationshipThread(log);
    const their = role === "opener" ? "other" : "opener";
    const of = (side: "opener" | "other"): SideState => {
        if (thread?.data.closed?.[side] !== undefined) return "closed";
        return thread?.state === `paused-by-${side}` || thread?.state === "paused-by-both" ? "paused" : "active";
    };
    return { mine: of(role), theirs: of(their) };
}

function overall(scope: Scope): string {
    if (scope.isStopped) return "stopped";
    if (scope.recover !== null) return "recovering";
    const { state } = threadOf(scope);
    return state.startsWith("paused") ? "paused" : state;
}

/** How often a peer asked for more than the terms allow (GATE-13). */
function forbiddenBy({ log }: Scope): number {
    return [...log.entries.values()].filter(({ isOwn, verdict }) => !isOwn && verdict === "terms-forbid").length;
}

/** All peers as they are shown. */
export function peers(node: Node) {
    const now = node.clock.now();
    return [...node.memory.relationships.values()].filter(isPeer).map((held) => ({
        id: held.id,
        name: nameOf(held),
        kind: held.scope.theirs.kind ?? null,
        state: overall(held.scope),
        ...sides(held.scope),
        code: shortCode(held.scope) ?? null,
        terms: agreementsOf(held.scope.log)
            .filter(({ ended, until }) => ended.length === 0 && (until === undefined || until >= now))
            .map(({ terms }) => terms),
        forbidden: forbiddenBy(held.scope),
    }));
}
