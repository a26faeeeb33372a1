/** One line to one relay, for all mailboxes there: opens, renews, publishes, and brings home what came (spec 20 §5 and §8). */

import { hex } from "../../encoding/bytes.js";
import { integer, tuple } from "../../encoding/shape.js";
import { FRAME, pickupHash, pushedFrame, relayAddress } from "../../services/relay.js";
import { refuse } from "../../errors.js";
import type { Node } from "../node.js";
import { type Line, LineEndedError } from "../services/calling.js";
import { Calls } from "../services/calls.js";
import { type Home, endpointsOf, freshHome, homeAt, homeGone, homeRow, homesAt, spareAt, useOf, useRow } from "./homes.js";

/** Open in advance, so that a new relationship need not wait. */
const SPARE = 4;
/** A lease is renewed when less is left of it, in seconds. */
const RENEW_S = 2_592_000;
const RETRY_MS_FIRST = 500;
const RETRY_MS_MAX = 60_000;
/** With nothing else to do, leases are looked at after this. */
const LOOK_MS = 3_600_000;

const nothing = tuple();
const one = tuple(integer(1));

export class Collector {
    readonly #node: Node;
    readonly #relay: string;
    readonly #opened: () => void;
    readonly #calls: Calls;
    /** Mailboxes by the handle of the present line. */
    #handles = new Map<number, Home>();
    #pushes: Promise<void> = Promise.resolve();

    /** `opened` is called whenever there is a mailbox more. */
    constructor(node: Node, relay: string, opened: () => void) {
        this.#node = node;
        this.#relay = relay;
        this.#opened = opened;
        this.#calls = new Calls(node.dialling);
        void this.#node.aside(this.#run());
    }

    /** Something may be to do. */
    wake(): void {
        this.#calls.wake();
    }

    stop(): void {
        this.#calls.stop();
    }

    async #run(): Promise<void> {
        for (let wait = RETRY_MS_FIRST; !this.#calls.isOver; ) {
            const endpoints = endpointsOf(this.#node, this.#relay);
            if (endpoints.length === 0) {
                await this.#calls.sleep(LOOK_MS);
                continue;
            }
            const line = await this.#calls.open(endpoints);
            if (line === null) {
                await this.#calls.sleep(wait);
                wait = Math.min(wait * 2, RETRY_MS_MAX);
                continue;
            }
            wait = RETRY_MS_FIRST;
            const isServed = await this.#node.aside(this.#serve(line));
            if (isServed === null) await this.#calls.sleep(RETRY_MS_MAX);
        }
    }

    /** Works on one line until it ends. */
    async #serve(line: Line): Promise<true> {
        this.#handles = new Map();
        line.onPush = (op, rest) => {
            if (op !== FRAME) refuse("shape");
            const [handle, number, frame] = pushedFrame(rest);
            this.#pushes = this.#pushes.then(async () => void (await this.#node.aside(this.#take(line, handle, number, frame))));
        };
        line.onEnd(() => this.#calls.wake());
        try {
            while (line.isOpen && !this.#calls.isOver) {
                await this.#bring(line);
                await this.#calls.sleep(LOOK_MS);
            }
        } catch (error) {
            if (!(error instanceof LineEndedError)) throw error;
        }
        return true;
    }

    /** A frame: judged as one from anywhere, and taken once what it led to is durable (RELAY-20, RELAY-21). */
    async #take(line: Line, handle: number, number: number, frame: Uint8Array): Promise<void> {
        const home = this.#handles.get(handle);
        if (home === undefined) return line.close();
        try {
            if (await this.#node.collected({ mailbox: home.mailbox, frame })) await line.request(5, [handle, number], nothing);
        } catch (error) {
            line.close();
            if (!(error instanceof LineEndedError)) throw error;
        }
    }

