/** A whole copy of the node, sealed to its owner's words (spec 21). */

import { hex } from "../encoding/bytes.js";
import { idBytes } from "../engine/threads/ends.js";
import { makeVolume } from "../files/archive/volume.js";
import { rowsOf } from "../files/archive/write.js";
import { POOL_SIZE } from "../limits.js";
import type { Held } from "./memory.js";
import type { Node } from "./node.js";
import { nameOf } from "./owner/peers.js";

const SECRET_BYTES = 32;
const NONCE_BYTES = 12;

/** A full volume of what the node knows now. Numbers rise with the time, so that people can tell volumes apart (spec 21 §5). */
export async function makeCopy(node: Node): Promise<Uint8Array> {
    const { name, kind, made, generation, manifestKey } = node.memory.owner;
    const records = [...node.memory.records].map(([path, { version, item, time }]) => ({ path, version, item, time }));
    const relationships = [...node.memory.relationships.values()].map(archived);
    const now = node.clock.now();
    const manifest = { 1: 1, 2: generation, 3: POOL_SIZE, 4: now, 5: now, 6: now, 7: null, 8: 0 } as const;
    const rows = rowsOf({ name, kind, made, relationships, records });
    return makeVolume(manifest, rows, manifestKey, node.entropy.bytes(SECRET_BYTES), node.entropy.bytes(NONCE_BYTES));
}

function archived(held: Held) {
    const { id, scope, about } = held;
    const present = scope.mine.place.mailbox;
    const others = about.mailboxes.filter((one) => one !== hex(present)).map(idBytes);
    return { id: idBytes(id), scope, name: nameOf(held), purpose: about.purpose, mailboxes: [present, ...others] };
}
