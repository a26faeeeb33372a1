/** Two nodes in memory: their engines with seeded randomness, and a wire on which messages wait until they are delivered. */

import { equal, ok } from "node:assert/strict";
import { accept, type InvitationScope, makeInvitation, receiveRequest, request } from "../src/engine/handshake.js";
import { type Moment, type Opened, type Turn, receive } from "../src/engine/intake.js";
import { type Fresh, type KemPair, makePersona } from "../src/engine/persona.js";
import type { Kind } from "../src/engine/judging.js";
import type { Place, Scope, Surroundings, Waiting } from "../src/engine/scope.js";
import { type Speech, speak } from "../src/engine/speak.js";
import type { Name } from "../src/features/body.js";
import { type Roster, readRoster } from "../src/features/roster.js";
import { hex } from "../src/encoding/bytes.js";
import type { Content } from "../src/wire/content.js";
import { sha256 } from "../src/crypto/digest.js";
import { encode } from "../src/encoding/encode.js";
import { kemPublicOf } from "../src/crypto/kem.js";
import { commitment } from "../src/crypto/nextkey.js";
import { publicKey } from "../src/crypto/ed25519.js";
import { extended, recover, takeRecover } from "../src/engine/recovery/recover.js";
import { session } from "../src/wire/start.js";
import { specBytes } from "./spec.js";

export type Side = "opener" | "other";
const KEEPER = "29b3f6b8ed3049749628afe44902376d1eaea447c0b8f282754af03c383ef69c";
export const ROSTER: Roster = readRoster(
    specBytes("rosters/customer-commons.cbor"),
    new Uint8Array(Buffer.from(KEEPER, "hex")),
);
const AROUND: Surroundings = { rosters: new Map([[hex(ROSTER.id), ROSTER]]) };

/** Few key pairs of the KEM, made once for all worlds: no frame is sealed here, so they may serve again. */
const PAIRS: readonly KemPair[] = await Promise.all(
    [1, 2, 3, 4].map(async (number) => {
        const seed = new Uint8Array(32).fill(number);
        return { seed, public: await kemPublicOf(seed) };
    }),
);

/** Randomness that is the same for the same seed. */
export class Seeded implements Fresh {
    #state: Uint8Array;
    #pairs = 0;

    constructor(seed: string) {
        this.#state = sha256(encode(seed));
    }

