/** A holder: grants what peers ask, and serves lines of those who put, prove and fetch (spec 22 §3 and §5). */

import { encode } from "../../encoding/encode.js";
import { hex } from "../../encoding/bytes.js";
import { CUSTODY_TOKEN_BYTES } from "../../limits.js";
import { relationshipThread } from "../../engine/log.js";
import type { ThreadOf } from "../../engine/fold.js";
import { type Scope, theirPersonas } from "../../engine/scope.js";
import type { Request } from "../../services/line.js";
import { locatorAddress, tokenHash } from "../../services/custody.js";
import type { Held } from "../memory.js";
import type { Node } from "../node.js";
import { tell } from "../owner/telling.js";
import type { HolderBounds } from "../services/bounds.js";
import type { Answered } from "../services/serving.js";
import type { Volumes } from "./volumes.js";

const FILE_NAME_BYTES = 16;

type Fields = readonly [Uint8Array, Uint8Array, Uint8Array];

export class Holding {
    readonly #node: Node;
    readonly #volumes: Volumes;
    readonly #bounds: HolderBounds;
    /** One thing after the other: a proof reads a whole volume. */
    #last: Promise<unknown> = Promise.resolve();

    constructor(node: Node, volumes: Volumes, bounds: HolderBounds) {
        this.#node = node;
        this.#volumes = volumes;
        this.#bounds = bounds;
    }

    /** Does what a line asks; the node goes on meanwhile. */
    serve(request: Request): Promise<Answered> {
        const done = this.#last.then(() => this.#answer(request));
        this.#last = done.catch(() => undefined); // the line that asked hears of it; the next does not depend on it
        return done;
    }

    #answer({ op, fields }: Request): Answered | Promise<Answered> {
        const [first, second, third] = fields as Fields;
        switch (op) {
            case 16: {
                const [token, kind, size, digest] = fields as readonly [Uint8Array, number, number, Uint8Array];
                return this.#volumes.begin(token, kind, size, digest, this.#node.entropy.bytes(FILE_NAME_BYTES));
            }
            case 17:
                return this.#volumes.chunk(first, second, fields[2] as number, fields[3] as Uint8Array);
            case 18:
                return this.#volumes.finish(first, second, this.#node.clock.now());
            case 19:
                return this.#volumes.list(locatorAddress(first), fields[1] as number);
            case 20:
                return this.#volumes.fetch(locatorAddress(first), second, fields[2] as number);
            default:
                return this.#volumes.challenge(first, second, third);
        }
    }

    /** Grants what a peer asks for; what has ended takes nothing more. */
    async settled(held: Held, isServing: boolean): Promise<void> {
        for (const thread of theirCustodies(held.scope)) {
            if (thread.state === "ended" || relationshipThread(held.scope.log)?.state === "closed")
                this.#volumes.end(thread.id, this.#node.clock.now());
            else if (isServing && (thread.state === "asked" || this.#hasMoved(thread))) await this.#grant(held, thread);
        }
    }

    /** Whether the owner was told other endpoints than those of now: a later grant brings them (spec 22 §3). */
    #hasMoved({ state, data }: ThreadOf<"custody">): boolean {
        const { endpoint, endpoints } = this.#node;
        return state === "kept" && endpoint !== null && data.endpoints?.join(" ") !== endpoints.join(" ");
    }

    async #grant(held: Held, { id, data }: ThreadOf<"custody">): Promise<void> {
        const { endpoint, endpoints, entropy } = this.#node;
        if (endpoint === null || data.address === undefined) {
            await tell(this.#node, held, { name: "custody.refuse", body: { reason: "no-room" }, thread: id });
            return;
        }
        const token = entropy.bytes(CUSTODY_TOKEN_BYTES);
        const bytes = Math.min(data.bytes ?? this.#bounds.bytes, this.#bounds.bytes);
        const days = Math.min(data.days ?? this.#bounds.days, this.#bounds.days);
        this.#volumes.grant(id, { token: hex(tokenHash(token)), address: hex(data.address), bytes, days });
        const body = { bytes, days, endpoints };
        await tell(this.#node, held, { name: "custody.grant", body, thread: id, items: [encode(token)] });
    }
}

function theirCustodies({ log, theirs }: Scope): readonly ThreadOf<"custody">[] {
    const personas = theirPersonas(theirs);
    return [...log.threads.values()].filter(
        (thread): thread is ThreadOf<"custody"> => thread.feature === "custody" && personas.has(thread.opener),
    );
}
