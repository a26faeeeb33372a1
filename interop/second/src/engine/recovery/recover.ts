/** Recovery: a side comes back with a new key event, and its peer follows (spec 06 §1 to §5). */

import { hex, same } from "../../encoding/bytes.js";
import { encode } from "../../encoding/encode.js";
import type { Key, Value } from "../../encoding/value.js";
import { publicKey } from "../../crypto/ed25519.js";
import { RefusalError, refuse } from "../../errors.js";
import { readAnswer } from "../../wire/answer.js";
import { makeOne } from "../../wire/cose.js";
import { KEY_EVENT, type KeyLog, compareLogs, readLog } from "../../wire/keylog.js";
import { type Position, readPosition, verifyPosition } from "../../wire/position.js";
import type { Moment, Turn } from "../intake.js";
import { emptyLine } from "../lines.js";
import { relationshipThread } from "../log.js";
import type { Fresh, Own } from "../persona.js";
import { waitAfter } from "../outbox.js";
import { StaleError, withinLimit } from "../receipts.js";
import { isClosedFor, withClosing } from "./closed.js";
import { type OlderContact, type Place, type Scope, timeOf } from "../scope.js";
import { CONTACT_KEPT_S } from "../../limits.js";
import { firstKeys, withAnnounced, withWorn } from "../sessions.js";
import { exchange } from "./exchange.js";
import { positionOf } from "./positions.js";

/** Something signed that goes to a contact key, in a frame of its own. */
export interface Notice {
    readonly contactKey: Uint8Array;
    readonly signed: Uint8Array;
    readonly place: Place;
}

/** The next event of a persona: a new signing key and contact key, signed by the next key that the words can make (spec 03 §2). */
export function extended(own: Own, nextSeed: Uint8Array, next: Uint8Array, fresh: Fresh): Own {
    const seed = fresh.bytes(32);
    const contact = fresh.kemPair();
    const fields: readonly [Key, Value][] = [
        [1, own.log.epoch + 1],
        [2, own.log.last.id],
        [3, publicKey(seed)],
        [4, contact.public],
        [5, next],
    ];
    const events = [...own.events, makeOne(KEY_EVENT, encode(new Map(fields)), nextSeed, publicKey(nextSeed))];
    return { seed, contact, events, log: readLog(events) };
}

/** Begins a recovery: sessions and receiving keys are gone, and nothing is numbered until the answer (REC-1 to REC-3). */
export function recover(scope: Scope, own: Own, place: Place, fresh: Fresh): Scope {
    const olderContacts = [...scope.mine.olderContacts, { pair: scope.mine.own.contact, until: null }];
    const mine = { ...scope.mine, own, place, introduces: false, olderContacts };
    const begun: Scope = {
        ...withLines({ ...scope, mine }),
        receiving: firstKeys(fresh),
        taken: [],
        giving: null,
        waiting: [],
        isStopped: false,
        newerLog: null,
        recovered: null,
        recoverTries: { sent: 0, due: scope.decided },
    };
    return { ...begun, recover: positionOf(begun, "pcloud-recover", null) };
}

/** The own `recover` where it is to be sent now, for the contact key of the peer (spec 06 §3, §13). */
export function dueRecover({ recover: signed, recoverTries, theirs }: Scope, now: number): Notice | null {
    if (signed === null || recoverTries.due > now) return null;
    return { contactKey: theirs.log.last.contactKey, signed, place: theirs.place };
}

/** It was handed to a carrier, and is repeated without limit until it is answered, by the schedule of messages. */
export function afterRecover(scope: Scope, now: number, fresh: Fresh): Scope {
    const { sent } = scope.recoverTries;
    return { ...scope, recoverTries: { sent: sent + 1, due: now + waitAfter(scope, sent, now, fresh) } };
}

/** Both lines begin anew with the present epochs (ORDER-2). */
function withLines(scope: Scope): Scope {
    const { mine, theirs } = scope;
    return {
        ...scope,
        incoming: { ...emptyLine(theirs.log, mine.own.log), refusals: [], fork: null },
        outgoing: { ...emptyLine(mine.own.log, theirs.log), receipted: 0 },
        answered: {},
    };
}

