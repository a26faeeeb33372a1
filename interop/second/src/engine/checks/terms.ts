/** Checks of the feature `terms`, each message in the order of its rules (spec 08 §3). */

import { refuse } from "../../errors.js";
import { AGREEMENT, type Agreed, agreementBytes } from "../../features/agreement.js";
import type { Bodies, SaidOf } from "../../features/body.js";
import type { Terms } from "../../features/roster.js";
import { SEAL_AFTER_EXPIRY_S_MAX } from "../../limits.js";
import { hex, same } from "../../encoding/bytes.js";
import { signedByOneOfTwo } from "../../wire/cose.js";
import { verifies } from "../../crypto/ed25519.js";
import { type Agreement, agreementIn, inForceForSender } from "../agreements.js";
import type { ThreadOf } from "../fold.js";
import { isProvable } from "../gate.js";
import type { JudgingOf } from "../judging.js";
import { agreementsOf } from "../log.js";
import { idBytes } from "../threads/ends.js";
import { agreedIn } from "../threads/terms.js";

type TermsJudging = JudgingOf<SaidOf<"terms">, ThreadOf<"terms">>;
/** A judging of one message: the rest of it beside the body. */
type Around = Omit<TermsJudging, "said">;

/** A negotiation that was withdrawn takes what crossed that without a check: nothing comes of it (spec 08 §5.1). */
const WITHDRAWN = "withdrawn";

/** The check of a row of this feature; throws RefusalError of stage `content`. */
export function checkTerms({ said, ...around }: TermsJudging): void {
    if (around.thread.state === WITHDRAWN) return;
    switch (said.name) {
        case "terms.proffer":
            return checkProffer(said.body, around);
        case "terms.accept":
            return checkAcceptance(said.body, around);
        case "terms.counter":
            return checkCounter(said.body, around);
        case "terms.seal":
            return checkSeal(said.body, around);
        case "terms.terminate":
            return checkNamed(said.body.agreement, around);
        case "terms.replace":
            checkNamed(said.body.agreement, around);
            return checkReplacement(said.body, around);
        case "terms.decline":
        case "terms.withdraw":
            return;
    }
}

/** TERMS-3, then TERMS-12 for the answer to a counter, then TERMS-4 to TERMS-7. */
function checkProffer(body: Bodies["terms.proffer"], around: Around): void {
    const { view, thread, now } = around;
    if (view.senderKind === "organisation" && view.receiverKind === "person") refuse("proffer-by-organisation");
    if (thread.data.roster !== undefined && !same(thread.data.roster, body.roster)) refuse("counter-invalid");
    const terms = termsIn(body.roster, body.terms, around) ?? refuse("roster-unknown");
    if (!same(terms.textHash, body.text) || !same(terms.machineHash, body.machine)) refuse("text-mismatch");
    if (body.expires < now) refuse("proffer-expired");
    if (body.until !== undefined && body.until <= body.expires) refuse("body-form");
    if (body.replaces !== undefined && !isReplaceable(body.replaces, around)) refuse("replaces-unknown");
}

function termsIn(roster: Uint8Array, terms: string, { view }: Around): Terms | undefined {
    return view.rosters.get(hex(roster))?.terms.get(terms);
}

/** TERMS-7: an agreement between the same two in the same roles, in force as far as the sender could know. */
function isReplaceable(id: Uint8Array, around: Around): boolean {
    const { view, entry, thread } = around;
    const named = held(id, around);
    if (named === undefined || named.first !== thread.opener || !view.receivers.has(named.second)) return false;
    return inForceForSender(named, view.receivers, entry.knew, entry.time);
}

/** The agreement with an id; one that may support nothing is not held (GATE-7). */
function held(id: Uint8Array, { view, entry }: Around): Agreement | undefined {
    return agreementsOf(view.log).find((agreement) => agreement.id === hex(id) && isProvable(view, entry, agreement));
}

/** TERMS-8, TERMS-9; the signature comes last, as the dearest. */
function checkAcceptance(body: Bodies["terms.accept"], around: Around): void {
    const { thread, entry, header, now } = around;
    const { data } = thread;
    if (data.proffer === undefined || !same(data.proffer, body.proffer)) refuse("reference-mismatch");
    const expires = data.expires ?? 0;
    if (expires < now) refuse("proffer-expired");
    if (body.sealBy <= header.time || body.sealBy > expires + SEAL_AFTER_EXPIRY_S_MAX) refuse("seal-by-invalid");
    checkSignature(
        agreedIn({ ...data, second: idBytes(entry.sender), seal_by: body.sealBy }, thread.opener),
        body.signature,
        around,
    );
}

/** A signature over the agreement, made with the key that signs the header; in a reissue with that or an earlier one (TERMS-8). */
function checkSignature(agreed: Agreed | undefined, signature: Uint8Array, { entry }: Around): void {
    if (agreed === undefined) refuse("agreement-signature");
    const bytes = agreementBytes(agreed);
    const keys = entry.signers ?? [entry.signer];
    if (!keys.some((key) => verifies(key, signedByOneOfTwo(AGREEMENT, bytes, key), signature))) refuse("agreement-signature");
}

/** TERMS-10: other terms of the proffer's roster. */
function checkCounter(body: Bodies["terms.counter"], around: Around): void {
    const { roster, terms } = around.thread.data;
    if (roster === undefined || terms === body.terms) refuse("counter-invalid");
    if (termsIn(roster, body.terms, around) === undefined) refuse("counter-invalid");
}

/** TERMS-18. */
function checkSeal(body: Bodies["terms.seal"], around: Around): void {
    const { thread, header, now } = around;
    const { accept, seal_by: sealBy } = thread.data;
    if (accept === undefined || sealBy === undefined || !same(accept, body.accept)) refuse("reference-mismatch");
    if (header.time > sealBy || now > sealBy) refuse("seal-late");
    checkSignature(agreedIn(thread.data, thread.opener), body.signature, around);
}

/** TERMS-28, TERMS-29: the agreement that is named is that of the thread. */
function checkNamed(agreement: Uint8Array, { thread }: Around): void {
    const { agreement: own } = thread.data;
    if (own === undefined || !same(own, agreement)) refuse("reference-mismatch");
}

/** TERMS-29: another agreement of the same two in the same roles, sealed no earlier, in force as far as the sender could know. */
function checkReplacement(body: Bodies["terms.replace"], around: Around): void {
    const { view, thread, entry } = around;
    const [replaced, by] = [agreementIn(thread), held(body.by, around)];
    if (replaced === undefined || by === undefined || by.id === replaced.id) return refuse("replaced-by-unknown");
    if (by.first !== replaced.first || by.second !== replaced.second || by.sealed < replaced.sealed)
        refuse("replaced-by-unknown");
    if (!inForceForSender(by, view.receivers, entry.knew, entry.time)) refuse("replaced-by-unknown");
}
