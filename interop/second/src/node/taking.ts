/** What a frame that came for a relationship leads to: a turn, notices to a copy that is not the newest, or a fault (spec 06, spec 14). */

import { type Moment, type Turn, receive } from "../engine/intake.js";
import { openContactFor, openFor } from "../engine/post.js";
import { StaleError, answerOf, withinLimit } from "../engine/receipts.js";
import { noticeOf, remindersOf, takeNotice } from "../engine/recovery/notices.js";
import { ConflictError, type Notice, takeRecover } from "../engine/recovery/recover.js";
import type { Scope } from "../engine/scope.js";
import { RefusalError } from "../errors.js";
import { readOneOfAnyType } from "../wire/cose.js";

/** What is to be done with a frame that opened; where nothing changes, the scope of the turn is the one before. */
export interface Taken {
    readonly turn: Turn;
    readonly notices: readonly Notice[];
    /** Why it was not taken; the scope then keeps the clock of a notice at most. */
    readonly refused: RefusalError | null;
    /** What failed inside this node; the peer is told to try again (ERR-15). */
    readonly fault: unknown;
}

/** Takes a frame for a relationship; null where it does not open for it. */
export async function takeFrame(scope: Scope, frame: Uint8Array, moment: Moment): Promise<Taken | null> {
    const opened = await orRefused(openFor(scope, frame, moment.now));
    if (opened !== null) return decided(scope, moment, () => receive(scope, opened, moment));
    const signed = await orRefused(openContactFor(scope, frame));
    return signed === null ? null : decided(scope, moment, () => takeSigned(scope, signed, moment));
}

/** What came to the contact key. */
function takeSigned(scope: Scope, signed: Uint8Array, moment: Moment): Turn {
    if (readOneOfAnyType(signed).typ === "pcloud-recover") return takeRecover(scope, signed, moment);
    return { scope: takeNotice(scope, signed), answers: [] };
}

function decided(scope: Scope, { now }: Moment, decide: () => Turn): Taken {
    try {
        const turn = decide();
        if (turn.showsOlder !== true) return { turn, notices: [], refused: null, fault: null };
        const { scope: after, notices } = remindersOf(turn.scope, now);
        return { turn: { ...turn, scope: after }, notices, refused: null, fault: null };
    } catch (error) {
        if (!(error instanceof RefusalError)) return failed(scope, error, now);
        const isOlder = error instanceof StaleError || error instanceof ConflictError;
        const { scope: after, notices } = isOlder ? noticeOf(scope, error, now) : { scope, notices: [] };
        return { turn: { scope: after, answers: [] }, notices, refused: error, fault: null };
    }
}

/** ERR-15: nothing has changed, and the peer hears that it may try again. */
function failed(scope: Scope, fault: unknown, now: number): Taken {
    const within = withinLimit(scope, "pcloud-busy", now);
    const turn =
        within === undefined ? { scope, answers: [] } : { scope: within, answers: [answerOf(within, "pcloud-busy", [], null)] };
    return { turn, notices: [], refused: null, fault };
}

/** What a promise gives, or null where it refuses. */
export async function orRefused<T>(promise: Promise<T>): Promise<T | null> {
    try {
        return await promise;
    } catch (error) {
        if (error instanceof RefusalError) return null;
        throw error;
    }
}
