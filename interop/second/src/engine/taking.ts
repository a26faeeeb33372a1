/** The taker's side: what this node holds of the peer's data, and what it deletes by itself (spec 09 §7). */

import { type Disclosure, type Given, afterSaying, agreementsInForce, disclosuresIn, fieldsOf, isGrantInForce } from "./disclosing.js";
import type { Field } from "../features/own-data.js";
import { type Agreement, compareIds } from "./agreements.js";
import { type Keeping, keepingOf } from "./duties.js";
import { type Id, acts } from "./entry.js";
import { withoutItems } from "./erasing.js";
import type { Moment } from "./intake.js";
import { type Log, agreementsOf, entriesOf, relationshipThread } from "./log.js";
import { type Scope, type Surroundings, timeOf } from "./scope.js";
import { HELD } from "./threads/disclosure.js";

/**
 * When the last copy of an erased item is gone, counted from its deletion, in seconds: sealed volumes at holders are
 * kept for 90 days (spec 21 §4, spec 22 §6), and the journal is written anew long before.
 */
export const BACKUPS_S_MAX = 7_776_000;

/** Whether this node may hold a field of a thread: it was given, is not taken back, and its grant is in force. */
function holdingIn(scope: Scope, now: number): (thread: Id, path: string) => boolean {
    const agreements = agreementsInForce(scope, now);
    const taken = disclosuresIn(scope).filter(
        ({ grant, isGiver }) => !isGiver && isGrantInForce(grant, agreements, now),
    );
    const fields = new Map(taken.map(({ thread }) => [thread.id, thread.data.fields]));
    return (thread, path) => fields.get(thread)?.get(path)?.[1] === HELD;
}

/** The fields that this node may hold and has the value of, in the order of their paths; of a path the newest version. */
export function heldFields(scope: Scope, at: number): readonly Field[] {
    const isHeld = holdingIn(scope, timeOf(scope, at));
    const held = new Map<string, Field>();
    for (const entry of scope.log.entries.values()) {
        if (entry.isOwn || !acts(entry)) continue;
        fieldsOf(entry).forEach(([path, version], place) => {
            const item = scope.messages.get(entry.firstId)?.parts[place + 1]?.[1];
            const isNewer = version > (held.get(path)?.version ?? 0);
            if (item !== undefined && isNewer && isHeld(entry.thread, path)) held.set(path, { path, version, item });
        });
    }
    return [...held.values()].sort((a, b) => compareIds(a.path, b.path));
}

/**
 * The scope after this node has deleted what it may hold no more, and has signed that: what was taken back or ordered
 * to be erased, what a grant gave that has ended, and after a close what was to be kept until a day (spec 07 §7).
 */
export function withDeletions(scope: Scope, moment: Moment): Scope {
    if (scope.isStopped || scope.recover !== null) return scope;
    const now = timeOf(scope, moment.now);
    const agreements = agreementsInForce(scope, now);
    let after = scope;
    for (const disclosure of disclosuresIn(scope)) {
        const fields = disclosure.isGiver ? [] : overdueFields(disclosure, agreements, now);
        if (fields.length > 0) after = withDeletion(after, disclosure, fields, { ...moment, now });
    }
    const keptUntil = keptAfterClose(scope);
    return keptUntil !== undefined && keptUntil < now ? withoutItems(after, () => true) : after;
}

/**
 * The scope after this node has deleted, and has signed that, whatever it holds at paths that are chosen and no duty
 * keeps (spec 09 §9).
 */
export function withChosenDeleted(scope: Scope, isChosen: (path: string) => boolean, moment: Moment): Scope {
    const now = timeOf(scope, moment.now);
    let after = scope;
    for (const disclosure of disclosuresIn(scope)) {
        const fields = disclosure.isGiver ? [] : unerased(disclosure).filter(([path]) => isChosen(path));
        if (fields.length > 0) after = withDeletion(after, disclosure, fields, { ...moment, now });
    }
    return after;
}

type Versions = readonly Given[];

/** The fields of a taken grant whose deletion is not signed. */
function unerased({ thread }: Disclosure): Versions {
    const { fields = new Map(), erased } = thread.data;
    return [...fields]
        .filter(([path, [version]]) => (erased?.get(path)?.[0] ?? 0) < version)
        .map(([path, [version]]) => [path, version] as const);
}

/** Those of them that it covers no more. */
function overdueFields(disclosure: Disclosure, agreements: ReadonlySet<string>, now: number): Versions {
    const { thread, grant } = disclosure;
    const isOver = !isGrantInForce(grant, agreements, now);
    return unerased(disclosure).filter(([path]) => isOver || thread.data.fields?.get(path)?.[1] !== HELD);
}

