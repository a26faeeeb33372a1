/** The exchange after a recovery: each side gives back what the other lost, and says again what it said itself (spec 06 §4). */

import { encode } from "../../encoding/encode.js";
import type { Bodies } from "../../features/body.js";
import { PARTS_MAX, POSITION_REFUSALS_MAX, RETURNED_ENTRIES_MAX, RETURN_BYTES_MAX } from "../../limits.js";
import type { Line } from "../../wire/position.js";
import { type Place, readHeader } from "../../wire/header.js";
import { NAMES } from "../../spec/names.js";
import type { Entry, Id } from "../entry.js";
import type { Moment } from "../intake.js";
import { relationshipThread, withEntries } from "../log.js";
import { marked, unmarked } from "../marks.js";
import { type Kept, type Scope, myPersonas, theirPersonas } from "../scope.js";
import { speak } from "../speak.js";
import { reissue } from "./reissue.js";
import { inLineOrder, isAbove, sharedWith, toldPoint } from "./positions.js";

const RETURNED = "relationship.returned";
const APPLIED = "applied";
const REJECTED = "rejected";
const ITEMS_RETURNED_MAX = PARTS_MAX - 1;
/** What a signed header and the heads around the entries take at most, in bytes. */
const RETURN_OVERHEAD_BYTES = 4_096;

/** The lines of the position of the other, and of the own one that it has or will get. */
export interface Positions {
    readonly theirs: readonly Line[];
    readonly own: readonly Line[];
}

/** What both sides do once they know where the other stands (REC-12, REC-16, REC-18 to REC-27). */
export function exchange(scope: Scope, { theirs, own }: Positions, moment: Moment): Scope {
    const [mine, peers] = [myPersonas(scope.mine), theirPersonas(scope.theirs)];
    const back = sharedWith(theirs, true, scope.log, peers);
    const forth = sharedWith(theirs, false, scope.log, mine);
    const told = toldPoint(own, forth);
    const lost = returnedTo(scope, peers, mine, back, told);
    const again = inLineOrder(scope.log, mine).filter((entry) => isAbove(entry, told) && isReissued(entry));
    // What waited in an older line is said again in the new one.
    const known = withVerdicts(
        withMarks({ ...scope, waiting: [] }, peers, new Set(lost.map(({ firstId }) => firstId))),
        mine,
        theirs,
        forth,
    );
    const returned = giveBack(known, lost, moment);
    return again.reduce<Scope>((each, entry) => reissue(each, entry, moment.now), returned);
}

/** REC-21: their applied messages above what they hold, and what an own `returned` that they lost was to give back. */
function returnedTo(
    { log }: Scope,
    peers: ReadonlySet<Id>,
    mine: ReadonlySet<Id>,
    back: Place | null,
    told: Place | null,
): readonly Entry[] {
    const lostReturns = inLineOrder(log, mine).filter((entry) => entry.name === RETURNED && isAbove(entry, told));
    const again = new Set(
        lostReturns.flatMap(({ said }) =>
            said?.name === RETURNED ? said.body.entries.map(([signed]) => firstIdIn(signed)) : [],
        ),
    );
    return inLineOrder(log, peers).filter((entry) => {
        const isKept = entry.verdict === APPLIED && entry.name !== RETURNED;
        return isKept && (isAbove(entry, back) || again.has(entry.firstId));
    });
}

function firstIdIn(signed: Uint8Array): Id {
    const header = readHeader(signed);
    return Buffer.from(header.first?.id ?? header.id).toString("hex");
}

/** REC-27: what is given back is marked, and the marks on their other messages are lifted. */
function withMarks(scope: Scope, peers: ReadonlySet<Id>, lost: ReadonlySet<Id>): Scope {
    const theirs = inLineOrder(scope.log, peers);
    const changed = theirs.flatMap((entry) => {
        if (lost.has(entry.firstId)) return marked(entry);
        return entry.isUnaffirmed ? unmarked(entry) : [];
    });
    return { ...scope, log: withEntries(scope.log, ...changed) };
}

