/** All that a node knows, as rows of its journal: what is not on the disk is not in here either. */

import type { Change, Journal, Rows } from "./journal.js";
import type { InvitationScope } from "../engine/handshake.js";
import type { Kind } from "../engine/judging.js";
import type { Scope } from "../engine/scope.js";
import { hex } from "../encoding/bytes.js";
import { scopeChanges, scopeOf } from "./rows.js";

/** Who this node belongs to, and the commitments to next keys that its personas are given (spec 03 §4). */
export interface Owner {
    readonly name: string;
    readonly kind: Kind;
    /** When the node was made. */
    readonly made: number;
    /** Commitments of the next keys by index, and of which generation they are. */
    readonly pool: readonly Uint8Array[];
    readonly generation: number;
    /** The public key to which copies of the node are sealed (spec 04 §13). */
    readonly manifestKey: Uint8Array;
    /** What holders are told to keep volumes under, by index (spec 22 §2). */
    readonly addresses: readonly Uint8Array[];
}

/** An invitation that this node keeps for those who have its link. */
export interface Hosted {
    readonly scope: InvitationScope;
    readonly blob: Uint8Array;
}

/** Whether an invitation is used up or expired (REL-2). */
export function isEnded({ scope }: Hosted, now: number): boolean {
    const expires = scope.invitation.fields[12];
    return scope.usesLeft === 0 || (expires !== undefined && now > expires);
}

/** A contact that the owner has not said yes to; nothing was sent (REL-10). */
export interface Pending {
    readonly signed: Uint8Array;
}

/** What the owner is shown of a relationship, beside what its messages say. */
export interface About {
    readonly name: string | null;
    readonly purpose: string;
    /** Where frames of it come to, in hexadecimal: the mailbox of the invitation may be among them. */
    readonly mailboxes: readonly string[];
}

/** A relationship as it stands. */
export interface Held {
    readonly id: string;
    readonly scope: Scope;
    readonly about: About;
}

/** The newest version of a datum of the owner's own (spec 09 §2): its number, its encoding, and when it was set. */
export interface OwnRecord {
    readonly version: number;
    readonly item: Uint8Array;
    readonly time: number;
}

/** What one commit changes; null removes. */
export interface Edit {
    /** After a recovery: a new pool of next keys, of which none is used yet but those that come along. */
    readonly owner?: Owner;
    readonly relationship?: Held;
    /** Further ones, where one decision of the owner changes many. */
    readonly relationships?: readonly Held[];
    readonly record?: readonly [path: string, row: OwnRecord];
    readonly records?: readonly (readonly [path: string, row: OwnRecord])[];
    /** The clause that a message of the peer broke, by its first id (GATE-13). */
    readonly forbidden?: readonly [firstId: string, clause: string];
    readonly invitation?: readonly [id: string, row: Hosted | null];
    readonly contact?: readonly [id: string, row: Pending | null];
    /** Indexes of next keys that were given away. */
    readonly used?: readonly number[];
    /** What this node keeps of services that it gives and uses. */
    readonly service?: readonly ServiceRow[];
}

/** One row of a service, under a key of its own; null removes it. */
export type ServiceRow = readonly [key: string, row: unknown];

const OWNER = "owner";
const RENEWED = "renewed";

export class Memory {
    readonly #journal: Journal;
    #renewed: number;
    #owner: Owner;
    readonly #used: Set<number>;
    readonly #invitations: Map<string, Hosted>;
    readonly #contacts: Map<string, Pending>;
    readonly #services: Map<string, unknown>;
    readonly #records: Map<string, OwnRecord>;
    readonly #forbidden: Map<string, string>;
    readonly #relationships = new Map<string, Held>();
    #revision = 0;

    /** What the rows say; an owner that is given is a new one. */
    constructor(journal: Journal, rows: Rows, owner: Owner) {
        this.#journal = journal;
        this.#renewed = (rows.get(RENEWED) as number | undefined) ?? 0;
        this.#owner = owner;
        this.#used = new Set([...under(rows, "used")].map(([key]) => Number(key)));
        this.#invitations = new Map(under(rows, "invitation") as [string, Hosted][]);
        this.#contacts = new Map(under(rows, "contact") as [string, Pending][]);
        this.#services = new Map(under(rows, "service"));
        this.#records = new Map(under(rows, "record") as [string, OwnRecord][]);
        this.#forbidden = new Map(under(rows, "forbidden") as [string, string][]);
        const parts = new Map<string, [string, unknown][]>();
        for (const [key, row] of under(rows, "relationship")) {
            const slash = key.indexOf("/");
            const id = key.slice(0, slash);
            const own = parts.get(id) ?? [];
            own.push([key.slice(slash + 1), row]);
            parts.set(id, own);
        }
        for (const [id, own] of parts) {
            const about = own.find(([key]) => key === "about")?.[1] as About;
            this.#relationships.set(id, { id, scope: scopeOf(own), about });
        }
    }

    /** The owner that the rows name, or undefined in a new journal. */
    static ownerIn(rows: Rows): Owner | undefined {
        return rows.get(OWNER) as Owner | undefined;
    }

