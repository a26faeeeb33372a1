/** The intake: what a frame that has opened does, step by step (spec 14 §1.1 from step 6 on, spec 05 §4). */

import { type Code, RefusalError, refuse } from "../errors.js";
import { type Answer, isAnswerType, readAnswer } from "../wire/answer.js";
import { hex, same } from "../encoding/bytes.js";
import type { Content, Introduction } from "../wire/content.js";
import { readOneOfAnyType, verify } from "../wire/cose.js";
import { HEADER, type Header, readHeader } from "../wire/header.js";
import { type KeyLog, readLog } from "../wire/keylog.js";
import type { Addressed } from "../wire/parties.js";
import { type Session, type SignedStart, type StartBlock, readStart } from "../wire/start.js";
import { checkParties, readSuccession } from "../wire/succession.js";
import { type Decision, judge } from "./judge.js";
import type { Message } from "./judging.js";
import { type Order, emptyLine, idAt, judgedLine, orderOf } from "./lines.js";
import { type Entry, entryOf } from "./entry.js";
import { withEntries } from "./log.js";
import { afterHearing } from "./outbox.js";
import type { Fresh } from "./persona.js";
import { type Position, readPosition } from "../wire/position.js";
import { afterTheirs, react } from "./reactions.js";
import { isClosedFor, withClosing } from "./recovery/closed.js";
import { answeringLater, exchangeAtOnce, showsOutdated, takeRecovered, withRecoveredLog } from "./recovery/recover.js";
import { withFormer } from "./recovery/reissue.js";
import { isForgedReissue, takeReturned } from "./recovery/returned.js";
import { OutdatedError, StaleError, answerOf, receiptOf, takeExpected, takeFork, takeReceipt, withinLimit } from "./receipts.js";
import { type Kept, type Scope, type Surroundings, myPersonas, timeOf, viewOf } from "./scope.js";
import { withAnnounced, withNamed, withTaken } from "./sessions.js";

const RECOVERED = "pcloud-recovered";
const APPLIED = "applied";
const REJECTED = "rejected";

/** A frame that has opened. */
export interface Opened {
    readonly session: Session;
    /** The block of the frame; null where the session was answered. */
    readonly block: StartBlock | null;
    /** Whether the session is not held yet. */
    readonly isNew: boolean;
    readonly content: Content;
}

/** What a frame led to: one decision, committed whole or not at all (ORDER-13). */
export interface Turn {
    readonly scope: Scope;
    /** Signed answers, each to be sent in a frame of its own. */
    readonly answers: readonly Uint8Array[];
    /** The verdict of a message that was judged. */
    readonly decision?: Decision;
    /** Why the order did not let the element be judged or taken. */
    readonly refused?: Code;
    /** The peer says less than it has said before: it may have been set back (ROLL-4). */
    readonly showsOlder?: boolean;
}

/** Everything that a turn is decided with, beside the scope and the frame. */
export interface Moment {
    readonly around: Surroundings;
    readonly now: number;
    readonly fresh: Fresh;
}

/**
 * Takes a frame that has opened.
 * Throws RefusalError for what is refused before its number is looked at: then nothing has changed, and nothing is
 * answered (ERR-12). What shows that this copy is outdated stops it (ROLL-2).
 */
export function receive(scope: Scope, opened: Opened, moment: Moment): Turn {
    try {
        const turn = take(scope, opened, moment);
        return { ...turn, scope: withClosing(turn.scope) };
    } catch (error) {
        if (!(error instanceof OutdatedError)) throw error;
        return { scope: { ...scope, isStopped: true }, answers: [], refused: error.code };
    }
}

