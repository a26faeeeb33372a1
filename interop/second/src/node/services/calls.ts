/** Work at somebody's service line, one line after the other, until it is stopped. */

import type { Dialling } from "../addresses.js";
import { Line } from "./calling.js";

export class Calls {
    readonly #dialling: Dialling;
    #line: Line | null = null;
    #wake: (() => void) | null = null;
    #isAwake = false;
    #isOver = false;

    constructor(dialling: Dialling) {
        this.#dialling = dialling;
    }

    get isOver(): boolean {
        return this.#isOver;
    }

    /** A line to the first endpoint that takes one; null where none does, and where the work is over. */
    async open(endpoints: readonly string[]): Promise<Line | null> {
        this.#line?.close();
        const line = await Line.open(endpoints, this.#dialling);
        this.#line = line;
        if (!this.#isOver) return line;
        line?.close();
        return null;
    }

    stop(): void {
        this.#isOver = true;
        this.#line?.close();
        this.wake();
    }

    /** Ends the sleep, or the next one at once. */
    wake(): void {
        this.#isAwake = true;
        this.#wake?.();
    }

    /** Until it is woken, or so many milliseconds. */
    async sleep(ms: number): Promise<void> {
        if (!this.#isAwake) {
            await new Promise<void>((resolve) => {
                const timer = setTimeout(resolve, ms);
                this.#wake = () => {
                    clearTimeout(timer);
                    resolve();
                };
            });
        }
        this.#wake = null;
        this.#isAwake = false;
    }
}
