/** What a relay keeps and hands out, and what it refuses (spec 20), with real files. */

import { deepEqual, equal, notEqual, throws } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serialize } from "node:v8";
import { describe, it } from "node:test";
import { hex } from "../src/encoding/bytes.js";
import { Journal } from "../src/node/journal.js";
import { Collecting } from "../src/node/relay/collecting.js";
import { Mailboxes } from "../src/node/relay/mailboxes.js";
import { BOUNDS, type RelayBounds, boundsWith } from "../src/node/services/bounds.js";
import type { Answered, Called } from "../src/node/services/serving.js";
import { pickupHash, relayAddress, voucherHash } from "../src/services/relay.js";
import type { Value } from "../src/encoding/value.js";
import { scratch } from "./scratch.js";

const KEY = new Uint8Array(32).fill(7);
const NOW = 1_800_000_000;
const DAY_S = 86_400;

function secret(of: number): Uint8Array {
    return new Uint8Array(32).fill(of);
}

function mailboxOf(of: number): Uint8Array {
    return new Uint8Array(16).fill(of);
}

/** A line as the relay sees it: what is pushed on it. */
class Pushed {
    readonly pushes: (readonly Value[])[] = [];
    #over: () => void = () => undefined;
    push(message: readonly Value[]): void {
        this.pushes.push(message);
    }
    onEnd(over: () => void): void {
        this.#over = over;
    }
    end(): void {
        this.#over();
    }
    numbers(): readonly Value[] {
        return this.pushes.map(([, , number]) => number ?? null);
    }
}

class Relay {
    readonly folder = scratch("relay");
    mailboxes: Mailboxes;
    now = NOW;
    collecting: Collecting;
    readonly line = new Pushed();

    constructor(vouchers = 3, bounds: Partial<RelayBounds> = {}) {
        this.mailboxes = new Mailboxes(this.folder, KEY, boundsWith({ relay: bounds }).relay);
        this.collecting = new Collecting(this.mailboxes, () => this.now);
        const hashes = Array.from({ length: vouchers }, (_, place) => voucherHash(secret(place + 1)));
        this.mailboxes.add(hashes, NOW + 10 * DAY_S);
    }

    ask(op: number, fields: readonly Value[], line = this.line): Answered {
        const answer = this.collecting.serve(line as unknown as Called, { op, number: 1, fields });
        answer.after?.();
        return answer;
    }

    open(voucher: number, of: number): Answered {
        return this.ask(1, [secret(voucher), relayAddress(mailboxOf(of)), pickupHash(secret(100 + of))]);
    }

    came(of: number, ...frame: readonly number[]): boolean {
        return this.collecting.came(mailboxOf(of), Uint8Array.from(frame));
    }

    /** The same relay after its process was ended. */
    again(): void {
        this.mailboxes.shut();
        this.mailboxes = new Mailboxes(this.folder, KEY);
        this.collecting = new Collecting(this.mailboxes, () => this.now);
    }
}

describe("a voucher", () => {
    it("opens one mailbox, to the end of a day, and no second one", () => {
        const relay = new Relay();
        const { outcome, fields: [end = 0] = [] } = relay.open(1, 1);
        equal(outcome, "done");
        deepEqual([Number(end) % DAY_S, Number(end) >= NOW + BOUNDS.relay.leaseS, Number(end) < NOW + BOUNDS.relay.leaseS + DAY_S], [0, true, true]);
        equal(relay.open(1, 2).outcome, "unknown");
        equal(relay.came(2, 1), false);
    });

    it("is still good where its address or its token is another mailbox's", () => {
        const relay = new Relay();
        relay.open(1, 1);
        equal(relay.open(2, 1).outcome, "unknown");
        equal(relay.ask(1, [secret(2), relayAddress(mailboxOf(9)), pickupHash(secret(101))]).outcome, "unknown");
        equal(relay.open(2, 2).outcome, "done");
    });

    it("opens nothing when it never was, or is over", () => {
        const relay = new Relay();
        equal(relay.open(77, 1).outcome, "unknown");
        relay.now += 11 * DAY_S;
        equal(relay.open(1, 1).outcome, "unknown");
    });

    it("renews, and never makes a lease end earlier", () => {
        const relay = new Relay();
        relay.open(1, 1);
        relay.now += 2 * DAY_S;
        const { fields: [end = 0] = [] } = relay.ask(2, [secret(2), secret(101)]);
        equal(Number(end) >= relay.now + BOUNDS.relay.leaseS, true);
        equal(relay.ask(2, [secret(2), secret(101)]).outcome, "unknown");
        equal(relay.ask(2, [secret(3), secret(150)]).outcome, "unknown");
        equal(relay.open(3, 3).outcome, "done");
    });
});

