/** Makes of the rows of a chain what a node knew, for the recovery that has to follow (spec 21 §5, spec 06 §1). */

import { hex, same } from "../../encoding/bytes.js";
import { decode } from "../../encoding/cbor.js";
import { bytes, integer, nullable, text, tuple } from "../../encoding/shape.js";
import { kemPublicOf } from "../../crypto/kem.js";
import { type Entry, entryOf } from "../../engine/entry.js";
import { emptyLine } from "../../engine/lines.js";
import { EMPTY_LOG, withEntries } from "../../engine/log.js";
import { marked } from "../../engine/marks.js";
import type { Former, Kept, Scope } from "../../engine/scope.js";
import { refuse } from "../../errors.js";
import { isName, readBody } from "../../features/body.js";
import { PATH_BYTES_MAX } from "../../limits.js";
import type { Part } from "../../wire/content.js";
import { firstId, readHeader } from "../../wire/header.js";
import { readInvitation } from "../../wire/invitation.js";
import { type KeyLog, readLog } from "../../wire/keylog.js";
import type { Row, RowOf } from "./rows.js";
import { type ArchivedRecord, type ArchivedRelationship, recordName } from "./write.js";

/** A message as the rows say it stands. */
interface Said {
    readonly isOwn: boolean;
    readonly signed: Uint8Array;
    readonly verdict: string | null;
    readonly firstSigner: Uint8Array | null;
    readonly parts: readonly Part[];
}

interface Gathered {
    readonly kept: RowOf<"kept">;
    readonly marks: ReadonlySet<string>;
    readonly said: Map<string, Said>;
    readonly formers: Map<string, Former>;
    readonly fork: Uint8Array | null;
}

/** What a chain says of a node. */
export interface Restored {
    readonly node: RowOf<"node">;
    readonly records: readonly ArchivedRecord[];
    /** Their scopes have neither signing nor receiving key, and are stopped: each has to recover before it does anything. */
    readonly relationships: readonly ArchivedRelationship[];
}

const SOURCE_BYTES_MAX = 64;
const recordShape = tuple(text(1, PATH_BYTES_MAX), integer(1), nullable(bytes()), integer(), text(1, SOURCE_BYTES_MAX));

/** Takes the rows of a chain in their order (ARCHIVE-10). */
export class Restoring {
    #node: RowOf<"node"> | null = null;
    readonly #own = new Map<string, Uint8Array>();
    readonly #relationships = new Map<string, Gathered>();

    take(row: Row): void {
        switch (row.kind) {
            case "node":
                this.#node = row.elements;
                return;
            case "own":
                return this.#takeOwn(row.elements);
            case "kept":
                return this.#takeKept(row.elements);
            case "marked":
                return this.#takeMarked(row.elements);
            case "said":
                return this.#takeSaid(row.elements);
            case "former":
                return this.#takeFormer(row.elements);
            case "judged":
                return this.#takeJudged(row.elements);
            case "fork":
                return this.#change(row.elements[1], () => ({ fork: row.elements[2] }));
            case "timed": // commands of the owner that this implementation has none of
            case "end":
                return;
        }
    }

    /** What the rows came to. */
    async finish(): Promise<Restored> {
        const relationships: ArchivedRelationship[] = [];
        for (const gathered of this.#relationships.values()) relationships.push(await relationshipOf(gathered));
        return { node: this.#node ?? refuse("shape"), records: recordsIn(this.#own), relationships };
    }

    #takeOwn([, name, value]: RowOf<"own">): void {
        if (value === null) this.#own.delete(name);
        else this.#own.set(name, value);
    }

    /** It takes the place of the one before, and of its marks and forks; the messages stay. */
    #takeKept(kept: RowOf<"kept">): void {
        const before = this.#relationships.get(hex(kept[1]));
        const { said, formers } = before ?? { said: new Map<string, Said>(), formers: new Map<string, Former>() };
        this.#relationships.set(hex(kept[1]), { kept, marks: new Set(), said, formers, fork: null });
    }

    #takeMarked([, id, marked]: RowOf<"marked">): void {
        this.#change(id, ({ marks }) => ({ marks: new Set([...marks, ...marked.map(hex)]) }));
    }

    #takeSaid([, id, isOwn, signed, verdict, firstSigner, parts]: RowOf<"said">): void {
        const { said } = this.#held(id);
        said.set(hex(firstId(readHeader(signed))), { isOwn, signed, verdict, firstSigner, parts });
    }

    #takeFormer([, id, , signed]: RowOf<"former">): void {
        const header = readHeader(signed);
        this.#held(id).formers.set(hex(header.id), { firstId: hex(firstId(header)), signed });
    }

    #takeJudged([, id, first, verdict]: RowOf<"judged">): void {
        const { said } = this.#held(id);
        const before = said.get(hex(first));
        if (before !== undefined) said.set(hex(first), { ...before, verdict });
    }

    #change(id: Uint8Array, change: (held: Gathered) => Partial<Gathered>): void {
        const held = this.#held(id);
        this.#relationships.set(hex(id), { ...held, ...change(held) });
    }

    #held(id: Uint8Array): Gathered {
        return this.#relationships.get(hex(id)) ?? refuse("shape");
    }
}

