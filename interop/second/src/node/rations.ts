/** How often a host is dialled that has not answered as a node, and how often invitations are fetched from one (TRANSPORT-32). */

import { performance } from "node:perf_hooks";

const BURST = 8;
const REFILL_MS = 1_000;
const FETCHES_MAX = 60;
const HOUR_MS = 3_600_000;
/** Of so many hosts something is kept; the one that was dialled first is forgotten then. */
const HOSTS_MAX = 10_000;

interface Ration {
    /** Connections that may be opened now; one more each second, at most `BURST`. */
    left: number;
    since: number;
    fetches: readonly number[];
    hasAnswered: boolean;
}

export class Rations {
    readonly #hosts = new Map<string, Ration>();

    /** Whether one more connection to a host may be opened now. */
    mayDial(host: string): boolean {
        const ration = this.#of(host);
        if (ration.hasAnswered) return true;
        const now = performance.now();
        const left = Math.min(BURST, ration.left + (now - ration.since) / REFILL_MS);
        ration.since = now;
        ration.left = left < 1 ? left : left - 1;
        return left >= 1;
    }

    /** Whether one more invitation or card may be fetched from a host now. */
    mayFetch(host: string): boolean {
        const ration = this.#of(host);
        const now = performance.now();
        const recent = ration.fetches.filter((time) => time > now - HOUR_MS);
        const may = recent.length < FETCHES_MAX;
        ration.fetches = may ? [...recent, now] : recent;
        return may;
    }

    /** A host has answered as a node does. */
    answered(host: string): void {
        this.#of(host).hasAnswered = true;
    }

    #of(host: string): Ration {
        const known = this.#hosts.get(host);
        if (known !== undefined) return known;
        const [first] = this.#hosts.keys();
        if (this.#hosts.size >= HOSTS_MAX && first !== undefined) this.#hosts.delete(first);
        const fresh: Ration = { left: BURST, since: performance.now(), fetches: [], hasAnswered: false };
        this.#hosts.set(host, fresh);
        return fresh;
    }
}
