/** What the messages of `terms` do to the data of their thread (spec 08 §5). */

import { AGREEMENT, type Agreed, agreementBytes } from "../../features/agreement.js";
import type { Bodies, SaidOf } from "../../features/body.js";
import { same } from "../../encoding/bytes.js";
import { signedByOneOfTwo } from "../../wire/cose.js";
import { sha256 } from "../../crypto/digest.js";
import { verifies } from "../../crypto/ed25519.js";
import type { End } from "../data.js";
import type { Entry, Id } from "../entry.js";
import { idBytes, withEnd } from "./ends.js";

/** What a proffer says, under its first id. */
interface Proffered {
    readonly proffer: Uint8Array;
    readonly roster: Uint8Array;
    readonly terms: string;
    readonly text: Uint8Array;
    readonly machine: Uint8Array;
    readonly expires: number;
    readonly until: number | undefined;
    readonly replaces: Uint8Array | undefined;
}

/** The data of a terms thread (TERMS-40). */
export type TermsData = Partial<Proffered> & {
    readonly counter?: string | undefined;
    readonly accept?: Uint8Array;
    readonly seal_by?: number;
    readonly second?: Uint8Array;
    readonly second_key?: Uint8Array;
    readonly second_signature?: Uint8Array;
    readonly seal?: Uint8Array;
    readonly sealed?: number;
    readonly first_key?: Uint8Array;
    readonly first_signature?: Uint8Array;
    readonly agreement?: Uint8Array;
    readonly ended?: readonly End[];
    readonly by?: Uint8Array;
};

/** The data after a message that took its row to the state `next`. */
export function changeTerms(data: TermsData, entry: Entry, next: string, opener: Id, said: SaidOf<"terms">): TermsData {
    switch (said.name) {
        case "terms.proffer":
            return { ...proffered(entry, said.body), counter: data.counter };
        case "terms.counter":
            return next === "countered" ? { ...data, counter: said.body.terms } : data;
        case "terms.accept":
            return next === "accepted" ? accepted(data, entry, opener, said.body) : data;
        case "terms.decline":
        case "terms.withdraw":
            return onlyProffered(data);
        case "terms.seal":
            return sealed(data, entry, opener, said.body);
        case "terms.terminate":
            return ended(data, entry);
        case "terms.replace":
            return data.agreement === undefined ? data : { ...ended(data, entry), by: said.body.by };
    }
}

function proffered({ firstId }: Entry, body: Bodies["terms.proffer"]): Proffered {
    return { proffer: idBytes(firstId), ...body };
}

function onlyProffered({ proffer, roster, terms, text, machine, expires, until, replaces }: TermsData): TermsData {
    return Object.fromEntries(
        Object.entries({ proffer, roster, terms, text, machine, expires, until, replaces }).filter(
            ([, held]) => held !== undefined,
        ),
    );
}

/** An acceptance of another proffer than the current one adds nothing (TERMS-41). */
function accepted(data: TermsData, entry: Entry, opener: Id, body: Bodies["terms.accept"]): TermsData {
    if (data.proffer === undefined || !same(data.proffer, body.proffer)) return data;
    const named = { accept: idBytes(entry.firstId), seal_by: body.sealBy, second: idBytes(entry.sender) };
    const agreed = agreedIn({ ...data, ...named }, opener);
    const key = signerOf(entry, agreed, body.signature);
    return { ...data, ...named, second_key: key, second_signature: body.signature };
}

/** The key that signed a message when it was first sent; where its first header is lost, the signature in it tells (TERMS-40). */
function signerOf({ signer, signers }: Entry, agreed: Agreed | undefined, signature: Uint8Array): Uint8Array {
    if (signers === null || agreed === undefined) return signer;
    const bytes = agreementBytes(agreed);
    return signers.find((key) => verifies(key, signedByOneOfTwo(AGREEMENT, bytes, key), signature)) ?? signer;
}

/** A seal of another acceptance than the one in the data adds nothing (TERMS-41). */
function sealed(data: TermsData, entry: Entry, opener: Id, body: Bodies["terms.seal"]): TermsData {
    const agreed = agreedIn(data, opener);
    if (agreed === undefined || data.accept === undefined || !same(data.accept, body.accept)) return data;
    const key = signerOf(entry, agreed, body.signature);
    return {
        ...data,
        seal: idBytes(entry.firstId),
        sealed: entry.time,
        first_key: key,
        first_signature: body.signature,
        agreement: agreementId(agreed, key),
    };
}

function ended(data: TermsData, entry: Entry): TermsData {
    return data.agreement === undefined ? data : { ...data, ended: withEnd(data.ended, entry) };
}

/** What both parties sign, as far as the thread has come; undefined before an acceptance (spec 08 §4). */
export function agreedIn(data: TermsData, opener: Id): Agreed | undefined {
    const { proffer, roster, terms, text, machine, second, seal_by: sealBy, until, replaces } = data;
    if (proffer === undefined || roster === undefined || terms === undefined || text === undefined) return undefined;
    if (machine === undefined || second === undefined || sealBy === undefined) return undefined;
    return { roster, terms, text, machine, first: idBytes(opener), second, proffer, sealBy, until, replaces };
}

/** The id of an agreement: that of what the first party signs (TERMS-27). */
function agreementId(agreed: Agreed, firstKey: Uint8Array): Uint8Array {
    return sha256(signedByOneOfTwo(AGREEMENT, agreementBytes(agreed), firstKey));
}
