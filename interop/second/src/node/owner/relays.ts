/** Relays, as their owner and their customer see them (spec 20). */

import { cannot } from "../cannot.js";
import type { Node } from "../node.js";
import { NO_USE, endpointsOf, relaysOf, spareAt, useRow } from "../relay/homes.js";
import { customersInvitationRow, isServing, servingRow } from "../services/standing.js";
import { connect, invite, sayYes } from "./meeting.js";

const INVITATION_S = 86_400;

/** This node is a relay from now on; it has to be one that can be dialled. */
export function serveAsRelay(node: Node): void {
    if (node.endpoint === null) cannot("invalid");
    node.memory.write({ service: [servingRow("relay")] });
}

/** A link for customers: who comes by it is let in, and gets mailboxes. */
export function inviteCustomers(node: Node, uses: number): { readonly link: string } {
    if (!isServing(node.memory, "relay")) cannot("invalid");
    const { invitation, link } = invite(node, { purpose: "to be reached", uses, expiresS: INVITATION_S });
    node.memory.write({ service: [customersInvitationRow(invitation)] });
    return { link };
}

/** Asks a relay to be its customer: whom this node meets once it is ready is told of a mailbox there. */
export async function useRelay(node: Node, link: string): Promise<void> {
    const { contact } = await connect(node, link);
    await node.do(async () => {
        node.memory.write({ service: [useRow(contact, NO_USE)] });
        await sayYes(node, contact);
    });
}

/** The relays in use. */
export function relays(node: Node) {
    return relaysOf(node.memory).map((relay) => ({
        id: relay,
        endpoints: endpointsOf(node, relay),
        ready: spareAt(node.memory, relay).length > 0 && endpointsOf(node, relay).length > 0,
    }));
}