function take(scope: Scope, opened: Opened, moment: Moment): Turn {
    const { content, block, isNew } = opened;
    if (block !== null && content.start === null) refuse("start-missing");
    const element = content.signed === null ? null : readElement(content.signed);
    const known = withIntroduction(scope, content.introduction);
    const introduced = element?.kind === "position" ? withRecoveredLog(known, element.read) : known;
    if (isNew && content.start !== null && block !== null)
        checkStart(introduced, readStart(content.start), opened, block);
    if (element !== null && element.kind !== "position") checkElement(introduced, element.read);
    const now = timeOf(scope, moment.now);
    const heard = { ...afterHearing(introduced, now), decided: now };
    const stored =
        isNew && block !== null
            ? withTaken(
                  { ...heard, theirs: { ...heard.theirs, start: content.start } },
                  { session: opened.session, number: block.sessionNumber, storedAt: now },
                  block.keyNumber,
                  moment.fresh,
              )
            : heard;
    const toName = block === null ? null : opened.session.id;
    if (element === null) return { scope: stored, answers: [receiptOf(stored, toName)] }; // ORDER-22
    if (element.kind === "position") return takePosition(scope, stored, element.read, toName, { ...moment, now });
    if (element.kind === "answer")
        return takeAnswer(stored, { ...element, signed: content.signed ?? new Uint8Array() }, toName, now);
    return takeMessage(
        stored,
        { header: element.read, signed: content.signed ?? new Uint8Array(), parts: content.parts },
        toName,
        { ...moment, now },
    );
}

type Element =
    | { readonly kind: "message"; readonly read: Header }
    | { readonly kind: "answer"; readonly read: Answer }
    | { readonly kind: "position"; readonly read: Position };

/** The signed element by its typ; of the positions only `recovered` travels in a session. */
function readElement(signed: Uint8Array): Element {
    const { typ } = readOneOfAnyType(signed);
    if (typ === HEADER) return { kind: "message", read: readHeader(signed) };
    if (typ === RECOVERED) return { kind: "position", read: readPosition(signed, RECOVERED) };
    return typ !== null && isAnswerType(typ)
        ? { kind: "answer", read: readAnswer(signed, typ) }
        : refuse("type-mismatch");
}

/** Step 7: the introduction of a successor, looked at only where the peer can have one (ID-28 to ID-30, SEAL-28). */
function withIntroduction(scope: Scope, introduction: Introduction | null): Scope {
    const { theirs, role, incoming, mine } = scope;
    const mayHaveSuccessor =
        role === "opener" && theirs.before === null && theirs.log.last.next === null && incoming.ids.length === 0;
    if (introduction === null || !mayHaveSuccessor) return scope;
    const log = readLog(introduction.log);
    if (same(log.persona, theirs.log.persona)) return scope;
    if (introduction.succession === null) return refuse("wrong-party");
    const succession = readSuccession(introduction.succession);
    checkParties(succession, theirs.log.persona, log.persona, mine.own.log.persona);
    verify(succession.object, theirs.log.last.signingKey, log.events[0]?.signingKey ?? refuse("log-invalid"));
    const line = emptyLine(log, mine.own.log);
    return {
        ...scope,
        theirs: { ...theirs, log, before: theirs.log, succession: introduction.succession },
        incoming: { ...incoming, ...line },
    };
}

/** Personas of this relationship in this direction, then the epochs, then key and signature (MSG-3, MSG-4, ORDER-9, ORDER-10). */
function checkAddressed(scope: Scope, addressed: Addressed, sender: KeyLog): void {
    const { recipient, senderEpoch, recipientEpoch, object } = addressed;
    if (!same(addressed.sender, sender.persona) || !myPersonas(scope.mine).has(hex(recipient))) refuse("wrong-party");
    if (senderEpoch > sender.epoch) refuse("epoch-unknown");
    const { epoch } = scope.mine.own.log;
    if (senderEpoch < sender.epoch) throw new StaleError(senderEpoch);
    if (recipientEpoch < epoch) refuse("stale");
    verify(object, sender.last.signingKey);
    if (recipientEpoch > epoch) throw new OutdatedError();
}

/** Step 9: a new session is begun by who its start names, with the numbers of its block (SEAL-9, SEAL-22 to SEAL-24). */
function checkStart(scope: Scope, start: SignedStart, { session }: Opened, block: StartBlock): void {
    const { before, log } = scope.theirs;
    const isByInvitation = before !== null && same(start.sender, before.persona);
    checkAddressed(scope, start, isByInvitation ? before : log);
    const isOfBlock =
        same(start.session, session.id) &&
        start.sessionNumber === block.sessionNumber &&
        start.keyNumber === block.keyNumber;
    if (!isOfBlock || block.sessionNumber <= (scope.taken[0]?.number ?? 0)) refuse("start-mismatch");
}

