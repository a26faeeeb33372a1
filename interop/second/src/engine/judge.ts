/** Judging: what a message does, decided from what is stored and given, and from nothing else (spec 05 §6, ORDER-13). */

import { RefusalError, type Code, refuse } from "../errors.js";
import { type Name, type Said, featureOf, readBody } from "../features/body.js";
import { placesMax } from "../features/items.js";
import { START, takeRow } from "../features/table.js";
import { MESSAGE_BYTES_MAX, RETURN_BYTES_MAX } from "../limits.js";
import type { Part } from "../wire/content.js";
import { encode } from "../encoding/encode.js";
import { same } from "../encoding/bytes.js";
import { checkParts } from "../wire/header.js";
import { checkDisclosure } from "./checks/disclosure.js";
import { checkRelationship, checkReturned } from "./checks/relationship.js";
import { checkOneItem } from "./checks/services.js";
import { checkTerms } from "./checks/terms.js";
import { dataValue } from "./data.js";
import { type Entry, crosses, entryOf, signersOf } from "./entry.js";
import { type Thread, afterRow, foldThread, partyOf, unopened } from "./fold.js";
import { ForbiddenError, gateOf, passClaims, passGate } from "./gate.js";
import type { Judging, Message, View } from "./judging.js";
import { entriesOf, relationshipThread } from "./log.js";

const RETURNED = "relationship.returned";

/** The verdict of a message, and its entry with it; nothing is changed by judging. */
export interface Decision {
    readonly verdict: "applied" | Code;
    readonly entry: Entry;
    /** The clause that caused `terms-forbid`, for the record of the receiver (GATE-13). */
    readonly clause?: string;
    /** What failed where the verdict is `internal` (ORDER-12). */
    readonly failure?: unknown;
}

/** These are applied and kept where their thread is not held: a revocation is never lost because it was first (TABLE-12). */
const KEPT_WITHOUT_THREAD: ReadonlySet<Name> = new Set(["disclosure.revoke", "disclosure.erase", "disclosure.erased"]);

/**
 * Judges a message at the stages gate and content; `now` is the time of the decision.
 * A refusal is a verdict, and so is a failure of the node itself: nothing is thrown.
 */
export function judge(view: View, message: Message, now: number): Decision {
    const { header } = message;
    const [signature] = header.object.signatures;
    const refused = (code: Code): Entry => {
        const signer = signature?.kid ?? new Uint8Array();
        const entry = entryOf(header, { signer, isOwn: false, said: null, verdict: code });
        return { ...entry, signers: signersOf(header, view.keyOf) };
    };
    try {
        const said = run(view, message, refused("internal"), now);
        return { verdict: "applied", entry: { ...refused("internal"), said, verdict: "applied" } };
    } catch (error) {
        if (!(error instanceof RefusalError))
            return { verdict: "internal", entry: refused("internal"), failure: error };
        const decision = { verdict: error.code, entry: refused(error.code) };
        return error instanceof ForbiddenError && error.clause !== undefined
            ? { ...decision, clause: error.clause }
            : decision;
    }
}

/** The list of spec 05 §6 in its order; the first refusal is thrown. Gives the body of what is applied. */
function run(view: View, { header, signed, parts }: Message, entry: Entry, now: number): Said {
    gateOf(header.name); // step 1: unknown-name
    const agreement = passGate(view, entry, now); // steps 2 and 3
    if (header.expiry !== null && header.expiry < now) refuse("expired"); // step 4
    const body = checkParts(header.digests, parts); // step 5
    const items = parts.slice(1).map((part) => (part === null ? null : part[1]));
    if (items.length > placesMax(header.name as Name)) refuse("part-mismatch"); // MSG-16
    checkSize(header.name, signed, parts); // step 6
    const said = readBody(header.name, body);
    const asApplied: Entry = { ...entry, said, verdict: "applied" };
    passClaims(view, asApplied, said, agreement, now); // step 7
    const thread = threadFor(view, asApplied, said, header.thread === null); // step 8
    if (thread !== undefined) takeStep(view, { view, header, entry: asApplied, said, items, thread, now }); // steps 9 to 11
    if (said.name === RETURNED) checkReturned(said.body, items, view); // step 12
    return said;
}

/** MSG-7, which a sender keeps and a receiver refuses at the body. */
function checkSize(name: string, signed: Uint8Array, parts: readonly Part[]): void {
    const bytes = parts.reduce((sum, part) => sum + (part?.[1].length ?? 0), signed.length);
    if (bytes > (name === "relationship.returned" ? RETURN_BYTES_MAX : MESSAGE_BYTES_MAX)) refuse("body-form");
}

/** The thread of a message: the held one, or a new one in state `start`; undefined where TABLE-12 keeps the message without. */
function threadFor({ log }: View, entry: Entry, said: Said, isOpening: boolean): Thread | undefined {
    const feature = featureOf(said.name);
    if (isOpening) {
        if (feature === "relationship" && relationshipThread(log) !== undefined) refuse("not-in-state"); // REL-16
        return unopened(feature, entry);
    }
    const held = log.threads.get(entry.thread);
    if (held === undefined && KEPT_WITHOUT_THREAD.has(said.name)) return undefined;
    if (said.name === RETURNED && relationshipThread(log) === undefined) return undefined; // what it brings opens the thread again (REC-21)
    return held?.feature === feature ? held : refuse("unknown-thread");
}

/** The row, its check, and where the two sides crossed, that the fold agrees with the row. */
function takeStep(view: View, judging: Judging): void {
    const { thread, entry, said } = judging;
    const before = entriesOf(view.log, thread.id);
    const others = before.filter(({ sender }) => view.receivers.has(sender));
    const isUnseen = !view.isOwn && crosses(entry.knew, others);
    const row = takeRow(thread.state, said.name, partyOf(thread, entry.sender), isUnseen || entry.isReissue);
    checkRow(judging);
    const [, , , next, isCrossingRow] = row;
    if (isCrossingRow || !isUnseen || entry.isReissue || thread.state === START) return;
    const folded = foldThread([...before, entry]);
    const expected = afterRow(thread, entry, next);
    if (folded === null || folded.state !== expected.state || !sameData(folded, expected)) refuse("not-in-state");
}

function sameData(a: Thread, b: Thread): boolean {
    return same(encode(dataValue(a.data)), encode(dataValue(b.data)));
}

/** The check of the row, by the feature of the thread, which is that of the message. */
function checkRow(judging: Judging): void {
    switch (judging.thread.feature) {
        case "relationship":
            return checkRelationship(judging as Parameters<typeof checkRelationship>[0]);
        case "terms":
            return checkTerms(judging as Parameters<typeof checkTerms>[0]);
        case "disclosure":
            return checkDisclosure(judging as Parameters<typeof checkDisclosure>[0]);
        case "conversation":
        case "custody":
        case "relay":
            return checkOneItem(judging);
    }
}
