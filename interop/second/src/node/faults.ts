/** Faults inside this node: whoever runs it hears of them, and one relationship that has one does not stop the others (ERR-15, ERR-16). */

import { DiskError } from "./journal.js";

/** A relationship in which something failed is left alone for so long, in seconds. */
const REST_S = 600;
const FRAMES_SHOWN_MAX = 6;

export class Faults {
    readonly #tell: (line: string) => void;
    readonly #restsUntil = new Map<string, number>();

    /** `tell` takes a line for whoever runs the node. */
    constructor(tell: (line: string) => void) {
        this.#tell = tell;
    }

    /** Does some work for a relationship; a failure rests it. Throws DiskError alone: then the node has to end. */
    async guard(relationship: string, now: number, work: () => Promise<void>): Promise<void> {
        try {
            await work();
        } catch (error) {
            this.report(error);
            this.#restsUntil.set(relationship, now + REST_S);
        }
    }

    /** When a relationship is looked at again that rests; undefined where it does not. */
    restOf(relationship: string, now: number): number | undefined {
        const until = this.#restsUntil.get(relationship);
        return until !== undefined && until > now ? until : undefined;
    }

    /** Says what failed and where; the text of an error is left out, because it may hold a value. */
    report(fault: unknown): void {
        if (fault instanceof DiskError) throw fault;
        const name = fault instanceof Error ? fault.name : typeof fault;
        const where = fault instanceof Error ? (fault.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line)) : [];
        this.#tell([`fault: ${name}`, ...where.slice(0, FRAMES_SHOWN_MAX)].join("\n"));
    }
}
