/** What comes back: own messages that the log had lost, and own messages of the peer that come again (spec 06 §4, §6). */

import { hex, same } from "../../encoding/bytes.js";
import type { Bodies } from "../../features/body.js";
import { readBody } from "../../features/body.js";
import type { Part } from "../../wire/content.js";
import { AFFIRMED_IDS_MAX } from "../../limits.js";
import { type Header, firstId, generation, knew, rank, readHeader } from "../../wire/header.js";
import { readReturnedItems } from "../checks/relationship.js";
import { type Entry, type Id, entryOf, signersOf } from "../entry.js";
import { eventOf } from "../../wire/keylog.js";
import type { Moment } from "../intake.js";
import { relationshipThread, withEntries } from "../log.js";
import { marked, rejected } from "../marks.js";
import { type Kept, type Scope, myPersonas } from "../scope.js";
import { OutdatedError } from "../receipts.js";
import { speak } from "../speak.js";

const APPLIED = "applied";
const REJECTED = "rejected";

type Returned = Bodies["relationship.returned"];

/** Takes the entries of a `returned` that was applied into the log, and says to them what the node says by itself. */
export function takeReturned(
    scope: Scope,
    body: Returned,
    items: readonly (Uint8Array | null)[],
    moment: Moment,
): Scope {
    const brought = readReturnedItems(items, body.entries.length);
    const present = scope.mine.own.log.epoch + scope.theirs.log.epoch;
    let taken = scope;
    const held: Id[] = [];
    const refusedBefore: Id[] = [];
    body.entries.forEach(([signed, salt, data, verdict], index) => {
        if (verdict !== APPLIED) return;
        const header = readHeader(signed);
        const parts: Part[] = header.digests.map((_, place) =>
            place === 0 ? [salt, data] : partOf(brought, index, place),
        );
        const id = hex(firstId(header));
        const before = scope.log.entries.get(id);
        if (before === undefined) taken = withLost(taken, header, { signed, parts });
        else if (before.verdict === REJECTED) refusedBefore.push(id);
        else if (!before.isUnaffirmed && generation(header) < present) held.push(id);
        if (before !== undefined && before.verdict !== APPLIED && before.verdict !== REJECTED && held.includes(id))
            taken = asApplied(taken, before);
    });
    const known = knownIn(taken).filter((id) => !held.includes(id));
    const affirming = sayTo(taken, "relationship.affirm", [...held, ...known], moment);
    return sayTo(affirming, "relationship.reject", refusedBefore, moment);
}

/**
 * Own entries that came back up to the one that the copy knew as the newest: what comes before it in its chain of `prev`
 * was there too, and its id proves it (spec 06 §13).
 */
function knownIn({ log, messages, knownHead }: Scope): readonly Id[] {
    const byId = new Map([...log.entries.values()].filter(({ isOwn }) => isOwn).map((entry) => [entry.id, entry]));
    const known: Id[] = [];
    for (let id = knownHead?.id ?? null; id !== null; ) {
        const entry = byId.get(id);
        const signed = entry === undefined ? undefined : messages.get(entry.firstId)?.signed;
        if (entry === undefined || signed === undefined) break;
        if (entry.isUnaffirmed && knownHead?.marked.includes(entry.firstId) === false) known.push(entry.firstId);
        id = hex(readHeader(signed).prev);
    }
    return known.reverse();
}

function partOf(brought: ReturnType<typeof readReturnedItems>, index: number, place: number): Part {
    const item = brought.find(([of, at]) => of === index && at === place);
    return item === undefined ? null : [item[2], item[3]];
}

/** An own message that the log had lost: it comes in marked (REC-24, REC-27). One that the present key signed was never lost (ROLL-1). */
function withLost(scope: Scope, header: Header, kept: Kept): Scope {
    if (header.senderEpoch === scope.mine.own.log.epoch) throw new OutdatedError();
    const [body] = kept.parts;
    const said = body === null || body === undefined ? null : readBody(header.name, body[1]);
    const signer = header.object.signatures[0]?.kid ?? new Uint8Array();
    const { log } = scope.mine.own;
    const signers = signersOf(header, (_persona, epoch) => eventOf(log, epoch)?.signingKey);
    const entry = marked({ ...entryOf(header, { signer, isOwn: true, said, verdict: APPLIED }), signers });
    const added = {
        ...scope,
        log: withEntries(scope.log, entry),
        messages: new Map(scope.messages).set(entry.firstId, kept),
    };
    if (said?.name !== "relationship.reject") return added;
    return { ...added, log: rejected(added.log, said.body.ids, myPersonas(scope.mine), scope.mine.own.log.epoch) };
}

/** The verdict `applied` of the peer replaces one that the own log holds (REC-24). */
function asApplied(scope: Scope, entry: Entry): Scope {
    return { ...scope, log: withEntries(scope.log, { ...entry, verdict: APPLIED }) };
}

/** REC-28, REC-35: what the log held before is affirmed, what it held as rejected is rejected once more. */
function sayTo(
    scope: Scope,
    name: "relationship.affirm" | "relationship.reject",
    ids: readonly Id[],
    { around, now, fresh }: Moment,
): Scope {
    const thread = relationshipThread(scope.log);
    if (ids.length === 0 || thread === undefined) return scope;
    let said = scope;
    for (let at = 0; at < ids.length; at += AFFIRMED_IDS_MAX) {
        const body = { ids: ids.slice(at, at + AFFIRMED_IDS_MAX).map((id) => new Uint8Array(Buffer.from(id, "hex"))) };
        said = speak(said, { name, body, thread: thread.id }, around, now, fresh).scope;
    }
    return said;
}

/** REC-48: whether a reissue is not what it says, as far as the receiver can tell. */
export function isForgedReissue(scope: Scope, header: Header): boolean {
    const { first } = header;
    if (first === null) return false;
    if (first.generation >= generation(header)) return true;
    const id = hex(first.id);
    const kept = scope.messages.get(id);
    const before = scope.log.entries.get(id);
    const isOfAnother = [...scope.log.entries.values()].some((entry) => entry.id === id && entry.firstId !== id);
    if (before === undefined || isOfAnother) return isOfAnother;
    const differs = (a: { generation: number; number: number }, b: { generation: number; number: number }): boolean =>
        a.generation !== b.generation || a.number !== b.number;
    if (
        differs(rank(header), before.rank) ||
        differs(knew(header), before.knew) ||
        header.name !== before.name ||
        header.time !== before.time
    )
        return true;
    return kept !== undefined && !isSameMessage(header, readHeader(kept.signed));
}

function isSameMessage(a: Header, b: Header): boolean {
    const isSameId = (x: Uint8Array | null, y: Uint8Array | null): boolean =>
        x === null || y === null ? x === y : same(x, y);
    const isSameParts =
        a.digests.length === b.digests.length &&
        a.digests.every((digest, place) => same(digest, b.digests[place] ?? new Uint8Array()));
    return isSameParts && isSameId(a.thread, b.thread) && isSameId(a.agreement, b.agreement) && a.expiry === b.expiry;
}
