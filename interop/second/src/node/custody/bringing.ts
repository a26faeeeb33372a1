/** An owner's copies at one holder: asked for, put while the node runs, and proven (spec 22 §3, §5 and §8). */

import { hex, same } from "../../encoding/bytes.js";
import { readToken } from "../../features/items.js";
import { relationshipThread } from "../../engine/log.js";
import type { ThreadOf } from "../../engine/fold.js";
import type { CustodyData } from "../../engine/threads/services.js";
import { myPersonas } from "../../engine/scope.js";
import { custodyProof } from "../../services/custody.js";
import { sha256 } from "../../crypto/digest.js";
import type { Held } from "../memory.js";
import type { Node } from "../node.js";
import { type Line, LineEndedError } from "../services/calling.js";
import { Calls } from "../services/calls.js";
import { challenge, put } from "./line.js";

/** A change is with the holder so long after it was made, at the latest (spec 22 §8). */
const BRING_MS = 60_000;
const RETRY_MS_FIRST = 1_000;
const RETRY_MS_MAX = 600_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const NONCE_BYTES = 32;

/** The own custody at a peer that has not ended; undefined where there is none. */
export function custodyAt({ scope }: Held): ThreadOf<"custody"> | undefined {
    if (relationshipThread(scope.log)?.state === "closed") return undefined;
    const mine = myPersonas(scope.mine);
    return [...scope.log.threads.values()].find(
        (thread): thread is ThreadOf<"custody"> =>
            thread.feature === "custody" && mine.has(thread.opener) && (thread.state === "kept" || thread.state === "asked"),
    );
}

/** The put token that came with the newest grant; null where it is gone (CUSTODY-4). */
export function tokenOf({ scope }: Held, grant: Uint8Array): Uint8Array | null {
    const item = scope.messages.get(hex(grant))?.parts[1] ?? null;
    return item === null ? null : readToken(item[1]);
}

/** A proof that was computed while the volume was there. */
interface Expected {
    readonly digest: Uint8Array;
    readonly nonce: Uint8Array;
    readonly proof: Uint8Array;
}

/** Brings to one holder what it lacks, until it is stopped. */
export class Bringer {
    readonly #node: Node;
    readonly #peer: string;
    readonly #make: () => Promise<Uint8Array>;
    readonly #calls: Calls;
    /** The revision of the memory of which the holder has everything; a start knows of none. */
    #brought = -1;
    /** Before this, changes wait: the room has to last for as many days as were granted (spec 22 §8). */
    #notBefore = 0;
    #isHurried = false;
    #expected: Expected | null = null;
    #provenAt = performance.now();

    constructor(node: Node, peer: string, make: () => Promise<Uint8Array>) {
        this.#node = node;
        this.#peer = peer;
        this.#make = make;
        this.#calls = new Calls(node.dialling);
        void this.#node.aside(this.#run());
    }

    /** Whether the holder has everything. */
    get isCurrent(): boolean {
        return this.#brought === this.#node.memory.revision;
    }

    /** Brings it now. */
    hurry(): void {
        if (this.isCurrent) return;
        this.#isHurried = true;
        this.#calls.wake();
    }

    stop(): void {
        this.#calls.stop();
    }

    async #run(): Promise<void> {
        for (let wait = BRING_MS, retry = RETRY_MS_FIRST; !this.#calls.isOver; ) {
            const isDone = this.#hasTime() || (await this.#node.aside(this.#visit())) === true;
            retry = isDone ? RETRY_MS_FIRST : Math.min(retry * 2, RETRY_MS_MAX);
            wait = isDone ? BRING_MS : retry;
            await this.#calls.sleep(wait);
        }
    }

    #hasTime(): boolean {
        const now = performance.now();
        const mayWait = this.isCurrent || (!this.#isHurried && now < this.#notBefore);
        return mayWait && now < this.#provenAt + WEEK_MS;
    }

    /** One visit to the holder; false where it is to be tried again. */
    async #visit(): Promise<boolean> {
        const held = this.#node.memory.relationships.get(this.#peer);
        const granted = (held === undefined ? undefined : custodyAt(held))?.data ?? {};
        const { grant, endpoints = [] } = granted;
        const token = held === undefined || grant === undefined ? null : tokenOf(held, grant);
        if (token === null || this.#calls.isOver) return true;
        const line = await this.#calls.open(endpoints);
        if (line === null) return false;
        try {
            if (performance.now() >= this.#provenAt + WEEK_MS) await this.#prove(line, token);
            return this.isCurrent || (await this.#bring(line, token, granted));
        } catch (error) {
            if (error instanceof LineEndedError) return false;
            throw error;
        } finally {
            line.close();
        }
    }

    async #bring(line: Line, token: Uint8Array, { bytes = 1, days = 1 }: CustodyData): Promise<boolean> {
        const { revision, volume } = await this.#node.do(async () => {
            const volume = await this.#make();
            return { revision: this.#node.memory.revision, volume };
        });
        if ((await put(line, token, true, volume)) !== "done") return false;
        const nonce = this.#node.entropy.bytes(NONCE_BYTES);
        this.#expected = { digest: sha256(volume), nonce, proof: custodyProof(nonce, volume) };
        this.#brought = revision;
        this.#isHurried = false;
        this.#notBefore = performance.now() + days * DAY_MS * Math.min(1, volume.length / bytes);
        return true;
    }

    /** A proof that differs means that a full volume is put anew (spec 22 §8). */
    async #prove(line: Line, token: Uint8Array): Promise<void> {
        this.#provenAt = performance.now();
        if (this.#expected === null) return;
        const { digest, nonce, proof } = this.#expected;
        const came = await challenge(line, token, digest, nonce);
        if (came === null || !same(came, proof)) this.#brought = -1;
    }
}