/** REC-25: the verdicts of their position count for own messages at or below the highest shared id; of marked ones above it they have none (REC-32). */
function withVerdicts(scope: Scope, mine: ReadonlySet<Id>, lines: readonly Line[], forth: Place | null): Scope {
    const changed = inLineOrder(scope.log, mine).flatMap((entry) => {
        if (entry.isUnaffirmed && isAbove(entry, forth)) return { ...entry, verdict: null };
        const line = lines.find(([outgoing, senderEpoch, recipientEpoch]) => {
            return !outgoing && senderEpoch === entry.line.senderEpoch && recipientEpoch === entry.line.recipientEpoch;
        });
        if (line === undefined || forth === null || isAbove(entry, forth) || entry.verdict === REJECTED) return [];
        const verdict = verdictIn(line, entry.line.number);
        const isEnd = NAMES.get(entry.name)?.[1] === "restricts" && entry.verdict === APPLIED;
        if (verdict === undefined || verdict === entry.verdict || isEnd) return [];
        return verdict === APPLIED ? { ...entry, verdict } : { ...unmarked(entry), verdict };
    });
    return { ...scope, log: withEntries(scope.log, ...changed) };
}

function verdictIn([, , , heads, refusals]: Line, number: number): string | undefined {
    if (number > (heads[0]?.[0] ?? 0)) return undefined;
    if (refusals.length === POSITION_REFUSALS_MAX && number < (refusals[0]?.[0] ?? 0)) return undefined;
    const code = refusals.find(([refused]) => refused === number)?.[1] ?? APPLIED;
    return code === REJECTED ? APPLIED : code;
}

/** REC-18: own messages that were not refused, are neither marked nor rejected, and give nothing back. */
function isReissued({ name, verdict, isUnaffirmed }: Entry): boolean {
    return name !== RETURNED && !isUnaffirmed && (verdict === APPLIED || verdict === null);
}

type ReturnedEntry = Bodies[typeof RETURNED]["entries"][number];

interface Batch {
    readonly entries: ReturnedEntry[];
    readonly items: Uint8Array[];
    bytes: number;
}

/** Gives entries back in as few messages as their bounds allow. */
function giveBack(scope: Scope, lost: readonly Entry[], { around, now, fresh }: Moment): Scope {
    const thread = relationshipThread(scope.log);
    if (lost.length === 0 || thread === undefined) return scope;
    return batches(lost, scope.messages).reduce((each, { entries, items }) => {
        return speak(each, { name: RETURNED, body: { entries }, thread: thread.id, items }, around, now, fresh).scope;
    }, scope);
}

function batches(lost: readonly Entry[], messages: ReadonlyMap<Id, Kept>): readonly Batch[] {
    const all: Batch[] = [];
    for (const { firstId } of lost) {
        const kept = messages.get(firstId);
        const body = kept?.parts[0];
        if (kept === undefined || body === null || body === undefined) continue;
        const places = kept.parts.flatMap((part, place) =>
            place > 0 && part !== null ? [[place, ...part] as const] : [],
        );
        const bytes =
            kept.signed.length + body[1].length + 64 + places.reduce((sum, [, , data]) => sum + data.length + 96, 0);
        let batch = all.at(-1);
        const isFull =
            batch === undefined ||
            batch.entries.length >= RETURNED_ENTRIES_MAX ||
            batch.items.length + places.length > ITEMS_RETURNED_MAX ||
            batch.bytes + bytes > RETURN_BYTES_MAX - RETURN_OVERHEAD_BYTES;
        if (batch === undefined || isFull) all.push((batch = { entries: [], items: [], bytes: 0 }));
        const index = batch.entries.length;
        batch.entries.push([kept.signed, body[0], body[1], APPLIED]);
        batch.items.push(...places.map((place) => encode([index, ...place])));
        batch.bytes += bytes;
    }
    return all;
}
