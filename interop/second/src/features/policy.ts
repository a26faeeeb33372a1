/** The machine form of terms, and the firewall that judges claims by it (spec 08 §6, spec 05 §6). */

import { CLAUSES_MAX, CLAUSE_WORDS_MAX, DUTIES_MAX, PROTOCOL_VERSION } from "../limits.js";
import { decode } from "../encoding/cbor.js";
import { mapOfVersion } from "../wire/cose.js";
import { type Read, boolean, integer, list, tuple } from "../encoding/shape.js";
import { fields, may, need, positive, where, word } from "./fields.js";

const words = list(word, 0, CLAUSE_WORDS_MAX);
/** Name, whether it allows, actions, categories, purposes; an empty list means any. */
const clause = tuple(word, boolean, words, words, words);
const clauses = where(list(clause, 1, CLAUSES_MAX), (all) => new Set(all.map(([name]) => name)).size === all.length);

const machineForm = fields({
    version: need(1, integer(PROTOCOL_VERSION, PROTOCOL_VERSION)),
    clauses: need(2, clauses),
    duties: need(3, list(word, 0, DUTIES_MAX)),
    retention: may(4, positive),
    onward: need(5, boolean),
});

type Clause = Read<typeof clause>;

/** What an agreement allows: the clauses of its machine form, the longest retention in seconds, and whether data may be passed on. */
export type Policy = Read<typeof machineForm>;

/** What a message is for, as the gate sees it; it holds no personal value. */
export interface Claims {
    /** undefined where no action is claimed. */
    readonly action: string | undefined;
    readonly categories: readonly string[];
    readonly purposes: readonly string[];
    /** The claimed end; undefined lasts as long as agreement and retention allow. */
    readonly until: number | undefined;
    /** Who else gets the data; undefined where nobody does. */
    readonly onward: string | undefined;
    readonly grant: Uint8Array | undefined;
}

/** The bounds that do not stand in the terms: the time of the decision, and the end of the agreement. */
export interface Bounds {
    readonly now: number;
    readonly agreementUntil: number | undefined;
}

/** Reads a machine form; refused `shape`, `version-unknown`, or with the code of its encoding (TERMS-36). */
export function readMachineForm(bytes: Uint8Array): Policy {
    return mapOfVersion(decode(bytes), machineForm);
}

/** Refused claims name the clause that caused it, for the record of the receiver; it never travels (GATE-13). */
export interface Judgement {
    readonly isAllowed: boolean;
    readonly clause: string | undefined;
}

const ALLOWED: Judgement = { isAllowed: true, clause: undefined };
const NOT_COVERED: Judgement = { isAllowed: false, clause: undefined };

/** Whether a policy allows claims: no prohibition holds, all is covered, and the bounds are kept (GATE-10 to GATE-12). */
export function judgeClaims(policy: Policy, claims: Claims, bounds: Bounds): Judgement {
    const prohibiting = policy.clauses.find((candidate) => prohibits(candidate, claims));
    if (prohibiting !== undefined) return { isAllowed: false, clause: prohibiting[0] };
    if (!isCovered(policy, claims)) return NOT_COVERED;
    return isWithin(policy, claims, bounds) ? ALLOWED : NOT_COVERED;
}

/** GATE-11: the three lists of a prohibiting clause each meet the claims; an empty list meets everything. */
function prohibits([, allows, actions, categories, purposes]: Clause, claims: Claims): boolean {
    const meets = (listed: readonly string[], claimed: readonly string[]): boolean =>
        listed.length === 0 || claimed.some((candidate) => listed.includes(candidate));
    const action = claims.action === undefined ? [] : [claims.action];
    return (
        !allows && meets(actions, action) && meets(categories, claims.categories) && meets(purposes, claims.purposes)
    );
}

/** GATE-10: each pair of a category and a purpose is covered by one allowing clause, together with the action. */
function isCovered(policy: Policy, claims: Claims): boolean {
    const hasWord = (listed: readonly string[], claimed: string): boolean =>
        listed.length === 0 || listed.includes(claimed);
    const allowing = policy.clauses.filter(
        ([, allows, actions]) =>
            allows && (claims.action === undefined ? actions.length === 0 : hasWord(actions, claims.action)),
    );
    const { categories, purposes } = claims;
    if (categories.length === 0 && purposes.length === 0) return allowing.length > 0;
    if (purposes.length === 0) return categories.every((category) => allowing.some((one) => hasWord(one[3], category)));
    if (categories.length === 0) return purposes.every((purpose) => allowing.some((one) => hasWord(one[4], purpose)));
    return categories.every((category) =>
        purposes.every((purpose) => allowing.some((one) => hasWord(one[3], category) && hasWord(one[4], purpose))),
    );
}

/** GATE-12: the claimed end is within retention and agreement, and data are passed on only where that is allowed. */
function isWithin(policy: Policy, claims: Claims, { now, agreementUntil }: Bounds): boolean {
    if (claims.onward !== undefined && !policy.onward) return false;
    if (claims.until === undefined) return true;
    if (policy.retention !== undefined && claims.until > now + policy.retention) return false;
    return agreementUntil === undefined || claims.until <= agreementUntil;
}
