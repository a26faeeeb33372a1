/** Makes a node in a folder of its own, goes on with the one that is there, or lets one come back with its words. */

import { mkdirSync } from "node:fs";
import type { Kind } from "../engine/judging.js";
import type { Surroundings } from "../engine/scope.js";
import { cannot } from "./cannot.js";
import type { Clock } from "./clock.js";
import { type Copy, type Return, comeBack, readFirst } from "./comeback.js";
import { makeCopy } from "./copying.js";
import { Entropy } from "./entropy.js";
import { holdFolder } from "./hold.js";
import { Journal } from "./journal.js";
import { journalKey } from "./key.js";
import { Memory, type Owner } from "./memory.js";
import { Node } from "./node.js";
import { isSecretOf, ownerWith } from "./ownership.js";
import { Attending } from "./services/attending.js";
import { type Bounds, type SomeBounds, boundsWith } from "./services/bounds.js";

const SECRET_BYTES = 32;
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
    /** What the key of the journal is sealed under; null where the key lies open beside it. */
    readonly passphrase: string | null;
    readonly recover: Recovering | null;
    /** How much the node does for others, where that is not as usual. */
    readonly bounds?: SomeBounds;
    /** Takes lines for whoever runs the node. */
    readonly tell: (line: string) => void;
}

/** What a node comes back with: the words, and copies, each a chain of volumes, the one that is wished for first. */
export interface Recovering {
    readonly secret: Uint8Array;
    /** Null for a node that comes back where it is, with all that it has. */
    readonly copies: readonly (readonly Uint8Array[])[] | null;
}

/** A node that has not started, and the rotation secret where it is a new one: it is told once, and not kept (spec 03 §4). */
export interface Begun {
    readonly node: Node;
    readonly secret: Uint8Array | null;
}

/**
 * Begins. An owner's command that fails `invalid` where nothing can be recovered from, `busy` where another process has the
 * folder. Throws JournalError, PassphraseError, FolderPathError, and RangeError for bounds. Nothing is made then.
 */
export async function begin(beginning: Beginning): Promise<Begun> {
    const { folder, recover } = beginning;
    const bounds = boundsWith(beginning.bounds ?? {});
    const copies = recover?.copies ?? null;
    const copy = recover === null || copies === null ? null : await readFirst(copies, recover.secret);
    mkdirSync(folder, { recursive: true, mode: FOLDER_OWNER_ONLY });
    const release = await holdFolder(folder);
    try {
        return await opened(beginning, copy, bounds, release);
    } catch (error) {
        release();
        throw error;
    }
}

async function opened(beginning: Beginning, copy: Copy | null, bounds: Bounds, release: () => void): Promise<Begun> {
    const { folder, clock, seed, around, allowed, passphrase, recover, tell } = beginning;
    const entropy = new Entropy(seed);
    const key = journalKey(folder, passphrase, entropy);
    const { journal, rows } = Journal.open(folder, key);
    try {
        const known = Memory.ownerIn(rows);
        const secret = recover === null && known === undefined ? entropy.bytes(SECRET_BYTES) : null;
        const owner = await ownerOf(beginning, known, copy, secret);
        if (secret !== null) journal.append([Memory.ownerRow(owner)]);
        const memory = new Memory(journal, rows, owner);
        const back: Return | null = recover === null ? null : { secret: recover.secret, copy };
        const opening = async (node: Node): Promise<void> => (back === null ? undefined : comeBack(node, back));
        const node = new Node({ memory, clock, entropy, around, allowed, tell, opening, release });
        node.attend(new Attending(node, folder, key, bounds, () => makeCopy(node)));
        return { node, secret };
    } catch (error) {
        journal.close();
        throw error;
    }
}

/** The owner that is known, or a new one; in a recovery the one that the words belong to. */
async function ownerOf(
    { name, kind, clock, recover }: Beginning,
    known: Owner | undefined,
    copy: Copy | null,
    secret: Uint8Array | null,
): Promise<Owner> {
    if (secret !== null) return ownerWith(secret, { name, kind, made: clock.now() }, 0);
    if (recover === null) return known ?? cannot("invalid");
    if (copy === null) return known !== undefined && isSecretOf(recover.secret, known) ? known : cannot("invalid");
    if (known !== undefined) return cannot("invalid");
    const [, title, ownKind, made] = copy.restored.node;
    return ownerWith(recover.secret, { name: title, kind: ownKind, made }, copy.generation);
}