/** Their log, place and receiving key, as a position names them (REC-12, REC-16). */
function withTheirs(scope: Scope, log: KeyLog, { mailbox, endpoints, key }: Position): Scope {
    const isNewEpoch = log.epoch > scope.theirs.log.epoch;
    const isNewKey = isNewEpoch || key[0] > scope.theirs.keyNumber;
    const keys = isNewKey ? { key, keyNumber: key[0] } : {};
    const { theirs } = scope;
    const formerPlaces = new Map(theirs.formerPlaces).set(theirs.log.epoch, theirs.place);
    const renewed = isNewEpoch ? { start: null, formerPlaces } : {};
    return { ...scope, theirs: { ...theirs, log, place: { mailbox, endpoints }, ...keys, ...renewed } };
}

function verified(scope: Scope, position: Position): KeyLog {
    const { mine, theirs } = scope;
    const own = [mine.own.log.persona, ...(mine.before === null ? [] : [mine.before.persona])];
    return verifyPosition(position, theirs.log.persona, own);
}

/** Two copies of the peer made an event of one number; the first that was seen counts (spec 06 §5). */
export class ConflictError extends RefusalError {
    readonly log: KeyLog;
    readonly place: Place;

    constructor(log: KeyLog, { mailbox, endpoints }: Position) {
        super("stale");
        this.name = "ConflictError";
        this.log = log;
        this.place = { mailbox, endpoints };
    }
}

/**
 * Takes `recover`, which came in a contact frame: follows the log, and makes the exchange (REC-11 to REC-15).
 * Throws RefusalError where the position does not hold, `closed` (REC-42), and ConflictError or StaleError where it brings
 * nothing that is newer.
 */
export function takeRecover(scope: Scope, signed: Uint8Array, moment: Moment): Turn {
    const position = readPosition(signed, "pcloud-recover");
    const log = verified(scope, position);
    const now = timeOf(scope, moment.now);
    const relation = compareLogs(scope.theirs.log, log);
    if (relation === "conflict") throw new ConflictError(log, position);
    if (relation !== "same" && relation !== "extends") throw new StaleError(log.epoch);
    if (relation === "extends" && scope.isStopped) return refuse("outdated");
    if (showsOutdated(scope, position)) return { scope: { ...scope, isStopped: true }, answers: [], refused: "outdated" };
    if (isClosedFor(scope, now)) return refuse("closed");
    if (relation === "same") return repeated(scope, position, now);
    const known = withTheirs(scope, log, position);
    const begun = withLines({ ...known, taken: [], giving: null, heard: now, decided: now });
    const answer = positionOf(begun, "pcloud-recovered", log.last.id);
    const answering = { ...begun, recovered: answer };
    // Who recovers too makes its exchange when its own `recover` is answered (REC-12).
    if (scope.recover !== null) return { scope: answering, answers: [answer] };
    const own = readPosition(answer, "pcloud-recovered").lines;
    const after = exchange(answering, { theirs: position.lines, own }, { ...moment, now });
    return { scope: withClosing(after), answers: [answer] };
}

/**
 * Whether a position shows that this copy is older than what the peer has seen of it: it names an epoch that is not there
 * yet, or in the present line a number or an id that was never sent (ROLL-1, ROLL-2, REC-14).
 */
export function showsOutdated({ mine, theirs, outgoing }: Scope, { recipientEpoch, lines }: Position): boolean {
    const { epoch } = mine.own.log;
    return (
        recipientEpoch > epoch ||
        lines.some(([isTheirs, senderEpoch, theirEpoch, heads]) => {
            const isPresent = !isTheirs && senderEpoch === epoch && theirEpoch === theirs.log.epoch;
            return isPresent && heads.some(([number, id]) => outgoing.ids[number - 1] !== hex(id));
        })
    );
}

