/** Holders of copies, as their owner sees them, and as whoever keeps copies for others does (spec 22). */

import { hex } from "../../encoding/bytes.js";
import { myPersonas } from "../../engine/scope.js";
import { refuse } from "../../errors.js";
import { cannot } from "../cannot.js";
import type { Held } from "../memory.js";
import type { Node } from "../node.js";
import { custodyAt, tokenOf } from "../custody/bringing.js";
import { servingRow } from "../services/standing.js";
import { tell } from "./telling.js";

/** The room that is asked for, and for how long older versions are to be kept. */
const ROOM_BYTES = 1_073_741_824;
const DAYS = 30;

/** This node keeps copies for every peer that asks; it has to be one that can be dialled. */
export async function serveAsHolder(node: Node): Promise<void> {
    if (node.endpoint === null) cannot("invalid");
    node.memory.write({ service: [servingRow("holder")] });
    for (const id of node.memory.relationships.keys()) await node.services.settled(id);
}

/** Asks a peer to keep sealed copies (CUSTODY-1). */
export async function askHolder(node: Node, held: Held): Promise<void> {
    if (custodyAt(held) !== undefined) refuse("not-in-state");
    const address = addressFor(node, held);
    await tell(node, held, { name: "custody.ask", body: { address, bytes: ROOM_BYTES, days: DAYS }, thread: null });
}

/** A custody whose token is gone is ended, and asked for anew (CUSTODY-4). */
export async function askAnew(node: Node, held: Held): Promise<void> {
    const custody = custodyAt(held);
    if (custody?.state !== "kept" || custody.data.grant === undefined || tokenOf(held, custody.data.grant) !== null) return;
    await tell(node, held, { name: "custody.end", body: {}, thread: custody.id });
    await askHolder(node, node.memory.relationships.get(held.id) ?? held);
}

/** The holders, and whether each has all of this node; what it lacks is brought now. */
export function holders(node: Node) {
    return [...node.memory.relationships.values()]
        .filter((held) => custodyAt(held) !== undefined)
        .map(({ id }) => ({ peer: id, current: node.services.hasAll(id) }));
}

/** An address that no other peer was told, as long as there is one. */
function addressFor({ memory }: Node, held: Held): Uint8Array {
    const told = (one: Held): readonly string[] => {
        const mine = myPersonas(one.scope.mine);
        return [...one.scope.log.threads.values()].flatMap((thread) =>
            thread.feature === "custody" && mine.has(thread.opener) && thread.data.address !== undefined
                ? [hex(thread.data.address)]
                : [],
        );
    };
    const others = new Set([...memory.relationships.values()].filter(({ id }) => id !== held.id).flatMap(told));
    const { addresses } = memory.owner;
    return addresses.find((one) => !others.has(hex(one))) ?? addresses[0] ?? cannot("busy");
}
