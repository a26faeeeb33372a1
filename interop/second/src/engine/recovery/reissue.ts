/** Reissues: own messages that are said again in the line of new epochs (spec 06 §4). */

import { type HeaderFields, makeHeader, readHeader } from "../../wire/header.js";
import { type Entry, type Id, entryOf } from "../entry.js";
import { lastOf, nextPrev } from "../lines.js";
import { withEntries } from "../log.js";
import type { Former, Kept, Scope } from "../scope.js";
import { idBytes } from "../threads/ends.js";

/** The earlier headers, with the one that stood in the log until now; what was only known by its entry has none. */
export function withFormer(
    formers: ReadonlyMap<Id, Former>,
    { id, firstId }: Entry,
    kept: Kept | undefined,
): ReadonlyMap<Id, Former> {
    return kept === undefined ? formers : new Map(formers).set(id, { firstId, signed: kept.signed });
}

/** REC-18: a new header in the new line; what stood in the message when it was first sent stays in field 15. */
export function reissue(scope: Scope, entry: Entry, now: number): Scope {
    const kept = scope.messages.get(entry.firstId);
    if (kept === undefined) return scope;
    const { mine, theirs, outgoing, incoming } = scope;
    const before = readHeader(kept.signed);
    const [receivedNumber, receivedId] = lastOf(incoming);
    const first = { id: idBytes(entry.firstId), ...entry.rank, highest: entry.knew.number };
    const fields: HeaderFields = {
        ...before,
        sender: mine.own.log.persona,
        recipient: theirs.log.persona,
        senderEpoch: mine.own.log.epoch,
        recipientEpoch: theirs.log.epoch,
        number: outgoing.ids.length + 1,
        prev: idBytes(nextPrev(outgoing)),
        receivedNumber,
        receivedId,
        first,
    };
    const signed = makeHeader(fields, mine.own.seed, mine.own.log.last.signingKey);
    const header = readHeader(signed);
    const again = entryOf(header, { signer: entry.signer, isOwn: true, said: entry.said, verdict: entry.verdict });
    const row = {
        number: header.number,
        firstId: entry.firstId,
        name: entry.name,
        signed,
        parts: kept.parts,
        since: now,
        due: now,
        sent: 0,
    };
    return {
        ...scope,
        log: withEntries(scope.log, again),
        outgoing: { ...outgoing, ids: [...outgoing.ids, again.id] },
        waiting: [...scope.waiting, row],
        messages: new Map(scope.messages).set(entry.firstId, { signed, parts: kept.parts }),
        formers: withFormer(scope.formers, entry, kept),
    };
}
