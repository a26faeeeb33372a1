/** What a verifier says of a file, and what each claim in it rests on (spec 19 §5). */

import type { Agreement } from "../../engine/agreements.js";
import { stateDigest } from "../../engine/digest.js";
import { isName, readBody } from "../../features/body.js";
import { WINDOW_MESSAGES } from "../../limits.js";
import type { Answer } from "../../wire/answer.js";
import { hex, same } from "../../encoding/bytes.js";
import { hasSuccessor } from "../sides.js";
import { type Collected, type Message, otherSide, receiptLine } from "./collect.js";
import { type Field, type Folded, type Signed } from "./fold.js";
import { type Line, type LineName, type SideName, spokenOf } from "./lines.js";

/** What a claim rests on: signatures of both sides, the one under the file, or nothing. */
export type Proof = "both" | "exporter" | "none";

type Receipt = Answer<"pcloud-receipt">;

/** The signed words of one side about what it has taken of the other. */
interface Words {
  /** Ids of the headers of which a receipt or a header of the other side speaks. */
  readonly spoken: ReadonlySet<string>;
  /** What the newest receipt in whose window it is says of a header of the exporter. */
  readonly receipts: ReadonlyMap<string, string>;
}

/** The report on a verified file; its members are those of `export.verify` in `spec/vectors/OPS.md`. */
export function reportOn(file: Collected, folded: Folded) {
  const { sides, items, leftOut, messages, lines, time } = file;
  const words = wordsIn(file);
  const { relationship } = folded;
  const opener = relationship === null ? null : sideOf(file, relationship.opener);
  const unknown = [...new Set([...messages.values()].map(({ header }) => header.name))].filter((name) => !isName(name));
  const counted = lines.map((line) => lineReport(line, file));
  return {
    exporter: sides.exporter.log.persona,
    peer: sides.peer.log.persona,
    time,
    opener,
    state: relationship?.state ?? null,
    meeting: meetingReport(file, folded, opener),
    digest: stateDigest(folded.log),
    complete: leftOut === 0 && counted.every(({ missing, forks }) => missing.length === 0 && forks.length === 0),
    items,
    left_out: leftOut,
    unknown: unknown.sort(),
    receipt: newestReceipt(file.receipts),
    lines: counted.map(({ row }) => row),
    messages: [...messages].map(([id, message]) => messageReport(id, message, file, words)),
    agreements: folded.agreements.map((signed) => agreementReport(signed, file, words)),
    fields: folded.fields.map((field) => fieldReport(field, file)),
  };
}

function sideOf({ sides }: Collected, persona: string): SideName {
  return persona === hex(sides.exporter.log.persona) ? "exporter" : "peer";
}

/** The invitation, the founding persona of the inviting side, and what it rests on that the two go together. */
function meetingReport({ sides, meeting }: Collected, { relationship }: Folded, opener: SideName | null) {
  const inviting = opener === null ? meeting.inviting : sides[otherSide(opener)];
  const invitation = meeting.invitation?.id ?? relationship?.data.invitation ?? null;
  if (inviting === null) return [invitation, null, "none"];
  const isProven = !hasSuccessor(inviting) || meeting.hasSuccession;
  return [invitation, inviting.founding, isProven ? "both" : "exporter"];
}

function newestReceipt(receipts: readonly Receipt[]) {
  const newest = [...receipts].sort(compareReceipts).at(-1);
  if (newest === undefined) return null;
  const [number, id, refusals] = newest.further;
  return [newest.recipientEpoch, newest.senderEpoch, number, id, refusals];
}

/** By generation, the epoch of the exporter, and number; of what is alike in these the later in the file counts (spec 19 §5). */
function compareReceipts(a: Receipt, b: Receipt): number {
  return a.senderEpoch + a.recipientEpoch - b.senderEpoch - b.recipientEpoch
    || a.recipientEpoch - b.recipientEpoch
    || a.further[0] - b.further[0];
}

/** Numbers of a line: which have a header, which stand elsewhere, which are missing (EXPORT-22). */
function lineReport(line: Line, { messages }: Collected) {
  const { side, senderEpoch, recipientEpoch, headers, words } = line;
  const again = firstNumbers(line, [...messages.values()]);
  const highest = Math.max(0, ...headers.keys(), ...words.map(({ number }) => number), ...again);
  const named = words.filter(({ number, id }) => headers.get(number)?.some((header) => same(header.id, id)) === true);
  const elsewhere = new Set([...again].filter((number) => !headers.has(number)));
  const missing: [number, number][] = [];
  for (let number = 1; number <= highest; number += 1) {
    if (headers.has(number) || elsewhere.has(number)) continue;
    const last = missing.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else missing.push([number, number]);
  }
  const forks = [...line.forks].sort((a, b) => a - b);
  const highestNamed = Math.max(0, ...named.map(({ number }) => number));
  const row = [
    side, senderEpoch, recipientEpoch, headers.size, highest, highestNamed, elsewhere.size, missing, forks,
  ];
  return { row, missing, forks };
}

