/** The commands that need no node: a file that somebody gave, and the card of somebody else. */

import { readFileSync } from "node:fs";
import { toJson } from "../driver/json.js";
import type { Outcome } from "../driver/run.js";
import { verifyExport } from "../files/export/verify.js";
import { Dialling } from "../node/addresses.js";
import { fetchCard } from "../node/fetching.js";
import { idText } from "../wire/id.js";
import { isCurrent, readCard } from "../wire/card.js";
import type { Typed } from "./usage.js";

const MS = 1_000;

/** Verifies an exported relationship (spec 19 §4). Throws RefusalError with the first thing that does not hold. */
export function verify(typed: Typed, isJson: boolean): Outcome {
    const report = verifyExport(new Uint8Array(readFileSync(typed.text("file"))));
    if (isJson) return { ok: true, ...(toJson(report) as Outcome) };
    const { exporter, peer, time, state, complete, left_out: leftOut, messages, agreements, fields } = report;
    return {
        ok: true,
        verdict: "Every signature holds.",
        exporter: idText(exporter),
        peer: idText(peer),
        written: new Date(time * MS).toISOString(),
        state,
        complete: complete ? "yes, as far as its exporter knew" : `no; entries left out: ${leftOut}`,
        messages: messages.length,
        agreements: agreements.length,
        fields: fields.length,
    };
}

/** Fetches a card and verifies it (REL-35, ID-32). */
export async function cardOf(typed: Typed): Promise<Outcome> {
    const card = readCard(await fetchCard(typed.text("endpoint"), new Dialling(typed.textsOrNull("allow") ?? [])));
    const { 3: kind, 4: endpoints, 7: domains = [], 8: terms = [], 9: title = null } = card.fields;
    const now = Math.floor(Date.now() / MS);
    return { ok: true, title, kind, endpoints, domains, terms, persona: idText(card.log.persona), current: isCurrent(card, now) };
}
