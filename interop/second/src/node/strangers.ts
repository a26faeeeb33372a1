/** Bounds on whoever calls: connections, requests and frames that fail, by source (spec 13 §3 and §6). */

import { BlockList, type Socket, isIP, isIPv6 } from "node:net";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { networks, plain, within } from "./addresses.js";
import { Recently } from "./sockets.js";

/** The sums that an owner may set otherwise (TRANSPORT-22). */
export interface Sums {
    readonly connections: number;
    readonly connectionsOfSource: number;
    /** Connections that have brought nothing yet. */
    readonly unproven: number;
    /** Requests of one source in a minute that are no packets. */
    readonly requestsInMinute: number;
}

export const SUMS: Sums = { connections: 512, connectionsOfSource: 20, unproven: 64, requestsInMinute: 60 };

const MINUTE_MS = 60_000;
const FAILURES_MAX = 10;
const FAILURES_MS = 1_000;
const SHUT_OUT_MS = 60_000;
/** Of so many sources it is known how often they did something. */
const SOURCES_MAX = 4_096;

/** What of a connection tells it from all others that are open. */
function nameOf({ remoteAddress = "", remotePort = 0 }: Socket): string {
    return `${remoteAddress} ${remotePort}`;
}

/** An IPv4 address, or the first 64 bits of an IPv6 one (TRANSPORT-12). */
export function sourceOf(address: string): string {
    const looked = plain(address);
    if (!isIPv6(looked)) return looked;
    const [left = "", right = ""] = looked.split("::");
    const groups = left === "" ? [] : left.split(":");
    const zeros = Math.max(0, 8 - groups.length - (right === "" ? 0 : right.split(":").length));
    const whole = [...groups, ...Array.from({ length: zeros }, () => "0")];
    return whole.slice(0, 4).join(":");
}

export class Strangers {
    readonly #sums: Sums;
    readonly #proxies: BlockList;
    /** Open connections by name, in the order in which they came. */
    readonly #open = new Map<string, Duplex>();
    readonly #unproven = new Map<string, Duplex>();
    readonly #ofSource = new Map<string, Set<Duplex>>();
    readonly #asked = new Map<string, Recently>();
    readonly #failed = new Map<string, Recently>();
    readonly #shutOut = new Map<string, NodeJS.Timeout>();

    constructor(proxies: readonly string[], sums: Sums = SUMS) {
        this.#sums = sums;
        this.#proxies = networks(proxies);
    }

    /** Takes a connection, or closes it or another one without a word (TRANSPORT-12, TRANSPORT-22). */
    admit(socket: Socket): void {
        const address = socket.remoteAddress ?? "";
        const [name, source] = [nameOf(socket), sourceOf(address)];
        const isProxy = this.#isProxy(address);
        const count = (this.#ofSource.get(source)?.size ?? 0) + 1;
        const isBeyond = this.#open.size >= this.#sums.connections || (!isProxy && count > this.#sums.connectionsOfSource);
        if (isBeyond || (!isProxy && this.#shutOut.has(source))) return void socket.destroy();
        this.#open.set(name, socket);
        socket.once("close", () => {
            this.#open.delete(name);
            this.#unproven.delete(name);
        });
        if (isProxy) return;
        this.follow(source, socket);
        this.#unproven.set(name, socket);
        const [first] = this.#unproven.values();
        if (this.#unproven.size > this.#sums.unproven) first?.destroy();
    }

    /** A connection belongs to a source, and ends with it: one behind a proxy once it is a link. */
    follow(source: string, socket: Duplex): void {
        const all = this.#ofSource.get(source) ?? new Set();
        this.#ofSource.set(source, all.add(socket));
        socket.once("close", () => {
            all.delete(socket);
            if (all.size === 0) this.#ofSource.delete(source);
        });
    }

    /** A connection has brought a packet, a fetch or the first packet of a link. */
    proven(socket: Socket): void {
        this.#unproven.delete(nameOf(socket));
    }

    /** The source of a request: behind a proxy the last address in `X-Forwarded-For` that is none of the proxies. */
    sourceOfRequest({ socket, headers }: IncomingMessage): string {
        const address = socket.remoteAddress ?? "";
        if (!this.#isProxy(address)) return sourceOf(address);
        const forwarded = headers["x-forwarded-for"];
        const listed = (typeof forwarded === "string" ? forwarded : "").split(",").map((one) => one.trim());
        const last = listed.reverse().find((one) => isIP(one) !== 0 && !this.#isProxy(one));
        return sourceOf(last ?? address);
    }

    /** Whether a source may ask once more for what is no packet. */
    mayAsk(source: string): boolean {
        return !isTooOften(this.#asked, source, MINUTE_MS, this.#sums.requestsInMinute);
    }

    isShutOut(source: string): boolean {
        return this.#shutOut.has(source);
    }

    /** A frame of a source failed; one too many within a second shuts it out for a while (TRANSPORT-12). */
    failed(source: string): void {
        if (!isTooOften(this.#failed, source, FAILURES_MS, FAILURES_MAX) || this.#shutOut.has(source)) return;
        this.#shutOut.set(source, setTimeout(() => this.#shutOut.delete(source), SHUT_OUT_MS).unref());
        for (const socket of this.#ofSource.get(source) ?? []) socket.destroy();
    }

    #isProxy(address: string): boolean {
        return within(this.#proxies, plain(address));
    }
}

/** Whether a source does it too often now; of many sources, the one that has done nothing for longest is forgotten. */
function isTooOften(all: Map<string, Recently>, source: string, stretchMs: number, max: number): boolean {
    const one = all.get(source) ?? new Recently(stretchMs, max);
    all.delete(source);
    all.set(source, one);
    const [oldest] = all.keys();
    if (all.size > SOURCES_MAX && oldest !== undefined) all.delete(oldest);
    return one.isTooOften();
}
