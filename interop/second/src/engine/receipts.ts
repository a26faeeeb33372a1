/** Answers: what is said of messages that came, and what the peer says of one's own (spec 05 §5). */

import { RefusalError, refuse } from "../errors.js";
import { ANSWER_INTERVAL_S, NOTICE_INTERVAL_S } from "../limits.js";
import { hex } from "../encoding/bytes.js";
import { type AnswerFields, type AnswerType, type Further, makeAnswer } from "../wire/answer.js";
import { idAt, lastOf, refusalsInWindow } from "./lines.js";
import { withEntries } from "./log.js";
import type { Limited, Scope } from "./scope.js";
import { announced } from "./sessions.js";

const APPLIED = "applied";
const REJECTED = "rejected";

/** An answer of one's own; a session is named where its start is answered, and the current key with it (SEAL-34). */
export function answerOf<T extends AnswerType>(
    scope: Scope,
    typ: T,
    further: Further<T>,
    session: Uint8Array | null,
): Uint8Array {
    const { mine, theirs, receiving } = scope;
    const fields: AnswerFields = {
        sender: mine.own.log.persona,
        recipient: theirs.log.persona,
        senderEpoch: mine.own.log.epoch,
        recipientEpoch: theirs.log.epoch,
        session,
        key: session === null ? null : announced(receiving),
    };
    return makeAnswer(typ, fields, further, mine.own.seed, mine.own.log.last.signingKey);
}

/** The receipt of everything that was judged (ORDER-18). */
export function receiptOf(scope: Scope, session: Uint8Array | null): Uint8Array {
    const { incoming } = scope;
    const [number, id] = lastOf(incoming);
    return answerOf(scope, "pcloud-receipt", [number, id, refusalsInWindow(incoming)], session);
}

/** Kinds that are sent once an hour (REC-37, REC-41, ROLL-4). */
const HOURLY: ReadonlySet<Limited> = new Set(["stale-notice", "rollback-notice"]);

/** Whether an answer of a limited kind may be given now; the scope keeps its clock (ORDER-24). */
export function withinLimit(scope: Scope, kind: Limited, now: number): Scope | undefined {
    const last = scope.answered[kind];
    const interval = HOURLY.has(kind) ? NOTICE_INTERVAL_S : ANSWER_INTERVAL_S;
    if (last !== undefined && now < last + interval) return undefined;
    return { ...scope, answered: { ...scope.answered, [kind]: now } };
}

/** This copy is older than what the peer has seen of it: it stops in this relationship (ROLL-1, ROLL-2). */
export class OutdatedError extends RefusalError {
    constructor() {
        super("outdated");
        this.name = "OutdatedError";
    }
}

/** An object of an older epoch of the peer: its sender may be a copy that does not know of the recovery (REC-41). */
export class StaleError extends RefusalError {
    readonly epoch: number;

    constructor(epoch: number) {
        super("stale");
        this.name = "StaleError";
        this.epoch = epoch;
    }
}

/**
 * Takes a receipt: the messages up to its number have their verdicts, and wait no more (ORDER-19).
 * Throws `receipt-unknown` for one that is older than one taken before (ORDER-20), and OutdatedError for a number or
 * id that was never sent (ROLL-1).
 */
export function takeReceipt(scope: Scope, [number, id, refusals]: Further<"pcloud-receipt">): Scope {
    const { outgoing } = scope;
    const own = idAt(outgoing, number);
    if (number > outgoing.ids.length || (number > 0 && (id === null || own === null || hex(own) !== hex(id))))
        throw new OutdatedError();
    if (number < outgoing.receipted) refuse("receipt-unknown");
    const refused = new Map(refusals.filter(([, code]) => code !== APPLIED));
    const judged = scope.waiting.filter((row) => row.number <= number);
    const entries = judged.flatMap((row) => {
        const entry = scope.log.entries.get(row.firstId);
        return entry === undefined || entry.verdict === REJECTED
            ? []
            : { ...entry, verdict: refused.get(row.number) ?? APPLIED };
    });
    // The request, and the accept of a successor, are number 1 of their lines: their receipt ends the introduction (REL-19).
    const introduces = scope.mine.introduces && number === 0;
    return {
        ...scope,
        log: withEntries(scope.log, ...entries),
        outgoing: { ...outgoing, receipted: number },
        waiting: scope.waiting.filter((row) => row.number > number),
        mine: { ...scope.mine, introduces },
    };
}

/** Takes `pcloud-expected`: messages from there on are sent again at once (ORDER-8). */
export function takeExpected(scope: Scope, [number]: Further<"pcloud-expected">, now: number): Scope {
    if (number > scope.outgoing.ids.length + 1) throw new OutdatedError();
    if (number <= scope.outgoing.receipted) refuse("receipt-unknown");
    const limited = withinLimit(scope, "sent-again", now);
    if (limited === undefined) return scope;
    return {
        ...limited,
        waiting: limited.waiting.map((row) =>
            row.number >= number && row.sent > 0 ? { ...row, due: Math.min(row.due, now) } : row,
        ),
    };
}

/** Takes `pcloud-fork`: the peer has judged another message of this line, so this copy is outdated (ROLL-2). */
export function takeFork(scope: Scope, [number]: Further<"pcloud-fork">): Scope {
    if (number < scope.outgoing.receipted) return scope;
    throw new OutdatedError();
}
