/** What a relay keeps: vouchers, mailboxes and their frames, in a file of its own (spec 20 §2, §4 and §6). */

import { hex } from "../../encoding/bytes.js";
import { RELAY_KEPT_S } from "../../limits.js";
import { type Change, Journal, type Rows } from "../journal.js";
import { BOUNDS, type RelayBounds } from "../services/bounds.js";
import { type Answered, DONE, FULL, UNKNOWN } from "../services/serving.js";

const FILE = "relay";
const DAY_S = 86_400;
const HOUR_S = 3_600;
/** Within two hours of an opening, or of a deletion, all is written anew (RELAY-14, spec 20 §8). */
const ANEW_S = HOUR_S;

/** A frame as it came, with the whole hour of it (RELAY-19). */
export interface Frame {
    readonly number: number;
    readonly frame: Uint8Array;
    readonly came: number;
}

interface Blob {
    readonly bytes: Uint8Array;
    readonly until: number;
}

/** One mailbox, in the journal: its frames have rows of their own. */
interface Row {
    /** SHA-256 of the pickup token, in hexadecimal. */
    readonly pickup: string;
    readonly end: number;
    /** The number of the newest frame that was ever kept. */
    readonly last: number;
    readonly blob: Blob | null;
}

export interface Mailbox extends Row {
    /** SHA-256 of the mailbox id, in hexadecimal (RELAY-8). */
    readonly address: string;
    readonly frames: readonly Frame[];
}

function sizeOf({ frames, blob }: Mailbox): number {
    return frames.reduce((sum, { frame }) => sum + frame.length, blob?.bytes.length ?? 0);
}

export class Mailboxes {
    readonly bounds: RelayBounds;
    readonly #folder: string;
    readonly #key: Uint8Array;
    #journal: Journal;
    readonly #vouchers = new Map<string, number>();
    readonly #mailboxes = new Map<string, Mailbox>();
    readonly #addresses = new Map<string, string>();
    #bytes = 0;
    /** Since when the file holds what is to be gone from it, or the order of what came; null while it does not. */
    #staleSince: number | null = 0;

    /** Opens what a folder keeps, or makes it. */
    constructor(folder: string, key: Uint8Array, bounds: RelayBounds = BOUNDS.relay) {
        this.bounds = bounds;
        this.#folder = folder;
        this.#key = key;
        const { journal, rows } = Journal.open(folder, key, FILE);
        this.#journal = journal;
        this.#read(rows);
    }

