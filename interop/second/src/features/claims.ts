/** The claims of a message, derived from its body (spec 09 §3). */

import type { Said } from "./body.js";
import { categoryOf } from "./paths.js";
import type { Claims } from "./policy.js";

/** What a message claims; undefined where it claims nothing (DISC-4). */
export function claimsOf(said: Said): Claims | undefined {
    switch (said.name) {
        case "disclosure.request": {
            const { wanted, until, onward } = said.body;
            return { ...purposeOf(said.body, wanted), until, onward, grant: undefined };
        }
        case "disclosure.present": {
            const { fields, declined, until, onward } = said.body;
            return { ...purposeOf(said.body, [...fields, ...(declined ?? [])]), until, onward, grant: undefined };
        }
        case "disclosure.update":
            return {
                ...purposeOf(said.body, said.body.fields),
                until: undefined,
                onward: undefined,
                grant: said.body.grant,
            };
        default:
            return undefined;
    }
}

interface Purposeful {
    readonly action: string;
    readonly purposes: readonly string[];
}

/** Action, purposes, and each category of the paths once, in the order of the alphabet. */
function purposeOf({ action, purposes }: Purposeful, rows: readonly (readonly [path: string, ...rest: unknown[]])[]) {
    const categories = [...new Set(rows.map(([path]) => categoryOf(path)))].sort();
    return { action, purposes, categories };
}
