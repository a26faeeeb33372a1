/** The taker's side of disclosure: asking, what became of it, and what is held (spec 09 §4 to §7). */

import { decode } from "../../encoding/cbor.js";
import { agreementsInForce } from "../../engine/disclosing.js";
import type { Entry } from "../../engine/entry.js";
import { ACTION, groundFor } from "../../engine/grounds.js";
import { type Scope, timeOf } from "../../engine/scope.js";
import { heldFields } from "../../engine/taking.js";
import { idBytes } from "../../engine/threads/ends.js";
import { hex } from "../../encoding/bytes.js";
import { parsePath } from "../../features/paths.js";
import { readHeader } from "../../wire/header.js";
import { cannot } from "../cannot.js";
import type { Held } from "../memory.js";
import type { Node } from "../node.js";
import { tell } from "./telling.js";

export interface Asking {
    readonly paths: readonly string[];
    readonly purposes: readonly string[];
    /** undefined for as long as the terms allow. */
    readonly until: number | undefined;
    readonly standing: boolean;
    /** Paths without which the asking side cannot do. */
    readonly required: readonly string[];
}

/** Asks a peer for data; gives the question. What the terms do not allow is not sent. */
export async function ask(node: Node, held: Held, asking: Asking): Promise<string> {
    const { paths, purposes, until, standing, required } = asking;
    if (paths.length === 0 || new Set(paths).size !== paths.length || !paths.every(isAskable)) return cannot("invalid");
    if (!required.every((path) => paths.includes(path))) return cannot("invalid");
    if (until !== undefined && until < node.clock.now()) return cannot("invalid");
    const wish = { paths, purposes, until, isBounded: false };
    const ground = groundFor(held.scope, node.around, wish, node.clock.now());
    const body = {
        agreement: idBytes(ground.agreement),
        wanted: paths.map((path) => [path, required.includes(path), null] as const),
        action: ACTION,
        purposes,
        until: ground.until,
        standing,
        onward: undefined,
        circumstances: undefined,
    };
    return tell(node, held, { name: "disclosure.request", body, thread: null, agreement: ground.agreement });
}

/** A path or pattern; `equal` is asked with a value to compare, which is not done here. */
function isAskable(text: string): boolean {
    const path = parsePath(text);
    return path !== undefined && path.fact !== "equal";
}

export type QuestionState = "waiting" | "open" | "given" | "declined" | "refused" | "over";

/** What became of the questions of this node to a peer, oldest first. */
export function asked({ scope }: Held, now: number) {
    return [...scope.log.entries.values()]
        .filter(({ isOwn, name }) => isOwn && name === "disclosure.request")
        .map((entry) => ({
            ask: entry.firstId,
            state: stateOf(scope, entry, now),
            given: givenIn(scope, entry.firstId),
        }));
}

function stateOf(scope: Scope, { firstId, verdict }: Entry, now: number): QuestionState {
    if (verdict === null) return "waiting";
    if (verdict !== "applied") return "refused";
    const state = scope.log.threads.get(firstId)?.state;
    if (state === "granted") return "given";
    if (state === "declined") return "declined";
    return isOpen(scope, firstId, now) ? "open" : "over";
}

function givenIn({ log }: Scope, ask: string): readonly string[] {
    const thread = log.threads.get(ask);
    return thread?.feature === "disclosure" ? [...(thread.data.fields?.keys() ?? [])].sort() : [];
}

/** Whether a request can still be answered: it ends by its expiry, its own end, and with its agreement (spec 09 §4). */
export function isOpen(scope: Scope, ask: string, at: number): boolean {
    const now = timeOf(scope, at);
    const thread = scope.log.threads.get(ask);
    const signed = scope.messages.get(ask)?.signed;
    if (thread?.feature !== "disclosure" || thread.state !== "asked" || signed === undefined) return false;
    const { until, agreement } = thread.data;
    const { expiry } = readHeader(signed);
    if (until === undefined || agreement === undefined || until < now || (expiry ?? now) < now) return false;
    return agreementsInForce(scope, now).has(hex(agreement));
}

/** What this node holds of a peer's data, by path. */
export function heldOf(node: Node, { scope }: Held) {
    return heldFields(scope, node.clock.now()).map(({ path, version, item }) => ({ path, version, value: decode(item) }));
}
