/** Own messages without a receipt: when they are sent again, and what is taken out of them (spec 05 §5). */

import {
    RETRY_FIRST_S,
    RETRY_SILENT_S,
    RETRY_S_MAX,
    SILENCE_RESET_S,
    SILENCE_S_MAX,
    ITEMS_KEPT_S,
    WINDOW_MESSAGES,
} from "../limits.js";
import type { Fresh } from "./persona.js";
import type { Scope, Waiting } from "./scope.js";

/** The message without the items at some places, counted from 1; header, body and digests stay (MSG-6). */
function withoutItemsOf(row: Waiting, isGone: (place: number) => boolean): Waiting {
    return { ...row, parts: row.parts.map((part, place) => (place > 0 && isGone(place) ? null : part)) };
}

/** The scope with items taken out of messages that wait: no later frame has them. */
export function withdrawing(scope: Scope, isGone: (row: Waiting, place: number) => boolean): Scope {
    const waiting = scope.waiting.map((row) => withoutItemsOf(row, (place) => isGone(row, place)));
    const messages = new Map(scope.messages);
    for (const { firstId, signed, parts } of waiting) messages.set(firstId, { signed, parts });
    return { ...scope, waiting, messages };
}

/** What is to be sent now: of the messages in flight, at most 256 with the lowest numbers (ORDER-15). */
export function dueNow({ waiting }: Scope, now: number): readonly Waiting[] {
    return waiting.slice(0, WINDOW_MESSAGES).filter(({ due }) => due <= now);
}

/** The time of the next repeat, of the own `recover` too; undefined where nothing waits. */
export function nextDue({ waiting, recover, recoverTries }: Scope): number | undefined {
    const messages = waiting.slice(0, WINDOW_MESSAGES).map(({ due }) => due);
    const times = recover === null ? messages : [...messages, recoverTries.due];
    return times.length === 0 ? undefined : Math.min(...times);
}

/**
 * The scope after a message was handed to a carrier: it waits twice as long as before, at most six hours, and up to a
 * quarter more; after 30 days of silence a week (ORDER-26, ORDER-27). What waited 30 days loses its items (ORDER-29).
 */
export function afterSending(scope: Scope, number: number, now: number, fresh: Fresh): Scope {
    const sent = scope.waiting.find((row) => row.number === number)?.sent ?? 0;
    const wait = waitAfter(scope, sent, now, fresh);
    const waiting = scope.waiting.map((row) => {
        if (row.number !== number) return row;
        return { ...row, sent: row.sent + 1, due: now + wait };
    });
    return withdrawing({ ...scope, waiting }, (row) => now >= row.since + ITEMS_KEPT_S);
}

/** How long until the next try after so many, in seconds (ORDER-26, ORDER-27). */
export function waitAfter({ heard }: Scope, sent: number, now: number, fresh: Fresh): number {
    const isSilent = now >= heard + SILENCE_S_MAX;
    const wait = isSilent ? RETRY_SILENT_S : Math.min(RETRY_FIRST_S * 2 ** sent, RETRY_S_MAX);
    return wait + quarterOf(wait, fresh);
}

/** A random time between 0 and one quarter of a wait, in whole seconds. */
function quarterOf(wait: number, fresh: Fresh): number {
    const [low = 0, high = 0] = fresh.bytes(2);
    return Math.floor(((low + 256 * high) / 65536) * (wait / 4 + 1));
}

/** A valid frame came: after six hours of silence all waits begin anew, and the lowest number is sent at once (ORDER-28). */
export function afterHearing(scope: Scope, now: number): Scope {
    if (now < scope.heard + SILENCE_RESET_S) return { ...scope, heard: now };
    const waiting = scope.waiting.map((row, place) =>
        row.sent === 0 ? row : { ...row, sent: 1, due: place === 0 ? now : Math.min(row.due, now + RETRY_FIRST_S) },
    );
    return { ...scope, heard: now, waiting };
}
