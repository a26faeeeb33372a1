/** Chains of volumes: a full one and the increments that follow it (spec 21 §5). */

import { refuse } from "../../errors.js";
import { same } from "../../encoding/bytes.js";
import { sha256 } from "../../crypto/digest.js";
import type { Manifest } from "./manifest.js";
import { RowJudge } from "./judge.js";
import type { Row } from "./rows.js";
import { openVolume } from "./volume.js";

/** How far a chain was read: what the next increment has to name. */
export interface ChainEnd {
  readonly number: number;
  readonly base: number;
  /** SHA-256 of the newest volume. */
  readonly digest: Uint8Array;
  /** Number of the newest message that the chain has. */
  readonly last: number;
  /** Rows in all volumes, ends not counted. */
  readonly rows: number;
}

/**
 * Reads the next volume of a chain, or with null its full volume, and gives each row to `take` (ARCHIVE-10,
 * ARCHIVE-11). What was taken counts only when the whole volume was read.
 */
export async function readVolume(
  before: ChainEnd | null, bytes: Uint8Array, seed: Uint8Array, take: (row: Row) => void,
): Promise<ChainEnd> {
  const { manifest, rows } = await openVolume(bytes, seed);
  checkFollows(before, manifest);
  const judge = new RowJudge(manifest[8]);
  for (const row of rows) take(await judge.take(row));
  const last = judge.finish();
  const counted = (before?.rows ?? 0) + judge.count;
  return { number: manifest[5], base: manifest[6], digest: sha256(bytes), last, rows: counted };
}

function checkFollows(before: ChainEnd | null, { 5: number, 6: base, 7: previous, 8: after }: Manifest): void {
  if (before === null) {
    if (base !== number) refuse("stale");
    return;
  }
  const isNext = number === before.number + 1 && base === before.base && after === before.last;
  if (!isNext || previous === null || !same(previous, before.digest)) refuse("stale");
}
