/** Two nodes that live in one process, on sockets of this machine: a person, and a shop that invited her. */

import { ok } from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { hex } from "../src/encoding/bytes.js";
import type { Surroundings } from "../src/engine/scope.js";
import { type Beginning, begin } from "../src/node/begin.js";
import { Clock } from "../src/node/clock.js";
import type { Held } from "../src/node/memory.js";
import type { Node } from "../src/node/node.js";
import { connect, contacts, invite, sayYes } from "../src/node/owner/meeting.js";
import { peerOf, peers } from "../src/node/owner/peers.js";
import { agree, proffer, terms } from "../src/node/owner/terms.js";
import { DAY_S } from "./disclosing.js";
import { scratch } from "./scratch.js";
import { ROSTER } from "./world.js";

export const NOW = 1_798_700_000;
/** As long as a busy machine may need. */
const WAIT_MS_MAX = 60_000;
const LOOK_MS = 10;
const AROUND: Surroundings = { rosters: new Map([[hex(ROSTER.id), ROSTER]]) };

export type Who = "person" | "shop";

/** Waits until a look gives something, and gives that; fails where it never does. */
export async function until<T>(look: () => T | undefined | false): Promise<T> {
    for (const end = performance.now() + WAIT_MS_MAX; performance.now() < end; await pause(LOOK_MS)) {
        const found = look();
        if (found !== undefined && found !== false) return found;
    }
    throw new Error("it did not come");
}

/** What a node in a folder is begun with; any of it may be another. */
export function beginning(folder: string, others: Partial<Beginning> = {}): Beginning {
    return {
        folder,
        name: "Anna",
        kind: "person",
        clock: new Clock(NOW),
        seed: null,
        around: AROUND,
        allowed: ["127.0.0.0/8"],
        passphrase: null,
        recover: null,
        tell: (line) => ok(false, line),
        ...others,
    };
}

export class Pair {
    readonly #folders: Record<Who, string>;
    readonly #secrets = new Map<Who, Uint8Array>();
    readonly #around: Readonly<Record<Who, Surroundings>>;
    readonly #nodes = new Map<Who, Node>();
    readonly #listens = new Map<Who, string>();
    #now = NOW;

    private constructor(around: Partial<Record<Who, Surroundings>>) {
        const folder = scratch("pair");
        this.#folders = { person: join(folder, "person"), shop: join(folder, "shop") };
        this.#around = { person: around.person ?? AROUND, shop: around.shop ?? AROUND };
    }

    /** Both are related, under SD-BASE that the person proffered; `around` is what they judge by, where that differs. */
    static async agreed(around: Partial<Record<Who, Surroundings>> = {}): Promise<Pair> {
        const pair = new Pair(around);
        await pair.up("shop");
        await pair.up("person");
        const [person, shop] = [pair.node("person"), pair.node("shop")];
        const { link } = await shop.do(() => invite(shop, { purpose: "to buy", uses: 1, expiresS: DAY_S }));
        const { contact } = await connect(person, link);
        await person.do(() => sayYes(person, contact));
        const request = await until(() => contacts(shop).find(({ state }) => state === "requested"));
        await shop.do(() => sayYes(shop, request.id));
        await until(() => peers(person).length === 1 && peers(shop).length === 1);
        const expires = person.clock.now() + DAY_S;
        await person.do(() => proffer(person, pair.held("person"), { terms: "SD-BASE", expires, until: undefined }));
        const negotiation = await until(() => terms(pair.held("shop")).find(({ state }) => state === "proffered"));
        await shop.do(() => agree(shop, negotiation.id));
        await until(() => [...pair.both()].every((who) => peers(pair.node(who))[0]?.terms.length === 1));
        return pair;
    }

    /** A node that is down comes back on another disk, with the words and a copy. */
    async comesBack(who: Who, copy: Uint8Array): Promise<void> {
        const secret = this.#secrets.get(who);
        ok(secret);
        this.#folders[who] += "-again";
        await this.up(who, { secret, copies: [[copy]] });
    }

    /** Starts a node, later with all that it had, where the other knows it to be. */
    async up(who: Who, recover: Beginning["recover"] = null): Promise<void> {
        const kind = who === "person" ? "person" : "organisation";
        const others = { name: who, kind, clock: new Clock(this.#now), around: this.#around[who], recover } as const;
        const { node, secret } = await begin(beginning(this.#folders[who], others));
        await node.start({ at: this.#listens.get(who) ?? "127.0.0.1:0" });
        this.#listens.set(who, node.endpoint?.replace("http://", "") ?? "");
        this.#nodes.set(who, node);
        if (secret !== null) this.#secrets.set(who, secret);
    }

    async down(who: Who): Promise<void> {
        await this.node(who).stop();
        this.#nodes.delete(who);
    }

    *both(): Iterable<Who> {
        yield "person";
        yield "shop";
    }

    node(who: Who): Node {
        const node = this.#nodes.get(who);
        ok(node, `the ${who} is down`);
        return node;
    }

    /** The other, as a node holds it. */
    held(who: Who): Held {
        const node = this.node(who);
        return peerOf(node, peers(node)[0]?.id ?? "");
    }

    /** One side does something in a turn of its node. */
    does<T>(who: Who, work: (node: Node, held: Held) => Promise<T> | T): Promise<T> {
        const node = this.node(who);
        return node.do(() => work(node, this.held(who)));
    }

    /** Waits until neither side has a message without a receipt. */
    async quiet(): Promise<void> {
        await until(() => [...this.both()].every((who) => this.held(who).scope.waiting.length === 0));
    }

    /** Lets time pass for both. */
    async advance(seconds: number): Promise<void> {
        this.#now += seconds;
        for (const node of this.#nodes.values()) await node.advance(seconds);
    }

    async over(): Promise<void> {
        for (const who of [...this.#nodes.keys()]) await this.down(who);
    }
}
