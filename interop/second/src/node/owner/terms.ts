/** Terms as an owner negotiates them (spec 08). A negotiation is named by its peer and its thread. */

import { agreementIn } from "../../engine/agreements.js";
import type { ThreadOf } from "../../engine/fold.js";
import { myPersonas } from "../../engine/scope.js";
import { idBytes } from "../../engine/threads/ends.js";
import { agreedIn } from "../../engine/threads/terms.js";
import { AGREEMENT, agreementBytes } from "../../features/agreement.js";
import type { Bodies } from "../../features/body.js";
import type { Roster } from "../../features/roster.js";
import { refuse } from "../../errors.js";
import { sign } from "../../crypto/ed25519.js";
import { SEAL_AFTER_EXPIRY_S_MAX } from "../../limits.js";
import { entryOf, makeTwo, signedByOneOfTwo } from "../../wire/cose.js";
import { cannot } from "../cannot.js";
import type { Held } from "../memory.js";
import type { Node } from "../node.js";
import { isPeer } from "./peers.js";
import { tell } from "./telling.js";

/** One negotiation, with the peer that it is with. */
interface Negotiation {
    readonly held: Held;
    readonly thread: ThreadOf<"terms">;
    /** Whether this side is first party. */
    readonly isMine: boolean;
}

function negotiationsWith(held: Held): readonly Negotiation[] {
    const mine = myPersonas(held.scope.mine);
    return [...held.scope.log.threads.values()]
        .filter((thread): thread is ThreadOf<"terms"> => thread.feature === "terms")
        .map((thread) => ({ held, thread, isMine: mine.has(thread.opener) }));
}

function negotiationOf(node: Node, id: string): Negotiation {
    const peers = [...node.memory.relationships.values()].filter(isPeer);
    return peers.flatMap(negotiationsWith).find(({ thread }) => thread.id === id) ?? cannot("unknown");
}

/** The newest roster that has terms of this id. */
function rosterWith(node: Node, terms: string): Roster {
    const all = [...node.around.rosters.values()].filter((roster) => roster.terms.has(terms));
    return all.sort((a, b) => b.issued - a.issued)[0] ?? cannot("unknown");
}

interface Proffer {
    readonly terms: string;
    readonly expires: number;
    readonly until: number | undefined;
}

function profferBody(node: Node, { terms, expires, until }: Proffer): Bodies["terms.proffer"] {
    const roster = rosterWith(node, terms);
    const entry = roster.terms.get(terms) ?? cannot("unknown");
    const { textHash: text, machineHash: machine } = entry;
    return { roster: roster.id, terms, text, machine, expires, until, replaces: undefined };
}

/** Offers terms as first party; gives the negotiation. */
export async function proffer(node: Node, held: Held, offered: Proffer): Promise<string> {
    return tell(node, held, { name: "terms.proffer", body: profferBody(node, offered), thread: null });
}

/** All negotiations with a peer. */
export function terms(held: Held) {
    return negotiationsWith(held).map(({ thread, isMine }) => ({
        id: thread.id,
        terms: thread.state === "countered" ? (thread.data.counter ?? null) : (thread.data.terms ?? null),
        state: thread.state,
        mine: isMine,
        agreement: agreementIn(thread)?.id ?? null,
        record: recordOf(thread),
    }));
}

/** The agreement as both parties signed it (spec 08 §4). */
function recordOf({ data, opener }: ThreadOf<"terms">): Uint8Array | null {
    const agreed = agreedIn(data, opener);
    const { first_key, first_signature, second_key, second_signature } = data;
    if (agreed === undefined || first_key === undefined || first_signature === undefined) return null;
    if (second_key === undefined || second_signature === undefined) return null;
    const entries = [entryOf(first_key, first_signature), entryOf(second_key, second_signature)] as const;
    return makeTwo(AGREEMENT, agreementBytes(agreed), entries);
}

/** Agrees as second party to what is proffered, and signs first. */
export async function agree(node: Node, id: string): Promise<void> {
    const { held, thread } = negotiationOf(node, id);
    const { proffer: proffered, expires } = thread.data;
    if (proffered === undefined || expires === undefined) return refuse("not-in-state");
    const { own } = held.scope.mine;
    const sealBy = expires + SEAL_AFTER_EXPIRY_S_MAX;
    const agreed = agreedIn({ ...thread.data, second: own.log.persona, seal_by: sealBy }, thread.opener);
    if (agreed === undefined) return refuse("not-in-state");
    const signature = sign(own.seed, signedByOneOfTwo(AGREEMENT, agreementBytes(agreed), own.log.last.signingKey));
    await tell(node, held, { name: "terms.accept", body: { proffer: proffered, sealBy, signature }, thread: id });
}

/** The second party names other terms; the first party proffers what was named. */
export async function counter(node: Node, id: string, named: string): Promise<void> {
    const { held, thread, isMine } = negotiationOf(node, id);
    if (!isMine) {
        rosterWith(node, named);
        await tell(node, held, { name: "terms.counter", body: { terms: named }, thread: id });
        return;
    }
    const { expires, until } = thread.data;
    if (expires === undefined) return refuse("not-in-state");
    const body = profferBody(node, { terms: named, expires, until });
    await tell(node, held, { name: "terms.proffer", body, thread: id });
}

type DeclineReason = Bodies["terms.decline"]["reason"];

/** The other's proffer is declined, or one's own withdrawn. */
export async function refuseTerms(node: Node, id: string, reason: DeclineReason): Promise<void> {
    const { held, thread, isMine } = negotiationOf(node, id);
    const isDeclined = !isMine || thread.state === "countered";
    if (isDeclined) await tell(node, held, { name: "terms.decline", body: { reason }, thread: id });
    else await tell(node, held, { name: "terms.withdraw", body: {}, thread: id });
}

type EndReason = Bodies["terms.terminate"]["reason"];

/** Ends an agreement. */
export async function terminate(node: Node, id: string, reason: EndReason): Promise<void> {
    const { held, thread } = negotiationOf(node, id);
    const agreement = agreementIn(thread) ?? refuse("not-in-state");
    await tell(node, held, { name: "terms.terminate", body: { agreement: idBytes(agreement.id), reason }, thread: id });
}
