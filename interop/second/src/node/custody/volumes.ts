/** What a holder keeps: sealed volumes in files, and a journal of their names, rooms and times (spec 22 §5 and §6). */

import { createReadStream, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { hex, unhex, utf8 } from "../../encoding/bytes.js";
import type { Value } from "../../encoding/value.js";
import {
    CUSTODY_CHUNK_BYTES_MAX,
    CUSTODY_INCREMENT_KEPT_S,
    CUSTODY_LISTED_MAX,
    CUSTODY_VOLUMES_MAX,
} from "../../limits.js";
import { tokenHash } from "../../services/custody.js";
import { type Change, Journal } from "../journal.js";
import { type Answered, DONE, FULL, UNKNOWN } from "../services/serving.js";

const FILE = "custody";
const FOLDER = "volumes";
const FOLDER_OWNER_ONLY = 0o700;
const OWNER_ONLY = 0o600;
const BLOCK_BYTES = 4_096;
const DAY_S = 86_400;
const FULL_VOLUME = 0;

/** A volume that is kept. */
interface Volume {
    readonly place: number;
    readonly kind: number;
    readonly size: number;
    /** SHA-256 of it, in hexadecimal. */
    readonly digest: string;
    readonly came: number;
    /** The name of its file, which says nothing. */
    readonly file: string;
}

type Begun = Pick<Volume, "kind" | "size" | "digest" | "file">;

/** One custody, under the id of its thread. */
interface Row {
    /** SHA-256 of the put token, in hexadecimal (CUSTODY-15). */
    readonly token: string;
    readonly address: string;
    /** The room that was granted, and for how many days an older version is kept. */
    readonly bytes: number;
    readonly days: number;
    /** When it ended; null while it lasts. */
    readonly ended: number | null;
    readonly begun: Begun | null;
}

interface Custody extends Row {
    readonly id: string;
    readonly volumes: readonly Volume[];
}

function roomOf(size: number): number {
    return Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
}

export class Volumes {
    readonly #journal: Journal;
    readonly #folder: string;
    readonly #custodies = new Map<string, Custody>();

    constructor(folder: string, key: Uint8Array) {
        this.#folder = join(folder, FOLDER);
        mkdirSync(this.#folder, { recursive: true, mode: FOLDER_OWNER_ONLY });
        const { journal, rows } = Journal.open(folder, key, FILE);
        this.#journal = journal;
        for (const [key, row] of rows) {
            const [kind, id = ""] = key.split("/");
            if (kind === "custody") this.#custodies.set(id, { ...(row as Row), id, volumes: [] });
        }
        for (const [key, row] of rows) {
            const [kind, id = ""] = key.split("/");
            const custody = this.#custodies.get(id);
            if (kind !== "volume" || custody === undefined) continue;
            const volumes = [...custody.volumes, row as Volume].sort((one, other) => one.place - other.place);
            this.#custodies.set(id, { ...custody, volumes });
        }
    }

    /** A custody was granted, or granted again: what is kept stays (spec 22 §3). */
    grant(id: string, granted: Pick<Row, "token" | "address" | "bytes" | "days">): void {
        const before = this.#custodies.get(id) ?? { id, ended: null, begun: null, volumes: [] };
        this.#put({ ...before, ...granted });
    }

    /** A custody has ended: nothing more is taken, and what is there stays for so many days as were granted (CUSTODY-14). */
    end(id: string, now: number): void {
        const custody = this.#custodies.get(id);
        if (custody === undefined || custody.ended !== null) return;
        this.#drop(custody.begun);
        this.#put({ ...custody, ended: now, begun: null });
    }

    /** How much of a volume is here, which is taken from now on (CUSTODY-8). */
    begin(token: Uint8Array, kind: number, size: number, digest: Uint8Array, file: Uint8Array): Answered {
        const custody = this.#of(token);
        if (custody === null) return UNKNOWN;
        const here = this.#here(custody, hex(digest));
        if (here !== null) return { outcome: "done", fields: [here] };
        const used = custody.volumes.reduce((sum, volume) => sum + roomOf(volume.size), 0);
        if (used + roomOf(size) > custody.bytes || custody.volumes.length >= CUSTODY_VOLUMES_MAX) return FULL;
        this.#drop(custody.begun);
        this.#put({ ...custody, begun: { kind, size, digest: hex(digest), file: hex(file) } });
        return { outcome: "done", fields: [0] };
    }

    /** Takes the bytes that come next (CUSTODY-9). */
    async chunk(token: Uint8Array, digest: Uint8Array, offset: number, bytes: Uint8Array): Promise<Answered> {
        const custody = this.#of(token);
        const here = custody === null ? null : this.#here(custody, hex(digest));
        if (custody === null || here === null) return UNKNOWN;
        const { begun } = custody;
        if (begun?.digest !== hex(digest) || offset !== here || here + bytes.length > begun.size)
            return { outcome: "done", fields: [here] };
        await this.#with(begun.file, "a", (file) => file.writeFile(bytes));
        return { outcome: "done", fields: [here + bytes.length] };
    }

    /** Keeps a volume whose bytes are all here (CUSTODY-10). */
    async finish(token: Uint8Array, digest: Uint8Array, now: number): Promise<Answered> {
        const custody = this.#of(token);
        if (custody?.volumes.some((one) => one.digest === hex(digest)) === true) return DONE;
        const begun = custody?.begun ?? null;
        if (custody === null || begun?.digest !== hex(digest) || this.#here(custody, begun.digest) !== begun.size) return UNKNOWN;
        await this.#with(begun.file, "r+", (file) => file.sync());
        const { file, kind, size } = begun;
        if ((await this.#hash(file)) !== begun.digest) {
            this.#drop(begun);
            this.#put({ ...custody, begun: null });
            return UNKNOWN;
        }
        const volume: Volume = { place: this.#nextPlace(custody.address), kind, size, digest: begun.digest, came: now, file };
        const kept = { ...custody, begun: null, volumes: [...custody.volumes, volume] };
        this.#put(kept, [[`volume/${custody.id}/${volume.place}`, volume]]);
        return DONE;
    }

    /** What is kept under the address of a locator (CUSTODY-11). */
    list(address: Uint8Array, after: number): Answered {
        const all = this.#under(address);
        if (all.length === 0) return UNKNOWN;
        const rows = all
            .filter(({ place }) => place > after)
            .slice(0, CUSTODY_LISTED_MAX)
            .map(({ place, kind, size, digest, came }): Value => [place, kind, size, unhex(digest) ?? new Uint8Array(), came]);
        return { outcome: "done", fields: [rows] };
    }

    async fetch(address: Uint8Array, digest: Uint8Array, offset: number): Promise<Answered> {
        const volume = this.#under(address).find((one) => one.digest === hex(digest));
        if (volume === undefined) return UNKNOWN;
        const bytes = new Uint8Array(Math.max(0, Math.min(CUSTODY_CHUNK_BYTES_MAX, volume.size - offset)));
        if (bytes.length > 0) await this.#with(volume.file, "r", (file) => file.read(bytes, 0, bytes.length, offset));
        return { outcome: "done", fields: [bytes] };
    }

    /** The proof over a volume as it is on the disk (CUSTODY-12). */
    async challenge(token: Uint8Array, digest: Uint8Array, nonce: Uint8Array): Promise<Answered> {
        const volume = this.#of(token)?.volumes.find((one) => one.digest === hex(digest));
        if (volume === undefined || !existsSync(join(this.#folder, volume.file))) return UNKNOWN;
        const proof = await this.#hash(volume.file, utf8("pcloud/1 custody proof"), nonce);
        return { outcome: "done", fields: [unhex(proof) ?? new Uint8Array()] };
    }

    /** Removes what need not be kept any more (CUSTODY-13, CUSTODY-14). */
    sweep(now: number): void {
        for (const custody of [...this.#custodies.values()]) {
            const over = custody.volumes.filter((volume) => isOver(custody, volume, now));
            if (over.length === 0 && (custody.ended === null || custody.volumes.length > 0)) continue;
            const changes = over.map(({ place }): Change => [`volume/${custody.id}/${place}`, undefined]);
            const volumes = custody.volumes.filter((volume) => !over.includes(volume));
            if (custody.ended === null || volumes.length > 0) this.#put({ ...custody, volumes }, changes);
            else this.#forget(custody, changes);
            for (const { file } of over) rmSync(join(this.#folder, file), { force: true });
        }
    }

    shut(): void {
        this.#journal.close();
    }

    /** The custody that a token permits to put into. */
    #of(token: Uint8Array): Custody | null {
        const hash = hex(tokenHash(token));
        return [...this.#custodies.values()].find((one) => one.token === hash && one.ended === null) ?? null;
    }

    #under(address: Uint8Array): readonly Volume[] {
        return [...this.#custodies.values()]
            .filter((custody) => custody.address === hex(address))
            .flatMap(({ volumes }) => volumes)
            .sort((one, other) => one.place - other.place);
    }

    /** How many bytes of a volume are here; null where it was not begun. */
    #here({ volumes, begun }: Custody, digest: string): number | null {
        const kept = volumes.find((one) => one.digest === digest);
        if (kept !== undefined) return kept.size;
        if (begun?.digest !== digest) return null;
        const path = join(this.#folder, begun.file);
        return existsSync(path) ? statSync(path).size : 0;
    }

    #nextPlace(address: string): number {
        const places = [...this.#custodies.values()].filter((one) => one.address === address).flatMap(({ volumes }) => volumes);
        return Math.max(0, ...places.map(({ place }) => place)) + 1;
    }

    #drop(begun: Begun | null): void {
        if (begun !== null) rmSync(join(this.#folder, begun.file), { force: true });
    }

    /** Of a custody that has ended, nothing is left. */
    #forget({ id }: Custody, beside: readonly Change[]): void {
        this.#journal.append([...beside, [`custody/${id}`, undefined]]);
        this.#custodies.delete(id);
    }

    #put(custody: Custody, beside: readonly Change[] = []): void {
        const { id, volumes: _volumes, ...row } = custody;
        this.#journal.append([...beside, [`custody/${id}`, row]]);
        this.#custodies.set(id, custody);
    }

    async #with(name: string, flags: string, work: (file: FileHandle) => Promise<unknown>): Promise<void> {
        const file = await open(join(this.#folder, name), flags, OWNER_ONLY);
        try {
            await work(file);
        } finally {
            await file.close();
        }
    }

    /** SHA-256 over pieces and a whole file, in hexadecimal. */
    async #hash(name: string, ...before: readonly Uint8Array[]): Promise<string> {
        const hash = createHash("sha256");
        for (const piece of before) hash.update(piece);
        for await (const piece of createReadStream(join(this.#folder, name))) hash.update(piece as Uint8Array);
        return hash.digest("hex");
    }
}

/** Whether a volume may go: a newer full one, or the end of the custody, is so many days past. */
function isOver({ volumes, ended, days }: Custody, { place, kind }: Volume, now: number): boolean {
    if (ended !== null) return now >= ended + days * DAY_S;
    const newer = volumes.find((one) => one.kind === FULL_VOLUME && one.place > place);
    const keptS = kind === FULL_VOLUME ? days * DAY_S : Math.min(days * DAY_S, CUSTODY_INCREMENT_KEPT_S);
    return newer !== undefined && now >= newer.came + keptS;
}
