/** The three formats of floating-point numbers (RFC 8949 §3.3), read and written. */

const view = new DataView(new ArrayBuffer(8));

/** The value of 16 bits as IEEE 754 binary16. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The 16 bits that hold a finite value that is not zero exactly, or null. */
function toHalf(value: number): number | null {
  const magnitude = Math.abs(value);
  const sign = value < 0 ? 0x8000 : 0;
  const steps = magnitude * 2 ** 24; // exact: a multiplication by a power of two
  if (steps < 1024) return Number.isInteger(steps) ? sign | steps : null;
  view.setFloat32(0, magnitude);
  const single = view.getUint32(0);
  if (view.getFloat32(0) !== magnitude || (single & 0x1fff) !== 0 || magnitude > 65504) return null;
  return sign | ((single >>> 13) - ((127 - 15) << 10));
}

/** The bytes of the shortest format that holds a finite value exactly, head included (CBOR-13). */
export function encodeFloat(value: number): Uint8Array {
  const half = toHalf(value);
  if (half !== null) return Uint8Array.of(0xf9, half >> 8, half & 0xff);
  if (Math.fround(value) === value) {
    view.setFloat32(0, value);
    return Uint8Array.of(0xfa, ...new Uint8Array(view.buffer, 0, 4));
  }
  view.setFloat64(0, value);
  return Uint8Array.of(0xfb, ...new Uint8Array(view.buffer, 0, 8));
}
