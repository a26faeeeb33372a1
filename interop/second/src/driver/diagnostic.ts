/** Diagnostic notation (RFC 8949 §8), as `spec/vectors/OPS.md` asks for it. */

import { hex } from "../encoding/bytes.js";
import { isArray, type Value } from "../encoding/value.js";

/** A value in diagnostic notation; maps in the order in which they were read. */
export function diagnostic(value: Value): string {
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : float(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Uint8Array) return `h'${hex(value)}'`;
  if (isArray(value)) return `[${value.map(diagnostic).join(", ")}]`;
  return `{${[...value].map(([key, held]) => `${diagnostic(key)}: ${diagnostic(held)}`).join(", ")}}`;
}

/** The shortest decimal form, with an exponent of two digits or more where it is below -4 or at least 16. */
function float(value: number): string {
  const [mantissa = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent >= 16 || exponent < -4) {
    const digits = String(Math.abs(exponent)).padStart(2, "0");
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${digits}`;
  }
  if (exponent < 0) {
    const sign = value < 0 ? "-" : "";
    return `${sign}0.${"0".repeat(-exponent - 1)}${mantissa.replace("-", "").replace(".", "")}`;
  }
  return String(value); // between 1 and 10^16 the platform writes no exponent
}
