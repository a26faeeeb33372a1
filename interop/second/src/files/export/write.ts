/** Writes a relationship into one file that anybody can verify (spec 19 §6). */

import { joined, same } from "../../encoding/bytes.js";
import { encode } from "../../encoding/encode.js";
import type { Value } from "../../encoding/value.js";
import { sha256 } from "../../crypto/digest.js";
import type { Part } from "../../wire/content.js";
import { makeOne } from "../../wire/cose.js";
import { readHeader } from "../../wire/header.js";
import { readLog } from "../../wire/keylog.js";
import { EXPORT, FIRST_LINE, ITEMS } from "./file.js";
import { type Sided, compareInFile } from "./lines.js";

/** A side as it is written: the persona that it began with, and its key log as it travels. */
export interface WrittenSide {
  readonly founding: Uint8Array;
  readonly events: readonly Uint8Array[];
}

/** A message under its newest header, with the parts that are to be shown; a place for each digest. */
export interface WrittenMessage {
  readonly signed: Uint8Array;
  readonly verdict: string | null;
  readonly isUnaffirmed: boolean;
  readonly firstEpoch: number | null;
  readonly parts: readonly Part[];
}

/** What an exporter holds of a relationship. */
export interface Written {
  readonly exporter: WrittenSide;
  readonly peer: WrittenSide;
  readonly invitation: Uint8Array | null;
  readonly succession: Uint8Array | null;
  readonly messages: readonly WrittenMessage[];
  /** Earlier headers of messages that were sent again, as they travelled. */
  readonly formers: readonly Uint8Array[];
  readonly receipts: readonly Uint8Array[];
  readonly items: (typeof ITEMS)[number];
  /** How many messages are held that nobody could prove (EXPORT-18). */
  readonly leftOut: number;
}

/** Writes the file, signed with the exporter's present key, whose seed is given. `time` is when it is made. */
export function writeExport(written: Written, time: number, seed: Uint8Array): Uint8Array {
  const { exporter, peer, invitation, succession, leftOut } = written;
  const items = ITEMS.indexOf(written.items);
  const [log, peerLog] = [readLog(exporter.events), readLog(peer.events)];
  const records: Value[] = [
    [0, exporter.founding, peer.founding, invitation, succession, items, leftOut],
    [1, exporter.events],
    [1, peer.events],
    ...headerRecords(written, log.persona),
    ...written.receipts.map((receipt) => [4, receipt]),
  ];
  const before = joined([FIRST_LINE, ...records.map(inByteString)]);
  const closing = [1, log.persona, peerLog.persona, log.epoch, peerLog.epoch, time, records.length, sha256(before)];
  const end = makeOne(EXPORT, encode(closing), seed, log.last.signingKey);
  return joined([before, inByteString([5, end])]);
}

function inByteString(record: Value): Uint8Array {
  return encode(encode(record));
}

/** Messages and former headers, line by line (EXPORT-4). */
function headerRecords({ messages, formers, items }: Written, exporter: Uint8Array): readonly Value[] {
  const sided = (signed: Uint8Array): Sided => {
    const header = readHeader(signed);
    return { side: same(header.sender, exporter) ? "exporter" : "peer", header };
  };
  const found = [
    ...messages.map((message) => ({ ...sided(message.signed), record: messageRecord(message, items === "none") })),
    ...formers.map((signed) => ({ ...sided(signed), record: [3, signed] })),
  ];
  return found.sort(compareInFile).map(({ record }) => record);
}

function messageRecord(message: WrittenMessage, isWithoutItems: boolean): Value {
  const { signed, verdict, isUnaffirmed, firstEpoch, parts } = message;
  const shown = parts.map((part, place) => (isWithoutItems && place > 0 ? null : part));
  return [2, signed, verdict, isUnaffirmed, firstEpoch, shown];
}
