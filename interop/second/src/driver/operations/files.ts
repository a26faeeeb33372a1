/** The operations of chapters 19 and 21, on files. */

import { type ChainEnd, readVolume } from "../../files/archive/chain.js";
import { RowJudge } from "../../files/archive/judge.js";
import { openVolume } from "../../files/archive/volume.js";
import { refuse } from "../../errors.js";
import { verifyExport } from "../../files/export/verify.js";
import { readManifest } from "../../files/archive/manifest.js";
import type { Operations } from "../arguments.js";

export const FILES: Operations = {
  "export.verify": (input) => ({ ...verifyExport(input.bytes("bytes")) }),
  "manifest.read": (input) => ({ fields: readManifest(input.bytes("manifest")) }),
  "volume.open": async (input) => {
    const { manifest, rows } = await openVolume(input.bytes("bytes"), input.bytes("seed", 32));
    return { fields: manifest, rows: [...rows] };
  },
  "rows.read": async (input) => {
    const judge = new RowJudge(input.integer("after"));
    const rows = input.bytesList("rows");
    for (const row of rows) await judge.take(row);
    judge.finish();
    return { rows };
  },
  "chain.read": async (input) => {
    const seed = input.bytes("seed", 32);
    let end: ChainEnd | null = null;
    for (const volume of input.bytesList("volumes")) end = await readVolume(end, volume, seed, () => undefined);
    return end === null ? refuse("stale") : { ...end };
  },
};
