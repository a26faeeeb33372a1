/** Messages of one's own: judged like those of the peer, numbered, signed, and kept until their receipt (spec 05 §4, GATE-17). */

import { refuse } from "../errors.js";
import { type Bodies, type Name, type Said, writeBody } from "../features/body.js";
import { MESSAGE_BYTES_MAX, RETURN_BYTES_MAX, SALT_BYTES } from "../limits.js";
import { hex } from "../encoding/bytes.js";
import type { Part } from "../wire/content.js";
import { type HeaderFields, makeHeader, partDigest, readHeader } from "../wire/header.js";
import type { Id } from "./entry.js";
import { withoutItems } from "./erasing.js";
import { judge } from "./judge.js";
import { lastOf, nextPrev } from "./lines.js";
import { withEntries } from "./log.js";
import { affirmed, rejected } from "./marks.js";
import { withClosing } from "./recovery/closed.js";
import { inLineOrder } from "./recovery/positions.js";
import { reissue } from "./recovery/reissue.js";
import { withdrawing } from "./outbox.js";
import type { Fresh } from "./persona.js";
import { type Scope, type Surroundings, type Waiting, myPersonas, timeOf, viewOf } from "./scope.js";
import { withWorn } from "./sessions.js";
import { idBytes } from "./threads/ends.js";

/** What is to be said. */
export interface Speech<N extends Name = Name> {
    readonly name: N;
    readonly body: Bodies[N];
    /** null opens a thread. */
    readonly thread: Id | null;
    readonly items?: readonly Uint8Array[];
    readonly agreement?: Id;
    readonly expiry?: number;
}

/** The scope with the message in it, and the first id of the message. */
export interface Spoken {
    readonly scope: Scope;
    readonly firstId: Id;
}

/**
 * Numbers and signs a message. `now` is the time of the decision.
 * Throws RefusalError with what a receiver would refuse, or `content-too-large`; then nothing has changed (MSG-7).
 */
export function speak<N extends Name>(
    scope: Scope,
    speech: Speech<N>,
    around: Surroundings,
    now: number,
    fresh: Fresh,
): Spoken {
    if (scope.isStopped) refuse("outdated");
    if (scope.recover !== null) refuse("recovering");
    const time = timeOf(scope, now);
    const said = { name: speech.name, body: speech.body } as unknown as Said;
    const parts = [writeBody(said), ...(speech.items ?? [])].map((data): Part => [fresh.bytes(SALT_BYTES), data]);
    const signed = sign(scope, speech, parts, time);
    checkSize(speech.name, signed, parts);
    const header = readHeader(signed);
    const { verdict, entry } = judge(viewOf(scope, around, true), { header, signed, parts }, time);
    if (verdict !== "applied") return refuse(verdict);
    const { firstId } = entry;
    const waiting = {
        number: header.number,
        firstId,
        name: header.name,
        signed,
        parts,
        since: time,
        due: time,
        sent: 0,
    };
    const outgoing = { ...scope.outgoing, ids: [...scope.outgoing.ids, hex(header.id)] };
    const log = withEntries(scope.log, { ...entry, isOwn: true, verdict: null });
    const messages = new Map(scope.messages).set(firstId, { signed, parts });
    const spoken = { ...scope, log, outgoing, messages, waiting: [...scope.waiting, waiting], decided: time };
    return { scope: withClosing(afterOwn(spoken, said, entry.thread)), firstId };
}

function sign(
    { mine, theirs, outgoing, incoming }: Scope,
    speech: Speech,
    parts: readonly Part[],
    time: number,
): Uint8Array {
    const [receivedNumber, receivedId] = lastOf(incoming);
    const fields: HeaderFields = {
        sender: mine.own.log.persona,
        recipient: theirs.log.persona,
        senderEpoch: mine.own.log.epoch,
        recipientEpoch: theirs.log.epoch,
        name: speech.name,
        number: outgoing.ids.length + 1,
        prev: idBytes(nextPrev(outgoing)),
        thread: speech.thread === null ? null : idBytes(speech.thread),
        time,
        expiry: speech.expiry ?? null,
        receivedNumber,
        receivedId,
        agreement: speech.agreement === undefined ? null : idBytes(speech.agreement),
        digests: parts.map((part) => (part === null ? new Uint8Array(32) : partDigest(...part))),
        first: null,
    };
    return makeHeader(fields, mine.own.seed, mine.own.log.last.signingKey);
}

function checkSize(name: Name, signed: Uint8Array, parts: readonly Part[]): void {
    const bytes = parts.reduce((sum, part) => sum + (part?.[1].length ?? 0), signed.length);
    if (bytes > (name === "relationship.returned" ? RETURN_BYTES_MAX : MESSAGE_BYTES_MAX)) refuse("content-too-large");
}

/** What an own message does to the rest of the scope, in the same commit. */
function afterOwn(scope: Scope, said: Said, thread: Id): Scope {
    switch (said.name) {
        case "relationship.close": {
            // ORDER-30; a side that states `erased` has erased what it received in this commit (spec 07 §11)
            const kept = said.body.held === "erased" ? withoutItems(scope, () => true) : scope;
            return withWorn(withdrawing(kept, () => true));
        }
        case "relationship.rotate": // REL-26
            return withWorn(scope);
        case "relationship.move": // REL-28
            return {
                ...scope,
                mine: { ...scope.mine, place: { mailbox: said.body.mailbox, endpoints: said.body.endpoints } },
            };
        case "disclosure.revoke":
        case "disclosure.erase": {
            // DISC-31
            const { paths } = said.body;
            const isTakenBack = (path: string): boolean => paths?.includes(path) ?? true;
            return withWorn(withdrawing(scope, (row, place) => givesTakenBack(scope, row, place, thread, isTakenBack)));
        }
        case "relationship.affirm":
            return affirmOwn(scope, said.body.ids);
        case "relationship.reject":
            return { ...scope, log: rejected(scope.log, said.body.ids, myPersonas(scope.mine), null) };
        default:
            return scope;
    }
}

/** Lifts own marks; what the peer has lost meanwhile is said again in the same commit, in the old order (REC-32). */
function affirmOwn(scope: Scope, ids: readonly Uint8Array[]): Scope {
    const mine = myPersonas(scope.mine);
    const lost = inLineOrder(scope.log, mine).filter(
        (entry) => entry.isUnaffirmed && entry.verdict === null && ids.some((id) => hex(id) === entry.firstId),
    );
    const lifted: Scope = { ...scope, log: affirmed(scope.log, ids, mine) };
    return lost.reduce<Scope>((each, { firstId }) => reissueOf(each, firstId), lifted);
}

/** A reject that is said again acts on this side as it will on the other (REC-33). */
function reissueOf(scope: Scope, firstId: Id): Scope {
    const entry = scope.log.entries.get(firstId);
    if (entry === undefined) return scope;
    const again = reissue(scope, entry, scope.decided);
    if (entry.said?.name !== "relationship.reject") return again;
    const { mine } = scope;
    return { ...again, log: rejected(again.log, entry.said.body.ids, myPersonas(mine), mine.own.log.epoch) };
}

/** Whether an item of a waiting message is of a field of the thread that was taken back. */
function givesTakenBack(
    { log }: Scope,
    row: Waiting,
    place: number,
    thread: Id,
    isTakenBack: (path: string) => boolean,
): boolean {
    const entry = log.entries.get(row.firstId);
    const said = entry?.said;
    if (entry?.thread !== thread || (said?.name !== "disclosure.present" && said?.name !== "disclosure.update"))
        return false;
    return isTakenBack(said.body.fields[place - 1]?.[0] ?? "");
}
