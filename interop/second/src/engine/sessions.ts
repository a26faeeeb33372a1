/** Sessions and receiving keys: which frame opens with what, and when a new session is due (spec 04 §8 to §10). */

import { refuse } from "../errors.js";
import {
    SESSIONS_KEPT_MAX,
    SESSION_AGE_S_MAX,
    SESSION_FRAMES_DUE,
    SESSION_FRAMES_MAX,
    SESSION_KEPT_S_MAX,
} from "../limits.js";
import { same } from "../encoding/bytes.js";
import type { Announcement } from "../wire/answer.js";
import type { SessionFrame } from "../wire/frame.js";
import { type Founders, INVITATION_KEY, type Session, makeStart } from "../wire/start.js";
import type { Fresh, KemPair } from "./persona.js";
import { type Scope, founders } from "./scope.js";

/** The own receiving keys: one is current, the next was made in advance (spec 04 §8). */
export interface Receiving {
    readonly number: number;
    readonly current: KemPair;
    readonly next: KemPair;
}

/** A session of the peer, with which its frames open. */
export interface Taken {
    readonly session: Session;
    readonly number: number;
    readonly storedAt: number;
}

/** A session of one's own. */
export interface Giving {
    readonly session: Session;
    readonly number: number;
    /** Block and signed start travel until an answer names the session (SEAL-15); null afterwards. */
    readonly start: { readonly block: Uint8Array; readonly signed: Uint8Array } | null;
    readonly madeAt: number;
    readonly frames: number;
    /** The mailbox that it was used with (SEAL-39). */
    readonly mailbox: Uint8Array;
    /** Something makes the next one due at once: an erasure, a rotation, a start of the node (spec 04 §9). */
    readonly isWorn: boolean;
}

/** The first two receiving keys of a relationship. */
export function firstKeys(fresh: Fresh): Receiving {
    return { number: 1, current: fresh.kemPair(), next: fresh.kemPair() };
}

/** The current receiving key, as answers and bodies announce it. */
export function announced({ number, current }: Receiving): Announcement {
    return [number, current.public];
}

/** What opens a frame: a session that is held, or the receiving key that its block names. */
export type Door =
    | { readonly kind: "session"; readonly session: Session }
    | { readonly kind: "key"; readonly seed: Uint8Array; readonly founders: Founders };

/** Step 4 of spec 14 §1.1; refused `key-spent` or `unknown-session` (SEAL-8, SEAL-14, SEAL-31). */
export function doorOf(scope: Scope, frame: SessionFrame, now: number): Door {
    const known = scope.taken.find(({ session }) => same(session.id, frame.session));
    if (known !== undefined && isAlive(known, scope.taken, now)) return { kind: "session", session: known.session };
    if (frame.block === null) return refuse("unknown-session");
    const { keyNumber } = frame.block;
    const { receiving } = scope;
    if (keyNumber === receiving.number)
        return { kind: "key", seed: receiving.current.seed, founders: founders(scope, "taking") };
    return refuse(keyNumber !== INVITATION_KEY && keyNumber < receiving.number ? "key-spent" : "unknown-session");
}

/** A secret is not used when its time is over, also where nothing has destroyed it yet (SEAL-41). */
function isAlive(taken: Taken, all: readonly Taken[], now: number): boolean {
    const successor = all
        .filter(({ number }) => number > taken.number)
        .reduce<Taken | undefined>(
            (next, one) => (next === undefined || one.number < next.number ? one : next),
            undefined,
        );
    return successor === undefined || now < successor.storedAt + SESSION_KEPT_S_MAX;
}

/** Stores a session of the peer, and makes the next receiving key current where the start was to one (SEAL-33, SEAL-40, SEAL-41). */
export function withTaken(scope: Scope, taken: Taken, keyNumber: number, fresh: Fresh): Scope {
    const all = [taken, ...scope.taken].sort((a, b) => b.number - a.number).slice(0, SESSIONS_KEPT_MAX);
    const kept = all.filter((one) => isAlive(one, all, taken.storedAt));
    if (keyNumber === INVITATION_KEY) return { ...scope, taken: kept };
    const { number, next } = scope.receiving;
    return { ...scope, taken: kept, receiving: { number: number + 1, current: next, next: fresh.kemPair() } };
}

/** Takes an announced key, if it is higher than every key taken before from this side (SEAL-35). */
export function withAnnounced(scope: Scope, key: Announcement): Scope {
    const { theirs } = scope;
    return key[0] > theirs.keyNumber ? { ...scope, theirs: { ...theirs, key, keyNumber: key[0] } } : scope;
}

/** An answer names the session: its start need not travel any more (SEAL-15). */
export function withNamed(scope: Scope, session: Uint8Array): Scope {
    const { giving } = scope;
    return giving !== null && same(giving.session.id, session)
        ? { ...scope, giving: { ...giving, start: null } }
        : scope;
}

/** Whether the next frame opens a session, goes in the present one, or has to wait for a receiving key (SEAL-36 to SEAL-39). */
export function planOf({ giving, theirs }: Scope, hasMessage: boolean, now: number): "open" | "use" | "wait" {
    const hasKey = theirs.key !== null;
    if (giving === null || giving.frames >= SESSION_FRAMES_MAX) return hasKey ? "open" : "wait";
    const isNewMailbox = !same(giving.mailbox, theirs.place.mailbox);
    const isDue =
        giving.isWorn ||
        isNewMailbox ||
        now >= giving.madeAt + SESSION_AGE_S_MAX ||
        giving.frames >= SESSION_FRAMES_DUE;
    return hasKey && isDue && (hasMessage || isNewMailbox) ? "open" : "use";
}

/**
 * What can show the peer at once whose link it is (TRANSPORT-39): a new session that is due, or where no key is known for
 * one, the start that has no answer yet; null where there is neither, and while a recovery waits for its answer.
 */
export function greetingOf(scope: Scope, now: number): "new" | "again" | null {
    if (scope.recover !== null) return null;
    if (planOf(scope, true, now) === "open") return "new";
    return (scope.giving?.start ?? null) === null ? null : "again";
}

/** A block that was made for a scope, to the key that the peer announced. */
export interface Made {
    readonly block: Uint8Array;
    readonly session: Session;
}

/** The number of the next own session, which its block names. */
export function nextSessionNumber({ giving }: Scope): number {
    return (giving?.number ?? 0) + 1;
}

/** Goes on with a new session: signs its start, and uses up the key (spec 04 §5, SEAL-36). */
export function withGiving(scope: Scope, { block, session }: Made, now: number): Scope {
    const { mine, theirs } = scope;
    const [keyNumber] = theirs.key ?? refuse("unknown-session");
    const number = nextSessionNumber(scope);
    const start = {
        sender: mine.own.log.persona,
        recipient: theirs.log.persona,
        senderEpoch: mine.own.log.epoch,
        recipientEpoch: theirs.log.epoch,
        session: session.id,
        sessionNumber: number,
        keyNumber,
    };
    const signed = makeStart(start, mine.own.seed, mine.own.log.last.signingKey);
    const giving = {
        session,
        number,
        start: { block, signed },
        madeAt: now,
        frames: 0,
        mailbox: theirs.place.mailbox,
        isWorn: false,
    };
    return { ...scope, giving, theirs: { ...theirs, key: null } };
}

/** The next own session is due, whatever the present one has done (REL-26, SEAL-42, ROLL-6). */
export function withWorn(scope: Scope): Scope {
    return scope.giving === null ? scope : { ...scope, giving: { ...scope.giving, isWorn: true } };
}
