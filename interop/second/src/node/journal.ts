/**
 * The store of a node: a file to which sealed commits are only added. A commit is on the disk before `append` returns,
 * and is there whole or not at all. A commit sets and removes rows, so the rows are what all commits leave.
 */

import {
    closeSync,
    existsSync,
    fstatSync,
    fsyncSync,
    ftruncateSync,
    openSync,
    readFileSync,
    renameSync,
    writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { sodium } from "../crypto/sodium.js";
import { concat } from "../encoding/bytes.js";

/** One row, under its key; undefined where it is removed. */
export type Change = readonly [key: string, row: unknown];
export type Rows = ReadonlyMap<string, unknown>;

const FILE = "journal";
const OWNER_ONLY = 0o600;
/** The name of this file, drawn when it is made: what another file holds does not open here. */
const FILE_ID_BYTES = 16;
const LENGTH_BYTES = 4;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
/** A file that is shorter is not written anew. */
const ANEW_BYTES_MIN = 1_048_576;
/** Of what is written anew, so many rows go into one commit. */
const ANEW_ROWS = 1_024;

/** The journal cannot be read: another key, or bytes that were changed. */
export class JournalError extends Error {
    constructor(cause: string) {
        super(`the journal cannot be read: ${cause}`);
        this.name = "JournalError";
    }
}

/** The disk did not take a commit: what is on it is what was before, and the node has to end. */
export class DiskError extends Error {
    constructor(cause: unknown) {
        super("the disk did not take a commit", { cause });
        this.name = "DiskError";
    }
}

export class Journal {
    readonly #path: string;
    readonly #key: Uint8Array;
    #fd: number;
    #id: Uint8Array;
    #count = 0;
    #end = FILE_ID_BYTES;
    #isBroken = false;

    private constructor(path: string, fd: number, id: Uint8Array, key: Uint8Array) {
        this.#path = path;
        this.#fd = fd;
        this.#id = id;
        this.#key = key;
    }

    /**
     * Opens the journal of a folder, or makes it. What a power cut left half written is cut off. Where most of the file
     * is rows of former times, it is written anew, so what was removed is gone from it.
     */
    static open(folder: string, key: Uint8Array, file = FILE): { readonly journal: Journal; readonly rows: Rows } {
        const path = join(folder, file);
        if (!existsSync(path)) return { journal: Journal.#make(path, key, new Map()), rows: new Map() };
        const whole = new Uint8Array(readFileSync(path));
        if (whole.length < FILE_ID_BYTES) throw new JournalError("it has no beginning");
        const journal = new Journal(path, openSync(path, "r+"), whole.slice(0, FILE_ID_BYTES), key);
        const rows = journal.#replay(whole);
        const live = [...rows.values()].reduce<number>((sum, row) => sum + serialize(row).length, 0);
        if (whole.length < ANEW_BYTES_MIN || live * 2 > whole.length) return { journal, rows };
        journal.close();
        return { journal: Journal.#make(path, key, rows), rows };
    }

    /** Whether a folder has a journal. */
    static isIn(folder: string): boolean {
        return existsSync(join(folder, FILE));
    }

    /** Writes a file anew with these rows in their order: what was removed before is in it no more. */
    static anew(folder: string, key: Uint8Array, rows: Rows, file: string): Journal {
        return Journal.#make(join(folder, file), key, rows);
    }

    /** Makes the file beside its place, and puts it there when it is whole. */
    static #make(path: string, key: Uint8Array, rows: Rows): Journal {
        const id = sodium.randombytes_buf(FILE_ID_BYTES);
        const fresh = `${path}.new`;
        const fd = openSync(fresh, "w", OWNER_ONLY);
        writeSync(fd, id);
        const journal = new Journal(path, fd, id, key);
        const all = [...rows];
        for (let at = 0; at < all.length; at += ANEW_ROWS) journal.append(all.slice(at, at + ANEW_ROWS));
        fsyncSync(fd);
        renameSync(fresh, path);
        const folder = openSync(dirname(path), "r");
        fsyncSync(folder);
        closeSync(folder);
        return journal;
    }

    /** One commit. Throws DiskError where the disk does not take it; nothing is taken after that. */
    append(changes: readonly Change[]): void {
        if (changes.length === 0) return;
        const nonce = sodium.randombytes_buf(NONCE_BYTES);
        const sealed = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
            new Uint8Array(serialize(changes)),
            this.#place(),
            null,
            nonce,
            this.#key,
        );
        const length = new Uint8Array(LENGTH_BYTES);
        new DataView(length.buffer).setUint32(0, nonce.length + sealed.length);
        const record = concat(length, nonce, sealed);
        this.#put(record);
        this.#end += record.length;
        this.#count += 1;
    }

    /**
     * Writes the file anew with what its commits leave, and one more change: what was removed or replaced before is in it
     * no more. Throws DiskError as `append` does.
     */
    renew(change: Change): void {
        if (this.#isBroken) throw new DiskError(null);
        const whole = new Uint8Array(readFileSync(this.#path));
        const reader = new Journal(this.#path, this.#fd, this.#id, this.#key);
        const rows = new Map([...reader.#replay(whole), change]);
        try {
            const fresh = Journal.#make(this.#path, this.#key, rows);
            closeSync(this.#fd);
            this.#fd = fresh.#fd;
            this.#id = fresh.#id;
            this.#count = fresh.#count;
            this.#end = fresh.#end;
        } catch (error) {
            this.#isBroken = true; // which of the two files is there now is seen at the next start
            throw new DiskError(error);
        }
    }

    #put(record: Uint8Array): void {
        if (this.#isBroken) throw new DiskError(null);
        try {
            for (let written = 0; written < record.length; )
                written += writeSync(this.#fd, record, written, record.length - written, this.#end + written);
            fsyncSync(this.#fd);
        } catch (error) {
            this.#isBroken = true;
            throw new DiskError(error);
        }
    }

    close(): void {
        closeSync(this.#fd);
    }

    /** What ties a commit to its place in this file. */
    #place(): Uint8Array {
        const count = new Uint8Array(LENGTH_BYTES);
        new DataView(count.buffer).setUint32(0, this.#count);
        return concat(this.#id, count);
    }

    #replay(whole: Uint8Array): Rows {
        const rows = new Map<string, unknown>();
        const view = new DataView(whole.buffer, whole.byteOffset, whole.length);
        while (this.#end + LENGTH_BYTES <= whole.length) {
            const begin = this.#end + LENGTH_BYTES;
            const end = begin + view.getUint32(this.#end);
            if (end > whole.length || end < begin + NONCE_BYTES + TAG_BYTES) break;
            const changes = this.#opened(whole.subarray(begin, end));
            if (changes === null && end === whole.length) break;
            if (changes === null) throw new JournalError("a commit does not open");
            for (const [key, row] of changes) {
                if (row === undefined) rows.delete(key);
                else rows.set(key, row);
            }
            this.#end = end;
            this.#count += 1;
        }
        if (this.#count === 0 && whole.length > FILE_ID_BYTES) throw new JournalError("nothing in it opens");
        if (fstatSync(this.#fd).size > this.#end) ftruncateSync(this.#fd, this.#end);
        return rows;
    }

    #opened(record: Uint8Array): readonly Change[] | null {
        const [nonce, sealed] = [record.subarray(0, NONCE_BYTES), record.subarray(NONCE_BYTES)];
        try {
            const text = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
                null,
                sealed,
                this.#place(),
                nonce,
                this.#key,
            );
            return deserialize(text) as readonly Change[];
        } catch {
            return null; // a commit that does not open is all that libsodium refuses here
        }
    }
}
