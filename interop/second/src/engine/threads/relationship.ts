/** What the messages of the relationship do to the data of its thread (spec 07 §3). */

import type { SaidOf } from "../../features/body.js";
import type { Party } from "../../features/table.js";
import type { Entry } from "../entry.js";
import { idBytes } from "./ends.js";

/** What a side said when it closed: held, until, first id, generation, number, time (REL-13). */
type Closing = readonly [string, number | null, Uint8Array, number, number, number];

/** The data of a relationship thread (REL-12). */
export type RelationshipData = {
    readonly invitation?: Uint8Array;
    readonly commitment?: Uint8Array;
    readonly accept?: Uint8Array;
    readonly nonce?: Uint8Array;
    readonly opened?: Uint8Array;
    readonly closed?: { readonly [P in Party]?: Closing };
};

/** The data after a message that took its row, an ordinary one or a crossing one (REL-14). */
export function changeRelationship(
    data: RelationshipData,
    entry: Entry,
    party: Party,
    said: SaidOf<"relationship">,
): RelationshipData {
    switch (said.name) {
        case "relationship.request":
            return { invitation: said.body.invitation, commitment: said.body.commitment };
        case "relationship.accept":
            return { ...data, accept: idBytes(entry.firstId), nonce: said.body.nonce };
        case "relationship.confirm":
            return { ...data, opened: said.body.nonce };
        case "relationship.close": {
            const { rank, time, firstId } = entry;
            const closing: Closing = [
                said.body.held,
                said.body.until ?? null,
                idBytes(firstId),
                rank.generation,
                rank.number,
                time,
            ];
            return { ...data, closed: { ...data.closed, [party]: closing } };
        }
        default:
            return data;
    }
}