/**
 * Takes `pcloud-stale`, which came in a contact frame: the own key log as the peer knows it. Where it is longer than the own
 * one, or conflicts with it, another copy has recovered, and this one stops (REC-38). The log proves itself.
 */
export function takeStale(scope: Scope, signed: Uint8Array): Scope {
    const [events] = readAnswer(signed, "pcloud-stale").further;
    const log = readLog(events);
    const { own } = scope.mine;
    if (!same(log.persona, own.log.persona)) return refuse("wrong-party");
    const relation = compareLogs(own.log, log);
    if (relation !== "extends" && relation !== "conflict") return scope;
    const isNews = scope.newerLog === null || scope.newerLog.length < events.length;
    return { ...scope, isStopped: true, newerLog: isNews ? events : scope.newerLog };
}

/**
 * REC-13: the same answer again, within its limit. Nothing is reset, and a receiving key that is newer is taken. Where a
 * session of the epoch is held, the peer has been answered before, and may have been set back (ROLL-4).
 */
function repeated(scope: Scope, { key }: Position, now: number): Turn {
    const { recovered } = scope;
    const within = recovered === null ? undefined : withinLimit(scope, "pcloud-recovered", now);
    const showsOlder = scope.taken.length > 0;
    return within === undefined || recovered === null
        ? { scope, answers: [], showsOlder }
        : { scope: withWorn(withAnnounced(within, key)), answers: [recovered], showsOlder };
}

/** The peer has followed: contact keys of older epochs are kept for what is still on its way (spec 06 §13). */
function withEnd(older: readonly OlderContact[], now: number): readonly OlderContact[] {
    return older.map(({ pair, until }) => ({ pair, until: until ?? now + CONTACT_KEPT_S }));
}

/** The scope without the contact keys whose time is over. */
export function withoutOldContacts(scope: Scope, now: number): Scope {
    const kept = scope.mine.olderContacts.filter(({ until }) => until === null || until > now);
    if (kept.length === scope.mine.olderContacts.length) return scope;
    return { ...scope, mine: { ...scope.mine, olderContacts: kept } };
}

/** The log that a `recovered` brings, taken before anything else in its frame is verified (REC-17). */
export function withRecoveredLog(scope: Scope, position: Position): Scope {
    const log = verified(scope, position);
    const relation = compareLogs(scope.theirs.log, log);
    if (relation === "same") return scope;
    if (relation !== "extends") return refuse("stale");
    return withLines(withTheirs(scope, log, position));
}

/** Takes `recovered` where it answers the own `recover`: then both sides know where the other stands (REC-16). */
export function takeRecovered(scope: Scope, position: Position, moment: Moment): Scope {
    const isAnswer =
        scope.recover !== null && position.event !== null && same(position.event, scope.mine.own.log.last.id);
    if (!isAnswer || scope.recover === null) return refuse("stale");
    const own = readPosition(scope.recover, "pcloud-recover").lines;
    const answered = { ...scope, mine: { ...scope.mine, olderContacts: withEnd(scope.mine.olderContacts, moment.now) } };
    const known = { ...withTheirs(answered, scope.theirs.log, position), recover: null };
    return relationshipThread(known.log) === undefined
        ? known
        : exchange(known, { theirs: position.lines, own }, moment);
}

/**
 * New events came by `recovered`, before the `recover` that they belong to: that is a repeat when it comes, and its answer
 * says what is held now, before the exchange (REC-15, REC-17).
 */
export function answeringLater(scope: Scope): Scope {
    return { ...scope, recovered: positionOf(scope, "pcloud-recovered", scope.theirs.log.last.id) };
}

/** The exchange of a side that waits for no answer, where `recovered` brought new events (REC-17). */
export function exchangeAtOnce(scope: Scope, position: Position, moment: Moment): Scope {
    const own = readPosition(scope.recovered ?? refuse("stale"), "pcloud-recovered").lines;
    return exchange(scope, { theirs: position.lines, own }, moment);
}
