/**
 * The key of the journal, in a file beside it: as it is, so that whoever can read the folder can read the journal, or sealed
 * under a passphrase (Argon2id, RFC 9106).
 */

import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { sodium } from "../crypto/sodium.js";
import { concat, utf8 } from "../encoding/bytes.js";
import type { Entropy } from "./entropy.js";

const FILE = "key";
const OWNER_ONLY = 0o600;
const KEY_BYTES = 32;
/** What a sealed file begins with; salt, nonce and the sealed key follow. */
const SEALED = utf8("pcloud-key/1\n");
const SALT_BYTES = 16;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
/** Argon2id takes so many passes over so much memory. */
const PASSES = 3;
const MEMORY_BYTES = 67_108_864;

/** The key of the journal does not open: the passphrase is missing, or another, or the file was changed. */
export class PassphraseError extends Error {
    constructor(cause: string) {
        super(cause);
        this.name = "PassphraseError";
    }
}

/** The key of the folder; where there is none yet, a new one, which is sealed if a passphrase is given. */
export function journalKey(folder: string, passphrase: string | null, entropy: Entropy): Uint8Array {
    const path = join(folder, FILE);
    if (existsSync(path)) return opened(new Uint8Array(readFileSync(path)), passphrase);
    const key = entropy.bytes(KEY_BYTES);
    put(path, passphrase === null ? key : sealed(key, passphrase, entropy));
    return key;
}

function opened(file: Uint8Array, passphrase: string | null): Uint8Array {
    const isPlain = file.length === KEY_BYTES;
    if (isPlain && passphrase === null) return file;
    if (isPlain) throw new PassphraseError("this node has no passphrase");
    if (passphrase === null) throw new PassphraseError("this node needs its passphrase");
    const whole = SEALED.length + SALT_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES;
    const isSealed = file.length === whole && Buffer.from(file.subarray(0, SEALED.length)).equals(Buffer.from(SEALED));
    if (!isSealed) throw new PassphraseError("the file of the key is not one of this program");
    const at = SEALED.length + SALT_BYTES;
    const salt = file.subarray(SEALED.length, at);
    const [nonce, rest] = [file.subarray(at, at + NONCE_BYTES), file.subarray(at + NONCE_BYTES)];
    try {
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, rest, SEALED, nonce, stretched(passphrase, salt));
    } catch {
        throw new PassphraseError("this is not the passphrase"); // all that libsodium refuses here
    }
}

function sealed(key: Uint8Array, passphrase: string, entropy: Entropy): Uint8Array {
    const [salt, nonce] = [entropy.bytes(SALT_BYTES), entropy.bytes(NONCE_BYTES)];
    const under = stretched(passphrase, salt);
    return concat(SEALED, salt, nonce, sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(key, SEALED, null, nonce, under));
}

/** The passphrase in one form of Unicode, whatever keyboard it was typed on. */
function stretched(passphrase: string, salt: Uint8Array): Uint8Array {
    const bytes = utf8(passphrase.normalize("NFC"));
    return sodium.crypto_pwhash(KEY_BYTES, bytes, salt, PASSES, MEMORY_BYTES, sodium.crypto_pwhash_ALG_ARGON2ID13);
}

function put(path: string, bytes: Uint8Array): void {
    const fd = openSync(`${path}.new`, "w", OWNER_ONLY);
    writeSync(fd, bytes);
    fsyncSync(fd);
    closeSync(fd);
    renameSync(`${path}.new`, path);
}