    static ownerRow(owner: Owner): Change {
        return [OWNER, owner];
    }

    get owner(): Owner {
        return this.#owner;
    }

    get relationships(): ReadonlyMap<string, Held> {
        return this.#relationships;
    }

    get invitations(): ReadonlyMap<string, Hosted> {
        return this.#invitations;
    }

    get contacts(): ReadonlyMap<string, Pending> {
        return this.#contacts;
    }

    get services(): ReadonlyMap<string, unknown> {
        return this.#services;
    }

    /** The owner's own data, by path. */
    get records(): ReadonlyMap<string, OwnRecord> {
        return this.#records;
    }

    /** The clauses that messages of peers broke, by first id. */
    get forbidden(): ReadonlyMap<string, string> {
        return this.#forbidden;
    }

    /** Grows with each commit that a copy of this node would hold: services are no part of one. */
    get revision(): number {
        return this.#revision;
    }

    /** The relationships whose frames come to a mailbox. */
    at(mailbox: string): readonly Held[] {
        return [...this.#relationships.values()].filter(({ about }) => about.mailboxes.includes(mailbox));
    }

    /** The invitation whose requests come to a mailbox. */
    invitationAt(mailbox: string): Hosted | undefined {
        return [...this.#invitations.values()].find(({ scope }) => hex(scope.invitation.fields[4]) === mailbox);
    }

    /** The first unused index of a next key from a place on (spec 03 §4). */
    unusedFrom(place: number): number | undefined {
        const { length } = this.owner.pool;
        for (let step = 0; step < length; step += 1) {
            const index = (place + step) % length;
            if (!this.#used.has(index)) return index;
        }
        return undefined;
    }

    /** One commit: first on the disk, then here. */
    write(edit: Edit): void {
        this.#journal.append(this.#changesFrom(edit));
        if (Object.keys(edit).some((kind) => kind !== "service")) this.#revision += 1;
        const { owner, invitation, contact, record, records = [], forbidden, used = [], service = [] } = edit;
        if (owner !== undefined) {
            this.#owner = owner;
            this.#used.clear();
        }
        for (const index of used) this.#used.add(index);
        if (invitation !== undefined) put(this.#invitations, ...invitation);
        if (contact !== undefined) put(this.#contacts, ...contact);
        for (const one of record === undefined ? records : [record, ...records]) put(this.#records, ...one);
        if (forbidden !== undefined) put(this.#forbidden, ...forbidden);
        for (const [key, row] of service) put(this.#services, key, row);
        for (const held of relationshipsIn(edit)) this.#relationships.set(held.id, held);
    }

    #changesFrom(edit: Edit): readonly Change[] {
        const { owner, invitation, contact, record, records = [], forbidden, used = [], service = [] } = edit;
        const changes: Change[] = [];
        if (owner !== undefined) {
            changes.push(Memory.ownerRow(owner));
            for (const index of this.#used) changes.push([`used/${index}`, undefined]);
        }
        for (const index of used) changes.push([`used/${index}`, true]);
        if (invitation !== undefined) changes.push([`invitation/${invitation[0]}`, invitation[1] ?? undefined]);
        if (contact !== undefined) changes.push([`contact/${contact[0]}`, contact[1] ?? undefined]);
        for (const [path, row] of record === undefined ? records : [record, ...records]) changes.push([`record/${path}`, row]);
        if (forbidden !== undefined) changes.push([`forbidden/${forbidden[0]}`, forbidden[1]]);
        for (const held of relationshipsIn(edit)) changes.push(...this.#changesOf(held));
        changes.push(...service.map(([key, row]): Change => [`service/${key}`, row ?? undefined]));
        return changes;
    }

    #changesOf({ id, scope, about }: Held): readonly Change[] {
        const before = this.#relationships.get(id);
        const prefix = `relationship/${id}/`;
        const changes = before?.scope === scope ? [] : scopeChanges(prefix, before?.scope ?? null, scope);
        return before?.about === about ? changes : [...changes, [`${prefix}about`, about]];
    }

    /** When the journal was written anew, in seconds since 1970: nothing that was erased before is on the disk. */
    get renewed(): number {
        return this.#renewed;
    }

    /** Writes the journal anew. */
    renew(now: number): void {
        this.#journal.renew([RENEWED, now]);
        this.#renewed = now;
    }

    close(): void {
        this.#journal.close();
    }
}

function relationshipsIn({ relationship, relationships = [] }: Edit): readonly Held[] {
    return relationship === undefined ? relationships : [relationship, ...relationships];
}

function put<T>(rows: Map<string, T>, id: string, row: T | null): void {
    if (row === null) rows.delete(id);
    else rows.set(id, row);
}

/** The rows whose keys begin so, without it. */
function under(rows: Rows, kind: string): [string, unknown][] {
    return [...rows].filter(([key]) => key.startsWith(`${kind}/`)).map(([key, row]) => [key.slice(kind.length + 1), row]);
}
