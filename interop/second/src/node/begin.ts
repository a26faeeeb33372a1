/** Makes a node in a folder of its own, or goes on with the one that is there. */

import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { nextCommitment } from "../crypto/nextkey.js";
import type { Kind } from "../engine/judging.js";
import type { Surroundings } from "../engine/scope.js";
import { LOCATORS, POOL_SIZE } from "../limits.js";
import { locatorAddress, makeLocator } from "../services/custody.js";
import type { Clock } from "./clock.js";
import { Entropy } from "./entropy.js";
import { Journal } from "./journal.js";
import { Memory } from "./memory.js";
import { Node } from "./node.js";
import { Attending } from "./services/attending.js";

const KEY_FILE = "key";
const KEY_BYTES = 32;
const SECRET_BYTES = 32;
const OWNER_ONLY = 0o600;
const FOLDER_OWNER_ONLY = 0o700;

export interface Beginning {
    readonly folder: string;
    readonly name: string;
    readonly kind: Kind;
    readonly clock: Clock;
    /** null for the randomness of the system. */
    readonly seed: Uint8Array | null;
    readonly around: Surroundings;
    readonly allowed: readonly string[];
}

/** The node, and the rotation secret where it is a new one: it is told once, and not kept (spec 03 §4). */
export function begin(beginning: Beginning): { readonly node: Node; readonly secret: Uint8Array | null } {
    const { folder, name, kind, clock, seed, around, allowed } = beginning;
    mkdirSync(folder, { recursive: true, mode: FOLDER_OWNER_ONLY });
    const entropy = new Entropy(seed);
    const key = journalKey(folder, entropy);
    const { journal, rows } = Journal.open(folder, key);
    const known = Memory.ownerIn(rows);
    const secret = known === undefined ? entropy.bytes(SECRET_BYTES) : null;
    const owner = known ?? { name, kind, pool: secret === null ? [] : poolOf(secret), addresses: secret === null ? [] : addressesOf(secret) };
    if (secret !== null) journal.append([Memory.ownerRow(owner)]);
    const memory = new Memory(journal, rows, owner);
    const node = new Node({ memory, clock, entropy, around, allowed });
    node.attend(new Attending(node, folder, key));
    return { node, secret };
}

/** The addresses of the locators: of the locators themselves a node that runs keeps none (spec 22 §2). */
function addressesOf(secret: Uint8Array): readonly Uint8Array[] {
    return Array.from({ length: LOCATORS }, (_, index) => locatorAddress(makeLocator(secret, index)));
}

function poolOf(secret: Uint8Array): readonly Uint8Array[] {
    return Array.from({ length: POOL_SIZE }, (_, index) => nextCommitment(secret, 0, index));
}

/** The key of the journal, beside it: whoever can read the folder can read the journal. */
function journalKey(folder: string, entropy: Entropy): Uint8Array {
    const path = join(folder, KEY_FILE);
    if (existsSync(path)) return new Uint8Array(readFileSync(path));
    const key = entropy.bytes(KEY_BYTES);
    const fd = openSync(`${path}.new`, "w", OWNER_ONLY);
    writeSync(fd, key);
    fsyncSync(fd);
    closeSync(fd);
    renameSync(`${path}.new`, path);
    return key;
}
