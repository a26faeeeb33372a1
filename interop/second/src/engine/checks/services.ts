/** Checks of `conversation`, `relay` and `custody`: exactly one place for an item, and what it holds (spec 18, 20, 22). */

import { refuse } from "../../errors.js";
import { readSaid, readToken, readVouchers } from "../../features/items.js";
import type { Judging } from "../judging.js";

/** Reads the item of each message of these features that has one; an item that is gone refuses nothing (MSG-15). */
const ITEM_OF: Readonly<Record<string, (item: Uint8Array) => unknown>> = {
    "conversation.say": readSaid,
    "custody.grant": readToken,
    "relay.grant": readVouchers,
};

/** TALK-1 and TALK-2, CUSTODY-2 and CUSTODY-3, RELAY-1 and RELAY-2. */
export function checkOneItem({ said, items }: Pick<Judging, "said" | "items">): void {
    const readItem = ITEM_OF[said.name];
    if (readItem === undefined) return;
    const [item] = items;
    if (items.length !== 1 || item === undefined) refuse("body-form");
    if (item !== null) readItem(item);
}
