/** What the messages of `disclosure` do to the data of their thread (spec 09 §10). */

import type { Bodies, SaidOf } from "../../features/body.js";
import type { Party } from "../../features/table.js";
import type { End } from "../data.js";
import type { Entry } from "../entry.js";
import { idBytes, withEnd } from "./ends.js";

/** The standing of a field: held, taken back, ordered to be erased; it never falls (DISC-39). */
export const HELD = 0;
export const TAKEN_BACK = 1;
export const TO_BE_ERASED = 2;

/** Newest version and standing of each field, by path. */
export type GivenFields = ReadonlyMap<string, readonly [version: number, standing: number]>;
/** Version and end of the last backup of each field that was deleted, by path. */
export type ErasedFields = ReadonlyMap<string, readonly [version: number, backups: number]>;

/** The data of a disclosure thread: of a request, a grant, a claimed right, or nothing (DISC-33, DISC-35, DISC-39). */
export type DisclosureData = {
    readonly agreement?: Uint8Array;
    readonly wanted?: readonly string[];
    readonly action?: string;
    readonly purposes?: readonly string[];
    readonly until?: number;
    readonly standing?: boolean;
    readonly onward?: string | undefined;
    readonly grant?: Uint8Array;
    readonly fields?: GivenFields;
    readonly ended?: readonly End[];
    readonly erased?: ErasedFields;
    readonly right?: string;
    readonly outcome?: string;
};

/** The data after a message that took its row; `isGiver` says whether its sender is the giver of the thread. */
export function changeDisclosure(
    data: DisclosureData,
    entry: Entry,
    isGiver: boolean,
    said: SaidOf<"disclosure">,
): DisclosureData {
    switch (said.name) {
        case "disclosure.request": {
            const { agreement, wanted, action, purposes, until, standing, onward } = said.body;
            return { agreement, wanted: wanted.map(([pattern]) => pattern), action, purposes, until, standing, onward };
        }
        case "disclosure.present":
            return granted(entry, said.body);
        case "disclosure.update":
            return { ...data, fields: withVersions(data.fields, said.body.fields) };
        case "disclosure.revoke":
            return takenBack(data, entry, said.body.paths, isGiver ? TAKEN_BACK : HELD);
        case "disclosure.erase":
            return takenBack(data, entry, said.body.paths, TO_BE_ERASED);
        case "disclosure.erased":
            return { ...data, erased: withErased(data.erased, said.body) };
        case "disclosure.rights":
            return { right: said.body.right };
        case "disclosure.answer":
            return { ...data, outcome: said.body.outcome };
        case "disclosure.decline":
        case "disclosure.handback":
            return {};
        case "disclosure.acknowledge":
            return data;
    }
}

/** The party whose data a grant gives: the other where it answers a request, the opener where it opens the thread. */
export function giverIn(state: string): Party {
    return state === "given" ? "opener" : "other";
}

function granted(entry: Entry, body: Bodies["disclosure.present"]): DisclosureData {
    const { agreement, fields, action, purposes, until, standing, onward } = body;
    const held: GivenFields = new Map(fields.map(([path, version]) => [path, [version, HELD]]));
    return { agreement, action, purposes, until, standing, onward, grant: idBytes(entry.firstId), fields: held };
}

/** Newer versions of fields that were given; one that was not is passed over. */
function withVersions(fields: GivenFields | undefined, newer: readonly (readonly [string, number])[]): GivenFields {
    const held = new Map(fields ?? []);
    for (const [path, version] of newer) {
        const before = held.get(path);
        if (before !== undefined) held.set(path, [Math.max(version, before[0]), before[1]]);
    }
    return held;
}

/** Fields, or all of them, fall to a standing; without paths the grant ends (DISC-24, DISC-25, DISC-27). */
function takenBack(
    data: DisclosureData,
    entry: Entry,
    paths: readonly string[] | undefined,
    standing: number,
): DisclosureData {
    if (data.fields === undefined) return {};
    const held = new Map(data.fields);
    for (const path of paths ?? held.keys()) {
        const before = held.get(path);
        if (before !== undefined) held.set(path, [before[0], Math.max(standing, before[1])]);
    }
    const fallen = { ...data, fields: held };
    return paths === undefined ? { ...fallen, ended: withEnd(data.ended, entry) } : fallen;
}

function withErased(erased: ErasedFields | undefined, body: Bodies["disclosure.erased"]): ErasedFields {
    const deleted = new Map(erased ?? []);
    for (const [path, version] of body.fields) {
        if (version > (deleted.get(path)?.[0] ?? 0)) deleted.set(path, [version, body.backups]);
    }
    return deleted;
}
