/** Takes the records of a file as they come, and refuses the file at the first fault (spec 19 §4). */

import { refuse } from "../../errors.js";
import type { Answer } from "../../wire/answer.js";
import { hex, same } from "../../encoding/bytes.js";
import type { Part } from "../../wire/content.js";
import { verify } from "../../wire/cose.js";
import { sha256 } from "../../crypto/digest.js";
import { type Header, firstId, firstPrev, generation, readHeader } from "../../wire/header.js";
import { type KeyLog, eventOf, readLog } from "../../wire/keylog.js";
import { type Meeting, type Side, checkEpoch, checkHeldParts, isPersonaOf, readMeeting, readReceipt } from "../sides.js";
import { type FileRecord, type RecordOf, ITEMS, readClosing } from "./file.js";
import { type Line, Lines, type SideName, type Sided } from "./lines.js";

/** A message of a file, under its newest header. */
export interface Message {
  readonly side: SideName;
  readonly header: Header;
  readonly verdict: string | null;
  readonly isUnaffirmed: boolean;
  /** The epoch of its sender in which it was first signed, where the exporter knows it. */
  readonly firstEpoch: number | null;
  readonly parts: readonly Part[];
}

/** What a whole file holds, every record of it verified by itself. */
export interface Collected {
  readonly sides: Readonly<Record<SideName, Side>>;
  readonly meeting: Meeting;
  readonly items: (typeof ITEMS)[number];
  readonly leftOut: number;
  /** By first id, in the order of the file. */
  readonly messages: ReadonlyMap<string, Message>;
  /** Earlier headers of messages that were sent again. */
  readonly formers: readonly Sided[];
  readonly receipts: readonly Answer<"pcloud-receipt">[];
  readonly lines: readonly Line[];
  readonly time: number;
}

/** Own ends act in the fold whatever the peer answered (FOLD-2). */
const OWN_ENDS: ReadonlySet<string> = new Set([
  "relationship.close", "terms.terminate", "disclosure.revoke", "disclosure.erase",
]);

/** Whether a message acts in the fold (FOLD-2), so that its body has to be in the file (EXPORT-14). */
export function isActing({ side, verdict, header }: Pick<Message, "side" | "verdict" | "header">): boolean {
  if (verdict === "applied" || verdict === null) return true;
  return side === "exporter" && OWN_ENDS.has(header.name) && verdict !== "rejected";
}

/** What is known once both logs have come. */
interface Known {
  readonly sides: Readonly<Record<SideName, Side>>;
  readonly meeting: Meeting;
  readonly lines: Lines;
}

/** The verifier of one file; `take` gets its records in their order. */
export class Collector {
  readonly #file: Uint8Array;
  #opening: RecordOf<"opening"> | null = null;
  #exporterLog: KeyLog | null = null;
  #known: Known | null = null;
  #records = 0;
  #time = 0;
  readonly #messages = new Map<string, Message>();
  readonly #formers: Sided[] = [];
  readonly #receipts: Answer<"pcloud-receipt">[] = [];

  constructor(file: Uint8Array) {
    this.#file = file;
  }

  /** Judges the next record (EXPORT-3 to EXPORT-15, EXPORT-20). */
  take(record: FileRecord): void {
    switch (record.kind) {
      case "opening":
        if (this.#records > 0) refuse("shape");
        this.#opening = record.elements;
        break;
      case "log":
        this.#takeLog(readLogOf(this.#opening, this.#known, record.elements));
        break;
      case "message":
        this.#takeMessage(this.#headersOpen(), record.elements);
        break;
      case "former":
        this.#formers.push(this.#takeHeader(this.#headersOpen(), record.elements[1]));
        break;
      case "receipt":
        this.#takeReceipt(this.#sidesKnown(), record.elements[1]);
        break;
      case "end":
        this.#takeEnd(this.#sidesKnown(), record);
        break;
    }
    this.#records += 1;
  }

  /** All that was collected, numbers and ids compared (EXPORT-11). The end has come. */
  finish(): Collected {
    const { sides, meeting, lines } = this.#sidesKnown();
    const [, , , , , items, leftOut] = this.#opening ?? refuse("shape");
    return {
      sides, meeting, leftOut, items: ITEMS[items], messages: this.#messages, formers: this.#formers,
      receipts: this.#receipts, lines: lines.finish(), time: this.#time,
    };
  }

  #sidesKnown(): Known {
    return this.#known ?? refuse("shape");
  }

