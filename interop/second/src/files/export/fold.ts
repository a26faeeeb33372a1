/** What the messages of a file make, and what has to hold of it as a whole (spec 19 §4, after the end). */

import { type Agreement } from "../../engine/agreements.js";
import { type Entry, entryOf } from "../../engine/entry.js";
import { type Row, ledgerOf } from "../../engine/ledger.js";
import { EMPTY_LOG, type Log, agreementsOf, withEntries } from "../../engine/log.js";
import type { ThreadOf } from "../../engine/fold.js";
import { agreedIn } from "../../engine/threads/terms.js";
import { RefusalError, refuse } from "../../errors.js";
import { AGREEMENT, agreementBytes, readAgreement } from "../../features/agreement.js";
import { isName, readBody } from "../../features/body.js";
import { START, rowFor } from "../../features/table.js";
import { hex, same } from "../../encoding/bytes.js";
import { decode } from "../../encoding/cbor.js";
import { entryOf as signatureEntry, makeTwo } from "../../wire/cose.js";
import { type Header, comparePlaces, generation, knew, rank, threadId } from "../../wire/header.js";
import { eventOf } from "../../wire/keylog.js";
import type { Value } from "../../encoding/value.js";
import { type Collected, type Message, isActing } from "./collect.js";

/** An agreement with the object that both parties signed. */
export interface Signed {
  readonly agreement: Agreement;
  readonly record: Uint8Array;
}

/** A field that the ledger shows, and its value where the file has the item (EXPORT-27). */
export interface Field {
  readonly row: Row;
  readonly isShown: boolean;
  readonly value: Value;
}

/** What a file makes. */
export interface Folded {
  readonly log: Log;
  readonly relationship: ThreadOf<"relationship"> | null;
  readonly agreements: readonly Signed[];
  readonly fields: readonly Field[];
}

/** Folds a file with the verdicts of its exporter (EXPORT-13, EXPORT-16, EXPORT-17, EXPORT-19, EXPORT-27). */
export function foldFile(file: Collected): Folded {
  checkFormers(file);
  const log = withEntries(EMPTY_LOG, ...entriesOf(file));
  const relationship = relationshipIn(log, file);
  return { log, relationship, agreements: signedAgreements(log), fields: fieldsOf(log, file) };
}

/** An earlier header differs from the newest in nothing but what a reissue gets anew (EXPORT-13, REC-18). */
function checkFormers({ formers, messages, sides }: Collected): void {
  for (const { side, header } of formers) {
    const message = messages.get(hex(header.first?.id ?? header.id)) ?? refuse("fork");
    const isOlder = message.side === side && generation(header) < generation(message.header);
    if (!isOlder || !isSameMessage(header, message.header)) refuse("fork");
    if (header.first !== null) continue;
    const key = message.firstEpoch === null ? undefined : eventOf(sides[side].log, message.firstEpoch)?.signingKey;
    const kid = header.object.signatures[0]?.kid;
    if (key === undefined || kid === undefined || !same(key, kid)) refuse("key-mismatch");
  }
}

function isSameMessage(a: Header, b: Header): boolean {
  return comparePlaces(rank(a), rank(b)) === 0
    && comparePlaces(knew(a), knew(b)) === 0
    && (a.first === null || a.first.generation < generation(a))
    && a.name === b.name
    && a.time === b.time
    && a.expiry === b.expiry
    && sameOrNull(a.thread, b.thread)
    && sameOrNull(a.agreement, b.agreement)
    && a.digests.length === b.digests.length
    && a.digests.every((digest, place) => sameOrNull(digest, b.digests[place] ?? null));
}

function sameOrNull(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : same(a, b);
}

