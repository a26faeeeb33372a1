/** Reads a published trace as the entries of one log, that of both sides together (spec 16 §2). */

import { refuse } from "../src/errors.js";
import { type Entry, entryOf } from "../src/engine/entry.js";
import { readBody } from "../src/features/body.js";
import { same, unhex } from "../src/wire/bytes.js";
import { verify } from "../src/wire/cose.js";
import { sha256 } from "../src/wire/digest.js";
import { concat } from "../src/wire/bytes.js";
import { type Header, readHeader } from "../src/wire/header.js";
import { type KeyLog, eventOf, readLog } from "../src/wire/keylog.js";
import { specText } from "./spec.js";

type Side = "opener" | "other";

/** An entry as it stands in the file. */
interface Published {
  readonly from: Side;
  readonly name: string;
  readonly why: string;
  readonly time: number;
  readonly signed: string;
  readonly parts: readonly (readonly [salt: string, data: string] | null)[];
  readonly id: string;
  readonly verdict: string;
  readonly digest: string;
}

interface File {
  readonly context: {
    readonly invitation: string;
    readonly opener_events: readonly string[];
    readonly other_events: readonly string[];
  };
  readonly entries: readonly Published[];
}

/** One entry, verified. */
export interface Step {
  readonly published: Published;
  readonly header: Header;
  readonly parts: readonly (Uint8Array | null)[];
  readonly entry: Entry;
}

export interface Trace {
  readonly invitation: Uint8Array;
  readonly logs: Readonly<Record<Side, KeyLog>>;
  readonly steps: readonly Step[];
}

export function readTrace(name: string): Trace {
  const file = JSON.parse(specText(`vectors/traces/${name}.json`)) as File;
  const { invitation, opener_events, other_events } = file.context;
  const logs = { opener: readLog(opener_events.map(bytesOf)), other: readLog(other_events.map(bytesOf)) };
  return { invitation: bytesOf(invitation), logs, steps: file.entries.map((entry) => readStep(entry, logs[entry.from])) };
}

function readStep(published: Published, log: KeyLog): Step {
  const header = readHeader(bytesOf(published.signed));
  const { signingKey } = eventOf(log, header.senderEpoch) ?? refuse("key-mismatch");
  verify(header.object, signingKey);
  const parts = published.parts.map((part, place) => (part === null ? null : dataOf(part, header.digests[place])));
  const [body] = parts;
  const isKept = published.verdict === "applied" && body !== null && body !== undefined;
  const said = isKept ? readBody(header.name, body) : null;
  return { published, header, parts, entry: entryOf(header, { signer: signingKey, isOwn: false, said, verdict: published.verdict }) };
}

/** The data of a part that gives its digest (MSG-13). */
function dataOf([salt, data]: readonly [string, string], digest: Uint8Array | undefined): Uint8Array {
  const bytes = bytesOf(data);
  return digest !== undefined && same(sha256(concat(bytesOf(salt), bytes)), digest) ? bytes : refuse("part-mismatch");
}

function bytesOf(text: string): Uint8Array {
  return unhex(text) ?? refuse("shape");
}
