/** What a law makes a taker keep although it may not use it any more (DISC-29): a rule of the node, not of a peer. */

import type { Bodies } from "../features/body.js";
import { isAtOrBelow, parsePath } from "../features/paths.js";

type Reason = NonNullable<Bodies["disclosure.erased"]["kept"]>[number][1];

/** A duty to keep values at a place, and below it, for some time. */
export interface Duty {
    readonly place: string;
    readonly reason: Reason;
    /** Counted from when the value was given, in seconds. */
    readonly keptS: number;
}

/** Until when a value is kept, in seconds since 1970, and why. */
export interface Keeping {
    readonly until: number;
    readonly reason: Reason;
}

/** What the duties say of a value that was given at a time: the one that lasts longest; undefined where there is none. */
export function keepingOf(duties: readonly Duty[], path: string, givenAt: number): Keeping | undefined {
    const place = parsePath(path)?.place ?? "";
    const over = duties
        .filter((duty) => isAtOrBelow(place, duty.place))
        .map(({ reason, keptS }): Keeping => ({ until: givenAt + keptS, reason }));
    return over.sort((a, b) => b.until - a.until)[0];
}
