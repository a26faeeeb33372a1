/** What a taker says of the data that it got, and data about a person that arose with it (spec 09 §6 to §8). */

import { decode } from "../../encoding/cbor.js";
import type { Value } from "../../encoding/value.js";
import { disclosuresIn } from "../../engine/disclosing.js";
import { type Entry, acts } from "../../engine/entry.js";
import type { Scope } from "../../engine/scope.js";
import type { Speech } from "../../engine/speak.js";
import type { Bodies } from "../../features/body.js";
import { isPattern, parsePath } from "../../features/paths.js";
import { cannot } from "../cannot.js";
import type { Held } from "../memory.js";
import type { Node } from "../node.js";
import { itemOf } from "./records.js";
import { tell, tellAll } from "./telling.js";

export type Outcome = Bodies["disclosure.acknowledge"]["outcomes"][number];

/** Says what became of fields in the systems behind this node: in each thread of the peer that gave such a version. */
export async function acknowledge(node: Node, held: Held, outcomes: readonly Outcome[]): Promise<void> {
    const speeches = [...held.scope.log.threads.values()].flatMap(({ id, feature }): readonly Speech[] => {
        if (feature !== "disclosure") return [];
        const given = givenIn(held.scope, id, false);
        const named = outcomes.filter(([path, version]) =>
            given.some((field) => field[0] === path && field[1] === version),
        );
        if (named.length === 0) return [];
        return [{ name: "disclosure.acknowledge", body: { outcomes: named }, thread: id }];
    });
    await tellAll(node, held, speeches.length === 0 ? cannot("unknown") : speeches);
}

/** The fields that one side gave in a thread, whatever its kind. */
function givenIn({ log }: Scope, thread: string, isOwn: boolean): readonly (readonly [path: string, version: number])[] {
    return [...log.entries.values()]
        .filter((entry) => entry.thread === thread && entry.isOwn === isOwn)
        .flatMap(({ said }) => {
            const gives =
                said?.name === "disclosure.present" ||
                said?.name === "disclosure.update" ||
                said?.name === "disclosure.handback";
            return gives ? said.body.fields : [];
        });
}

/** Gives up, as their taker, all grants of a peer that have one of these paths, or all; what they gave is deleted. */
export async function giveUp(node: Node, held: Held, paths?: readonly string[]): Promise<void> {
    const speeches = disclosuresIn(held.scope).flatMap(({ thread, grant, isGiver }): readonly Speech[] => {
        const isNamed = paths === undefined || paths.some((path) => thread.data.fields?.has(path) === true);
        if (isGiver || grant.ended.length > 0 || !isNamed) return [];
        return [{ name: "disclosure.revoke", body: { paths: undefined }, thread: thread.id }];
    });
    await tellAll(node, held, speeches.length === 0 ? cannot("unknown") : speeches);
}

/**
 * Gives data back to the person that they are about, at most 32 in one message: newer versions of what was given back
 * before, in the same thread.
 */
export async function handBack(node: Node, held: Held, values: ReadonlyMap<string, Value>): Promise<void> {
    const { scope } = held;
    const mine = handbacksIn(scope, true);
    const thread = mine.find((entry) => scope.log.threads.has(entry.thread))?.thread ?? null;
    const before = thread === null ? [] : givenIn(scope, thread, true);
    const fields = [...values.keys()].map((path) => {
        if (parsePath(path) === undefined || isPattern(path)) return cannot("invalid");
        const versions = before.filter(([given]) => given === path).map(([, version]) => version);
        return [path, Math.max(0, ...versions) + 1] as const;
    });
    const items = [...values.values()].map(itemOf);
    await tell(node, held, { name: "disclosure.handback", body: { fields }, thread, items });
}

function handbacksIn({ log }: Scope, isOwn: boolean): readonly Entry[] {
    return [...log.entries.values()].filter(
        (entry) => entry.isOwn === isOwn && entry.name === "disclosure.handback" && acts(entry),
    );
}

/** What a peer gave back, by path; of each the newest version whose value is there. */
export function handedBack({ scope }: Held) {
    const newest = new Map<string, { readonly path: string; readonly version: number; readonly value: Value }>();
    for (const { firstId, said } of handbacksIn(scope, false)) {
        if (said?.name !== "disclosure.handback") continue;
        said.body.fields.forEach(([path, version], place) => {
            const item = scope.messages.get(firstId)?.parts[place + 1]?.[1];
            if (item !== undefined && version > (newest.get(path)?.version ?? 0))
                newest.set(path, { path, version, value: decode(item) });
        });
    }
    return [...newest.values()];
}
