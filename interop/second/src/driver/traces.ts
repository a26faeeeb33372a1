/** The verbs of level 2: a log is folded to its digest, and judged message by message (`interop/DRIVER.md`). */

import { stateDigest } from "../engine/digest.js";
import { type Entry, type Verdict, entryOf, signersOf } from "../engine/entry.js";
import { judge } from "../engine/judge.js";
import type { View } from "../engine/judging.js";
import { EMPTY_LOG, type Log, withEntries } from "../engine/log.js";
import { unlessRefused } from "../errors.js";
import { type Said, readBody } from "../features/body.js";
import { type Roster, readRoster } from "../features/roster.js";
import { hex } from "../encoding/bytes.js";
import { Arguments, type Operations } from "./arguments.js";
import { type Context, type Side, type Step, across, objects, readContext, readStep } from "./trace.js";

/** The body of a message, where it can be read. */
function bodyOf({ header, parts }: Step): Said | null {
    const [body] = parts;
    if (body === null || body === undefined) return null;
    return unlessRefused(() => readBody(header.name, body[1]), null); // its receiver refused it too, so it takes part in no fold
}

/** The entry of a step in the log of one side; of what its receiver refused, it keeps no body (MSG-18). */
function asEntry(step: Step, verdict: Verdict, context: Context, isOwn: boolean): Entry {
    const signer = context.keyOf(hex(step.header.sender), step.header.senderEpoch) ?? new Uint8Array();
    const said = isOwn || verdict === "applied" ? bodyOf(step) : null;
    const entry = entryOf(step.header, { signer, isOwn, said, verdict });
    return { ...entry, signers: signersOf(step.header, context.keyOf) };
}

/** What one side of a trace holds. */
type Logs = Readonly<Record<Side, Log>>;

/** What a relationship rests on is known from what was applied: kinds of both sides (spec 07 §4). */
function kindsIn(log: Log, context: Context) {
    const request = [...log.entries.values()].find(({ said }) => said?.name === "relationship.request")?.said;
    const opener = request?.name === "relationship.request" ? request.body.kind : undefined;
    return { opener, other: context.inviterKind };
}

function viewFor(step: Step, logs: Logs, context: Context, rosters: View["rosters"]): View {
    const to = across(step.from);
    const kinds = kindsIn(logs[to], context);
    return {
        log: logs[to],
        isOwn: false,
        senders: context.personas[step.from],
        receivers: context.personas[to],
        senderKind: kinds[step.from],
        receiverKind: kinds[to],
        invitation: context.invitation,
        rosters,
        keyOf: context.keyOf,
    };
}

/** The verdict of a step: what its first sending got, where it comes again (REC-19), and otherwise a new one. */
function verdictOf(step: Step, logs: Logs, context: Context, rosters: View["rosters"]): string {
    const entry = asEntry(step, null, context, false);
    const before = logs[across(step.from)].entries.get(entry.firstId);
    if (before !== undefined && before.verdict !== null) return before.verdict;
    return judge(viewFor(step, logs, context, rosters), step, step.header.time).verdict;
}

function readSteps(input: Arguments): {
    readonly context: Context;
    readonly given: readonly Arguments[];
    readonly steps: readonly Step[];
} {
    const context = readContext(new Arguments(input.raw("context")));
    const given = objects(input.raw("entries"));
    return { context, given, steps: given.map((one) => readStep(one, context)) };
}

export const TRACES: Operations = {
    fold: (input) => {
        const { context, given, steps } = readSteps(input);
        const entries = steps.map((step, place) =>
            asEntry(step, given[place]?.text("verdict") ?? null, context, false),
        );
        return { digest: stateDigest(withEntries(EMPTY_LOG, ...entries)) };
    },
    judge: (input) => {
        const { context, steps } = readSteps(input);
        const roster: Roster = readRoster(input.bytes("roster"), input.bytes("roster_key"));
        const rosters = new Map([[hex(roster.id), roster]]);
        let logs: Logs = { opener: EMPTY_LOG, other: EMPTY_LOG };
        const verdicts = steps.map((step) => {
            const verdict = verdictOf(step, logs, context, rosters);
            const to = across(step.from);
            logs = {
                ...logs,
                // What was refused leaves no trace on either side at this level, an end (FOLD-2) included.
                ...(verdict === "applied" && {
                    [step.from]: withEntries(logs[step.from], asEntry(step, verdict, context, true)),
                }),
                [to]: withEntries(logs[to], asEntry(step, verdict, context, false)),
            };
            return verdict;
        });
        return { verdicts };
    },
};
