/** Ids and single keys in text (spec 03 §3). */

import { refuse } from "../errors.js";
import { concat } from "../encoding/bytes.js";

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/** CIDv1, codec `cbor`, SHA-256, 32 bytes. */
const CID_HEAD = Uint8Array.of(0x01, 0x51, 0x12, 0x20);
const CID_BYTES = CID_HEAD.length + 32;
const CID_TEXT = /^b[a-z2-7]{58}$/;
const ED25519_MULTICODEC = Uint8Array.of(0xed, 0x01);

/** The text of an id: a CID in base32. */
export function idText(id: Uint8Array): string {
  let text = "b";
  let bits = 0;
  let held = 0;
  for (const byte of concat(CID_HEAD, id)) {
    bits = ((bits << 8) | byte) & 0xfff;
    for (held += 8; held >= 5; held -= 5) text += BASE32[(bits >> (held - 5)) & 31];
  }
  return text + BASE32[(bits << (5 - held)) & 31];
}

/** The id in a text that has exactly the form of `idText`; another is refused `id-text` (ID-21). */
export function readIdText(text: string): Uint8Array {
  if (!CID_TEXT.test(text)) refuse("id-text");
  const bytes = new Uint8Array(CID_BYTES);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of text.slice(1)) {
    bits = ((bits << 5) | BASE32.indexOf(letter)) & 0xfff;
    held += 5;
    if (held < 8) continue;
    held -= 8;
    bytes[at] = (bits >> held) & 0xff;
    at += 1;
  }
  const id = bytes.slice(CID_HEAD.length);
  return idText(id) === text ? id : refuse("id-text"); // another head, or bits after the last byte
}

/** A single Ed25519 key as `did:key` (ID-22); it names a key and never a persona. */
export function didKey(key: Uint8Array): string {
  let number = BigInt(`0x${Buffer.from(concat(ED25519_MULTICODEC, key)).toString("hex")}`);
  let text = "";
  for (; number > 0n; number /= 58n) text = `${BASE58[Number(number % 58n)]}${text}`;
  return `did:key:z${text}`;
}
