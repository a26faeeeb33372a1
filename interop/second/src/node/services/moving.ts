/** Moving: a relationship whose place leads here no more is told of another one (spec 07 §6). */

import { relationshipThread } from "../../engine/log.js";
import type { Place } from "../../engine/scope.js";
import { hex, same } from "../../encoding/bytes.js";
import type { Held, ServiceRow } from "../memory.js";
import type { Node } from "../node.js";
import { tell } from "../owner/telling.js";
import { homeAt, lodgings, relaysOf } from "../relay/homes.js";

/** Tells the peer where this node is now, if that is not where the peer was told that it is (REL-28). */
export async function moveIfNeeded(node: Node, held: Held): Promise<void> {
    const { place } = held.scope.mine;
    const thread = relationshipThread(held.scope.log);
    if (thread === undefined || !/^(active|paused)/.test(thread.state) || leadsHere(node, place)) return;
    const next = nextPlace(node, place);
    if (next === null) return;
    node.memory.write({ service: next.service });
    const { mailbox, endpoints } = next.place;
    const mailboxes = [...new Set([...held.about.mailboxes, hex(mailbox)])]; // what was sent before still comes to the old one
    const moved: Held = { ...held, about: { ...held.about, mailboxes } };
    await tell(node, moved, { name: "relationship.move", body: { mailbox, endpoints }, thread: thread.id });
}

function leadsHere(node: Node, { mailbox, endpoints }: Place): boolean {
    if (homeAt(node.memory, mailbox) !== undefined) return true;
    return endpoints.length === node.endpoints.length && endpoints.every((one, at) => one === node.endpoints[at]);
}

/** A mailbox at a relay where one is in use, as soon as one is open; otherwise the same mailbox at the own endpoints. */
function nextPlace(node: Node, { mailbox }: Place): { readonly place: Place; readonly service: readonly ServiceRow[] } | null {
    const [lodging] = lodgings(node, 1) ?? [];
    if (lodging !== undefined && !same(lodging.place.mailbox, mailbox))
        return { place: lodging.place, service: [lodging.row({ purpose: "relationship" })] };
    return relaysOf(node.memory).length > 0 ? null : { place: { mailbox, endpoints: node.endpoints }, service: [] };
}
