/** Notices: what tells a copy that was set back, or that lost a race, that it is not the newest (spec 06 §5, §7, §10). */

import { refuse } from "../../errors.js";
import { same } from "../../encoding/bytes.js";
import { readAnswer } from "../../wire/answer.js";
import { readOneOfAnyType, verify } from "../../wire/cose.js";
import { eventOf } from "../../wire/keylog.js";
import type { Addressed } from "../../wire/parties.js";
import { START, readStart } from "../../wire/start.js";
import { StaleError, answerOf, withinLimit } from "../receipts.js";
import type { Place, Scope } from "../scope.js";
import { ConflictError, type Notice, takeStale } from "./recover.js";

/** Notices that may be sent now, and the scope that keeps their clock. */
export interface Noticed {
    readonly scope: Scope;
    readonly notices: readonly Notice[];
}

/** The log of the peer as it is known here, for a copy that signed what was refused `stale` (REC-37, REC-41). */
export function noticeOf(scope: Scope, error: ConflictError | StaleError, now: number): Noticed {
    const { theirs } = scope;
    const known = error instanceof ConflictError ? error.log.last : eventOf(theirs.log, error.epoch);
    const within = known === undefined ? undefined : withinLimit(scope, "stale-notice", now);
    if (known === undefined || within === undefined) return { scope, notices: [] };
    const place = error instanceof ConflictError ? error.place : placeIn(scope, error.epoch);
    return { scope: within, notices: [{ contactKey: known.contactKey, signed: staleOf(scope), place }] };
}

function placeIn({ theirs }: Scope, epoch: number): Place {
    return theirs.formerPlaces.get(epoch) ?? theirs.place;
}

function staleOf(scope: Scope): Uint8Array {
    return answerOf(scope, "pcloud-stale", [scope.theirs.log.events.map(({ signed }) => signed)], null);
}

/**
 * The newest receipt and the newest start of the peer, for a peer that may have been set back; where it has recovered
 * before, its log too, for the copies of its older epochs (ROLL-4, spec 06 §13).
 */
export function remindersOf(scope: Scope, now: number): Noticed {
    const { theirs } = scope;
    const within = withinLimit(scope, "rollback-notice", now);
    if (within === undefined) return { scope, notices: [] };
    const { place, log } = theirs;
    const own = [theirs.receipt, theirs.start].filter((signed) => signed !== null);
    const older = log.events
        .slice(0, -1)
        .map(({ contactKey }, epoch) => ({ contactKey, signed: staleOf(scope), place: placeIn(scope, epoch) }));
    const present = own.map((signed) => ({ contactKey: log.last.contactKey, signed, place }));
    return { scope: within, notices: [...present, ...older] };
}

/**
 * The same where a frame did not open (spec 06 §13). Who recovers knows no session in which one could, so that it shows
 * nothing; who has stopped sends nothing (ROLL-1).
 */
export function remindersOfUnopened(scope: Scope, now: number): Noticed {
    const showsNothing = scope.recover !== null || scope.isStopped;
    return showsNothing ? { scope, notices: [] } : remindersOf(scope, now);
}

/** What came to the own contact key beside `recover`: it may show that this copy is not the newest (REC-38, ROLL-3). */
export function takeNotice(scope: Scope, signed: Uint8Array): Scope {
    switch (readOneOfAnyType(signed).typ) {
        case "pcloud-stale":
            return takeStale(scope, signed);
        case "pcloud-receipt":
            return takeOwnReceipt(scope, signed);
        case START:
            return takeOwnStart(scope, signed);
        default:
            return refuse("type-mismatch");
    }
}

/** ROLL-3 for a receipt: it names an epoch of the peer that is not known here, or a number that was not judged. */
function takeOwnReceipt(scope: Scope, signed: Uint8Array): Scope {
    const receipt = readAnswer(signed, "pcloud-receipt");
    checkOwn(scope, receipt);
    const isUnknown = isPresent(scope, receipt) && receipt.further[0] > scope.incoming.ids.length;
    return isUnknown || showsEpoch(scope, receipt) ? { ...scope, isStopped: true } : scope;
}

/** ROLL-3 for a start: it names an epoch of the peer that is not known here, or a session that was not made. */
function takeOwnStart(scope: Scope, signed: Uint8Array): Scope {
    const start = readStart(signed);
    checkOwn(scope, start);
    const { giving } = scope;
    const isNewer = giving === null || start.sessionNumber > giving.number;
    const isOther = start.sessionNumber === giving?.number && !same(start.session, giving.session.id);
    const isUnknown = isPresent(scope, start) && (isNewer || isOther);
    return isUnknown || showsEpoch(scope, start) ? { ...scope, isStopped: true } : scope;
}

function checkOwn({ mine, theirs }: Scope, { object, sender, recipient, senderEpoch }: Addressed): void {
    const { log } = mine.own;
    if (!same(sender, log.persona) || !same(recipient, theirs.log.persona)) refuse("wrong-party");
    verify(object, (eventOf(log, senderEpoch) ?? refuse("epoch-unknown")).signingKey);
}

function isPresent({ mine, theirs }: Scope, { senderEpoch, recipientEpoch }: Addressed): boolean {
    return senderEpoch === mine.own.log.epoch && recipientEpoch === theirs.log.epoch;
}

function showsEpoch({ theirs, recover }: Scope, { recipientEpoch }: Addressed): boolean {
    return recipientEpoch > theirs.log.epoch && recover === null;
}