function entriesOf({ messages, sides }: Collected): readonly Entry[] {
  const opened = new Set<string>();
  for (const [id, message] of messages) {
    if (id === hex(threadId(message.header)) && opensThread(message)) opened.add(id);
  }
  return [...messages.values()].map((message) => {
    const { side, header, verdict, isUnaffirmed, firstEpoch } = message;
    const { log } = sides[side];
    const signer = eventOf(log, firstEpoch ?? header.senderEpoch)?.signingKey ?? refuse("epoch-unknown");
    const said = opened.has(hex(threadId(header))) ? bodyOf(message) : null;
    const entry = entryOf(header, { signer, isOwn: side === "exporter", said, verdict });
    return { ...entry, isUnaffirmed, isSuspended: isUnaffirmed && header.name === "relationship.close" };
  });
}

/** Whether a message acts, and stands at the beginning of a thread (FOLD-2, FOLD-3). */
function opensThread(message: Message): boolean {
  const { name } = message.header;
  return isActing(message) && isName(name) && rowFor(START, name, "opener") !== undefined;
}

/** The body of a message that acts; of a name that is not known nothing is read (EXPORT-24). */
function bodyOf(message: Message) {
  const body = message.parts[0] ?? null;
  if (body === null || !isActing(message) || !isName(message.header.name)) return null;
  return readBody(message.header.name, body[1]);
}

function relationshipIn(log: Log, { meeting }: Collected): ThreadOf<"relationship"> | null {
  const threads = [...log.threads.values()].filter((thread) => thread.feature === "relationship");
  const [thread, second] = threads;
  if (second !== undefined) refuse("not-in-state");
  if (thread === undefined) return null;
  if (meeting.inviting !== null && thread.opener === hex(meeting.inviting.log.persona)) refuse("wrong-party");
  const { invitation } = thread.data;
  if (meeting.invitation !== null && invitation !== undefined && !same(invitation, meeting.invitation.id)) {
    refuse("invitation-mismatch");
  }
  return thread;
}

/**
 * Every agreement with its verified record. One that does not verify is left out where a making entry is unaffirmed,
 * and otherwise refuses the file (EXPORT-19).
 */
function signedAgreements(log: Log): readonly Signed[] {
  return agreementsOf(log).flatMap((agreement) => {
    const record = recordOf(agreement, log);
    if (record !== null) return [{ agreement, record }];
    const making = [agreement.thread, ...agreement.entries];
    const isMarked = making.some((id) => log.entries.get(id)?.isUnaffirmed === true);
    return isMarked ? [] : refuse("agreement-signature");
  });
}

/** The object that both parties signed; null where a signature does not verify. */
function recordOf(agreement: Agreement, log: Log): Uint8Array | null {
  const thread = log.threads.get(agreement.thread);
  if (thread?.feature !== "terms") return null;
  const { first_key, first_signature, second_key, second_signature } = thread.data;
  const agreed = agreedIn(thread.data, thread.opener);
  if (agreed === undefined || first_key === undefined || first_signature === undefined) return null;
  if (second_key === undefined || second_signature === undefined) return null;
  const entries = [signatureEntry(first_key, first_signature), signatureEntry(second_key, second_signature)] as const;
  const record = makeTwo(AGREEMENT, agreementBytes(agreed), entries);
  try {
    readAgreement(record, first_key, second_key);
  } catch (error) {
    if (error instanceof RefusalError) return null;
    throw error;
  }
  return record;
}

/** The ledger with what the file shows of each field. What waits is taken to have left the node. */
function fieldsOf(log: Log, { messages }: Collected): readonly Field[] {
  const inForce = agreementsOf(log).filter(({ ended }) => ended.length === 0).map(({ id }) => id);
  const waiting = [...log.entries.values()].filter(({ verdict }) => verdict === null).map(({ firstId }) => firstId);
  return ledgerOf(log, { agreements: new Set(inForce), sent: new Set(waiting) }).map((row) => {
    const parts = messages.get(row.firstId)?.parts ?? [];
    const part = parts[row.item];
    if (part === undefined) return refuse("part-mismatch");
    return part === null
      ? { row, isShown: false, value: null }
      : { row, isShown: true, value: decode(part[1], "record") };
  });
}
