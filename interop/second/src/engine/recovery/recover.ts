/** Recovery: a side comes back with a new key event, and its peer follows (spec 06 §1 to §5). */

import { same } from "../../encoding/bytes.js";
import { encode } from "../../encoding/encode.js";
import type { Key, Value } from "../../encoding/value.js";
import { publicKey } from "../../crypto/ed25519.js";
import { refuse } from "../../errors.js";
import { readAnswer } from "../../wire/answer.js";
import { makeOne } from "../../wire/cose.js";
import { KEY_EVENT, type KeyLog, compareLogs, readLog } from "../../wire/keylog.js";
import { type Position, readPosition, verifyPosition } from "../../wire/position.js";
import type { Moment, Turn } from "../intake.js";
import { emptyLine } from "../lines.js";
import { relationshipThread } from "../log.js";
import type { Fresh, Own } from "../persona.js";
import { withinLimit } from "../receipts.js";
import { type Place, type Scope, timeOf } from "../scope.js";
import { firstKeys, withWorn } from "../sessions.js";
import { exchange } from "./exchange.js";
import { positionOf } from "./positions.js";

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
    const mine = { ...scope.mine, own, place, introduces: false };
    const begun: Scope = {
        ...withLines({ ...scope, mine }),
        receiving: firstKeys(fresh),
        taken: [],
        giving: null,
        waiting: [],
        isStopped: false,
        recovered: null,
    };
    return { ...begun, recover: positionOf(begun, "pcloud-recover", null) };
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
    return { ...scope, theirs: { ...scope.theirs, log, place: { mailbox, endpoints }, ...keys } };
}

function verified(scope: Scope, position: Position): KeyLog {
    const { mine, theirs } = scope;
    const own = [mine.own.log.persona, ...(mine.before === null ? [] : [mine.before.log.persona])];
    return verifyPosition(position, theirs.log.persona, own);
}

/**
 * Takes `recover`, which came in a contact frame: follows the log, and makes the exchange (REC-11 to REC-15).
 * Throws RefusalError where the position does not hold, `stale` where it brings nothing that is newer, and `closed`.
 */
export function takeRecover(scope: Scope, signed: Uint8Array, moment: Moment): Turn {
    const position = readPosition(signed, "pcloud-recover");
    const log = verified(scope, position);
    const now = timeOf(scope, moment.now);
    const relation = compareLogs(scope.theirs.log, log);
    if (relation === "same") return repeated(scope, now);
    if (relation !== "extends") return refuse("stale");
    if (scope.isStopped) return refuse("outdated");
    const known = withTheirs(scope, log, position);
    const begun = withLines({ ...known, taken: [], giving: null, heard: now, decided: now });
    const answer = positionOf(begun, "pcloud-recovered", log.last.id);
    const answering = { ...begun, recovered: answer };
    if (scope.recover !== null) return { scope: answering, answers: [answer] }; // its own exchange follows with its answer (REC-12)
    const own = readPosition(answer, "pcloud-recovered").lines;
    return { scope: exchange(answering, { theirs: position.lines, own }, { ...moment, now }), answers: [answer] };
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
    return relation === "extends" || relation === "conflict" ? { ...scope, isStopped: true } : scope;
}

/** REC-13: the same answer again, within its limit; nothing is reset. */
function repeated(scope: Scope, now: number): Turn {
    const within = scope.recovered === null ? undefined : withinLimit(scope, "pcloud-recovered", now);
    return within === undefined || scope.recovered === null
        ? { scope, answers: [] }
        : { scope: withWorn(within), answers: [scope.recovered] };
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
    const known = { ...withTheirs(scope, scope.theirs.log, position), recover: null };
    return relationshipThread(known.log) === undefined
        ? known
        : exchange(known, { theirs: position.lines, own }, moment);
}

/** The exchange of a side that waits for no answer, where `recovered` brought new events (REC-17). */
export function exchangeAtOnce(scope: Scope, position: Position, moment: Moment): Scope {
    const own = readPosition(positionOf(scope, "pcloud-recovered", scope.theirs.log.last.id), "pcloud-recovered").lines;
    return exchange(scope, { theirs: position.lines, own }, moment);
}
