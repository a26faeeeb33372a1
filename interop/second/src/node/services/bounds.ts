/** How much a node does for others, as its owner has set it (spec 20 §3 and §5, spec 22 §3). */

import { RELAY_LEASE_S_MIN, VOUCHERS_MAX } from "../../limits.js";

/** The same for every mailbox and every customer (RELAY-15). */
export interface RelayBounds {
    /** How long one voucher keeps a mailbox, in seconds. */
    readonly leaseS: number;
    /** What one mailbox holds. */
    readonly frames: number;
    readonly bytes: number;
    /** What the relay holds in all. */
    readonly mailboxes: number;
    readonly bytesInAll: number;
    /** Vouchers that were given and not spent. */
    readonly vouchers: number;
    /** As many vouchers are given at once, and they can be spent for so long, in seconds. */
    readonly vouchersAtOnce: number;
    readonly vouchersS: number;
}

/** The most that a holder gives one peer. */
export interface HolderBounds {
    readonly bytes: number;
    /** For how many days an older version is kept. */
    readonly days: number;
}

export interface Bounds {
    readonly relay: RelayBounds;
    readonly holder: HolderBounds;
}

/** What an owner sets of them; everything else is as in `BOUNDS`. */
export type SomeBounds = { readonly [Service in keyof Bounds]?: Partial<Bounds[Service]> };

export const BOUNDS: Bounds = {
    relay: {
        leaseS: 3 * RELAY_LEASE_S_MIN,
        frames: 1_024,
        bytes: 4_194_304,
        mailboxes: 65_536,
        bytesInAll: 268_435_456,
        vouchers: 65_536,
        vouchersAtOnce: 32,
        vouchersS: 7_776_000,
    },
    holder: { bytes: 1_073_741_824, days: 90 },
};

/** The bounds with what an owner has set. Throws RangeError for what is none of them, or what the protocol does not permit. */
export function boundsWith({ relay = {}, holder = {} }: SomeBounds): Bounds {
    return { relay: withSome(BOUNDS.relay, relay), holder: withSome(BOUNDS.holder, holder) };
}

const LEAST: Readonly<Record<string, number>> = { leaseS: RELAY_LEASE_S_MIN };
const MOST: Readonly<Record<string, number>> = { vouchersAtOnce: VOUCHERS_MAX };

function withSome<T extends object>(bounds: T, some: Partial<T>): T {
    for (const [name, bound] of Object.entries(some)) {
        const [least, most] = [LEAST[name] ?? 1, MOST[name] ?? Number.MAX_SAFE_INTEGER];
        const isGood = Object.hasOwn(bounds, name) && Number.isInteger(bound) && (bound as number) >= least && (bound as number) <= most;
        if (!isGood) throw new RangeError(`${name} is no bound of a service, or is not between ${least} and ${most}`);
    }
    return { ...bounds, ...some };
}