    #read(rows: Rows): void {
        const frames = new Map<string, Frame[]>();
        for (const [key, row] of rows) {
            const [kind, name = ""] = key.split("/");
            if (kind === "voucher") this.#vouchers.set(name, row as number);
            if (kind === "frame") frames.set(name, [...(frames.get(name) ?? []), row as Frame]);
        }
        for (const [key, row] of rows) {
            const [kind, address = ""] = key.split("/");
            if (kind !== "mailbox") continue;
            const kept = (frames.get(address) ?? []).sort((one, other) => one.number - other.number);
            this.#put({ ...(row as Row), address, frames: kept });
        }
    }

    /** How many frames are kept. */
    get kept(): number {
        return [...this.#mailboxes.values()].reduce((sum, { frames }) => sum + frames.length, 0);
    }

    /** Whether so many more vouchers may be given. */
    hasRoomFor(vouchers: number): boolean {
        return this.#vouchers.size + vouchers <= this.bounds.vouchers;
    }

    /** Takes hashes of vouchers that are about to be given; nothing says to whom (RELAY-6). */
    add(hashes: readonly Uint8Array[], until: number): void {
        this.#journal.append(hashes.map((hash): Change => [`voucher/${hex(hash)}`, until]));
        for (const hash of hashes) this.#vouchers.set(hex(hash), until);
    }

    /** Opens a mailbox; gives the end of its lease (RELAY-9 to RELAY-11). */
    open(voucher: Uint8Array, address: Uint8Array, pickup: Uint8Array, now: number): Answered {
        if (!this.#isGood(voucher, now) || this.at(hex(address), now) !== null || this.of(pickup, now) !== null)
            return UNKNOWN;
        if (this.#mailboxes.size >= this.bounds.mailboxes) return FULL;
        const end = endOf(now, this.bounds.leaseS);
        this.#write({ address: hex(address), pickup: hex(pickup), end, last: 0, blob: null, frames: [] }, now, [
            [`voucher/${hex(voucher)}`, undefined],
        ]);
        this.#vouchers.delete(hex(voucher));
        return { outcome: "done", fields: [end] };
    }

    /** Prolongs a lease. */
    renew(voucher: Uint8Array, pickup: Uint8Array, now: number): Answered {
        const mailbox = this.of(pickup, now);
        if (mailbox === null || !this.#isGood(voucher, now)) return UNKNOWN;
        const end = Math.max(mailbox.end, endOf(now, this.bounds.leaseS));
        this.#write({ ...mailbox, end }, now, [[`voucher/${hex(voucher)}`, undefined]]);
        this.#vouchers.delete(hex(voucher));
        return { outcome: "done", fields: [end] };
    }

    /** Publishes a blob, or with an empty one takes it away (RELAY-17). */
    publish(pickup: Uint8Array, bytes: Uint8Array, until: number, now: number): Answered {
        const mailbox = this.of(pickup, now);
        if (mailbox === null) return UNKNOWN;
        if (mailbox.frames.length > 0 || this.#bytes + bytes.length > this.bounds.bytesInAll) return FULL;
        this.#write({ ...mailbox, blob: bytes.length === 0 ? null : { bytes, until } }, now);
        return DONE;
    }

    /** Keeps a frame for a mailbox, where there is one with room; gives the mailbox then (RELAY-12, RELAY-15, RELAY-18). */
    keep(address: Uint8Array, frame: Uint8Array, now: number): Mailbox | null {
        const mailbox = this.at(hex(address), now);
        if (mailbox === null) return null;
        const isFull = mailbox.frames.length >= this.bounds.frames || sizeOf(mailbox) + frame.length > this.bounds.bytes;
        if (mailbox.blob !== null || isFull || this.#bytes + frame.length > this.bounds.bytesInAll) return mailbox;
        const kept: Frame = { number: mailbox.last + 1, frame, came: now - (now % HOUR_S) };
        const changed = { ...mailbox, last: kept.number, frames: [...mailbox.frames, kept] };
        this.#write(changed, now, [[frameKey(mailbox, kept), kept]]);
        return changed;
    }

    /** Deletes the frames up to and with a number (RELAY-14). */
    taken(address: string, number: number, now: number): void {
        const mailbox = this.at(address, now);
        if (mailbox === null) return;
        const [gone, left] = [mailbox.frames.filter((one) => one.number <= number), mailbox.frames.filter((one) => one.number > number)];
        this.#write({ ...mailbox, frames: left }, now, gone.map((one) => [frameKey(mailbox, one), undefined]));
    }

    /** Deletes a mailbox with everything in it. */
    close(pickup: Uint8Array, now: number): Answered {
        const mailbox = this.of(pickup, now);
        if (mailbox === null) return UNKNOWN;
        this.#remove(mailbox, now);
        return DONE;
    }

    /** The blob that is published under an address. */
    blob(address: Uint8Array, now: number): Uint8Array | undefined {
        const blob = this.at(hex(address), now)?.blob ?? null;
        return blob === null || blob.until <= now ? undefined : blob.bytes;
    }

    /** An open mailbox by its address; from the end of its lease it is as one that never was. */
    at(address: string, now: number): Mailbox | null {
        const mailbox = this.#mailboxes.get(address);
        return mailbox === undefined || mailbox.end <= now ? null : mailbox;
    }

    /** The same by the hash of its pickup token. */
    of(pickup: Uint8Array, now: number): Mailbox | null {
        const address = this.#addresses.get(hex(pickup));
        return address === undefined ? null : this.at(address, now);
    }

    /** Removes what is over (RELAY-9, RELAY-11, RELAY-16), and writes all anew once that is due. */
    sweep(now: number): void {
        const over = [...this.#vouchers].filter(([, until]) => until < now).map(([hash]) => hash);
        this.#journal.append(over.map((hash): Change => [`voucher/${hash}`, undefined]));
        for (const hash of over) this.#vouchers.delete(hash);
        for (const mailbox of [...this.#mailboxes.values()]) {
            const old = mailbox.frames.filter(({ came }) => came + RELAY_KEPT_S + HOUR_S < now).at(-1);
            if (mailbox.end <= now) this.#remove(mailbox, now);
            else if (old !== undefined) this.taken(mailbox.address, old.number, now);
        }
        if (this.#staleSince !== null && now >= this.#staleSince + ANEW_S) this.#anew();
    }

    shut(): void {
        this.#journal.close();
    }

    #isGood(voucher: Uint8Array, now: number): boolean {
        return (this.#vouchers.get(hex(voucher)) ?? 0) >= now;
    }

    /** First on the disk, then here. */
    #write(mailbox: Mailbox, now: number, beside: readonly Change[] = []): void {
        const { address, frames: _frames, ...row } = mailbox;
        this.#journal.append([...beside, [`mailbox/${address}`, row]]);
        this.#put(mailbox);
        this.#staleSince ??= now;
    }

    #put(mailbox: Mailbox): void {
        const before = this.#mailboxes.get(mailbox.address);
        this.#bytes += sizeOf(mailbox) - (before === undefined ? 0 : sizeOf(before));
        if (before !== undefined) this.#addresses.delete(before.pickup);
        this.#mailboxes.set(mailbox.address, mailbox);
        this.#addresses.set(mailbox.pickup, mailbox.address);
    }

    #remove(mailbox: Mailbox, now: number): void {
        const frames = mailbox.frames.map((one): Change => [frameKey(mailbox, one), undefined]);
        this.#journal.append([...frames, [`mailbox/${mailbox.address}`, undefined]]);
        this.#mailboxes.delete(mailbox.address);
        this.#addresses.delete(mailbox.pickup);
        this.#bytes -= sizeOf(mailbox);
        this.#staleSince ??= now;
    }

    /** All rows in the order of their keys: nothing of what came when is left, and nothing of what was deleted. */
    #anew(): void {
        const rows: [string, unknown][] = [...this.#vouchers].map(([hash, until]) => [`voucher/${hash}`, until]);
        for (const mailbox of this.#mailboxes.values()) {
            const { address, frames, ...row } = mailbox;
            rows.push([`mailbox/${address}`, row]);
            for (const one of frames) rows.push([frameKey(mailbox, one), one]);
        }
        rows.sort(([one], [other]) => (one < other ? -1 : 1));
        this.#journal.close();
        this.#journal = Journal.anew(this.#folder, this.#key, new Map(rows), FILE);
        this.#staleSince = null;
    }
}

function frameKey({ address }: Mailbox, { number }: Frame): string {
    return `frame/${address}/${number}`;
}

/** The end of the day on which a lease is over that begins now (RELAY-11). */
function endOf(now: number, leaseS: number): number {
    return Math.ceil((now + leaseS) / DAY_S) * DAY_S;
}