    async #bring(line: Line): Promise<void> {
        const { memory } = this.#node;
        const watched = new Set([...this.#handles.values()].map(({ mailbox }) => hex(mailbox)));
        for (const home of homesAt(memory, this.#relay)) {
            if (await this.#isLeft(line, home)) continue;
            if (home.blob !== null) await this.#publish(line, home);
            else if (home.purpose !== "blob" && !watched.has(hex(home.mailbox))) await this.#watch(line, home);
            if (home.end > 0 && home.end < this.#node.clock.now() + RENEW_S) await this.#renew(line, home);
        }
        const opening = homesAt(memory, this.#relay).filter(({ purpose, end }) => purpose === "spare" && end === 0);
        for (let count = spareAt(memory, this.#relay).length + opening.length; count < SPARE; count += 1) {
            const home = await this.#begin();
            if (home === null) return;
            await this.#open(line, home);
        }
    }

    /** Whether a mailbox is of use no more: its lease is over, or the invitation that it was published for. */
    async #isLeft(line: Line, home: Home): Promise<boolean> {
        const { memory, clock } = this.#node;
        const isForNothing = home.purpose === "blob" && !memory.invitations.has(home.invitation ?? "");
        const isOver = home.end > 0 && home.end <= clock.now() && home.purpose !== "relationship";
        if (!isForNothing && !isOver) return false;
        if (home.end > 0) await line.request(6, [home.pickup], nothing);
        await this.#node.do(() => memory.write({ service: [homeGone(home)] }));
        return true;
    }

    /** A mailbox that the relay does not know is opened, or opened again with the same id and token (RELAY-22). */
    async #watch(line: Line, home: Home): Promise<void> {
        const came = await line.request(4, [home.pickup], one);
        if (came.outcome === "done") {
            this.#handles.set(came.fields[0], home);
            // An answer to its opening was lost: the end is not known before it is renewed.
            if (home.end === 0) await this.#change(home, { end: this.#node.clock.now() + RENEW_S, voucher: null });
        } else if (came.outcome === "unknown") {
            await this.#open(line, home.voucher === null ? await this.#withVoucher(home) : home);
        }
    }

    async #open(line: Line, home: Home | null): Promise<void> {
        if (home?.voucher == null) return;
        const { mailbox, pickup, voucher } = home;
        const came = await line.request(1, [voucher, relayAddress(mailbox), pickupHash(pickup)], one);
        if (came.outcome === "done") {
            await this.#change(home, { end: came.fields[0], voucher: null });
            const watched = await line.request(4, [pickup], one);
            if (watched.outcome === "done") this.#handles.set(watched.fields[0], home);
            this.#opened();
        } else if (came.outcome === "unknown") await this.#drop(home);
    }

    /** A voucher that is not good: what nobody was told of is forgotten, and another tries again later with another one. */
    async #drop(home: Home): Promise<void> {
        if (home.purpose !== "spare") return this.#change(home, { voucher: null });
        await this.#node.do(() => this.#node.memory.write({ service: [homeGone(home)] }));
    }

    async #publish(line: Line, home: Home): Promise<void> {
        const { blob } = home;
        if (blob === null) return;
        const came = await line.request(3, [home.pickup, blob.bytes, blob.until], nothing);
        if (came.outcome === "done") await this.#change(home, { blob: null });
    }

    async #renew(line: Line, home: Home): Promise<void> {
        const voucher = await this.#spend();
        if (voucher === null) return;
        const came = await line.request(2, [voucher, home.pickup], one);
        if (came.outcome === "done") await this.#change(home, { end: came.fields[0] });
    }

    /** A new home with a voucher of its own: both are durable before the relay is asked. */
    #begin(): Promise<Home | null> {
        return this.#withNext((voucher) => freshHome(this.#node, this.#relay, voucher));
    }

    #withVoucher(home: Home): Promise<Home | null> {
        return this.#withNext((voucher) => {
            const now = homeAt(this.#node.memory, home.mailbox);
            return now === undefined ? null : { ...now, voucher };
        });
    }

    async #spend(): Promise<Uint8Array | null> {
        let spent: Uint8Array | null = null;
        await this.#withNext((voucher) => {
            spent = voucher;
            return null;
        });
        return spent;
    }

    #withNext(make: (voucher: Uint8Array) => Home | null): Promise<Home | null> {
        const { memory, clock } = this.#node;
        return this.#node.do(() => {
            const use = useOf(memory, this.#relay);
            const [voucher, ...vouchers] = use?.vouchers ?? [];
            if (use === undefined || voucher === undefined || use.until < clock.now()) return null;
            const home = make(voucher);
            const row = useRow(this.#relay, { ...use, vouchers });
            memory.write({ service: home === null ? [row] : [row, homeRow(home)] });
            return home;
        });
    }

    async #change(home: Home, changes: Partial<Home>): Promise<void> {
        const { memory } = this.#node;
        await this.#node.do(() => {
            const now = homeAt(memory, home.mailbox);
            if (now !== undefined) memory.write({ service: [homeRow({ ...now, ...changes })] });
        });
    }
}
