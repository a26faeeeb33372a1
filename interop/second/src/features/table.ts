/** The interpreter of tables, the same for every feature (spec 05 §7). */

import { refuse } from "../errors.js";
import { type Row, TABLES } from "../spec/tables.js";
import { type Name, featureOf } from "./body.js";

/** The two sides of a thread: who sent its first message, and who did not. */
export type Party = "opener" | "other";

/** The state of a thread before its first message. */
export const START = "start";

/** The row for a state, a message and a party; undefined where there is none. A row by `engine` is never found (TABLE-3). */
export function rowFor(state: string, name: Name, party: Party): Row | undefined {
    return TABLES[featureOf(name)].find(
        ([from, message, by]) => from === state && message === name && (by === party || by === "either"),
    );
}

/** The refusal of a message for which there is no row (TABLE-2). */
function refuseWithoutRow(state: string, name: Name, party: Party): never {
    const isOthersTurn = rowFor(state, name, party === "opener" ? "other" : "opener") !== undefined;
    return refuse(isOthersTurn ? "not-your-turn" : "not-in-state");
}

/**
 * The row that a message takes. `isCrossing` says whether the condition of crossing rows holds, or the message is a
 * reissue, for which they are always allowed (TABLE-4).
 * Throws RefusalError `not-your-turn` or `not-in-state`.
 */
export function takeRow(state: string, name: Name, party: Party, isCrossing: boolean): Row {
    const row = rowFor(state, name, party) ?? refuseWithoutRow(state, name, party);
    const [, , , , needsCrossing] = row;
    return needsCrossing && !isCrossing ? refuse("not-in-state") : row;
}
