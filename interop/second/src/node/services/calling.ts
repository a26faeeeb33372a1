/** The side of a service line that called: requests with their answers, and what is pushed (spec 13 §10). */

import { WebSocket } from "ws";
import { refuse } from "../../errors.js";
import { encode } from "../../encoding/encode.js";
import { type Reader, integer } from "../../encoding/shape.js";
import type { Value } from "../../encoding/value.js";
import { readMessage } from "../../services/line.js";
import type { Dialling } from "../addresses.js";
import { SERVICE } from "../paths.js";
import { dial, serveSocket } from "../sockets.js";
import { OUTCOMES, type Outcome } from "./serving.js";

const ANSWER = 0;
/** A request that is not answered in this time ends the line. */
const ANSWER_MS_MAX = 60_000;
const NAMES = Object.keys(OUTCOMES) as Outcome[];
const numbered = integer(1);

/** The line has ended, or the other side answered with something else. */
export class LineEndedError extends Error {
    constructor() {
        super("the service line has ended");
        this.name = "LineEndedError";
    }
}

/** What came back; the fields are null where the outcome is not `done`. */
export type Came<T> = { readonly outcome: "done"; readonly fields: T } | { readonly outcome: Exclude<Outcome, "done"> };

interface Asked {
    readonly number: number;
    give(outcome: Outcome, fields: readonly Value[]): void;
    fail(): void;
}

/** One line to a relay or a holder. */
export class Line {
    readonly #socket: WebSocket;
    readonly #waiting: Asked[] = [];
    #number = 0;
    /** Takes a push; it throws at one that has no such form. */
    onPush: (op: Value, rest: readonly Value[]) => void = () => refuse("shape");

    private constructor(socket: WebSocket) {
        this.#socket = socket;
        serveSocket(socket, (message) => {
            try {
                this.#came(message);
            } catch {
                socket.terminate(); // what is no answer and no push ends the line (TRANSPORT-35)
            }
        });
        socket.on("close", () => this.#waiting.splice(0).forEach((asked) => asked.fail()));
    }

    /** Opens a line to the first endpoint that takes one; null where none does. */
    static async open(endpoints: readonly string[], dialling: Dialling): Promise<Line | null> {
        for (const endpoint of endpoints) {
            const socket = await dial(endpoint, SERVICE, dialling);
            if (socket === null) continue;
            const line = new Line(socket);
            const isOpen = await new Promise<boolean>((resolve) => {
                socket.once("open", () => resolve(true));
                socket.once("close", () => resolve(false));
            });
            if (isOpen) return line;
        }
        return null;
    }

    get isOpen(): boolean {
        return this.#socket.readyState === WebSocket.OPEN;
    }

    onEnd(over: () => void): void {
        this.#socket.on("close", over);
    }

    close(): void {
        this.#socket.terminate();
    }

    /** Asks for one thing. Throws LineEndedError; then nobody knows whether it was done. */
    request<T>(op: number, fields: readonly Value[], reader: Reader<T>): Promise<Came<T>> {
        if (!this.isOpen) return Promise.reject(new LineEndedError());
        const number = (this.#number += 1);
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => this.#socket.terminate(), ANSWER_MS_MAX);
            this.#waiting.push({
                number,
                give: (outcome, given) => {
                    if (outcome !== "done" && given.length > 0) refuse("shape");
                    const came = outcome === "done" ? { outcome, fields: reader(given) } : { outcome };
                    clearTimeout(timer);
                    resolve(came);
                },
                fail: () => {
                    clearTimeout(timer);
                    reject(new LineEndedError());
                },
            });
            this.#socket.send(encode([op, number, ...fields]));
        });
    }

    #came(message: Uint8Array): void {
        const { op, rest } = readMessage(message);
        if (op !== ANSWER) return this.onPush(op, rest);
        const [number, outcome, ...fields] = rest;
        const asked = this.#waiting[0];
        const name = NAMES.find((one) => OUTCOMES[one] === outcome);
        if (asked === undefined || name === undefined || number === undefined || numbered(number) !== asked.number)
            return refuse("shape");
        asked.give(name, fields);
        this.#waiting.shift();
    }
}
