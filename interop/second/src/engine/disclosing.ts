/** The grants of a relationship as one side sees them: what it gave, and what it may hold (spec 09 §5 to §7). */

import { unlessRefused } from "../errors.js";
import type { Name } from "../features/body.js";
import { type Grant, grantIn } from "./agreements.js";
import type { Entry } from "./entry.js";
import type { ThreadOf } from "./fold.js";
import type { Moment } from "./intake.js";
import { agreementsOf } from "./log.js";
import { type Scope, myPersonas } from "./scope.js";
import { type Speech, speak } from "./speak.js";
import { giverIn } from "./threads/disclosure.js";

/** A grant with its thread. */
export interface Disclosure {
    readonly thread: ThreadOf<"disclosure">;
    readonly grant: Grant;
    /** Whether this side gives; otherwise it takes. */
    readonly isGiver: boolean;
}

/** All grants of a relationship, ended ones too. */
export function disclosuresIn({ log, mine }: Pick<Scope, "log" | "mine">): readonly Disclosure[] {
    const personas = myPersonas(mine);
    return [...log.threads.values()].flatMap((thread) => {
        const grant = grantIn(thread);
        if (thread.feature !== "disclosure" || grant === undefined) return [];
        return { thread, grant, isGiver: personas.has(thread.opener) === (giverIn(thread.state) === "opener") };
    });
}

/** A version of a field, as messages name it. */
export type Given = readonly [path: string, version: number];

/** The fields that a message gives, at the places of its items. */
export function fieldsOf({ said }: Pick<Entry, "said">): readonly Given[] {
    return said?.name === "disclosure.present" || said?.name === "disclosure.update" ? said.body.fields : [];
}

/** The ids of the agreements that are in force at a time. */
export function agreementsInForce({ log }: Pick<Scope, "log">, now: number): ReadonlySet<string> {
    const inForce = agreementsOf(log).filter(
        ({ ended, until }) => ended.length === 0 && (until === undefined || until >= now),
    );
    return new Set(inForce.map(({ id }) => id));
}

/** Whether nothing has ended a grant: no day, no party, and no end of its agreement. */
export function isGrantInForce({ ended, until, agreement }: Grant, agreements: ReadonlySet<string>, now: number): boolean {
    return ended.length === 0 && until >= now && agreements.has(agreement);
}

/** The scope after what a node says by itself; what its own gate refuses now is left for another time. */
export function afterSaying<N extends Name>(scope: Scope, speech: Speech<N>, { around, now, fresh }: Moment): Scope {
    return unlessRefused(() => speak(scope, speech, around, now, fresh).scope, scope);
}
