/** The ledger: who holds which field, computed from the log alone; it never needs an item (spec 09 §11). */

import type { Bodies } from "../features/body.js";
import { type Grant, compareIds, grantIn } from "./agreements.js";
import { type Entry, type Id, acts } from "./entry.js";
import { type ThreadOf, merged } from "./fold.js";
import { type Log, entriesOf } from "./log.js";
import { TAKEN_BACK, TO_BE_ERASED, giverIn } from "./threads/disclosure.js";

/** The state of a row: the first that holds, in the order of DISC-41. */
export type Holding =
    "erased" | "kept" | "erasing" | "revoked" | "queued" | "sent" | "refused" | "need-more" | "confirmed" | "applied";

/** One field that a taker holds or held (DISC-40). */
export interface Row {
    readonly thread: Id;
    readonly grant: Id;
    readonly path: string;
    readonly giver: Id;
    readonly taker: Id;
    readonly agreement: Id;
    readonly until: number;
    readonly standing: boolean;
    /** The newest version that was given. */
    readonly version: number;
    /** First id of the message that gave it, and the number of its item. */
    readonly firstId: Id;
    readonly item: number;
    /** The newest version that was applied; 0 for none. */
    readonly appliedVersion: number;
    readonly state: Holding;
    /** When the last backup is gone, where that is known. */
    readonly backups: number | undefined;
}

/** What the log does not say: which agreements are in force, and which own messages left the node and wait. */
export interface Around {
    readonly agreements: ReadonlySet<Id>;
    readonly sent: ReadonlySet<Id>;
}

/** All rows, in the order of thread id and path (DISC-40). */
export function ledgerOf(log: Log, around: Around): readonly Row[] {
    const threads = [...log.threads.values()].sort((a, b) => compareIds(a.id, b.id));
    return threads.flatMap((thread) => {
        const grant = grantIn(thread);
        return thread.feature === "disclosure" && grant !== undefined
            ? rowsOf(thread, grant, entriesOf(log, thread.id), around)
            : [];
    });
}

/** A message that gave a version of a field, and the place of its item. */
interface Giving {
    readonly entry: Entry;
    readonly version: number;
    readonly item: number;
}

function rowsOf(
    thread: ThreadOf<"disclosure">,
    grant: Grant,
    entries: readonly Entry[],
    around: Around,
): readonly Row[] {
    const order = merged(entries);
    const present = order.find((entry) => entry.firstId === grant.id);
    if (present === undefined) return [];
    const taker = giverIn(thread.state) === "opener" ? present.recipient : thread.opener;
    const paths = [...(thread.data.fields?.keys() ?? [])].sort();
    return paths.flatMap((path) => {
        const givings = givingsOf(path, order);
        const newest = givings.reduce<Giving | undefined>(
            (best, one) => (best === undefined || one.version > best.version ? one : best),
            undefined,
        );
        if (newest === undefined) return [];
        const applied = givings.filter(({ entry }) => entry.verdict === "applied").map(({ version }) => version);
        return {
            thread: thread.id,
            grant: grant.id,
            path,
            giver: present.sender,
            taker,
            agreement: grant.agreement,
            until: grant.until,
            standing: thread.data.standing ?? false,
            version: newest.version,
            firstId: newest.entry.firstId,
            item: newest.item,
            appliedVersion: Math.max(0, ...applied),
            state: holding({ thread, grant, order, around }, path, newest),
            backups: thread.data.erased?.get(path)?.[1],
        };
    });
}

function givingsOf(path: string, order: readonly Entry[]): readonly Giving[] {
    return order.flatMap((entry) => {
        if (!acts(entry) || (entry.said?.name !== "disclosure.present" && entry.said?.name !== "disclosure.update"))
            return [];
        const place = entry.said.body.fields.findIndex(([given]) => given === path);
        const version = entry.said.body.fields[place]?.[1];
        return version === undefined ? [] : { entry, version, item: place + 1 };
    });
}

interface InThread {
    readonly thread: ThreadOf<"disclosure">;
    readonly grant: Grant;
    readonly order: readonly Entry[];
    readonly around: Around;
}

/** The first state of the list of DISC-41 that holds. */
function holding({ thread, grant, order, around }: InThread, path: string, newest: Giving): Holding {
    const { data } = thread;
    const [, standing] = data.fields?.get(path) ?? [0, 0];
    if ((data.erased?.get(path)?.[0] ?? 0) >= newest.version) return "erased";
    if (standing === TO_BE_ERASED) return isKept(path, order) ? "kept" : "erasing";
    if (standing === TAKEN_BACK || grant.ended.length > 0 || !around.agreements.has(grant.agreement)) return "revoked";
    if (newest.entry.verdict === null) return around.sent.has(newest.entry.firstId) ? "sent" : "queued";
    const last = lastOutcome(path, newest.version, order);
    return last === "applied" ? "confirmed" : (last ?? "applied");
}

function isKept(path: string, order: readonly Entry[]): boolean {
    return order.some(
        ({ said }) => said?.name === "disclosure.erased" && said.body.kept?.some(([kept]) => kept === path),
    );
}

type Outcome = Bodies["disclosure.acknowledge"]["outcomes"][number][2];

/** What the last acknowledgement of a version says of a field. */
function lastOutcome(path: string, version: number, order: readonly Entry[]): Outcome | undefined {
    const outcomes = order.flatMap(({ said }) => (said?.name === "disclosure.acknowledge" ? said.body.outcomes : []));
    return outcomes.filter(([acknowledged, of]) => acknowledged === path && of === version).at(-1)?.[2];
}
