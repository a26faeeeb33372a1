/** What an owner does about keys, and about what came back in a recovery (spec 06 §6, spec 07 §5). */

import type { Entry } from "../../engine/entry.js";
import { relationshipThread } from "../../engine/log.js";
import { FOUNDING } from "../../engine/marks.js";
import { announced } from "../../engine/sessions.js";
import type { Speech } from "../../engine/speak.js";
import { idBytes } from "../../engine/threads/ends.js";
import { AFFIRMED_IDS_MAX } from "../../limits.js";
import { cannot } from "../cannot.js";
import type { Held } from "../memory.js";
import type { Node } from "../node.js";
import { takeBack } from "./records.js";
import { log, tell, tellAll } from "./telling.js";

/** New sessions in both directions; that of the peer spends the receiving key that is announced (REL-26). */
export async function rotate(node: Node, held: Held): Promise<void> {
    const thread = relationshipThread(held.scope.log)?.id ?? cannot("unknown");
    const [number, key] = announced(held.scope.receiving);
    await tell(node, held, { name: "relationship.rotate", body: { key: [number, key] }, thread });
}

/** Own entries that came back, and that the owner has not affirmed. */
function waiting({ scope }: Held): readonly Entry[] {
    return [...scope.log.entries.values()].filter(({ isOwn, isUnaffirmed }) => isOwn && isUnaffirmed);
}

/** The same as they are shown. */
export function review(node: Node, held: Held) {
    const marked = new Set(waiting(held).map(({ firstId }) => firstId));
    return log(node, held)
        .filter(({ id }) => marked.has(id))
        .map(({ id, name, text }) => ({ id, name, text }));
}

/** The owner says that these are own words, and what they gave own data again; without ids all that wait are. */
export async function affirm(node: Node, held: Held, ids: readonly string[] | undefined): Promise<void> {
    const meant = chosen(waiting(held), ids);
    await takeBack(node, held, meant);
    await sayOf(node, node.memory.relationships.get(held.id) ?? held, "relationship.affirm", meant);
}

/** The owner says that these are nobody's words; without ids all that wait and can be disowned (REC-33). */
export async function reject(node: Node, held: Held, ids: readonly string[] | undefined): Promise<void> {
    const open = waiting(held).filter(({ name, verdict }) => !FOUNDING.has(name) && (verdict === "applied" || verdict === null));
    await sayOf(node, held, "relationship.reject", chosen(open, ids));
}

function chosen(open: readonly Entry[], ids: readonly string[] | undefined): readonly string[] {
    const all = open.map(({ firstId }) => firstId);
    if (ids === undefined) return all;
    return ids.every((id) => all.includes(id)) ? ids : cannot("unknown");
}

async function sayOf(
    node: Node,
    held: Held,
    name: "relationship.affirm" | "relationship.reject",
    ids: readonly string[],
): Promise<void> {
    const thread = relationshipThread(held.scope.log)?.id ?? cannot("unknown");
    const speeches: Speech[] = [];
    for (let at = 0; at < ids.length; at += AFFIRMED_IDS_MAX)
        speeches.push({ name, body: { ids: ids.slice(at, at + AFFIRMED_IDS_MAX).map(idBytes) }, thread });
    if (speeches.length > 0) await tellAll(node, held, speeches);
}
