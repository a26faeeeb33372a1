/** Volumes: sealed pieces of what a node knew (spec 21 §2). */

import { refuse } from "../../errors.js";
import { ARCHIVE_HEAD_BYTES_MAX, ARCHIVE_ROW_BYTES_MAX, ARCHIVE_TEXT_BYTES_MIN } from "../../limits.js";
import { concat, joined } from "../../encoding/bytes.js";
import { derive, sha256 } from "../../crypto/digest.js";
import { encode } from "../../encoding/encode.js";
import { type Manifest, openManifest, readManifest, sealManifest } from "./manifest.js";
import { paddedTo } from "../../wire/padding.js";
import { checkFirstLine, spanAt } from "../sequence.js";
import { sodium } from "../../crypto/sodium.js";

const FIRST_LINE_KIND = "pcloud-archive/";
const FIRST_LINE = new TextEncoder().encode(`${FIRST_LINE_KIND}1\n`);
const STREAM_HEADER_BYTES = 24;
const PIECE_BYTES = 65_536;
const PIECE_OVERHEAD_BYTES = 17;
const TAG_MESSAGE = 0;
const TAG_FINAL = 3;

/** A volume whose head is open. Its rows come as they are asked for, and a fault behind the head with them. */
export interface Volume {
  readonly manifest: Manifest;
  readonly rows: Iterable<Uint8Array>;
}

/** Opens a volume with the seed of the manifest key (ARCHIVE-1 to ARCHIVE-5); rows are not decoded. */
export async function openVolume(bytes: Uint8Array, seed: Uint8Array): Promise<Volume> {
  const at = checkFirstLine(bytes, FIRST_LINE_KIND);
  const span = spanAt(bytes, at, ARCHIVE_HEAD_BYTES_MAX) ?? refuse("cbor-malformed");
  const head = bytes.subarray(span.start, span.end);
  const { manifest, secret } = await openManifest(seed, head);
  return {
    manifest: readManifest(manifest),
    rows: rowsOf(piecesOf(bytes.subarray(span.end), streamKey(secret, head))),
  };
}

/** Makes a volume of encoded rows under a fresh secret of 32 bytes and a fresh nonce of 12. */
export async function makeVolume(
  manifest: Manifest, rows: Iterable<Uint8Array>, manifestKey: Uint8Array, secret: Uint8Array, nonce: Uint8Array,
): Promise<Uint8Array> {
  const head = await sealManifest(manifestKey, manifest, secret, nonce);
  const written = joined(Array.from(rows, encode));
  const text = new Uint8Array(textLength(written.length));
  text.set(written);
  const { state, header } = sodium.crypto_secretstream_xchacha20poly1305_init_push(streamKey(secret, head));
  const pieces: Uint8Array[] = [];
  const step = PIECE_BYTES - PIECE_OVERHEAD_BYTES;
  for (let at = 0; at < text.length; at += step) {
    const tag = at + step < text.length ? TAG_MESSAGE : TAG_FINAL;
    pieces.push(sodium.crypto_secretstream_xchacha20poly1305_push(state, text.subarray(at, at + step), null, tag));
  }
  return joined([FIRST_LINE, encode(head), header, ...pieces]);
}

function streamKey(secret: Uint8Array, head: Uint8Array): Uint8Array {
  return derive(secret, ["pcloud/1 archive stream", sha256(head)]);
}

/** The length of a text whose rows have so many bytes (ARCHIVE-5). */
function textLength(rowsLength: number): number {
  return paddedTo(Math.max(rowsLength, ARCHIVE_TEXT_BYTES_MIN));
}

/** The text of a stream, piece by piece (ARCHIVE-3, ARCHIVE-4). */
function* piecesOf(stream: Uint8Array, key: Uint8Array): Generator<Uint8Array> {
  if (stream.length < STREAM_HEADER_BYTES) refuse("cbor-malformed");
  const header = stream.subarray(0, STREAM_HEADER_BYTES);
  const state = sodium.crypto_secretstream_xchacha20poly1305_init_pull(header, key);
  let at = STREAM_HEADER_BYTES;
  for (let tag = TAG_MESSAGE; tag !== TAG_FINAL; ) {
    const piece = stream.subarray(at, at + PIECE_BYTES);
    if (piece.length <= PIECE_OVERHEAD_BYTES) refuse("cbor-malformed");
    const opened = sodium.crypto_secretstream_xchacha20poly1305_pull(state, piece, null);
    if (opened === false) return refuse("not-opened");
    tag = opened.tag;
    if (tag !== TAG_FINAL && (tag !== TAG_MESSAGE || piece.length !== PIECE_BYTES)) refuse("shape");
    at += piece.length;
    yield opened.message;
  }
  if (at !== stream.length) refuse("cbor-malformed");
}

/** The rows in a text; behind the last nothing but the zero bytes that fill it up (ARCHIVE-5, ARCHIVE-6). */
function* rowsOf(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  let rowsLength = 0;
  let length = 0;
  for (const piece of pieces) {
    rest = concat(rest, piece);
    length += piece.length;
    let at = 0;
    for (let span = rowAt(rest, at); span !== null; span = rowAt(rest, at)) {
      yield rest.slice(span.start, span.end);
      rowsLength += span.end - at;
      at = span.end;
    }
    rest = rest.subarray(at);
    if (rest[0] === 0) {
      if (rest.some((byte) => byte !== 0)) refuse("padding");
      rest = rest.subarray(0, 1); // one zero byte stands for all that have come
    }
  }
  if (rest.length > 0 && rest[0] !== 0) refuse("cbor-malformed");
  if (length !== textLength(rowsLength)) refuse("padding");
}

/** The row at a place; null where none begins there, or its end has not come yet. */
function rowAt(text: Uint8Array, at: number): { start: number; end: number } | null {
  return text[at] === 0 ? null : spanAt(text, at, ARCHIVE_ROW_BYTES_MAX);
}