/** Deletes fields of a grant but those that a duty keeps, and signs both; what is kept is said once. */
function withDeletion(scope: Scope, { thread }: Disclosure, due: Versions, moment: Moment): Scope {
    const keepings = due.flatMap(([path]) => {
        const keeping = keepingIn(scope, moment.around, thread.id, path);
        return keeping !== undefined && keeping.until >= moment.now ? [[path, keeping.reason] as const] : [];
    });
    const spared = new Set(keepings.map(([path]) => path));
    const fields = due.filter(([path]) => !spared.has(path));
    const paths = new Set(fields.map(([path]) => path));
    const said = keptIn(scope, thread.id);
    const kept = keepings.filter(([path]) => !said.has(path));
    if (fields.length === 0 && kept.length === 0) return scope;
    const deleted = withoutItems(
        scope,
        (entry, place) => entry.thread === thread.id && paths.has(fieldsOf(entry)[place - 1]?.[0] ?? ""),
    );
    const body = { fields, backups: moment.now + BACKUPS_S_MAX, kept: kept.length === 0 ? undefined : kept };
    return afterSaying(deleted, { name: "disclosure.erased", body, thread: thread.id }, moment);
}

/** What the duties of this node say of a field, from when it was given last. */
function keepingIn({ log }: Scope, { duties = [] }: Surroundings, thread: Id, path: string): Keeping | undefined {
    if (duties.length === 0) return undefined;
    const times = entriesOf(log, thread)
        .filter((entry) => !entry.isOwn && fieldsOf(entry).some(([given]) => given === path))
        .map(({ time }) => time);
    return keepingOf(duties, path, Math.max(...times));
}

/** The paths of a thread that this node has said it keeps. */
function keptIn({ log }: Scope, thread: Id): ReadonlySet<string> {
    const kept = entriesOf(log, thread).flatMap(({ said }) =>
        said?.name === "disclosure.erased" ? (said.body.kept ?? []) : [],
    );
    return new Set(kept.map(([path]) => path));
}

/** The day to which this side keeps what it holds after its own close; undefined where it named none. */
function keptAfterClose({ log, role }: Pick<Scope, "log" | "role">): number | undefined {
    return relationshipThread(log)?.data.closed?.[role]?.[1] ?? undefined;
}

/** When `withDeletions` has something to do next, if nothing comes meanwhile; undefined where there is no such time. */
export function nextDeletion(scope: Scope, around: Surroundings, now: number): number | undefined {
    const times = endsOf(scope, around).filter((end) => end >= now);
    return times.length === 0 ? undefined : Math.min(...times) + 1;
}

/** The ends of a log do not change, and are asked for after each turn of a node. */
const ENDS = new WeakMap<Log, readonly number[]>();

function endsOf(scope: Scope, around: Surroundings): readonly number[] {
    const known = ENDS.get(scope.log);
    if (known !== undefined) return known;
    const agreements = new Map(agreementsOf(scope.log).map((one): [string, Agreement] => [one.id, one]));
    const kept = keptAfterClose(scope);
    const taken = disclosuresIn(scope).filter(({ isGiver }) => !isGiver);
    const ends = taken.flatMap(({ grant }) => {
        const until = agreements.get(grant.agreement)?.until ?? grant.until;
        return grant.ended.length > 0 ? [] : Math.min(until, grant.until);
    });
    const keepings = taken.flatMap(({ thread }) =>
        [...(thread.data.fields?.keys() ?? [])].flatMap((path) => keepingIn(scope, around, thread.id, path)?.until ?? []),
    );
    const all = [...ends, ...keepings, ...(kept === undefined ? [] : [kept])];
    ENDS.set(scope.log, all);
    return all;
}

/**
 * The scope without values that are held no more whatever is signed of them: after a recovery from an older copy a
 * value may be back that was deleted before, or that a thief gave and its owner rejected.
 */
export function withoutUnheld(scope: Scope, { around, now: at }: Omit<Moment, "fresh">): Scope {
    const now = timeOf(scope, at);
    const isHeld = holdingIn(scope, now);
    return withoutItems(scope, (entry, place) => {
        const path = fieldsOf(entry)[place - 1]?.[0];
        if (path === undefined || isHeld(entry.thread, path)) return false;
        return (keepingIn(scope, around, entry.thread, path)?.until ?? 0) < now;
    });
}
