/** The lines of a file: which numbers it has, what the other side says of them, and what does not fit (spec 19 §4, §5). */

import { refuse } from "../../errors.js";
import { hex, same } from "../../encoding/bytes.js";
import { type Header, generation } from "../../wire/header.js";

export type SideName = "exporter" | "peer";
const SIDES: readonly SideName[] = ["exporter", "peer"];

/** Which line a number belongs to: who sends in it, and the epochs of both when it does. */
export interface LineName {
  readonly side: SideName;
  readonly senderEpoch: number;
  readonly recipientEpoch: number;
}

/** A number of a line and the id under which the other side says that it received it. */
export interface Word {
  readonly number: number;
  readonly id: Uint8Array;
}

/** One line, as far as the file tells of it. */
export interface Line extends LineName {
  readonly headers: ReadonlyMap<number, readonly Header[]>;
  readonly words: readonly Word[];
  /** Numbers for which there are two words, or a link that does not lead to the one before. */
  readonly forks: ReadonlySet<number>;
}

interface GrowingLine extends LineName {
  readonly headers: Map<number, Header[]>;
  readonly numbers: Map<string, number>;
  readonly words: Word[];
  readonly forks: Set<number>;
  readonly isPresent: boolean;
}

/** The lines of a file while it is read. */
export class Lines {
  readonly #lines = new Map<string, GrowingLine>();
  readonly #lastEpochs: Readonly<Record<SideName, number>>;
  #newest: Sided | null = null;

  /** `lastEpochs` are the epochs of both sides at the end of their logs: those of the present lines. */
  constructor(lastEpochs: Readonly<Record<SideName, number>>) {
    this.#lastEpochs = lastEpochs;
  }

  /** Takes the next header of the file; `firstPrev` is what number 1 of its line has to follow (EXPORT-4, EXPORT-10). */
  add(side: SideName, header: Header, firstPrev: Uint8Array): void {
    const before = this.#newest;
    if (before !== null && compareInFile(before, { side, header }) >= 0) refuse("shape");
    this.#newest = { side, header };
    const line = this.#line(nameOf(side, header));
    const follows = header.number === 1
      ? [firstPrev]
      : (line.headers.get(header.number - 1) ?? []).map(({ id }) => id);
    if (follows.length > 0 && !follows.some((id) => same(id, header.prev))) fork(line, header.number);
    line.headers.set(header.number, [...(line.headers.get(header.number) ?? []), header]);
    line.numbers.set(hex(header.id), header.number);
  }

  /** Takes what one side says it has received of a line of the other. */
  addWord(name: LineName, word: Word): void {
    this.#line(name).words.push(word);
  }

  /** Compares numbers and ids when all have come (EXPORT-11), and gives the lines in the order of a file. */
  finish(): readonly Line[] {
    const lines = [...this.#lines.values()].sort(compareLines);
    for (const line of lines) {
      for (const [number, headers] of line.headers) {
        if (headers.length > 1) fork(line, number);
      }
      for (const word of line.words) compareWord(line, word);
    }
    return lines;
  }

  #line(name: LineName): GrowingLine {
    const key = `${name.side} ${name.senderEpoch} ${name.recipientEpoch}`;
    const other = name.side === "exporter" ? "peer" : "exporter";
    const isPresent =
      name.senderEpoch === this.#lastEpochs[name.side] && name.recipientEpoch === this.#lastEpochs[other];
    const { side, senderEpoch, recipientEpoch } = name;
    const line = this.#lines.get(key) ?? {
      side, senderEpoch, recipientEpoch, headers: new Map<number, Header[]>(), numbers: new Map<string, number>(),
      words: [], forks: new Set<number>(), isPresent,
    };
    this.#lines.set(key, line);
    return line;
  }
}

/** The line that a header stands in. */
function nameOf(side: SideName, { senderEpoch, recipientEpoch }: Header): LineName {
  return { side, senderEpoch, recipientEpoch };
}

/** A fork that a recovery has not ended refuses the file; an older one is reported (EXPORT-21). */
function fork(line: GrowingLine, number: number): void {
  if (line.isPresent) refuse("fork");
  line.forks.add(number);
}

/** A number that was received has the id in the file under which it was received, and that id this number alone. */
function compareWord(line: GrowingLine, { number, id }: Word): void {
  const held = line.headers.get(number) ?? [];
  if (held.some((header) => !same(header.id, id))) fork(line, number);
  const numberOfId = line.numbers.get(hex(id));
  if (numberOfId !== undefined && numberOfId !== number) fork(line, numberOfId);
}

function compareLines(a: LineName, b: LineName): number {
  return SIDES.indexOf(a.side) - SIDES.indexOf(b.side)
    || a.senderEpoch + a.recipientEpoch - b.senderEpoch - b.recipientEpoch
    || a.senderEpoch - b.senderEpoch;
}

/** A header, and the side that signed it. */
export interface Sided {
  readonly side: SideName;
  readonly header: Header;
}

/** The order of headers in a file (EXPORT-4): negative, zero or positive. */
export function compareInFile(a: Sided, b: Sided): number {
  return SIDES.indexOf(a.side) - SIDES.indexOf(b.side)
    || generation(a.header) - generation(b.header)
    || a.header.senderEpoch - b.header.senderEpoch
    || a.header.number - b.header.number
    || Buffer.compare(a.header.id, b.header.id);
}

/** The ids of the messages that a word speaks of: the one it names, and those before it that are linked (EXPORT-26). */
export function spokenOf(line: Line, word: Word): ReadonlySet<string> {
  const spoken = new Set<string>();
  let [number, id] = [word.number, word.id];
  for (;;) {
    const [header, second] = line.headers.get(number) ?? [];
    if (header === undefined || second !== undefined || !same(header.id, id)) return spoken;
    spoken.add(hex(header.id));
    [number, id] = [number - 1, header.prev];
  }
}