/** The numbers that messages which were sent again first had in this line. */
function firstNumbers(line: LineName, messages: readonly Message[]): ReadonlySet<number> {
  const ofLine = messages.filter(({ side, header }) =>
    side === line.side && header.first?.generation === line.senderEpoch + line.recipientEpoch);
  return new Set(ofLine.flatMap(({ header }) => (header.first === null ? [] : [header.first.number])));
}

/** What both sides have signed of what they took. */
function wordsIn({ lines, receipts }: Collected): Words {
  const spoken = new Set<string>();
  for (const line of lines) {
    for (const word of line.words) for (const id of spokenOf(line, word)) spoken.add(id);
  }
  const said = new Map<string, string>();
  const ascending = [...receipts].sort(compareReceipts);
  for (const receipt of ascending) readVerdicts(receipt, lines, said);
  return { spoken, receipts: said };
}

/** What a receipt says of the messages of which it speaks, as far as they are in its window. */
function readVerdicts(receipt: Receipt, lines: readonly Line[], said: Map<string, string>): void {
  const [number, id, refusals] = receipt.further;
  const name = receiptLine(receipt);
  const line = lines.find((one) => isLine(one, name));
  if (id === null || line === undefined) return;
  const spoken = spokenOf(line, { number, id });
  const codes = new Map(refusals);
  for (const [held, headers] of line.headers) {
    for (const header of headers) {
      const isInWindow = held > number - WINDOW_MESSAGES && spoken.has(hex(header.id));
      if (isInWindow) said.set(hex(header.id), codes.get(held) ?? "applied");
    }
  }
}

function isLine(a: LineName, b: LineName): boolean {
  return a.side === b.side && a.senderEpoch === b.senderEpoch && a.recipientEpoch === b.recipientEpoch;
}

/** What is reported of a message. Only words about its newest header count (EXPORT-26). */
function messageReport(id: string, message: Message, file: Collected, words: Words) {
  const { side, verdict, header } = message;
  const newest = hex(header.id);
  const receiptSays = words.receipts.get(newest) ?? null;
  const isProven = file.formers.some((former) => hex(former.header.id) === id);
  return [
    id,
    side,
    verdict,
    side === "peer" ? proofOfOwn(id, verdict, file) : proofOfPeers(verdict, receiptSays),
    receiptSays,
    side === "peer" || words.spoken.has(newest),
    header.first === null ? "here" : isProven ? "proven" : "said",
  ];
}

/** The exporter judged what the peer said, and signs it; only what the peer itself rejects is the peer's to say. */
function proofOfOwn(id: string, verdict: string | null, { messages }: Collected): Proof {
  if (verdict !== "rejected") return "both";
  const rejects = [...messages.values()].filter(({ side, verdict: of, header }) =>
    side === "peer" && of === "applied" && header.name === "relationship.reject");
  return rejects.some((message) => namedIds(message).includes(id)) ? "both" : "exporter";
}

function namedIds({ header, parts }: Message): readonly string[] {
  const body = parts[0] ?? null;
  if (body === null) return [];
  const said = readBody(header.name, body[1]);
  return said.name === "relationship.reject" ? said.body.ids.map(hex) : [];
}

/** The verdict of the peer is proven by its receipt, or contradicted by it. */
function proofOfPeers(verdict: string | null, receiptSays: string | null): Proof {
  if (verdict === null || verdict === "rejected" || receiptSays === null) return "exporter";
  const isSame = receiptSays === verdict || (receiptSays === "rejected" && verdict === "internal");
  return isSame ? "both" : "none";
}

function agreementReport({ agreement, record }: Signed, file: Collected, words: Words) {
  const enders = agreement.ended.map(([party]) => sideOf(file, hex(party)));
  return [agreement.id, sideOf(file, agreement.first), proofOfForce(agreement, file, words), enders, record];
}

/** What it rests on that an agreement came into force (TERMS-19). */
function proofOfForce(agreement: Agreement, file: Collected, words: Words): Proof {
  const seal = file.messages.get(agreement.entries[1] ?? "");
  const isFirst = sideOf(file, agreement.first) === "exporter";
  const isReceipted = seal !== undefined && words.receipts.get(hex(seal.header.id)) === "applied";
  const isTaken = seal?.verdict === "applied" && (isReceipted || !isFirst);
  const second = sideOf(file, agreement.second);
  const isNamed = [...file.messages.values()].some(({ side, header }) =>
    side === second && header.agreement !== null && hex(header.agreement) === agreement.id);
  const isEnded = agreement.ended.some(([party]) => hex(party) === agreement.second);
  return isTaken || isNamed || isEnded ? "both" : "exporter";
}

function fieldReport({ row, isShown, value }: Field, file: Collected) {
  const giver = sideOf(file, row.giver);
  const time = file.messages.get(row.firstId)?.header.time ?? null;
  return [
    row.path, row.version, giver, row.agreement, row.until, row.standing, row.state, row.firstId, time, isShown, value,
  ];
}
