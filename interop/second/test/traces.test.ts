/** Every published trace folds to its digests, and each verdict is the published one (spec 16 §2, vectors/OPS.md). */

import { deepStrictEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { run } from "../src/driver/run.js";
import { TRACES } from "../src/driver/traces.js";
import { hex } from "../src/encoding/bytes.js";
import { readHeader } from "../src/wire/header.js";
import { specBytes, specNames, specText } from "./spec.js";

const NO_CONVERSATION = "handshake-bytes";
const ROSTER = hex(specBytes("rosters/customer-commons.cbor"));
const ROSTER_KEY = "29b3f6b8ed3049749628afe44902376d1eaea447c0b8f282754af03c383ef69c";

interface Published {
    readonly name: string;
    readonly why: string;
    readonly time: number;
    readonly signed: string;
    readonly id: string;
    readonly verdict: string;
    readonly digest: string;
}

interface Trace {
    readonly context: unknown;
    readonly entries: readonly Published[];
}

for (const name of specNames("vectors/traces", ".json").filter((each) => each !== NO_CONVERSATION)) {
    const { context, entries } = JSON.parse(specText(`vectors/traces/${name}.json`)) as Trace;

    test(`${name}: each header is what the entry says`, () => {
        for (const entry of entries) {
            const header = readHeader(new Uint8Array(Buffer.from(entry.signed, "hex")));
            deepStrictEqual([header.name, header.time, hex(header.id)], [entry.name, entry.time, entry.id]);
        }
    });

    test(`${name}: the log folds to the digest after each entry, in whatever order it came`, async () => {
        for (const [place, { digest, why }] of entries.entries()) {
            const known = entries.slice(0, place + 1);
            deepStrictEqual(await run(TRACES, "fold", { context, entries: known }), { ok: true, digest }, why);
        }
        const last = entries.at(-1);
        deepStrictEqual(await run(TRACES, "fold", { context, entries: [...entries].reverse() }), {
            ok: true,
            digest: last?.digest,
        });
    });

    test(`${name}: the receiver of each entry gives the published verdict`, async () => {
        const outcome = await run(TRACES, "judge", { context, entries, roster: ROSTER, roster_key: ROSTER_KEY });
        equal(outcome["ok"], true);
        deepStrictEqual(
            outcome["verdicts"],
            entries.map(({ verdict }) => verdict),
        );
    });
}
