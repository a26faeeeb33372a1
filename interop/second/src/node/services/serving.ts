/** The side of a service line that was called: one request after the other, each answered once (spec 13 §10). */

import { WebSocket } from "ws";
import { RefusalError } from "../../errors.js";
import { encode } from "../../encoding/encode.js";
import type { Value } from "../../encoding/value.js";
import { type Forms, type Request, readRequest } from "../../services/line.js";
import { serveSocket } from "../sockets.js";

/** `registry/outcomes.csv`. */
export const OUTCOMES = { done: 0, unknown: 1, full: 2, busy: 3 } as const;
export type Outcome = keyof typeof OUTCOMES;

/** What is answered to a request. */
export interface Answered {
    readonly outcome: Outcome;
    readonly fields?: readonly Value[];
    /** What comes after the answer was given over, such as the first pushes. */
    readonly after?: () => void;
}

export const DONE: Answered = { outcome: "done" };
export const UNKNOWN: Answered = { outcome: "unknown" };
export const FULL: Answered = { outcome: "full" };

const ANSWER = 0;
/** To ask in vain takes so long, whatever the cause (TRANSPORT-37). */
const UNKNOWN_MS = 250;

/** One line that somebody opened. */
export class Called {
    readonly #socket: WebSocket;

    constructor(socket: WebSocket) {
        this.#socket = socket;
    }

    /** Sends a push; a line that has ended gives none. */
    push(message: readonly Value[]): void {
        if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(encode(message));
    }

    onEnd(over: () => void): void {
        this.#socket.on("close", over);
    }
}

/** Does what is asked on a line; null where that failed in here. */
export type Serving = (request: Request) => Promise<Answered | null>;

/** Serves a line until it ends; what is no request of these forms ends it (TRANSPORT-35, TRANSPORT-36). */
export function serveLine(socket: WebSocket, forms: Forms, serve: Serving): void {
    let last = 0;
    serveSocket(socket, (message) => {
        socket.pause(); // the next request is read once this one is answered (TRANSPORT-38)
        void answer(message).then(
            () => socket.resume(),
            () => socket.terminate(), // no request, or nobody who takes the answer
        );
    });
    async function answer(message: Uint8Array): Promise<void> {
        const request = readRequest(message, forms);
        if (request.number <= last) throw new RefusalError("shape");
        last = request.number;
        const answered = await serve(request);
        if (answered === null) return socket.terminate();
        const { outcome, fields = [], after } = answered;
        if (outcome === "unknown") await new Promise((resolve) => setTimeout(resolve, UNKNOWN_MS));
        const back = encode([ANSWER, request.number, OUTCOMES[outcome], ...fields]);
        await new Promise<void>((resolve, reject) =>
            socket.send(back, (error) => (error === undefined || error === null ? resolve() : reject(error))),
        );
        after?.();
    }
}
