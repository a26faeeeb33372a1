/** The time of a node, in seconds since 1970: it goes on with real time, and can be set forward. */

import { performance } from "node:perf_hooks";

const MS = 1_000;

export class Clock {
    #base: number;

    /** Shows `now` at first. */
    constructor(now: number) {
        this.#base = now - performance.now() / MS;
    }

    now(): number {
        return Math.floor(this.#base + performance.now() / MS);
    }

    advance(seconds: number): void {
        this.#base += seconds;
    }
}
