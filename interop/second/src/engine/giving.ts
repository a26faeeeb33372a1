/** The giver's side: whoever has a standing grant of a field is brought its newer versions (spec 09 §6). */

import { same } from "../encoding/bytes.js";
import { DISCLOSED_MAX } from "../limits.js";
import { type Field, type OwnData, fieldFor } from "../features/own-data.js";
import { parsePath } from "../features/paths.js";
import { idBytes } from "./threads/ends.js";
import { type Disclosure, type Given, afterSaying, agreementsInForce, disclosuresIn, fieldsOf, isGrantInForce } from "./disclosing.js";
import { type Id, acts } from "./entry.js";
import type { Thread } from "./fold.js";
import type { Moment } from "./intake.js";
import { type Log, entriesOf, relationshipThread } from "./log.js";
import { type Scope, timeOf } from "./scope.js";
import { HELD } from "./threads/disclosure.js";

/** Items of one message have this many bytes together: header, body and digests of 32 fields have the rest (MSG-7). */
const ITEMS_BYTES_MAX = 40_960;

/** Fields in as many messages as they need. */
export function inMessages(fields: readonly Field[]): readonly (readonly Field[])[] {
    const messages: Field[][] = [];
    let bytes = 0;
    for (const field of fields) {
        const last = messages.at(-1);
        bytes += field.item.length;
        if (last !== undefined && last.length < DISCLOSED_MAX && bytes <= ITEMS_BYTES_MAX) last.push(field);
        else {
            messages.push([field]);
            bytes = field.item.length;
        }
    }
    return messages;
}

/** The item that a path of a request is to be compared with, or be like; null where it names none (spec 09 §4). */
export function exampleFor({ log, messages }: Scope, thread: Id, wanted: string): Uint8Array | null {
    const said = log.entries.get(thread)?.said;
    if (said?.name !== "disclosure.request") return null;
    const place = said.body.wanted.find(([pattern]) => pattern === wanted)?.[2] ?? null;
    return place === null ? null : (messages.get(thread)?.parts[place]?.[1] ?? null);
}

/**
 * The scope with an update for each standing grant of which a field has become newer. It is looked at again with each
 * commit, so what a pause or a recovery holds back follows when that is over.
 */
export function withUpdates(scope: Scope, data: OwnData, moment: Moment): Scope {
    if (scope.isStopped || scope.recover !== null) return scope; // nothing is numbered (REC-3, ROLL-5)
    if (relationshipThread(scope.log)?.state !== "active") return scope;
    const now = timeOf(scope, moment.now);
    const agreements = agreementsInForce(scope, now);
    let updated = scope;
    for (const disclosure of disclosuresIn(scope)) {
        const { thread, grant, isGiver } = disclosure;
        if (!isGiver || thread.data.standing !== true || !isGrantInForce(grant, agreements, now)) continue;
        for (const fields of inMessages(newerFields(scope, disclosure, data, now)))
            updated = withUpdate(updated, disclosure, fields, moment);
    }
    return updated;
}

/** The newest version of a datum, or of a fact of it, that this side ever gave; 0 where it gave none. */
export function newestGiven(scope: Scope, path: string): number {
    const versions = disclosuresIn(scope)
        .filter(({ isGiver }) => isGiver)
        .flatMap(({ thread }) => [...(thread.data.fields ?? [])])
        .filter(([given]) => given === path || given.startsWith(`${path}:`))
        .map(([, [version]]) => version);
    return Math.max(0, ...versions);
}

/** The values, and not the facts, that own messages of these first ids gave; of each path the newest that is there. */
export function valuesGiven({ log, messages }: Scope, ids: readonly Id[]): readonly Field[] {
    const newest = new Map<string, Field>();
    for (const id of ids) {
        fieldsOf({ said: log.entries.get(id)?.said ?? null }).forEach(([path, version], place) => {
            const item = messages.get(id)?.parts[place + 1]?.[1];
            if (item === undefined || parsePath(path)?.fact !== undefined) return;
            if (version > (newest.get(path)?.version ?? 0)) newest.set(path, { path, version, item });
        });
    }
    return [...newest.values()];
}

function newerFields(scope: Scope, { thread }: Disclosure, data: OwnData, now: number): readonly Field[] {
    return [...(thread.data.fields ?? [])].flatMap(([path, [version, standing]]) => {
        if (standing !== HELD) return [];
        const field = fieldFor(data, path, now, exampleFor(scope, thread.id, path));
        if (field === undefined || field.version <= version) return [];
        return parsePath(path)?.fact !== undefined && isGiven(scope, thread, [path, version], field.item) ? [] : field;
    });
}

/** Whether a version that a thread gave was this very item; where it is gone, nobody knows. */
function isGiven({ log, messages }: Scope, thread: Thread, [path, version]: Given, item: Uint8Array): boolean {
    return (givenIn(log, thread).get(givenKey(path, version)) ?? []).some(([firstId, place]) => {
        const before = messages.get(firstId)?.parts[place]?.[1];
        return before !== undefined && same(before, item);
    });
}

/** Where fields were given: the message, and the place of the item in it. */
type Places = ReadonlyMap<string, readonly (readonly [firstId: Id, place: number])[]>;

/** A thread is folded anew with each of its entries, and its fields are looked at with each commit of the node. */
const GIVEN = new WeakMap<Thread, Places>();

function givenIn(log: Log, thread: Thread): Places {
    const known = GIVEN.get(thread);
    if (known !== undefined) return known;
    const places = new Map<string, (readonly [Id, number])[]>();
    for (const entry of entriesOf(log, thread.id)) {
        if (!acts(entry)) continue;
        fieldsOf(entry).forEach(([path, version], place) => {
            const key = givenKey(path, version);
            places.set(key, [...(places.get(key) ?? []), [entry.firstId, place + 1]]);
        });
    }
    GIVEN.set(thread, places);
    return places;
}

function givenKey(path: string, version: number): string {
    return `${version} ${path}`;
}

function withUpdate(scope: Scope, { thread, grant }: Disclosure, fields: readonly Field[], moment: Moment): Scope {
    const { action = "", purposes = [] } = thread.data;
    const body = {
        grant: idBytes(grant.id),
        fields: fields.map(({ path, version }) => [path, version] as const),
        action,
        purposes,
    };
    const items = fields.map(({ item }) => item);
    return afterSaying(
        scope,
        { name: "disclosure.update", body, thread: thread.id, agreement: grant.agreement, items },
        moment,
    );
}
