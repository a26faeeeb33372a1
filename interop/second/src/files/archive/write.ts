/** Writes what a node knows of its relationships as the rows of a full volume (spec 21 §3 and §6). */

import { ARCHIVE_IDS_MAX } from "../../limits.js";
import { sha256 } from "../../crypto/digest.js";
import { hex, same } from "../../encoding/bytes.js";
import { encode } from "../../encoding/encode.js";
import type { Value } from "../../encoding/value.js";
import type { Entry } from "../../engine/entry.js";
import type { Kind } from "../../engine/judging.js";
import { nextPrev } from "../../engine/lines.js";
import { firstSignerOf, relationshipThread } from "../../engine/log.js";
import type { Scope } from "../../engine/scope.js";
import { idBytes } from "../../engine/threads/ends.js";
import { readHeader } from "../../wire/header.js";

/** What a file holds of one relationship beside its scope. */
export interface ArchivedRelationship {
    /** Sixteen bytes by which the node calls it. */
    readonly id: Uint8Array;
    readonly scope: Scope;
    readonly name: string | null;
    readonly purpose: string;
    /** Own mailboxes, the present one first. */
    readonly mailboxes: readonly Uint8Array[];
}

/** A version of a datum of the owner's own (spec 09 §2.1). */
export interface ArchivedRecord {
    readonly path: string;
    readonly version: number;
    /** The encoded value. */
    readonly item: Uint8Array;
    readonly time: number;
}

/** All that a node knows. */
export interface Archived {
    readonly name: string;
    readonly kind: Kind;
    /** When the node was made. */
    readonly made: number;
    readonly relationships: readonly ArchivedRelationship[];
    readonly records: readonly ArchivedRecord[];
}

const SOURCE = "owner";
const RECORD_NAME_BYTES = 16;

/** The encoded rows of a full volume, the end included; a one-time persona cannot come back, and is left out (ARCHIVE-15). */
export function rowsOf({ name, kind, made, relationships, records }: Archived): readonly Uint8Array[] {
    const kept = relationships.filter(({ scope }) => scope.mine.own.log.last.next !== null);
    const rows: Value[] = [
        [0, name, kind, made],
        ...records.map(recordRow),
        ...kept.flatMap(relationshipRows),
    ];
    const messages = kept.reduce((sum, { scope }) => sum + scope.messages.size, 0);
    return [...rows, [9, messages, rows.length]].map((row) => encode(row));
}

/** The name under which a version stands among the own rows. */
export function recordName(path: string, version: number): string {
    return `record/${hex(sha256(encode([path, version])).slice(0, RECORD_NAME_BYTES))}`;
}

function recordRow({ path, version, item, time }: ArchivedRecord): Value {
    return [1, recordName(path, version), encode([path, version, item, time, SOURCE])];
}

function relationshipRows(relationship: ArchivedRelationship): readonly Value[] {
    const { id, scope } = relationship;
    const entries = [...scope.log.entries.values()];
    const marked = entries.filter(({ isUnaffirmed }) => isUnaffirmed).map(({ firstId }) => idBytes(firstId));
    const marks: Value[] = [];
    for (let at = 0; at < marked.length; at += ARCHIVE_IDS_MAX) marks.push([3, id, marked.slice(at, at + ARCHIVE_IDS_MAX)]);
    const { fork } = scope.incoming;
    return [
        keptRow(relationship),
        ...marks,
        ...entries.flatMap((entry) => saidRows(id, entry, scope)),
        ...[...scope.formers.values()].flatMap(({ firstId, signed }) => {
            const entry = scope.log.entries.get(firstId);
            return entry === undefined ? [] : [[5, id, entry.isOwn, signed, entry.verdict, firstSigner(entry, signed, scope)]];
        }),
        ...(fork === null ? [] : [[7, id, fork]]),
    ];
}

function saidRows(id: Uint8Array, entry: Entry, scope: Scope): readonly Value[] {
    const kept = scope.messages.get(entry.firstId);
    if (kept === undefined) return [];
    const { signed, parts } = kept;
    return [[4, id, entry.isOwn, signed, entry.verdict, firstSigner(entry, signed, scope), parts]];
}

/** The key that first signed a message; null where its header says that it was sent once. */
function firstSigner(entry: Entry, signed: Uint8Array, { log }: Scope): Uint8Array | null {
    return readHeader(signed).first === null ? null : firstSignerOf(log, entry);
}

/** The relationship as it stands. */
function keptRow({ id, scope, name, purpose, mailboxes }: ArchivedRelationship): Value {
    const { role, mine, theirs, incoming, outgoing, invitation, signedInvitation } = scope;
    const thread = relationshipThread(scope.log);
    const request = [...scope.log.entries.values()].find((entry) => entry.name === "relationship.request");
    const asking = request?.said?.name === "relationship.request" ? request.said.body : undefined;
    const theirRole = role === "opener" ? null : (asking?.role ?? null);
    const contacts = [mine.own.contact, ...mine.olderContacts.map(({ pair }) => pair)].filter((pair) =>
        mine.own.log.events.some(({ contactKey }) => same(contactKey, pair.public)),
    );
    const began = request?.time ?? scope.decided;
    const kind = theirs.kind ?? "person";
    const met = [
        role === "opener", thread?.state ?? "start", name, purpose, kind, theirRole, idBytes(invitation), began, scope.heard,
    ];
    const { own, place, founding, succession } = mine;
    const nonce = mine.nonce ?? new Uint8Array(32); // every persona that can grow has one: the scope was asked, or has accepted
    const seeds = contacts.map(({ seed }) => seed);
    const events = (log: typeof own.log): Value => log.events.map(({ signed }) => signed);
    return [
        2,
        id,
        met,
        [founding, events(own.log), mine.kind, mailboxes, place.endpoints, nonce, seeds],
        [theirs.founding, events(theirs.log), kind, theirs.place.mailbox, theirs.place.endpoints],
        [signedInvitation, succession ?? theirs.succession, theirs.receipt],
        [
            outgoing.ids.length, idBytes(nextPrev(outgoing)), outgoing.receipted,
            incoming.ids.length, idBytes(nextPrev(incoming)),
        ],
        scope.decided,
        scope.closedAt ?? 0,
    ];
}