/** Step 10. */
function checkElement(scope: Scope, read: Header | Answer): void {
    checkAddressed(scope, read, scope.theirs.log);
}

/** `recovered`: the answer to the own `recover`, or the sign of one that crossed it (REC-16, REC-17). Its start is answered (ORDER-22). */
function takePosition(
    before: Scope,
    scope: Scope,
    position: Position,
    toName: Uint8Array | null,
    moment: Moment,
): Turn {
    const isNews = scope.theirs.log.epoch > before.theirs.log.epoch;
    const isAnswer =
        scope.recover !== null && position.event !== null && same(position.event, scope.mine.own.log.last.id);
    const reply = (of: Scope): readonly Uint8Array[] => (toName === null ? [] : [receiptOf(of, toName)]);
    if (!isNews && !isAnswer) return { scope, answers: reply(scope), refused: "stale" };
    if (isNews && !isAnswer && showsOutdated(before, position))
        return { scope: { ...scope, isStopped: true }, answers: reply(scope), refused: "outdated" };
    if (!isAnswer && isClosedFor(scope, moment.now)) {
        const { place, key, keyNumber } = before.theirs;
        const known = { ...scope, theirs: { ...scope.theirs, place, key, keyNumber } };
        return { scope: known, answers: [], refused: "closed" }; // REC-42
    }
    const answering = isNews && !scope.isStopped ? answeringLater(scope) : scope;
    const after = isAnswer
        ? takeRecovered(answering, position, moment)
        : scope.recover !== null || scope.isStopped
          ? answering
          : exchangeAtOnce(answering, position, moment);
    return { scope: after, answers: reply(after) };
}

/** An answer of the peer; it is answered only where its frame carries a start (ORDER-22). */
function takeAnswer(
    scope: Scope,
    { read: answer, signed }: { readonly read: Answer; readonly signed: Uint8Array },
    toName: Uint8Array | null,
    now: number,
): Turn {
    const reply = (after: Scope): readonly Uint8Array[] => (toName === null ? [] : [receiptOf(after, toName)]);
    const named = answer.session === null ? scope : withNamed(scope, answer.session);
    const keyed = answer.key === null ? named : withAnnounced(named, answer.key);
    if (scope.recover !== null) return { scope: keyed, answers: reply(keyed) }; // REC-3: nothing else is taken
    const hasOlderKey = answer.key !== null && answer.key[0] < scope.theirs.keyNumber;
    try {
        const after = takenAs(keyed, answer, signed, now);
        return { scope: after, answers: reply(after), showsOlder: hasOlderKey };
    } catch (error) {
        if (!(error instanceof RefusalError)) throw error;
        const after = error instanceof OutdatedError ? { ...keyed, isStopped: true } : keyed;
        const showsOlder = hasOlderKey || error.code === "receipt-unknown";
        return { scope: after, answers: reply(after), refused: error.code, showsOlder };
    }
}

function takenAs(scope: Scope, answer: Answer, signed: Uint8Array, now: number): Scope {
    switch (answer.typ) {
        case "pcloud-receipt":
            return withReceipt(takeReceipt(scope, (answer as Answer<"pcloud-receipt">).further), signed);
        case "pcloud-expected":
            return takeExpected(scope, (answer as Answer<"pcloud-expected">).further, now);
        case "pcloud-fork":
            return takeFork(scope, (answer as Answer<"pcloud-fork">).further);
        case "pcloud-busy":
            return scope;
        case "pcloud-stale":
            return refuse("stale");
    }
}

/** The newest receipt of the peer: shown to a copy of it that is older (ROLL-4), and put into files. */
function withReceipt(scope: Scope, receipt: Uint8Array): Scope {
    return { ...scope, theirs: { ...scope.theirs, receipt } };
}

