/** What an owner says to a peer, and what is shown of what was said. */

import { type Speech, speak } from "../../engine/speak.js";
import { relationshipThread } from "../../engine/log.js";
import type { Bodies, Name } from "../../features/body.js";
import { readSaid } from "../../features/items.js";
import { encode } from "../../encoding/encode.js";
import { cannot } from "../cannot.js";
import type { Held } from "../memory.js";
import type { Node } from "../node.js";

/** Says one thing; gives its first id. It is durable, and on its way, when this has ended. */
export async function tell<N extends Name>(node: Node, held: Held, speech: Speech<N>): Promise<string> {
    const { around, now, fresh } = node.moment();
    const { scope, firstId } = speak(held.scope, speech, around, now, fresh);
    await node.settle(held, scope);
    return firstId;
}

/** Says several things in one commit. */
export async function tellAll(node: Node, held: Held, speeches: readonly Speech[]): Promise<void> {
    const { around, now, fresh } = node.moment();
    const scope = speeches.reduce((before, speech) => speak(before, speech, around, now, fresh).scope, held.scope);
    await node.settle(held, scope);
}

/** A word of a conversation; without a thread it opens one. */
export async function say(node: Node, held: Held, text: string, thread: string | null) {
    if (thread !== null && held.scope.log.threads.get(thread)?.feature !== "conversation") cannot("unknown");
    if (/\p{Surrogate}/u.test(text)) cannot("invalid");
    const id = await tell(node, held, { name: "conversation.say", body: { answers: undefined }, thread, items: [encode(text)] });
    return { id, thread: thread ?? id };
}

/** What was said, oldest first; of what the terms forbid with the clause that did (GATE-13). */
export function log({ memory }: Node, { scope }: Held) {
    return [...scope.log.entries.values()].map(({ firstId, isOwn, name, thread, verdict, said }) => {
        const item = scope.messages.get(firstId)?.parts[1] ?? null;
        const text = said?.name === "conversation.say" && item !== null ? readSaid(item[1]) : null;
        return { id: firstId, mine: isOwn, name, thread, verdict, text, clause: memory.forbidden.get(firstId) ?? null };
    });
}

type Upkeep = "relationship.pause" | "relationship.resume" | "relationship.close";

/** A word about the relationship itself. */
export async function aboutUs<N extends Upkeep>(node: Node, held: Held, name: N, body: Bodies[N]): Promise<void> {
    const thread = relationshipThread(held.scope.log)?.id ?? cannot("unknown");
    await tell(node, held, { name, body, thread });
}