/** The newest version of each datum; one that was let go of is none. Other names are passed over. */
function recordsIn(own: ReadonlyMap<string, Uint8Array>): readonly ArchivedRecord[] {
    const newest = new Map<string, ArchivedRecord | null>();
    const versions = new Map<string, number>();
    for (const [name, value] of own) {
        if (!name.startsWith("record/")) continue;
        const [path, version, item, time] = recordShape(decode(value, "record"));
        if (recordName(path, version) !== name || version < (versions.get(path) ?? 0)) continue;
        versions.set(path, version);
        newest.set(path, item === null ? null : { path, version, item, time });
    }
    return [...newest.values()].filter((record) => record !== null);
}

async function relationshipOf(gathered: Gathered): Promise<ArchivedRelationship> {
    const [, id, [, , name, purpose], [, , , mailboxes]] = gathered.kept;
    return { id, name, purpose, mailboxes, scope: await scopeOf(gathered) };
}

async function scopeOf(gathered: Gathered): Promise<Scope> {
    const { kept, marks, said, formers, fork } = gathered;
    const [, , met, mine, peer, [signedInvitation, succession, receipt], heads, decided, closed] = kept;
    const [isOpener, , , , , , invitation, , heard] = met;
    const [founding, events, kind, mailboxes, endpoints, nonce, seeds] = mine;
    const [log, theirLog] = [readLog(events), readLog(peer[1])];
    const invited = signedInvitation === null ? null : readInvitation(signedInvitation).log;
    const contacts = await Promise.all(seeds.map(async (seed) => ({ seed, public: await kemPublicOf(seed) })));
    const present = contacts.find((pair) => same(pair.public, log.last.contactKey)) ?? contacts[0] ?? refuse("shape");
    const older = contacts.filter((pair) => pair !== present).map((pair) => ({ pair, until: null }));
    const own = { seed: new Uint8Array(0), contact: present, events, log };
    const before = (first: Uint8Array, side: KeyLog): KeyLog | null => (same(first, side.persona) ? null : invited);
    const messages = [...said].map(([first, one]): [string, Kept] => [first, { signed: one.signed, parts: one.parts }]);
    const place = { mailbox: mailboxes[0] ?? refuse("shape"), endpoints };
    const isInviting = !same(founding, log.persona);
    return {
        role: isOpener ? "opener" : "other",
        invitation: hex(invitation),
        signedInvitation,
        mine: {
            founding, own, before: before(founding, log), olderContacts: older,
            succession: isInviting ? succession : null, introduces: false, place, kind, nonce,
        },
        theirs: {
            founding: peer[0], log: theirLog, before: before(peer[0], theirLog), succession: isInviting ? null : succession,
            place: { mailbox: peer[3], endpoints: peer[4] }, formerPlaces: new Map(), kind: peer[2],
            key: null, keyNumber: 0, receipt, start: null,
        },
        receiving: { number: 0, current: present, next: present }, taken: [], giving: null,
        incoming: { ...emptyLine(theirLog, log), refusals: [], fork },
        outgoing: { ...emptyLine(log, theirLog), receipted: 0 },
        log: withEntries(EMPTY_LOG, ...[...said].map(([first, one]) => entryIn(one, marks.has(first)))),
        waiting: [], messages: new Map(messages), formers,
        recover: null, recoverTries: { sent: 0, due: decided },
        knownHead: heads[0] > 0 ? { id: hex(heads[1]), marked: [...marks] } : null,
        recovered: null, answered: {}, isStopped: true, newerLog: null, closedAt: closed === 0 ? null : closed,
        heard, decided,
    };
}

function entryIn({ isOwn, signed, verdict, firstSigner, parts }: Said, isMarked: boolean): Entry {
    const header = readHeader(signed);
    const body = parts[0] ?? null;
    const said = body === null || !isName(header.name) ? null : readBody(header.name, body[1]);
    const signer = firstSigner ?? header.object.signatures[0]?.kid ?? refuse("cose-structure");
    const entry = entryOf(header, { signer, isOwn, said, verdict });
    return isMarked ? marked(entry) : entry;
}
