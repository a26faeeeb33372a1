/** What has to hold of the rows of a volume, beside their form (spec 21 §3 and §4). */

import { refuse } from "../../errors.js";
import { hex, same } from "../../encoding/bytes.js";
import { type SignedObject, verify } from "../../wire/cose.js";
import { type Header, readHeader } from "../../wire/header.js";
import { kemPublicOf } from "../../crypto/kem.js";
import { eventOf, readLog } from "../../wire/keylog.js";
import { type Side, canGrow, checkHeldParts, isPersonaOf, readMeeting, readReceipt } from "../sides.js";
import { type Row, type RowOf, readRow } from "./rows.js";

/** Both sides of a relationship, by the kept row that stands for it. */
interface Kept {
  readonly own: Side;
  readonly peer: Side;
}

/** Judges the rows of one volume in their order, and holds of each relationship no more than the keys of both. */
export class RowJudge {
  readonly #after: number;
  readonly #kept = new Map<string, Kept>();
  #count = 0;
  #last: number | null = null;

  /** `after` is field 8 of the manifest: the newest message before this volume. */
  constructor(after: number) {
    this.#after = after;
  }

  /** How many rows have come, the end not counted. */
  get count(): number {
    return this.#count;
  }

  /** Judges the next row (ARCHIVE-6 to ARCHIVE-9). Throws RefusalError where the volume is to be refused. */
  async take(encoded: Uint8Array): Promise<Row> {
    const row = readRow(encoded);
    if (this.#last !== null || (row.kind === "node") !== (this.#count === 0)) refuse("shape");
    if (row.kind === "end") this.#end(row.elements);
    else this.#count += 1;
    if (row.kind === "kept") this.#kept.set(hex(row.elements[1]), await judgeKept(row.elements));
    else if (row.kind !== "node" && row.kind !== "own" && row.kind !== "end") judgeNamed(row, this.#keptOf(row));
    return row;
  }

  /** The *last* of the end row; refused `shape` where the end has not come. */
  finish(): number {
    return this.#last ?? refuse("shape");
  }

  #end([, last, rows]: RowOf<"end">): void {
    if (rows !== this.#count || last < this.#after) refuse("shape");
    this.#last = last;
  }

  #keptOf(row: NamedRow): Kept {
    return this.#kept.get(hex(row.elements[1])) ?? refuse("shape");
  }
}

/** Rows that name a relationship of which a kept row came before. */
type NamedRow = Extract<Row, { kind: "marked" | "said" | "former" | "judged" | "fork" | "timed" }>;

/** Judges a relationship as it stands (ARCHIVE-8). */
async function judgeKept([, , , mine, theirs, proofs]: RowOf<"kept">): Promise<Kept> {
  const [invitation, succession, receipt] = proofs;
  const own = { log: readLog(mine[1]), founding: mine[0] };
  const peer = { log: readLog(theirs[1]), founding: theirs[0] };
  if (!canGrow(own.log)) refuse("log-invalid");
  const met = readMeeting(own, peer, invitation, succession);
  for (const seed of mine[6]) {
    const contactKey = await kemPublicOf(seed);
    if (!own.log.events.some((event) => same(event.contactKey, contactKey))) refuse("key-mismatch");
  }
  if (receipt !== null) readReceipt(receipt, own, peer, met);
  return { own, peer };
}

function judgeNamed(row: NamedRow, kept: Kept): void {
  if (row.kind === "fork") {
    judgeHeader(row.elements[2], false, kept);
  } else if (row.kind === "said") {
    const [, , isOwn, signed, verdict, firstSigner, parts] = row.elements;
    const header = judgeHeader(signed, isOwn, kept);
    judgeStanding(header, isOwn, verdict, firstSigner);
    checkHeldParts(header.digests, parts, verdict === null || verdict === "applied");
  } else if (row.kind === "former") {
    const [, , isOwn, signed, verdict, firstSigner] = row.elements;
    judgeStanding(judgeHeader(signed, isOwn, kept), isOwn, verdict, firstSigner);
  }
}

/** A message of the peer has a verdict, and only one that was sent again has a first signer (ARCHIVE-9). */
function judgeStanding(
  header: Header, isOwn: boolean, verdict: string | null, firstSigner: Uint8Array | null,
): void {
  if (!isOwn && verdict === null) refuse("shape");
  if (firstSigner !== null && header.first === null) refuse("shape");
}

/** Judges who said something: the peer by its log, the own side by the key that the header names (ARCHIVE-9). */
function judgeHeader(signed: Uint8Array, isOwn: boolean, { own, peer }: Kept): Header {
  const header = readHeader(signed);
  const [from, to] = isOwn ? [own, peer] : [peer, own];
  if (!same(header.sender, from.log.persona) || !isPersonaOf(to, header.recipient)) refuse("wrong-party");
  verify(header.object, isOwn ? kidOf(header.object) : peerKey(peer, header));
  return header;
}

function peerKey(peer: Side, header: Header): Uint8Array {
  const event = eventOf(peer.log, header.senderEpoch) ?? refuse("epoch-unknown");
  return event.signingKey;
}

/** An own header may be signed by a key of another copy, which stands in no log (spec 21 §4). */
function kidOf(object: SignedObject): Uint8Array {
  return object.signatures[0]?.kid ?? refuse("cose-structure");
}
