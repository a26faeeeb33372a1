/** Small operations on byte strings that the platform lacks. */

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** `a ‖ b ‖ …` of spec 02 §1. */
export function concat(...pieces: readonly Uint8Array[]): Uint8Array {
  return joined(pieces);
}

/** The same for as many pieces as there are. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Whether two public byte strings are the same. For secrets use `sameSecret` of `digest.ts`. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Lower-case hexadecimal (spec 02 §1). */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/** The bytes of lower-case hexadecimal, or null where the text is none. */
export function unhex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return null;
  return new Uint8Array(Buffer.from(text, "hex"));
}

/** UTF-8 of a text; labels and other texts of the protocol. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text of strict UTF-8 (RFC 3629), a leading U+FEFF kept; null where the bytes are no UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
