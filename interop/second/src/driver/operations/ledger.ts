/** The operation of chapter 09 on the ledger. */

import { refuse } from "../../errors.js";
import { type Entry, entryOf } from "../../engine/entry.js";
import { type Row, ledgerOf } from "../../engine/ledger.js";
import { EMPTY_LOG, withEntries } from "../../engine/log.js";
import { readBody } from "../../features/body.js";
import { hex } from "../../encoding/bytes.js";
import { decode } from "../../encoding/cbor.js";
import { readHeader } from "../../wire/header.js";
import { boolean, bytes, nullable, text, tuple } from "../../encoding/shape.js";
import type { Operations } from "../arguments.js";

/** Signed header, body, verdict or null, whether it is an own message. */
const row = tuple(bytes(), bytes(), nullable(text(1)), boolean);

function readEntry(encoding: Uint8Array): Entry {
    const [signed, body, verdict, isOwn] = row(decode(encoding));
    const header = readHeader(signed);
    const isKept = isOwn || verdict === "applied"; // of a refused message its receiver keeps no body (MSG-18)
    const said = isKept ? readBody(header.name, body) : null;
    return entryOf(header, { signer: header.object.signatures[0]?.kid ?? refuse("shape"), isOwn, said, verdict });
}

function members(found: Row): readonly unknown[] {
    return [
        found.thread,
        found.grant,
        found.path,
        found.giver,
        found.taker,
        found.agreement,
        found.until,
        found.standing,
        found.version,
        found.firstId,
        found.item,
        found.appliedVersion,
        found.state,
        found.backups ?? null,
    ];
}

export const LEDGER: Operations = {
    "ledger.make": (input) => {
        const log = withEntries(EMPTY_LOG, ...input.bytesList("entries").map(readEntry));
        const agreements = new Set(input.bytesList("agreements").map(hex));
        const sent = new Set(input.bytesList("sent").map(hex));
        return { rows: ledgerOf(log, { agreements, sent }).map(members) };
    },
};
