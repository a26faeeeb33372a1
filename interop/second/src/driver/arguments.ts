/** Reads the arguments of a verb or operation; one that cannot be read is refused `shape` (spec 16 §3). */

import { refuse } from "../errors.js";
import { unhex } from "../encoding/bytes.js";

/** What an operation gives when it accepts, beside `ok`; byte strings and maps are written as JSON later. */
export type Result = Readonly<Record<string, unknown>>;
/** One operation of the vectors, or a verb. It throws RefusalError where it refuses. */
export type Operation = (input: Arguments) => Result | Promise<Result>;
export type Operations = Readonly<Record<string, Operation>>;

/** The members of an `input`, each read by the kind that the operation asks for. */
export class Arguments {
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(members: unknown) {
    if (members === null || typeof members !== "object" || Array.isArray(members)) refuse("shape");
    this.#members = members as Record<string, unknown>;
  }

  /** The member as it stands in the JSON; undefined where there is none. */
  raw(name: string): unknown {
    return this.#members[name];
  }

  /** A byte string, of exactly so many bytes where a length is given. */
  bytes(name: string, length?: number): Uint8Array {
    const bytes = asBytes(this.#members[name]);
    return length === undefined || bytes.length === length ? bytes : refuse("shape");
  }

  bytesOrNull(name: string): Uint8Array | null {
    const member = this.#members[name] ?? null;
    return member === null ? null : asBytes(member);
  }

  bytesList(name: string): readonly Uint8Array[] {
    const member = this.#members[name];
    return Array.isArray(member) ? member.map(asBytes) : refuse("shape");
  }

  text(name: string): string {
    const member = this.#members[name];
    return typeof member === "string" ? member : refuse("shape");
  }

  /** A text; undefined where it is left out. */
  textOrNone(name: string): string | undefined {
    return (this.#members[name] ?? null) === null ? undefined : this.text(name);
  }

  /** One of several texts. */
  oneOf<const T extends string>(name: string, ...several: readonly T[]): T {
    return this.oneOfOrNone(name, ...several) ?? refuse("shape");
  }

  /** The same; undefined where it is left out. */
  oneOfOrNone<const T extends string>(name: string, ...several: readonly T[]): T | undefined {
    const text = this.textOrNone(name);
    return text === undefined ? undefined : (several.find((one) => one === text) ?? refuse("shape"));
  }

  integer(name: string): number {
    const member = this.#members[name];
    return typeof member === "number" && Number.isSafeInteger(member) ? member : refuse("shape");
  }

  integerOrNull(name: string): number | null {
    return (this.#members[name] ?? null) === null ? null : this.integer(name);
  }

  /** A flag; false where it is left out. */
  flag(name: string): boolean {
    const member = this.#members[name] ?? false;
    return typeof member === "boolean" ? member : refuse("shape");
  }

  texts(name: string): readonly string[] {
    const member = this.#members[name];
    if (!Array.isArray(member) || !member.every((text) => typeof text === "string")) return refuse("shape");
    return member;
  }
}

/** Byte strings are hexadecimal, or an object that repeats a part (spec 16 §2). */
function asBytes(member: unknown): Uint8Array {
  if (typeof member === "string") return unhex(member) ?? refuse("shape");
  if (member === null || typeof member !== "object") return refuse("shape");
  const { prefix, fill, count, suffix } = member as Record<string, unknown>;
  if (typeof prefix !== "string" || typeof fill !== "string" || typeof suffix !== "string") return refuse("shape");
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) return refuse("shape");
  return unhex(prefix + fill.repeat(count) + suffix) ?? refuse("shape");
}
