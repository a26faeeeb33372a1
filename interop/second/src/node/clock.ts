/** The time of a node, in seconds since 1970. */

import { performance } from "node:perf_hooks";

const MS = 1_000;
/** The system's clock may be corrected by less than this, in seconds; more is a jump. */
const JUMP_S_MIN = 30;

/** What is counted since some time, in seconds. */
type Count = () => number;
const ofProcess: Count = () => performance.now() / MS;
const ofSystem: Count = () => Date.now() / MS;

export class Clock {
    #base: number;
    readonly #passed: Count;
    readonly #system: Count;
    /** By how much the system's clock leads the time that this process has counted. */
    #lead: number;

    /** Shows `now` at first, and goes on as `passed` does; it can be set forward. `system` is looked at for jumps. */
    constructor(now: number, passed: Count = ofProcess, system: Count = ofSystem) {
        this.#base = now - passed();
        this.#passed = passed;
        this.#system = system;
        this.#lead = system() - ofProcess();
    }

    /** The clock of the system: it shows the right time too when the machine has slept. */
    static ofSystem(): Clock {
        return new Clock(ofSystem(), ofSystem);
    }

    now(): number {
        return Math.floor(this.exact());
    }

    /** The same with parts of seconds. */
    exact(): number {
        return this.#base + this.#passed();
    }

    advance(seconds: number): void {
        this.#base += seconds;
    }

    /** Whether the system's clock has jumped since this was asked last: it was set, or the machine slept or was set back. */
    hasJumped(): boolean {
        const jump = this.#system() - ofProcess() - this.#lead;
        if (Math.abs(jump) < JUMP_S_MIN) return false;
        this.#lead += jump;
        return true;
    }
}
