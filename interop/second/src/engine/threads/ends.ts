/** Who ended an agreement or a grant (spec 08 §5, DISC-25). */

import { unhex } from "../../encoding/bytes.js";
import type { End } from "../data.js";
import type { Entry, Id } from "../entry.js";

/** The bytes of an id. */
export function idBytes(id: Id): Uint8Array {
    const bytes = unhex(id);
    if (bytes === null) throw new RangeError("an id that is not hexadecimal");
    return bytes;
}

/** The ends with that of one more message: one for each party, its first, in the order of their personas (TERMS-23). */
export function withEnd(ends: readonly End[] | undefined, { sender, rank, firstId }: Entry): readonly End[] {
    const bytes = idBytes(sender);
    const before = ends ?? [];
    if (before.some(([party]) => Buffer.compare(party, bytes) === 0)) return before;
    const end: End = [bytes, rank.generation, rank.number, idBytes(firstId)];
    return [...before, end].sort(([a], [b]) => Buffer.compare(a, b));
}
