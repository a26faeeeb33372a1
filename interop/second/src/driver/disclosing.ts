/** The owner's commands of disclosure (`interop/DRIVER.md`, spec 09). */

import { CBOR_DEPTH_MAX } from "../limits.js";
import { refuse } from "../errors.js";
import type { Value } from "../encoding/value.js";
import { cannot } from "../node/cannot.js";
import type { Held } from "../node/memory.js";
import type { Node } from "../node/node.js";
import { ask, asked, heldOf } from "../node/owner/asking.js";
import { type Reason, answer, asks, erase, ledger, revoke, share } from "../node/owner/giving.js";
import { peerOf } from "../node/owner/peers.js";
import { setRecord } from "../node/owner/records.js";
import { Arguments, type Result } from "./arguments.js";

const REASONS: readonly Reason[] = ["not-now", "not-needed", "not-held", "not-for-this", "not-you"];

function peer(node: Node, input: Arguments): Held {
    return peerOf(node, input.text("peer"));
}

function textsOrNone(input: Arguments, name: string): readonly string[] | undefined {
    return (input.raw(name) ?? null) === null ? undefined : input.texts(name);
}

function reasonOf(value: unknown): Reason {
    return REASONS.find((reason) => reason === value) ?? refuse("shape");
}

/** Paths with a reason for each. */
function reasons(input: Arguments): ReadonlyMap<string, Reason> {
    const given = input.raw("decline") ?? {};
    if (typeof given !== "object" || Array.isArray(given)) return refuse("shape");
    return new Map(Object.entries(given).map(([path, reason]) => [path, reasonOf(reason)]));
}

/** A value of texts, integers, true, false, arrays and objects. */
function valueOf(json: unknown, depth = 0): Value {
    if (depth >= CBOR_DEPTH_MAX) return cannot("invalid");
    if (typeof json === "string" || typeof json === "boolean") return json;
    if (typeof json === "number") return Number.isSafeInteger(json) ? json : cannot("invalid");
    if (Array.isArray(json)) return json.map((one) => valueOf(one, depth + 1));
    if (json === null || typeof json !== "object") return cannot("invalid");
    return new Map(Object.entries(json).map(([name, one]) => [name, valueOf(one, depth + 1)]));
}

async function done(work: Promise<void>): Promise<Result> {
    await work;
    return {};
}

/** Each runs in a turn of the node. */
export const DISCLOSING = {
    set: async (node: Node, input: Arguments) => ({
        version: await setRecord(node, input.text("path"), valueOf(input.raw("value"))),
    }),
    ask: async (node: Node, input: Arguments) => ({
        ask: await ask(node, peer(node, input), {
            paths: input.texts("paths"),
            purposes: input.texts("purposes"),
            until: input.integerOrNull("until") ?? undefined,
            standing: input.flag("standing"),
            required: textsOrNone(input, "required") ?? [],
        }),
    }),
    asked: (node: Node, input: Arguments) => ({ questions: asked(peer(node, input), node.clock.now()) }),
    asks: (node: Node) => ({ asks: asks(node) }),
    answer: async (node: Node, input: Arguments) => ({
        given: await answer(node, input.text("ask"), {
            only: textsOrNone(input, "only"),
            decline: reasons(input),
            reason: input.oneOfOrNone("reason", ...REASONS),
        }),
    }),
    share: async (node: Node, input: Arguments) => ({
        given: await share(node, peer(node, input), {
            paths: input.texts("paths"),
            purposes: textsOrNone(input, "purposes"),
            until: input.integerOrNull("until") ?? undefined,
            standing: !input.flag("once"),
        }),
    }),
    held: (node: Node, input: Arguments) => ({ fields: heldOf(node, peer(node, input)) }),
    ledger: (node: Node, input: Arguments) => ({ rows: ledger(peer(node, input)) }),
    revoke: (node: Node, input: Arguments) => done(revoke(node, peer(node, input), textsOrNone(input, "paths"))),
    erase: (node: Node, input: Arguments) => done(erase(node, peer(node, input), textsOrNone(input, "paths"))),
};