describe("a mailbox", () => {
    it("keeps frames in their order for who has its token, over a restart", () => {
        const relay = new Relay();
        relay.open(1, 1);
        deepEqual([relay.came(1, 1), relay.came(1, 2), relay.came(2, 3)], [true, true, false]);
        relay.again();
        equal(relay.mailboxes.kept, 2);
        equal(relay.ask(4, [secret(150)]).outcome, "unknown");
        equal(relay.line.pushes.length, 0);
        deepEqual(relay.ask(4, [secret(101)]).fields, [1]);
        relay.came(1, 4);
        deepEqual(relay.line.pushes.map(([op, handle, number, frame]) => [op, handle, number, [...(frame as Uint8Array)]]), [
            [7, 1, 1, [1]], [7, 1, 2, [2]], [7, 1, 3, [4]],
        ]);
    });

    it("deletes up to the number that was taken, and nothing for one that was not pushed", () => {
        const relay = new Relay();
        relay.open(1, 1);
        for (const frame of [1, 2, 3]) relay.came(1, frame);
        relay.ask(4, [secret(101)]);
        equal(relay.ask(5, [1, 4]).outcome, "unknown");
        equal(relay.ask(5, [2, 1]).outcome, "unknown");
        equal(relay.mailboxes.kept, 3);
        equal(relay.ask(5, [1, 2]).outcome, "done");
        relay.again();
        equal(relay.mailboxes.kept, 1);
        relay.came(1, 4);
        relay.ask(4, [secret(101)]);
        deepEqual(relay.line.numbers().slice(-2), [3, 4]);
    });

    it("is pushed to who watched last, and to nobody whose line ended", () => {
        const relay = new Relay();
        const other = new Pushed();
        relay.open(1, 1);
        relay.ask(4, [secret(101)]);
        relay.ask(4, [secret(101)], other);
        relay.came(1, 1);
        deepEqual([relay.line.numbers(), other.numbers()], [[], [1]]);
        other.end();
        relay.came(1, 2);
        deepEqual(other.numbers(), [1]);
        equal(relay.mailboxes.kept, 2);
    });

    it("pushes no more than 64 frames that were not taken", () => {
        const relay = new Relay();
        relay.open(1, 1);
        for (let count = 0; count < 70; count += 1) relay.came(1, 1);
        relay.ask(4, [secret(101)]);
        equal(relay.line.pushes.length, 64);
        relay.ask(5, [1, 10]);
        equal(relay.line.pushes.length, 70);
    });

    it("drops what goes beyond its bounds, and keeps what was there", () => {
        const relay = new Relay();
        relay.open(1, 1);
        const large = new Uint8Array(65_536);
        const { bytes: most } = BOUNDS.relay;
        for (let bytes = 0; bytes <= most; bytes += large.length) equal(relay.collecting.came(mailboxOf(1), large), true);
        equal(relay.mailboxes.kept, most / large.length);
    });

    it("is bounded as the owner of the relay has set it [RELAY-15]", () => {
        const relay = new Relay(4, { leaseS: 40 * DAY_S, frames: 2, mailboxes: 2, bytesInAll: 5, vouchers: 4 });
        equal(relay.mailboxes.hasRoomFor(1), false);
        const [end] = relay.open(1, 1).fields ?? [];
        equal(Number(end) < NOW + 42 * DAY_S, true);
        relay.open(2, 2);
        equal(relay.open(3, 3).outcome, "full");
        for (let count = 0; count < 3; count += 1) relay.came(1, 1);
        equal(relay.mailboxes.kept, 2);
        relay.came(2, 1, 2, 3, 4);
        equal(relay.mailboxes.kept, 2);
        relay.came(2, 1, 2, 3);
        equal(relay.mailboxes.kept, 3);
    });

    it("has no bounds that are none, or that the protocol does not permit", () => {
        for (const relay of [{ leaseS: 29 * DAY_S }, { vouchersAtOnce: 1_025 }, { frames: 0 }, { bytes: 1.5 }, { others: 1 }])
            throws(() => boundsWith({ relay }), RangeError);
        deepEqual(boundsWith({ holder: { days: 7 } }), { ...BOUNDS, holder: { ...BOUNDS.holder, days: 7 } });
    });

    it("holds frames or a blob, and not both", () => {
        const relay = new Relay();
        relay.open(1, 1);
        relay.open(2, 2);
        relay.came(1, 1);
        equal(relay.ask(3, [secret(101), Uint8Array.of(5), NOW + DAY_S]).outcome, "full");
        equal(relay.ask(3, [secret(102), Uint8Array.of(5), NOW + DAY_S]).outcome, "done");
        relay.came(2, 1);
        equal(relay.mailboxes.kept, 1);
        deepEqual(relay.mailboxes.blob(relayAddress(mailboxOf(2)), NOW), Uint8Array.of(5));
        equal(relay.mailboxes.blob(relayAddress(mailboxOf(2)), NOW + DAY_S), undefined);
        equal(relay.ask(3, [secret(102), new Uint8Array(), NOW]).outcome, "done");
        equal(relay.mailboxes.blob(relayAddress(mailboxOf(2)), NOW), undefined);
    });

    it("is as one that never was once it is closed, or its lease has ended", () => {
        const relay = new Relay();
        relay.open(1, 1);
        relay.open(2, 2);
        relay.came(1, 1);
        equal(relay.ask(6, [secret(101)]).outcome, "done");
        equal(relay.ask(6, [secret(101)]).outcome, "unknown");
        equal(relay.came(1, 1), false);
        relay.now += BOUNDS.relay.leaseS + DAY_S;
        deepEqual([relay.came(2, 1), relay.ask(4, [secret(102)]).outcome], [false, "unknown"]);
        equal(relay.mailboxes.kept, 0);
    });

    it("keeps a frame for thirty days", () => {
        const relay = new Relay();
        relay.open(1, 1);
        relay.came(1, 1);
        relay.mailboxes.sweep(NOW + 30 * DAY_S);
        equal(relay.mailboxes.kept, 1);
        relay.mailboxes.sweep(NOW + 31 * DAY_S);
        equal(relay.mailboxes.kept, 0);
    });
});

describe("the file of a relay", () => {
    it("has no mailbox id, token or voucher in it, and of what was taken nothing once it was written anew", () => {
        const relay = new Relay();
        relay.open(1, 1);
        relay.came(1, ...Array.from({ length: 200 }, () => 0xab));
        relay.ask(4, [secret(101)]);
        relay.ask(5, [1, 1]);
        const before = readFileSync(join(relay.folder, "relay"));
        relay.mailboxes.sweep(NOW + 2 * 3_600);
        const file = readFileSync(join(relay.folder, "relay"));
        equal(file.length < before.length, true);
        notEqual(Buffer.compare(file.subarray(0, 16), before.subarray(0, 16)), 0);
        relay.mailboxes.shut();
        const { journal, rows } = Journal.open(relay.folder, KEY, "relay");
        journal.close();
        deepEqual([...rows.keys()], [...rows.keys()].sort());
        const text = serialize(rows);
        for (const hidden of [mailboxOf(1), secret(101), secret(1)]) {
            equal(text.includes(Buffer.from(hidden)), false);
            equal(text.includes(hex(hidden)), false);
        }
    });
});
