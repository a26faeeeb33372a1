/** How vouchers are asked for and granted (spec 20 §3), on both sides. */

import { encode } from "../../encoding/encode.js";
import { hex } from "../../encoding/bytes.js";
import { VOUCHER_BYTES } from "../../limits.js";
import { relationshipThread } from "../../engine/log.js";
import type { ThreadOf } from "../../engine/fold.js";
import { theirPersonas } from "../../engine/scope.js";
import { readVouchers } from "../../features/items.js";
import { voucherHash } from "../../services/relay.js";
import type { Held } from "../memory.js";
import type { Node } from "../node.js";
import { tell } from "../owner/telling.js";
import { NO_USE, relayThread, useOf, useRow } from "./homes.js";
import type { Mailboxes } from "./mailboxes.js";

/** As many vouchers are asked for. */
const VOUCHERS = 32;
/** With fewer left, more are asked for. */
const VOUCHERS_LOW = 8;
/** More are asked for at most so often, in seconds. */
const ASK_S = 3_600;

/** Grants what a peer asks of a relay that lets it in, and refuses what others do. */
export async function answerRelayAsk(node: Node, held: Held, mailboxes: Mailboxes, isCustomer: boolean): Promise<void> {
    const theirs = theirPersonas(held.scope.theirs);
    const asking = [...held.scope.log.threads.values()].find(
        (thread): thread is ThreadOf<"relay"> =>
            thread.feature === "relay" && theirs.has(thread.opener) && /^asked/.test(thread.state),
    );
    if (asking === undefined) return;
    const { leaseS: lease, frames, bytes, vouchersAtOnce, vouchersS } = mailboxes.bounds;
    const count = Math.min(asking.data.asked ?? 1, vouchersAtOnce);
    const isPossible = node.endpoint !== null && mailboxes.hasRoomFor(count);
    if (!isCustomer || !isPossible) {
        const reason = isCustomer ? "no-room" : "not-wanted";
        await tell(node, held, { name: "relay.refuse", body: { reason }, thread: asking.id });
        return;
    }
    const vouchers = Array.from({ length: count }, () => node.entropy.bytes(VOUCHER_BYTES));
    const until = node.clock.now() + vouchersS;
    mailboxes.add(vouchers.map(voucherHash), until);
    const body = { endpoints: node.endpoints, lease, frames, bytes, until };
    await tell(node, held, { name: "relay.grant", body, thread: asking.id, items: [encode(vouchers)] });
}

/** Takes the vouchers of a grant, and asks for more where there are few (RELAY-3, spec 20 §8). */
export async function keepVouchers(node: Node, held: Held): Promise<void> {
    const thread = relayThread(held);
    // Who recovered knows the relay by its thread alone (RELAY-23).
    const use = useOf(node.memory, held.id) ?? (thread?.state === "granted" ? NO_USE : undefined);
    const state = relationshipThread(held.scope.log)?.state;
    if (use === undefined || state !== "active") return;
    const grant = thread?.data.grant === undefined ? null : hex(thread.data.grant);
    if (thread !== undefined && grant !== null && grant !== use.grant) {
        const item = held.scope.messages.get(grant)?.parts[1] ?? null;
        const vouchers = item === null ? [] : readVouchers(item[1]);
        const until = thread.data.until ?? 0;
        const row = useRow(held.id, { ...use, grant, until, vouchers: [...use.vouchers, ...vouchers] });
        node.memory.write({ service: [row] });
        return keepVouchers(node, held);
    }
    const mayAsk = thread === undefined || (thread.state === "granted" && node.clock.now() >= use.asked + ASK_S);
    if (!mayAsk || use.vouchers.length >= VOUCHERS_LOW) return;
    node.memory.write({ service: [useRow(held.id, { ...use, asked: node.clock.now() })] });
    await tell(node, held, { name: "relay.ask", body: { vouchers: VOUCHERS }, thread: thread?.id ?? null });
}
