/** The state digest: what two parties compare in tests and traces (spec 05 §10). */

import { sha256 } from "../crypto/digest.js";
import { encode } from "../encoding/encode.js";
import type { Value } from "../encoding/value.js";
import { type Agreement, compareIds } from "./agreements.js";
import { dataValue } from "./data.js";
import type { Thread } from "./fold.js";
import { type Log, agreementsOf } from "./log.js";
import { idBytes } from "./threads/ends.js";

/** The digest of the state that a log gives (FOLD-5). */
export function stateDigest(log: Log): Uint8Array {
    const threads = [...log.threads.values()].sort((a, b) => compareIds(a.id, b.id)).map(threadValue);
    const unaffirmed = [...log.entries.values()].filter((entry) => entry.isUnaffirmed).map((entry) => entry.firstId);
    return sha256(
        encode(["pcloud/1 state", threads, agreementsOf(log).map(agreementValue), unaffirmed.sort().map(idBytes)]),
    );
}

function threadValue({ id, feature, opener, state, data }: Thread): Value {
    return [idBytes(id), feature, idBytes(opener), state, dataValue(data)];
}

function agreementValue(agreement: Agreement): Value {
    return [
        idBytes(agreement.id),
        idBytes(agreement.first),
        idBytes(agreement.second),
        idBytes(agreement.roster),
        agreement.terms,
        agreement.sealed,
        agreement.until ?? null,
        [agreement.thread, ...agreement.entries].map(idBytes),
        agreement.ended,
    ];
}
