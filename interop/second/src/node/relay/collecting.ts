/** What a relay does for those who collect: requests of their lines, and frames that are pushed (spec 20 §5). */

import { pickupHash, relayAddress, voucherHash, FRAME } from "../../services/relay.js";
import { RELAY_WATCHED_MAX, RELAY_WINDOW_BYTES, RELAY_WINDOW_FRAMES } from "../../limits.js";
import type { Request } from "../../services/line.js";
import { type Answered, type Called, DONE, FULL, UNKNOWN } from "../services/serving.js";
import type { Mailboxes } from "./mailboxes.js";

/** A mailbox that somebody watches on a line. */
interface Watch {
    readonly called: Called;
    readonly handle: number;
    readonly address: string;
    /** The first and the newest number that were pushed, and what was pushed and not taken yet. */
    first: number;
    pushed: number;
    readonly out: { readonly number: number; readonly bytes: number }[];
}

/** What is watched on one line, by handle. */
interface Watched {
    readonly watches: Map<number, Watch>;
    last: number;
}

/** The fields of a request, whose forms were read before. */
type Fields = readonly [Uint8Array, Uint8Array, Uint8Array];

export class Collecting {
    readonly #mailboxes: Mailboxes;
    readonly #now: () => number;
    /** Who watches a mailbox now (RELAY-13). */
    readonly #watches = new Map<string, Watch>();
    readonly #lines = new Map<Called, Watched>();

    constructor(mailboxes: Mailboxes, now: () => number) {
        this.#mailboxes = mailboxes;
        this.#now = now;
    }

    /** Does what a line asks. */
    serve(called: Called, { op, fields }: Request): Answered {
        const [first, second, third] = fields as Fields;
        const now = this.#now();
        switch (op) {
            case 1:
                return this.#mailboxes.open(voucherHash(first), second, third, now);
            case 2:
                return this.#mailboxes.renew(voucherHash(first), pickupHash(second), now);
            case 3:
                return this.#mailboxes.publish(pickupHash(first), second, fields[2] as number, now);
            case 4:
                return this.#watch(called, pickupHash(first));
            case 5:
                return this.#taken(called, fields[0] as number, fields[1] as number);
            default:
                return this.#mailboxes.close(pickupHash(first), now);
        }
    }

    /** Keeps a frame that came, and pushes it once it is durable; whether the mailbox is one of this relay (RELAY-12). */
    came(mailbox: Uint8Array, frame: Uint8Array): boolean {
        const kept = this.#mailboxes.keep(relayAddress(mailbox), frame, this.#now());
        if (kept === null) return false;
        const watch = this.#watches.get(kept.address);
        if (watch !== undefined) this.#push(watch);
        return true;
    }

    #watch(called: Called, pickup: Uint8Array): Answered {
        const mailbox = this.#mailboxes.of(pickup, this.#now());
        if (mailbox === null) return UNKNOWN;
        const line = this.#lines.get(called) ?? this.#begin(called);
        const before = this.#watches.get(mailbox.address);
        if (before?.called === called) line.watches.delete(before.handle);
        if (line.watches.size >= RELAY_WATCHED_MAX) return FULL;
        const handle = (line.last += 1);
        const watch: Watch = { called, handle, address: mailbox.address, first: 0, pushed: 0, out: [] };
        line.watches.set(handle, watch);
        this.#watches.set(mailbox.address, watch);
        return { outcome: "done", fields: [handle], after: () => this.#push(watch) };
    }

    #begin(called: Called): Watched {
        const line: Watched = { watches: new Map(), last: 0 };
        this.#lines.set(called, line);
        called.onEnd(() => {
            this.#lines.delete(called);
            for (const watch of line.watches.values())
                if (this.#watches.get(watch.address) === watch) this.#watches.delete(watch.address);
        });
        return line;
    }

    #taken(called: Called, handle: number, number: number): Answered {
        const watch = this.#lines.get(called)?.watches.get(handle);
        if (watch === undefined || watch.first === 0 || number < watch.first || number > watch.pushed) return UNKNOWN;
        this.#mailboxes.taken(watch.address, number, this.#now());
        while ((watch.out[0]?.number ?? Infinity) <= number) watch.out.shift();
        return { ...DONE, after: () => this.#push(watch) };
    }

    /** Pushes what is there, as far as the window reaches (RELAY-13). */
    #push(watch: Watch): void {
        if (this.#watches.get(watch.address) !== watch) return;
        const frames = this.#mailboxes.at(watch.address, this.#now())?.frames ?? [];
        let bytes = watch.out.reduce((sum, one) => sum + one.bytes, 0);
        for (const { number, frame } of frames) {
            if (number <= watch.pushed) continue;
            if (watch.out.length >= RELAY_WINDOW_FRAMES || bytes >= RELAY_WINDOW_BYTES) return;
            watch.called.push([FRAME, watch.handle, number, frame]);
            watch.out.push({ number, bytes: frame.length });
            if (watch.first === 0) watch.first = number;
            watch.pushed = number;
            bytes += frame.length;
        }
    }
}
