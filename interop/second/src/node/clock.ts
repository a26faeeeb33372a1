/** The time of a node, in seconds since 1970. */

import { performance } from "node:perf_hooks";

const MS = 1_000;

export class Clock {
    #base: number;
    readonly #passed: () => number;

    /** Shows `now` at first, and goes on as `passed` does, in seconds; it can be set forward. */
    constructor(now: number, passed: () => number = () => performance.now() / MS) {
        this.#base = now - passed();
        this.#passed = passed;
    }

    /** The clock of the system: it shows the right time too when the machine has slept. */
    static ofSystem(): Clock {
        const seconds = (): number => Date.now() / MS;
        return new Clock(seconds(), seconds);
    }

    now(): number {
        return Math.floor(this.#base + this.#passed());
    }

    advance(seconds: number): void {
        this.#base += seconds;
    }
}