  /** Messages and former headers come before the receipts. */
  #headersOpen(): Known {
    return this.#receipts.length === 0 ? this.#sidesKnown() : refuse("shape");
  }

  #takeLog(log: KeyLog): void {
    const opening = this.#opening ?? refuse("shape");
    if (this.#exporterLog === null) {
      this.#exporterLog = log;
      return;
    }
    const [, exporterFounding, peerFounding, invitation, succession] = opening;
    const exporter = { log: this.#exporterLog, founding: exporterFounding };
    const peer = { log, founding: peerFounding };
    const meeting = readMeeting(exporter, peer, invitation, succession);
    const lines = new Lines({ exporter: exporter.log.epoch, peer: peer.log.epoch });
    this.#known = { sides: { exporter, peer }, meeting, lines };
  }

  /** Steps 1 to 4 for a header (EXPORT-8 to EXPORT-10). */
  #takeHeader({ sides, lines }: Known, signed: Uint8Array): Sided {
    const header = readHeader(signed);
    const side = same(header.sender, sides.exporter.log.persona) ? "exporter" : "peer";
    const [from, to] = side === "exporter" ? [sides.exporter, sides.peer] : [sides.peer, sides.exporter];
    if (!same(header.sender, from.log.persona) || !isPersonaOf(to, header.recipient)) refuse("wrong-party");
    checkEpoch(from, header.sender, header.senderEpoch);
    checkEpoch(to, header.recipient, header.recipientEpoch);
    const event = eventOf(from.log, header.senderEpoch) ?? refuse("epoch-unknown");
    verify(header.object, event.signingKey);
    lines.add(side, header, firstPrev(event.id, recipientEvent(to, header)));
    const { receivedNumber: number, receivedId: id, senderEpoch, recipientEpoch } = header;
    const line = { side: otherSide(side), senderEpoch: recipientEpoch, recipientEpoch: senderEpoch };
    if (id !== null) lines.addWord(line, { number, id });
    return { side, header };
  }

  /** Step 5 for a message (EXPORT-12, EXPORT-14). */
  #takeMessage(known: Known, record: RecordOf<"message">): void {
    const [, signed, verdict, isUnaffirmed, firstEpoch, parts] = record;
    const { side, header } = this.#takeHeader(known, signed);
    if (firstEpoch !== null && header.first === null) refuse("shape");
    if (firstEpoch !== null && firstEpoch > header.senderEpoch) refuse("epoch-unknown");
    if (header.first !== null && header.first.generation >= generation(header)) refuse("fork");
    if (side === "peer" && verdict === null) refuse("shape");
    const isWithoutItems = this.#opening?.[5] === 0;
    if (isWithoutItems && parts.slice(1).some((part) => part !== null)) refuse("shape");
    const id = hex(firstId(header));
    if (this.#messages.has(id)) refuse("fork");
    const message = { side, header, verdict, isUnaffirmed, firstEpoch, parts };
    checkHeldParts(header.digests, parts, isActing(message));
    this.#messages.set(id, message);
  }

  #takeReceipt({ sides, meeting, lines }: Known, signed: Uint8Array): void {
    const receipt = readReceipt(signed, sides.exporter, sides.peer, meeting);
    const [number, id] = receipt.further;
    if (id !== null) lines.addWord(receiptLine(receipt), { number, id });
    this.#receipts.push(receipt);
  }

  /** The end: in its place, nothing behind it, and then what is signed (EXPORT-2, EXPORT-20). */
  #takeEnd({ sides }: Known, { elements, start, end }: Extract<FileRecord, { kind: "end" }>): void {
    if (end !== this.#file.length) refuse("cbor-malformed");
    const { exporter, peer } = sides;
    const closing = readClosing(elements[1]);
    if (!same(closing.exporter, exporter.log.persona) || !same(closing.peer, peer.log.persona)) refuse("wrong-party");
    if (closing.exporterEpoch !== exporter.log.epoch || closing.peerEpoch !== peer.log.epoch) refuse("log-invalid");
    verify(closing.end, exporter.log.last.signingKey);
    const isWhole = closing.records === this.#records && same(closing.digest, sha256(this.#file.subarray(0, start)));
    if (!isWhole) refuse("part-mismatch");
    this.#time = closing.time;
  }
}

/** The line of the exporter that a receipt of the peer counts. */
export function receiptLine(receipt: Answer<"pcloud-receipt">) {
  const { senderEpoch, recipientEpoch } = receipt;
  return { side: "exporter", senderEpoch: recipientEpoch, recipientEpoch: senderEpoch } as const;
}

export function otherSide(side: SideName): SideName {
  return side === "exporter" ? "peer" : "exporter";
}

/** Logs stand between the opening and all that is verified by them. */
function readLogOf(opening: RecordOf<"opening"> | null, known: Known | null, [, events]: RecordOf<"log">): KeyLog {
  if (opening === null || known !== null) refuse("shape");
  return readLog(events);
}

/** The id of the recipient's key event that a header names; a founding persona that is another has event 0 alone. */
function recipientEvent(to: Side, header: Header): Uint8Array {
  if (!same(header.recipient, to.log.persona)) return to.founding;
  return eventOf(to.log, header.recipientEpoch)?.id ?? refuse("epoch-unknown");
}