/** Step 11: order, then gate and content (spec 05 §4). */
function takeMessage(scope: Scope, message: Message, toName: Uint8Array | null, moment: Moment): Turn {
    if (scope.isStopped || scope.recover !== null) return { scope, answers: [], refused: "recovering" };
    const { header } = message;
    const { incoming, outgoing } = scope;
    const own = idAt(outgoing, header.receivedNumber);
    const namesUnsent = header.receivedId !== null && (own === null || !same(own, header.receivedId));
    if (namesUnsent) return { scope: { ...scope, isStopped: true }, answers: [], refused: "outdated" }; // ROLL-1
    const inLine = orderOf(incoming, header);
    const isForged = inLine.kind === "next" && isForgedReissue(scope, header); // REC-48
    const order: Order = isForged ? { kind: "fork", number: incoming.ids.length } : inLine;
    switch (order.kind) {
        case "repeat":
            return limitedAnswer(scope, "repeated-receipt", moment.now, (after) => receiptOf(after, toName));
        case "expected": {
            const turn = limitedAnswer(scope, "pcloud-expected", moment.now, (after) =>
                answerOf(after, "pcloud-expected", [order.number], toName),
            );
            return { ...turn, refused: "expected" };
        }
        case "fork":
        case "halted": {
            const halted =
                order.kind === "fork" ? { ...scope, incoming: { ...incoming, fork: message.signed } } : scope;
            const further = [order.number, idAt(incoming, order.number)] as const;
            const turn = limitedAnswer(halted, "pcloud-fork", moment.now, (after) =>
                answerOf(after, "pcloud-fork", further, toName),
            );
            return { ...turn, refused: order.kind };
        }
        case "next": {
            const before = header.first === null ? undefined : scope.log.entries.get(hex(header.first.id));
            return before === undefined
                ? judgeNext(scope, message, toName, moment)
                : judgeAgain(scope, message, before, toName);
        }
    }
}

/** An answer of a kind that is bounded in time; beyond the bound nothing is answered, and the repeats of the peer bring it (ORDER-24). */
function limitedAnswer(
    scope: Scope,
    kind: Parameters<typeof withinLimit>[1],
    now: number,
    make: (scope: Scope) => Uint8Array,
): Turn {
    const within = withinLimit(scope, kind, now);
    return within === undefined ? { scope, answers: [] } : { scope: within, answers: [make(within)] };
}

/** What is kept of a message; of a refused one the header alone (MSG-18). */
function keptOf({ signed, parts }: Message, verdict: string): Kept {
    return { signed, parts: verdict === APPLIED || verdict === REJECTED ? parts : parts.map(() => null) };
}

/** REC-19: a reissue of what was judged before gets that verdict again, lifts the mark, and changes nothing else. */
function judgeAgain(scope: Scope, message: Message, before: Entry, toName: Uint8Array | null): Turn {
    const { header } = message;
    const verdict = before.verdict ?? APPLIED;
    const again = entryOf(header, { signer: before.signer, isOwn: false, said: before.said, verdict });
    const former = scope.messages.get(again.firstId);
    const after = {
        ...scope,
        incoming: judgedLine(scope.incoming, header, verdict),
        log: withEntries(scope.log, again),
        messages: new Map(scope.messages).set(again.firstId, keptOf(message, verdict)),
        formers: withFormer(scope.formers, before, former),
    };
    return { scope: after, answers: [receiptOf(after, toName)] };
}

/** The next message of the line: its verdict, what follows from it, and the receipt, in one decision. */
function judgeNext(scope: Scope, message: Message, toName: Uint8Array | null, { around, now, fresh }: Moment): Turn {
    const decision = judge(viewOf(scope, around, false), message, now);
    const { entry, verdict } = decision;
    const hasItems = message.parts.some((part, place) => place > 0 && part !== null);
    const judged = {
        ...scope,
        incoming: judgedLine(scope.incoming, message.header, verdict),
        log: withEntries(scope.log, entry),
        messages: new Map(scope.messages).set(entry.firstId, keptOf(message, verdict)),
        // Of a refused message nothing is kept, and what could open its items again goes too (MSG-18, SEAL-42).
        taken: verdict !== "applied" && hasItems ? scope.taken.slice(0, 1) : scope.taken,
    };
    const { said } = entry;
    if (said === null) return { scope: judged, answers: [receiptOf(judged, toName)], decision };
    const told = afterTheirs(judged, entry, said);
    const items = message.parts.slice(1).map((part) => (part === null ? null : part[1]));
    const moment = { around, now, fresh };
    const after =
        said.name === "relationship.returned"
            ? takeReturned(told, said.body, items, moment)
            : react(told, entry, said, around, now, fresh);
    return { scope: after, answers: [receiptOf(after, toName)], decision };
}
