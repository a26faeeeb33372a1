/** Checks of the feature `relationship` (spec 07), and of what it gives back (spec 06 §4). */

import { RefusalError, refuse } from "../../errors.js";
import { type Bodies, type SaidOf, asBody } from "../../features/body.js";
import { PARTS_MAX, RETURNED_ENTRIES_MAX, SALT_BYTES } from "../../limits.js";
import { hex, same } from "../../encoding/bytes.js";
import { decode } from "../../encoding/cbor.js";
import { verify } from "../../wire/cose.js";
import { labelled, sameSecret } from "../../crypto/digest.js";
import { type Header, partDigest, readHeader } from "../../wire/header.js";
import { type Read, bytes, integer, tuple } from "../../encoding/shape.js";
import type { ThreadOf } from "../fold.js";
import type { JudgingOf, View } from "../judging.js";

type RelationshipJudging = JudgingOf<SaidOf<"relationship">, ThreadOf<"relationship">>;

/** The check of a row of this feature; throws RefusalError of stage `content`. */
export function checkRelationship({ said, thread, items, view }: RelationshipJudging): void {
    switch (said.name) {
        case "relationship.request":
            if (view.invitation !== hex(said.body.invitation)) refuse("invitation-mismatch"); // REL-5
            return;
        case "relationship.confirm":
            checkNonce(said.body, thread.data);
            return;
        case "relationship.returned":
            readReturnedItems(items, said.body.entries.length);
            return;
        default:
            return;
    }
}

/** REL-22: the nonce opens the commitment of the request, and the accept is that of the thread. */
function checkNonce(
    body: Bodies["relationship.confirm"],
    { commitment, accept }: ThreadOf<"relationship">["data"],
): void {
    const opened = labelled("pcloud/1 nonce commitment", body.nonce);
    if (commitment === undefined || !sameSecret(opened, commitment)) refuse("nonce-mismatch");
    if (accept === undefined || !same(accept, body.accept)) refuse("nonce-mismatch");
}

/** Index of the entry, place of the part, salt, data (REC-26). */
const returnedItem = tuple(integer(0, RETURNED_ENTRIES_MAX - 1), integer(1, PARTS_MAX - 1), bytes(SALT_BYTES), bytes());

/** An item of an entry that came back. */
export type ReturnedItem = Read<typeof returnedItem>;

/** The items that travelled: each of an entry that is there, none twice for one place (REC-26). */
export function readReturnedItems(items: readonly (Uint8Array | null)[], entryCount: number): readonly ReturnedItem[] {
    const read = items.filter((item) => item !== null).map((item) => asBody(() => returnedItem(decode(item))));
    const places = new Set(read.map(([index, place]) => `${index}/${place}`));
    if (places.size !== read.length || read.some(([index]) => index >= entryCount)) refuse("body-form");
    return read;
}

/** Judges the entries that a `returned` brings; refused `entry-invalid` as a whole (REC-23). Gives their headers. */
export function checkReturned(
    body: Bodies["relationship.returned"],
    items: readonly (Uint8Array | null)[],
    view: View,
): readonly Header[] {
    const returnedItems = readReturnedItems(items, body.entries.length);
    return body.entries.map(([signed, salt, data], index) => {
        const header = asEntry(() => readHeader(signed));
        const key = view.receivers.has(hex(header.sender))
            ? view.keyOf(hex(header.sender), header.senderEpoch)
            : undefined;
        if (key === undefined || !view.senders.has(hex(header.recipient))) return refuse("entry-invalid");
        asEntry(() => verify(header.object, key));
        const parts = [
            [0, salt, data] as const,
            ...returnedItems.filter(([of]) => of === index).map(([, place, ...part]) => [place, ...part] as const),
        ];
        for (const [place, partSalt, partData] of parts) {
            const digest = header.digests[place];
            if (digest === undefined || !same(partDigest(partSalt, partData), digest)) refuse("entry-invalid");
        }
        return header;
    });
}

function asEntry<T>(read: () => T): T {
    try {
        return read();
    } catch (error) {
        if (error instanceof RefusalError) refuse("entry-invalid");
        throw error;
    }
}
