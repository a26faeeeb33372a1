/** Under which agreement something is asked for or given (spec 09 §3): the newest one in force whose terms allow it. */

import { refuse } from "../errors.js";
import { categoryOf } from "../features/paths.js";
import { type Policy, judgeClaims } from "../features/policy.js";
import type { Agreement } from "./agreements.js";
import { agreementsInForce } from "./disclosing.js";
import type { Id } from "./entry.js";
import { agreementsOf } from "./log.js";
import { type Scope, type Surroundings, timeOf } from "./scope.js";

/** What this node does with data, and lets others do: DPV's word for it without more. */
export const ACTION = "dpv:Use";
/** Where terms allow any purpose, and the owner names none. */
const PURPOSE = "dpv:ServiceProvision";
const YEAR_S = 31_536_000;
/** The longest end stays this far below the retention of the terms, in seconds: the clock of the peer may be behind. */
const CLOCKS_APART_S_MAX = 3_600;

/** What an owner wishes; what is left out is found in the terms. */
export interface Wish {
    readonly paths: readonly string[];
    readonly purposes: readonly string[] | undefined;
    readonly until: number | undefined;
    /** Whether a year is enough, also where the terms allow more. */
    readonly isBounded: boolean;
}

export interface Ground {
    readonly agreement: Id;
    readonly purposes: readonly string[];
    readonly until: number;
}

/** The ground for a wish; throws RefusalError `no-agreement` or `terms-forbid`. */
export function groundFor(scope: Scope, { rosters }: Surroundings, wish: Wish, at: number): Ground {
    const now = timeOf(scope, at);
    const inForce = agreementsInForce(scope, now);
    const agreements = agreementsOf(scope.log)
        .filter(({ id }) => inForce.has(id))
        .sort((a, b) => b.sealed - a.sealed);
    if (agreements.length === 0) return refuse("no-agreement");
    for (const agreement of agreements) {
        const policy = rosters.get(agreement.roster)?.terms.get(agreement.terms)?.policy;
        const ground = policy === undefined ? undefined : groundIn(agreement, policy, wish, now);
        if (ground !== undefined) return ground;
    }
    return refuse("terms-forbid");
}

function groundIn(agreement: Agreement, policy: Policy, wish: Wish, now: number): Ground | undefined {
    const until = wish.until ?? longestEnd(agreement, policy, wish, now);
    const categories = [...new Set(wish.paths.map(categoryOf))];
    const choices = wish.purposes === undefined ? purposesOf(policy).map((one) => [one]) : [wish.purposes];
    const purposes = choices.find((some) => {
        const claims = { action: ACTION, categories, purposes: some, until, onward: undefined, grant: undefined };
        return judgeClaims(policy, claims, { now, agreementUntil: agreement.until }).isAllowed;
    });
    return purposes === undefined ? undefined : { agreement: agreement.id, purposes, until };
}

function purposesOf({ clauses }: Policy): readonly string[] {
    return clauses.flatMap(([, allows, , , purposes]) => (allows ? (purposes.length === 0 ? [PURPOSE] : purposes) : []));
}

function longestEnd({ until = Infinity }: Agreement, { retention = Infinity }: Policy, wish: Wish, now: number): number {
    const allowed = Math.min(until, now + Math.max(retention - CLOCKS_APART_S_MAX, 1));
    return wish.isBounded || allowed === Infinity ? Math.min(allowed, now + YEAR_S) : allowed;
}
