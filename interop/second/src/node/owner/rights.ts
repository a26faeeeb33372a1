/** Rights over one's data that need no agreement: claimed, answered, and provable (spec 09 §9). */

import { decode } from "../../encoding/cbor.js";
import type { Value } from "../../encoding/value.js";
import type { Entry } from "../../engine/entry.js";
import type { ThreadOf } from "../../engine/fold.js";
import { type Scope, myPersonas, timeOf } from "../../engine/scope.js";
import { BACKUPS_S_MAX, heldFields, withChosenDeleted } from "../../engine/taking.js";
import type { Bodies } from "../../features/body.js";
import { matches } from "../../features/paths.js";
import { cannot } from "../cannot.js";
import type { Held } from "../memory.js";
import type { Node } from "../node.js";
import { itemOf } from "./records.js";
import { tell } from "./telling.js";

type Rights = Bodies["disclosure.rights"];
type Answer = Bodies["disclosure.answer"];

/** A right that is claimed; a correction has the right value for each path, every other right none. */
export interface Claiming {
    readonly right: Rights["right"];
    /** undefined for all that the other side has. */
    readonly paths: readonly string[] | undefined;
    /** By when it is to be answered, in seconds since 1970. */
    readonly due: number | undefined;
    readonly values?: readonly Value[];
}

/** Claims a right over one's own data; gives the claim. It passes while the relationship rests, and after its end. */
export async function claimRight(node: Node, held: Held, { right, paths, due, values = [] }: Claiming): Promise<string> {
    const items = values.map(itemOf);
    return tell(node, held, { name: "disclosure.rights", body: { right, paths, due }, thread: null, items });
}

/** A claim, of either side. */
interface Claim {
    readonly entry: Entry;
    readonly thread: ThreadOf<"disclosure">;
    readonly body: Rights;
}

function claimsIn({ log }: Scope): readonly Claim[] {
    return [...log.entries.values()].flatMap((entry) => {
        const thread = log.threads.get(entry.thread);
        const isClaim = entry.said?.name === "disclosure.rights" && thread?.feature === "disclosure";
        return isClaim ? [{ entry, thread, body: entry.said.body }] : [];
    });
}

/** All claims between this node and a peer, oldest first; outcome is null as long as there is none. */
export function claims({ scope }: Held) {
    return claimsIn(scope).map(({ entry, thread, body }) => ({
        id: entry.firstId,
        mine: entry.isOwn,
        right: body.right,
        paths: body.paths ?? null,
        due: body.due ?? null,
        outcome: thread.data.outcome ?? null,
        values: correctionsIn(scope, entry, body),
        given: answersIn(scope, entry.firstId),
    }));
}

/** The right values of a correction, as far as they are here. */
function correctionsIn(scope: Scope, { firstId }: Entry, { right, paths = [] }: Rights) {
    if (right !== "correction") return [];
    return paths.flatMap((path, place) => fieldIn(scope, firstId, path, place));
}

/** The fields that the answers to a claim gave. */
function answersIn(scope: Scope, claim: string) {
    return [...scope.log.entries.values()].flatMap(({ thread, firstId, said }) =>
        thread === claim && said?.name === "disclosure.answer"
            ? (said.body.fields ?? []).flatMap(([path], place) => fieldIn(scope, firstId, path, place))
            : [],
    );
}

function fieldIn({ messages }: Scope, firstId: string, path: string, place: number) {
    const item = messages.get(firstId)?.parts[place + 1]?.[1];
    return item === undefined ? [] : [{ path, value: decode(item) }];
}

export interface AnsweringRight {
    readonly outcome: Answer["outcome"];
    readonly reason: Answer["reason"];
    /** Until when it is extended, in seconds since 1970. */
    readonly until: number | undefined;
}

/**
 * Answers a claim of a peer. What is held of the claimed paths is given where access or portability is done, at most
 * 32 fields in one answer; where an erasure is done it is deleted in the same commit, with every grant's signature, and
 * the answer says when the last backup is gone.
 */
export async function answerRight(node: Node, held: Held, id: string, answering: AnsweringRight): Promise<void> {
    const { outcome, reason } = answering;
    const mine = myPersonas(held.scope.mine);
    const claim = claimsIn(held.scope).find(({ entry }) => entry.firstId === id) ?? cannot("unknown");
    if (mine.has(claim.entry.sender)) return cannot("unknown");
    const { right, paths } = claim.body;
    const isClaimed = (path: string): boolean => paths?.some((one) => matches(path, one)) ?? true;
    const moment = node.moment();
    const isDone = outcome === "done" || outcome === "partly";
    const isGiven = isDone && (right === "access" || right === "portability");
    const isErased = outcome === "done" && right === "erasure";
    const given = isGiven ? heldFields(held.scope, moment.now).filter(({ path }) => isClaimed(path)) : [];
    const scope = isErased ? withChosenDeleted(held.scope, isClaimed, moment) : held.scope;
    const until = isErased ? timeOf(scope, moment.now) + BACKUPS_S_MAX : answering.until;
    const fields = given.length === 0 ? undefined : given.map(({ path, version }) => [path, version] as const);
    await tell(
        node,
        { ...held, scope },
        {
            name: "disclosure.answer",
            body: { outcome, reason, until, fields },
            thread: id,
            items: given.map(({ item }) => item),
        },
    );
}