    bytes(count: number): Uint8Array {
        const drawn = new Uint8Array(count);
        for (let at = 0; at < count; at += 32) {
            this.#state = sha256(this.#state);
            drawn.set(this.#state.subarray(0, Math.min(32, count - at)), at);
        }
        return drawn;
    }

    kemPair(): KemPair {
        this.#pairs += 1;
        const pair = PAIRS[this.#pairs % PAIRS.length];
        ok(pair);
        return pair;
    }

    /** An integer below a bound. */
    below(bound: number): number {
        const [a = 0, b = 0, c = 0] = this.bytes(3);
        return (a + 256 * b + 65536 * c) % bound;
    }

    /** One of several. */
    oneOf<T>(several: readonly T[]): T {
        return several[this.below(several.length)] as T;
    }
}

function place(name: string): Place {
    return { mailbox: sha256(encode(name)).slice(0, 16), endpoints: [`https://${name}.example`] };
}

function opened(content: Content): Opened {
    return { session: session(new Uint8Array(16), new Uint8Array(32)), block: null, isNew: false, content };
}

/** What both sides said, in the order in which it was judged. */
export interface Judged {
    readonly from: Side;
    readonly row: Waiting;
    readonly verdict: string;
}

/** Two scopes; each message waits on the wire of its side until the test delivers it, and receipts come at once. */
export class World {
    readonly fresh: Seeded;
    readonly scopes: Record<Side, Scope>;
    readonly invitation: InvitationScope;
    readonly judged: Judged[] = [];
    readonly #sent: Record<Side, number> = { opener: 0, other: 0 };
    /** Seeds of the next keys: what the words of each owner can make. */
    readonly #next: Record<Side, Uint8Array> = { opener: new Uint8Array(32), other: new Uint8Array(32) };
    #made: Uint8Array = new Uint8Array(32);
    readonly #everMade: Uint8Array[] = [];
    now = 1_800_000_000;

    private constructor(fresh: Seeded, invitation: InvitationScope, opener: Scope, other: Scope) {
        this.fresh = fresh;
        this.invitation = invitation;
        this.scopes = { opener, other };
    }

    /** A relationship whose request was taken and is not answered yet. */
    static requested(
        seed: string,
        kinds: Readonly<Record<Side, Kind>> = { opener: "person", other: "organisation" },
    ): World {
        const fresh = new Seeded(seed);
        const now = 1_800_000_000;
        const at = { around: AROUND, now, fresh };
        const invitation = makeInvitation(
            { place: place("inviting"), purpose: "A walk", kind: kinds.other, uses: 1, created: now },
            fresh,
        );
        const next = fresh.bytes(32);
        const own = makePersona(fresh, commitment(publicKey(next)));
        const opener = request(invitation.invitation, { own, place: place("requesting"), kind: kinds.opener }, at);
        const [row] = opener.waiting;
        ok(row);
        const content: Content = {
            start: new Uint8Array(),
            introduction: { log: own.events, succession: null },
            signed: row.signed,
            parts: row.parts,
        };
        const turn = receiveRequest(invitation, opened(content), at);
        const world = new World(fresh, invitation, opener, turn.scope);
        world.#next.opener = next;
        world.#took("opener", row, turn);
        return world;
    }

    /** A relationship that is active on both sides. */
    static active(seed: string, kinds?: Readonly<Record<Side, Kind>>): World {
        const world = World.requested(seed, kinds);
        world.#next.other = world.fresh.bytes(32);
        world.scopes.other = accept(
            world.scopes.other,
            place("kept"),
            commitment(publicKey(world.#next.other)),
            world.moment(),
        );
        world.deliverAll();
        return world;
    }

    moment(): Moment {
        return { around: AROUND, now: this.now, fresh: this.fresh };
    }

    /** An owner's command; throws what the own gates and tables refuse. Gives the first id. */
    say<N extends Name>(side: Side, speech: Speech<N>): string {
        const spoken = speak(this.scopes[side], speech, AROUND, this.now, this.fresh);
        this.scopes[side] = spoken.scope;
        return spoken.firstId;
    }

    /** How many messages of a side wait to be delivered. */
    onTheWay(side: Side): number {
        return this.scopes[side].outgoing.ids.length - this.#sent[side];
    }

    /** Delivers the next message of a side, and its receipt back. */
    deliver(side: Side): Turn {
        const number = this.#sent[side] + 1;
        const { mine, waiting } = this.scopes[side];
        const row = waiting.find((one) => one.number === number);
        ok(row);
        const introduction = mine.introduces ? { log: mine.own.events, succession: mine.succession } : null;
        const to = side === "opener" ? "other" : "opener";
        const content: Content = { start: null, introduction, signed: row.signed, parts: row.parts };
        const turn = receive(this.scopes[to], opened(content), this.moment());
        this.scopes[to] = turn.scope;
        this.#took(side, row, turn);
        return turn;
    }

    #took(side: Side, row: Waiting, turn: Turn): void {
        equal(turn.refused, undefined);
        ok(turn.decision?.failure === undefined, String(turn.decision?.failure));
        if (turn.decision !== undefined) this.judged.push({ from: side, row, verdict: turn.decision.verdict });
        this.#sent[side] = row.number;
        for (const answer of turn.answers) this.answer(side, answer);
    }

    /** Gives the peer of a side something that was signed, as it might come again, too early, or from a forger. */
    give(side: Side, { signed, parts }: Pick<Waiting, "signed" | "parts">): Turn {
        const to = side === "opener" ? "other" : "opener";
        const turn = receive(
            this.scopes[to],
            opened({ start: null, introduction: null, signed, parts }),
            this.moment(),
        );
        this.scopes[to] = turn.scope;
        return turn;
    }

    /** Gives an answer of the peer to a side. */
    answer(side: Side, signed: Uint8Array): Turn {
        const turn = receive(
            this.scopes[side],
            opened({ start: null, introduction: null, signed, parts: [] }),
            this.moment(),
        );
        this.scopes[side] = turn.scope;
        return turn;
    }

    /** A side as it was at an earlier time, with the next event that its words can make; it waits for its answer. */
    extended(side: Side, earlier: Scope): Scope {
        const next = this.fresh.bytes(32);
        const own = extended(this.scopes[side].mine.own, this.#next[side], commitment(publicKey(next)), this.fresh);
        this.#made = next;
        this.#everMade.push(next);
        return recover(earlier, own, place(`${side} ${this.now}`), this.fresh);
    }

    /** The seed of the next key that a copy committed to: what the words of its owner make. */
    nextSeedOf({ mine }: Scope): Uint8Array {
        const wanted = hex(mine.own.log.last.next ?? new Uint8Array());
        const seed = this.#everMade.find((one) => hex(commitment(publicKey(one))) === wanted);
        ok(seed);
        return seed;
    }

    /** A side comes back as it was at an earlier time, with its words; what was on the way is lost (spec 06). */
    recover(side: Side, earlier: Scope): void {
        const to = side === "opener" ? "other" : "opener";
        this.scopes[side] = this.extended(side, earlier);
        this.#next[side] = this.#made;
        const turn = takeRecover(this.scopes[to], this.scopes[side].recover ?? new Uint8Array(), this.moment());
        this.scopes[to] = turn.scope;
        this.#sent.opener = 0;
        this.#sent.other = 0;
        for (const answer of turn.answers) equal(this.answer(side, answer).refused, undefined);
    }

    /** Delivers everything, one side after the other, until nothing waits. */
    deliverAll(): void {
        while (this.onTheWay("opener") + this.onTheWay("other") > 0) {
            const sides: readonly Side[] = ["opener", "other"];
            const ready = sides.filter((side) => this.onTheWay(side) > 0);
            this.deliver(this.fresh.oneOf(ready));
        }
    }
}
