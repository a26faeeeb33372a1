/** The records of an exported relationship (spec 19 §2). */

import { refuse } from "../../errors.js";
import { CODE_BYTES_MAX, EXPORT_RECORD_BYTES_MAX, KEY_EVENTS_MAX, PARTS_MAX } from "../../limits.js";
import { utf8 } from "../../encoding/bytes.js";
import { decode } from "../../encoding/cbor.js";
import { PART } from "../../wire/content.js";
import { arrayPayload, readOne } from "../../wire/cose.js";
import { EPOCH, ID } from "../../wire/numbers.js";
import { checkFirstLine, spanAt } from "../sequence.js";
import { type Read, boolean, bytes, integer, list, nullable, oneOf, text, tuple } from "../../encoding/shape.js";
import { isArray } from "../../encoding/value.js";

export const EXPORT = "pcloud-export";
const FIRST_LINE_KIND = "pcloud-export/";
export const FIRST_LINE = utf8(`${FIRST_LINE_KIND}1\n`);

/** Which of the items that the exporter holds are in the file. */
export const ITEMS = ["none", "all", "some"] as const;

const signed = bytes();
/** Each kind of record; its number stands first. */
const SHAPES = {
  opening: tuple(oneOf(0), ID, ID, nullable(signed), nullable(signed), oneOf(0, 1, 2), integer()),
  log: tuple(oneOf(1), list(signed, 1, KEY_EVENTS_MAX)),
  message: tuple(
    oneOf(2), signed, nullable(text(1, CODE_BYTES_MAX)), boolean, nullable(EPOCH), list(PART, 0, PARTS_MAX),
  ),
  former: tuple(oneOf(3), signed),
  receipt: tuple(oneOf(4), signed),
  end: tuple(oneOf(5), signed),
} as const;
const KINDS = ["opening", "log", "message", "former", "receipt", "end"] as const;

export type Kind = keyof typeof SHAPES;
export type RecordOf<K extends Kind> = Read<(typeof SHAPES)[K]>;
/** A record whose form is judged, and where in the file its head begins and its bytes end. */
export type FileRecord = {
  [K in Kind]: { readonly kind: K; readonly elements: RecordOf<K>; readonly start: number; readonly end: number };
}[Kind];

/** Reads the records of a file one by one, up to its end (EXPORT-1 to EXPORT-3). */
export function* recordsOf(file: Uint8Array): Generator<FileRecord> {
  let at = checkFirstLine(file, FIRST_LINE_KIND);
  for (;;) {
    const span = spanAt(file, at, EXPORT_RECORD_BYTES_MAX) ?? refuse("cbor-malformed");
    const record = readRecord(file.subarray(span.start, span.end), at, span.end);
    at = span.end;
    yield record;
    if (record.kind === "end") return;
  }
}

function readRecord(encoded: Uint8Array, start: number, end: number): FileRecord {
  const value = decode(encoded);
  const number = isArray(value) ? value[0] : undefined;
  const kind = typeof number === "number" ? KINDS[number] : undefined;
  if (kind === undefined) return refuse("shape");
  return { kind, elements: SHAPES[kind](value), start, end } as FileRecord;
}

const closing = tuple(oneOf(1), ID, ID, EPOCH, EPOCH, integer(), integer(), ID);

/** Reads the form of what the exporter signs at the end. */
export function readClosing(object: Uint8Array) {
  const end = readOne(object, EXPORT);
  const [, exporter, peer, exporterEpoch, peerEpoch, time, records, digest] = arrayPayload(end, closing);
  return { end, exporter, peer, exporterEpoch, peerEpoch, time, records, digest };
}
