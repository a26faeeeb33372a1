/** The 24 words for a rotation secret (spec 03 §4: BIP-39, English list). */

import { entropyToMnemonic, mnemonicToEntropy, validateMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { UsageError } from "./usage.js";

const SECRET_BYTES = 32;
const WORDS = 24;
const IN_A_LINE = 6;

/** Four lines of six words. */
export function wordsOf(secret: Uint8Array): string {
    const words = entropyToMnemonic(secret, wordlist).split(" ");
    const lines = Array.from({ length: WORDS / IN_A_LINE }, (_, line) => words.slice(line * IN_A_LINE, (line + 1) * IN_A_LINE));
    return lines.map((line) => line.join(" ")).join("\n");
}

/** The secret of 24 words; spaces, lines and capitals do not matter. Throws UsageError for what is none. */
export function secretOf(text: string): Uint8Array {
    const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
    if (words.length !== WORDS) throw new UsageError(`These are ${words.length} words; it takes 24.`);
    const strange = words.findIndex((word) => !wordlist.includes(word));
    if (strange >= 0) throw new UsageError(`Word ${strange + 1} is none of the list. Look for a slip of the pen.`);
    if (!validateMnemonic(words.join(" "), wordlist))
        throw new UsageError("The words do not belong together: two may have changed places.");
    const secret = mnemonicToEntropy(words.join(" "), wordlist);
    if (secret.length !== SECRET_BYTES) throw new UsageError("It takes 24 words.");
    return secret;
}
