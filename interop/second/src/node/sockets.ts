/** WebSockets of this protocol: how one is opened, kept alive and ended (spec 13 §4 and §10). */

import { isIPv6 } from "node:net";
import { performance } from "node:perf_hooks";
import { WebSocket, type RawData } from "ws";
import { type Dialling, readEndpoint } from "./addresses.js";
import type { Kind } from "./paths.js";

const HANDSHAKE_MS_MAX = 5_000;
const PING_MS = 30_000;
const PINGS_UNANSWERED_MAX = 2;
/** Pings and pongs of the other end within `CONTROLS_MS`; one more ends the socket (TRANSPORT-18). */
const CONTROLS_MAX = 100;
const CONTROLS_MS = 30_000;

/** A socket that is being opened, to an address that was looked at (TRANSPORT-28, TRANSPORT-29); null where none may be dialled. */
export async function dial(text: string, { path, protocol, bytesMax }: Kind, dialling: Dialling): Promise<WebSocket | null> {
    const endpoint = readEndpoint(text);
    const address = endpoint === null ? null : await dialling.addressOf(endpoint);
    if (endpoint === null || address === null) return null;
    const scheme = endpoint.scheme === "https" ? "wss" : "ws";
    const family = isIPv6(address) ? 6 : 4;
    const socket = new WebSocket(`${scheme}://${endpoint.authority}${endpoint.path}${path}`, [protocol], {
        perMessageDeflate: false,
        followRedirects: false,
        handshakeTimeout: HANDSHAKE_MS_MAX,
        maxPayload: bytesMax,
        lookup: (_host, options, give) =>
            options.all === true ? give(null, [{ address, family }]) : give(null, address, family),
    });
    socket.once("open", () => dialling.answered(endpoint));
    return socket;
}

/** Counts what happened within a stretch of time, as far as it matters: up to one more than is permitted. */
export class Recently {
    readonly #stretchMs: number;
    readonly #max: number;
    readonly #times: number[] = [];

    constructor(stretchMs: number, max: number) {
        this.#stretchMs = stretchMs;
        this.#max = max;
    }

    /** It happened once more: whether that is more often than permitted. */
    isTooOften(): boolean {
        const now = performance.now();
        this.#times.push(now);
        if (this.#times.length > this.#max + 1) this.#times.shift();
        const first = this.#times.at(-this.#max - 1);
        return first !== undefined && first > now - this.#stretchMs;
    }
}

/**
 * Hands over each binary message, pings while nothing comes, and ends the socket at what no message is (TRANSPORT-18,
 * TRANSPORT-19). `take` may pause the socket: then silence of the other end does not count.
 */
export function serveSocket(socket: WebSocket, take: (message: Uint8Array) => void): void {
    let unanswered = 0;
    let isQuiet = false;
    const heard = (): void => {
        unanswered = 0;
        isQuiet = false;
    };
    const controls = new Recently(CONTROLS_MS, CONTROLS_MAX);
    const control = (): void => {
        heard();
        if (controls.isTooOften()) socket.terminate();
    };
    const timer = setInterval(() => {
        if (socket.isPaused) return heard();
        if (isQuiet && unanswered >= PINGS_UNANSWERED_MAX) return socket.terminate();
        if (isQuiet && socket.readyState === WebSocket.OPEN) {
            unanswered += 1;
            socket.ping();
        }
        isQuiet = true;
    }, PING_MS);
    socket.on("ping", control);
    socket.on("pong", control);
    socket.on("close", () => clearInterval(timer));
    socket.on("error", () => socket.terminate()); // a fault of the other end ends the socket, and nothing else
    socket.on("message", (data: RawData, isBinary: boolean) => {
        heard();
        if (isBinary) take(new Uint8Array(data as Buffer));
        else socket.terminate();
    });
}
