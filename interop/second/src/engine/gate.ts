/** The gates: what must be proven from stored state before a feature sees a message (spec 05 §6). */

import { RefusalError, refuse } from "../errors.js";
import { claimsOf } from "../features/claims.js";
import { type Claims, judgeClaims } from "../features/policy.js";
import type { Said } from "../features/body.js";
import { type Gate, type Mark, NAMES } from "../spec/names.js";
import { hex } from "../encoding/bytes.js";
import { comparePlaces } from "../wire/header.js";
import { type Agreement, type Grant, grantIn, standingAt } from "./agreements.js";
import { type Entry, type Id, acts, crosses } from "./entry.js";
import { type Thread, foldThread } from "./fold.js";
import type { View } from "./judging.js";
import { type Log, agreementsOf, entriesOf, relationshipThread } from "./log.js";

const ACTIVE = "active";
const CLOSED = "closed";
const PAUSED = /^paused-by-/;
/** The messages that a relationship rests on (GATE-5). */
const FOUNDATIONS: ReadonlySet<string> = new Set([
    "relationship.request",
    "relationship.accept",
    "relationship.confirm",
    "relationship.resume",
]);
/** Messages that permit and build on nothing (GATE-15). */
const BUILDS_ON_NOTHING: ReadonlySet<string> = new Set(["relationship.affirm", "relationship.reject"]);

/** `terms-forbid`, with the clause that caused it where one did: the receiver records it, and it does not travel (GATE-13). */
export class ForbiddenError extends RefusalError {
    readonly clause: string | undefined;

    constructor(clause: string | undefined) {
        super("terms-forbid");
        this.name = "ForbiddenError";
        this.clause = clause;
    }
}

/** Gate and mark of a registered name; throws RefusalError `unknown-name` (GATE-1). */
export function gateOf(name: string): readonly [Gate, Mark] {
    return NAMES.get(name) ?? refuse("unknown-name");
}

/** Steps 2 and 3 of the list of spec 05 §6: standing and agreement. Gives the agreement that the message relies on. */
export function passGate(view: View, entry: Entry, now: number): Agreement | undefined {
    const [gate, mark] = gateOf(entry.name);
    if (gate === "open") return undefined;
    checkStanding(view, entry, mark);
    return gate === "related" ? undefined : agreementFor(view, entry, now);
}

/** GATE-2 to GATE-5. */
function checkStanding(view: View, entry: Entry, mark: Mark): void {
    const held = relationshipThread(view.log);
    if (held === undefined) return refuse("not-related");
    const entries = asItsSenderKnew(entriesOf(view.log, held.id), view, entry);
    const state = (entry.isReissue ? foldThread(entries) : held)?.state;
    if (state !== ACTIVE) {
        const isOver = state === CLOSED;
        if (!isOver && !(state !== undefined && PAUSED.test(state))) refuse("not-related");
        if (mark !== "restricts") {
            const others = entries.filter(({ sender }) => view.receivers.has(sender));
            refuse(!view.isOwn && crosses(entry.knew, others) ? "crossed" : isOver ? "closed" : "paused");
        }
    }
    if (mark !== "restricts" && entries.some((one) => FOUNDATIONS.has(one.name) && one.isUnaffirmed && acts(one)))
        refuse("unaffirmed");
}

/** REC-50: for a reissue, the receiver's unaffirmed entries that its sender had not seen are left out; others count as affirmed. */
function asItsSenderKnew(entries: readonly Entry[], view: View, entry: Entry): readonly Entry[] {
    if (!entry.isReissue) return entries;
    return entries.flatMap((one) => {
        if (!one.isUnaffirmed || !view.receivers.has(one.sender)) return one;
        return comparePlaces(one.rank, entry.knew) > 0 ? [] : { ...one, isUnaffirmed: false, isSuspended: false };
    });
}

/** Whether what made an agreement or a grant is unaffirmed; for a reissue not what its sender had seen of the receiver (REC-50). */
function isDoubted(view: View, entry: Entry, maker: Id): boolean {
    const one = view.log.entries.get(maker);
    if (one?.isUnaffirmed !== true) return false;
    return !(entry.isReissue && view.receivers.has(one.sender) && comparePlaces(one.rank, entry.knew) <= 0);
}

/** Whether an agreement may support a message: nothing that made it is unaffirmed (GATE-7). */
export function isProvable(view: View, entry: Entry, agreement: Agreement): boolean {
    return ![agreement.thread, ...agreement.entries].some((id) => isDoubted(view, entry, id));
}

/** GATE-6 to GATE-8. */
function agreementFor(view: View, entry: Entry, now: number): Agreement {
    if (entry.agreement === null) return refuse("no-agreement");
    const agreement = agreementsOf(view.log).find(({ id }) => id === entry.agreement) ?? refuse("unknown-agreement");
    if (!isProvable(view, entry, agreement)) refuse("unaffirmed");
    refuseEnded(standingAt(agreement, view.receivers, entry.knew, now));
    return agreement;
}

function refuseEnded(standing: ReturnType<typeof standingAt>): void {
    if (standing === "crossed") refuse("crossed");
    if (standing === "ended") refuse("agreement-ended");
}

/** Step 7 of the list: the claims, the grant that they name, and the ground of what permits. */
export function passClaims(view: View, entry: Entry, said: Said, agreement: Agreement | undefined, now: number): void {
    const claims = claimsOf(said);
    if (agreement !== undefined && claims !== undefined) {
        checkClaims(view, claims, agreement, now);
        if (claims.grant !== undefined) checkGrant(view, entry, hex(claims.grant), agreement, now);
    }
    checkGround(view.log, entry);
}

/** What the terms of the agreement do not allow is refused; so is everything where its roster is not loaded. */
function checkClaims(view: View, claims: Claims, agreement: Agreement, now: number): void {
    const terms = view.rosters.get(agreement.roster)?.terms.get(agreement.terms);
    if (terms === undefined) throw new ForbiddenError(undefined);
    const { isAllowed, clause } = judgeClaims(terms.policy, claims, { now, agreementUntil: agreement.until });
    if (!isAllowed) throw new ForbiddenError(clause);
}

/** GATE-14, and GATE-8 for a grant. */
function checkGrant(view: View, entry: Entry, named: Id, agreement: Agreement, now: number): void {
    const grant = grantsOf(view.log).find(({ id }) => id === named);
    if (grant === undefined || grant.agreement !== agreement.id) return refuse("no-grant");
    if (isDoubted(view, entry, grant.id)) refuse("unaffirmed");
    refuseEnded(standingAt(grant, view.receivers, entry.knew, now));
}

function grantsOf(log: Log): readonly Grant[] {
    return [...log.threads.values()]
        .map((thread: Thread) => grantIn(thread))
        .filter((grant): grant is Grant => grant !== undefined);
}

/** GATE-15: what permits does not build on an unaffirmed entry of its sender that permits, in the same thread. */
function checkGround({ entries }: Log, entry: Entry): void {
    const [, mark] = gateOf(entry.name);
    if (mark !== "permits" || BUILDS_ON_NOTHING.has(entry.name)) return;
    for (const one of entries.values()) {
        const isGround = one.thread === entry.thread && one.sender === entry.sender && one.firstId !== entry.firstId;
        if (isGround && one.isUnaffirmed && acts(one) && NAMES.get(one.name)?.[1] === "permits") refuse("unaffirmed");
    }
}
