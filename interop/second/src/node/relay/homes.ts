/** What a customer of relays knows: its vouchers, and the mailboxes that it has or is about to open (spec 20 §2 and §4). */

import { hex } from "../../encoding/bytes.js";
import { MAILBOX_BYTES, PICKUP_BYTES } from "../../limits.js";
import { relationshipThread } from "../../engine/log.js";
import { type Place, myPersonas } from "../../engine/scope.js";
import type { ThreadOf } from "../../engine/fold.js";
import type { Held, Memory, ServiceRow } from "../memory.js";
import type { Node } from "../node.js";

/** How this node stands with one relay, under the id of their relationship. */
export interface Use {
    readonly vouchers: readonly Uint8Array[];
    /** Until when they can be spent. */
    readonly until: number;
    /** The first id of the newest grant whose vouchers were taken. */
    readonly grant: string | null;
    /** When vouchers were asked for last. */
    readonly asked: number;
}

/** What a mailbox is for. */
export type Purpose = "spare" | "relationship" | "requests" | "blob";

/** One mailbox at a relay. */
export interface Home {
    readonly relay: string;
    readonly mailbox: Uint8Array;
    readonly pickup: Uint8Array;
    /** What it is being opened with; null once it is open. */
    readonly voucher: Uint8Array | null;
    /** The end of its lease; 0 before it was opened. */
    readonly end: number;
    readonly purpose: Purpose;
    /** The invitation whose requests or blob it takes. */
    readonly invitation: string | null;
    /** What is to be published there; null where nothing is, or it was. */
    readonly blob: { readonly bytes: Uint8Array; readonly until: number } | null;
}

const USE = "relay-use/";
const HOME = "relay-home/";
export const NO_USE: Use = { vouchers: [], until: 0, grant: null, asked: 0 };

export function useOf({ services }: Memory, relay: string): Use | undefined {
    return services.get(USE + relay) as Use | undefined;
}

export function useRow(relay: string, use: Use): ServiceRow {
    return [USE + relay, use];
}

export function homeRow(home: Home): ServiceRow {
    return [HOME + hex(home.mailbox), home];
}

export function homeGone({ mailbox }: Home): ServiceRow {
    return [HOME + hex(mailbox), null];
}

/** The home with a mailbox as it is kept now. */
export function homeAt({ services }: Memory, mailbox: Uint8Array): Home | undefined {
    return services.get(HOME + hex(mailbox)) as Home | undefined;
}

/** The mailboxes at one relay, or at all. */
export function homesAt({ services }: Memory, relay: string | null = null): readonly Home[] {
    return [...services]
        .filter(([key]) => key.startsWith(HOME))
        .map(([, row]) => row as Home)
        .filter((home) => relay === null || home.relay === relay);
}

/** The relays that the owner uses; who recovered knows them by their threads alone (RELAY-23). */
export function relaysOf({ services, relationships }: Memory): readonly string[] {
    const asked = [...services.keys()].filter((key) => key.startsWith(USE)).map((key) => key.slice(USE.length));
    const granted = [...relationships.values()].filter((held) => /^(granted|asked-again)$/.test(relayThread(held)?.state ?? ""));
    return [...new Set([...asked, ...granted.map(({ id }) => id)])];
}

/** The own thread with a relay; undefined where none was opened. */
export function relayThread({ scope }: Held): ThreadOf<"relay"> | undefined {
    const mine = myPersonas(scope.mine);
    return [...scope.log.threads.values()].find(
        (thread): thread is ThreadOf<"relay"> => thread.feature === "relay" && mine.has(thread.opener),
    );
}

/** Where a relay is reached, as it granted; empty while it has not, or where all has ended. */
export function endpointsOf(node: Node, relay: string): readonly string[] {
    const held = node.memory.relationships.get(relay);
    if (held === undefined || relationshipThread(held.scope.log)?.state === "closed") return [];
    return relayThread(held)?.data.endpoints ?? [];
}

/** A mailbox that nobody was told of and that is open. */
export function spareAt(memory: Memory, relay: string): readonly Home[] {
    return homesAt(memory, relay).filter(({ purpose, end }) => purpose === "spare" && end > 0);
}

/** A home that is to be opened with a voucher. */
export function freshHome(node: Node, relay: string, voucher: Uint8Array): Home {
    const [mailbox, pickup] = [node.entropy.bytes(MAILBOX_BYTES), node.entropy.bytes(PICKUP_BYTES)];
    return { relay, mailbox, pickup, voucher, end: 0, purpose: "spare", invitation: null, blob: null };
}

/** A place at a relay, with the row that says what it is for from now on. */
export interface Lodging {
    readonly home: Home;
    readonly place: Place;
    readonly row: (changes: Partial<Home>) => ServiceRow;
}

/** So many spare mailboxes at one relay; null where no relay has as many. */
export function lodgings(node: Node, count: number): readonly Lodging[] | null {
    for (const relay of relaysOf(node.memory)) {
        const endpoints = endpointsOf(node, relay);
        const spare = spareAt(node.memory, relay).slice(0, count);
        if (endpoints.length === 0 || spare.length < count) continue;
        return spare.map((home) => ({
            home,
            place: { mailbox: home.mailbox, endpoints },
            row: (changes) => homeRow({ ...home, ...changes }),
        }));
    }
    return null;
}
