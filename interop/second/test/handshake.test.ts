/** The worked handshake of spec 17: both roles make the published frames, byte by byte, from the published seeds. */

import { deepStrictEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { test } from "node:test";
import { stateDigest } from "../src/engine/digest.js";
import {
    type InvitationScope,
    accept,
    makeInvitation,
    receiveRequest,
    request,
    shortCode,
  takeUse,
} from "../src/engine/handshake.js";
import { type Moment, type Turn, receive } from "../src/engine/intake.js";
import { dueNow } from "../src/engine/outbox.js";
import { type Fresh, type KemPair, makePersona } from "../src/engine/persona.js";
import { type Letter, openFor, openForInvitation, sealLetter } from "../src/engine/post.js";
import type { Place, Scope } from "../src/engine/scope.js";
import { hex, unhex } from "../src/encoding/bytes.js";
import { nextCommitment } from "../src/crypto/nextkey.js";
import { session } from "../src/wire/start.js";
import { kemPublicOf } from "../src/crypto/kem.js";
import { specText } from "./spec.js";

interface PersonaSeeds {
    readonly signing_seed: string;
    readonly contact_seed: string;
}

interface Session {
    readonly block: string;
    readonly session: string;
    readonly secret: string;
}

interface Companion {
    readonly frames: readonly {
        readonly frame: string;
        readonly random: string;
        readonly salt?: string;
        readonly time?: number;
        readonly state_digest?: string;
    }[];
    readonly invitation: { readonly receiving_seed: string; readonly signed: string };
    readonly personas: Readonly<Record<"inviting" | "requester" | "successor", PersonaSeeds>>;
    readonly receiving_keys: readonly { readonly of: string; readonly number: number; readonly seed: string }[];
    readonly nonces: { readonly inviting: string; readonly requester: string };
    readonly mailboxes: { readonly requester: string; readonly successor: string };
    readonly sessions: Readonly<Record<"there" | "back" | "anew", Session>>;
    readonly code: { readonly code: string };
}

const COMPANION = JSON.parse(specText("vectors/traces/handshake-bytes.json")) as Companion;
const ROTATION_SECRET = Uint8Array.from({ length: 32 }, (_, place) => place);
const AROUND = { rosters: new Map() };
const [CREATED, REQUESTED, ACCEPTED, CONFIRMED] = [1798700000, 1798700060, 1798700120, 1798700180];

function bytesOf(text: string): Uint8Array {
    return unhex(text) ?? new Uint8Array();
}

async function pairOf(seed: string): Promise<KemPair> {
    return { seed: bytesOf(seed), public: await kemPublicOf(bytesOf(seed)) };
}

/** Randomness in the order in which it is drawn; drawing more, or another length, fails the test. */
function drawn(
    texts: readonly (string | undefined)[],
    pairs: readonly KemPair[],
): Fresh & { readonly isEmpty: () => boolean } {
    const left = { bytes: texts.map((text) => bytesOf(text ?? "")), pairs: [...pairs] };
    return {
        bytes: (count) => {
            const next = left.bytes.shift();
            equal(next?.length, count);
            return next ?? new Uint8Array();
        },
        kemPair: () => {
            const next = left.pairs.shift();
            ok(next);
            return next;
        },
        isEmpty: () => left.bytes.length === 0 && left.pairs.length === 0,
    };
}

function frame(number: number): Companion["frames"][number] {
    const found = COMPANION.frames[number - 1];
    ok(found);
    return found;
}

async function receivingPair(of: string, number: number): Promise<KemPair> {
    return pairOf(COMPANION.receiving_keys.find((key) => key.of === of && key.number === number)?.seed ?? "");
}

function moment(now: number, fresh: Fresh): Moment {
    return { around: AROUND, now, fresh };
}

const NOTHING = drawn([], []);

/** Seals a letter as the published frame of a number, with the published block where a session begins. */
async function sealed(
    scope: Scope,
    letter: Letter,
    number: number,
    now: number,
    begins?: keyof Companion["sessions"],
): Promise<Scope> {
    const make = async () => {
        ok(begins !== undefined, "a session begins where none should");
        const { block, session: id, secret } = COMPANION.sessions[begins];
        return Promise.resolve({ block: bytesOf(block), session: session(bytesOf(id), bytesOf(secret)) });
    };
    const result = await sealLetter(scope, letter, now, drawn([frame(number).random], []), make);
    equal(hex(result?.frame ?? new Uint8Array()), frame(number).frame, `frame ${number}`);
    return result?.scope ?? scope;
}

function message(scope: Scope, now: number): Letter {
    const [row, ...others] = dueNow(scope, now);
    ok(row);
    deepStrictEqual(others, []);
    return { signed: row.signed, parts: row.parts, opensSession: true };
}

function answer({ answers }: Turn): Letter {
    equal(answers.length, 1);
    return { signed: answers[0] ?? null, parts: [], opensSession: false };
}

async function invitation(): Promise<InvitationScope> {
    const { signing_seed, contact_seed } = COMPANION.personas.inviting;
    const fresh = drawn(
        [signing_seed],
        [await pairOf(contact_seed), await pairOf(COMPANION.invitation.receiving_seed)],
    );
    const place: Place = {
        mailbox: bytesOf("952c7428bfe463e1bc089cc462bb9476"),
        endpoints: ["https://relay.example/m"],
    };
    const made = makeInvitation(
        { place, purpose: "Meet at the market", kind: "organisation", uses: 1, created: CREATED },
        fresh,
    );
    equal(hex(made.signed), COMPANION.invitation.signed);
    return made;
}

async function requested(at: InvitationScope): Promise<Scope> {
    const { signing_seed, contact_seed } = COMPANION.personas.requester;
    const own = makePersona(drawn([signing_seed], [await pairOf(contact_seed)]), nextCommitment(ROTATION_SECRET, 0, 2));
    const place: Place = { mailbox: bytesOf(COMPANION.mailboxes.requester), endpoints: ["https://relay.example/1"] };
    const keys = [await receivingPair("requester", 1), await receivingPair("requester", 2)];
    const fresh = drawn([COMPANION.nonces.requester, frame(1).salt], keys);
    return request(at.invitation, { own, place, kind: "person" }, moment(REQUESTED, fresh));
}

/** The next receiving key is made in advance; that it is another than the published ones shows nowhere. */
async function aNextKey(): Promise<KemPair> {
    return pairOf("77".repeat(32));
}

test("both sides make every published frame, and show one code", async () => {
    const at = await invitation();
    let requester = await requested(at);
    requester = await sealed(requester, message(requester, REQUESTED), 1, REQUESTED, "there");

    const firstKeys = [await receivingPair("inviting", 1), await receivingPair("inviting", 2)];
    const opened = await openForInvitation(at, bytesOf(frame(1).frame));
    const pending = receiveRequest(at, opened, moment(REQUESTED, drawn([], firstKeys)));
    equal(pending.decision?.verdict, "applied");
    let inviting = await sealed(pending.scope, answer(pending), 2, REQUESTED, "back");

    const named = receive(
        requester,
        await openFor(requester, bytesOf(frame(2).frame), REQUESTED),
        moment(REQUESTED, drawn([], [await aNextKey()])),
    );
    requester = await sealed(named.scope, answer(named), 3, REQUESTED);
    equal(requester.waiting.length, 0);
    const receipted = receive(
        inviting,
        await openFor(inviting, bytesOf(frame(3).frame), REQUESTED),
        moment(REQUESTED, NOTHING),
    );
    deepStrictEqual(receipted.answers, []);

    const { signing_seed, contact_seed } = COMPANION.personas.successor;
    const place: Place = { mailbox: bytesOf(COMPANION.mailboxes.successor), endpoints: ["https://relay.example/2"] };
    const yes = drawn([COMPANION.nonces.inviting, signing_seed, frame(4).salt], [await pairOf(contact_seed)]);
    inviting = accept(receipted.scope, place, nextCommitment(ROTATION_SECRET, 0, 3), moment(ACCEPTED, yes));
    inviting = await sealed(inviting, message(inviting, ACCEPTED), 4, ACCEPTED);

    const confirming = drawn([frame(6).salt], []);
    const accepted = receive(
        requester,
        await openFor(requester, bytesOf(frame(4).frame), CONFIRMED),
        moment(CONFIRMED, confirming),
    );
    equal(accepted.decision?.verdict, "applied");
    requester = await sealed(accepted.scope, answer(accepted), 5, CONFIRMED, "anew");
    requester = await sealed(requester, message(requester, CONFIRMED), 6, CONFIRMED);

    const heard = receive(
        inviting,
        await openFor(inviting, bytesOf(frame(5).frame), CONFIRMED),
        moment(CONFIRMED, drawn([], [await aNextKey()])),
    );
    inviting = await sealed(heard.scope, answer(heard), 7, CONFIRMED);
    equal(shortCode(inviting), undefined);
    const confirmed = receive(
        inviting,
        await openFor(inviting, bytesOf(frame(6).frame), CONFIRMED),
        moment(CONFIRMED, NOTHING),
    );
    inviting = await sealed(confirmed.scope, answer(confirmed), 8, CONFIRMED);

    for (const number of [7, 8]) {
        const turn = receive(
            requester,
            await openFor(requester, bytesOf(frame(number).frame), CONFIRMED),
            moment(CONFIRMED, NOTHING),
        );
        deepStrictEqual(turn.answers, []);
        requester = turn.scope;
    }
    deepStrictEqual([shortCode(requester), shortCode(inviting)], [COMPANION.code.code, COMPANION.code.code]);
    deepStrictEqual(
        [requester, inviting].map(({ log }) => hex(stateDigest(log))),
        [frame(6).state_digest, frame(6).state_digest],
    );
    deepStrictEqual([requester.waiting, inviting.waiting], [[], []]);
});

test("a frame that does not open changes nothing, and says why to nobody but its receiver", async () => {
    const at = await invitation();
    const wrong = bytesOf(frame(1).frame);
    wrong[wrong.length - 1] = (wrong.at(-1) ?? 0) ^ 1;
    await rejects(openForInvitation(at, wrong), { stage: "authentic", code: "not-opened" });
    await rejects(openForInvitation(at, bytesOf(frame(2).frame)), { stage: "authentic", code: "unknown-session" });
});

test("each accept takes one use of an invitation, and none is made for one that is used up or over", async () => {
  const at = await invitation();
  const used = takeUse(at, CREATED);
  deepStrictEqual([at.usesLeft, used.usesLeft], [1, 0]);
  throws(() => takeUse(used, CREATED), { stage: "content", code: "invitation-used" });
  const seed = COMPANION.personas.inviting;
  const fresh = drawn([seed.signing_seed], [await pairOf(seed.contact_seed), await pairOf(seed.contact_seed)]);
  const place: Place = { mailbox: new Uint8Array(16), endpoints: ["https://relay.example/m"] };
  const occasion = { place, purpose: "For a day", kind: "person", uses: 2, created: CREATED, expires: CREATED + 9 } as const;
  const brief = makeInvitation(occasion, fresh);
  equal(takeUse(brief, CREATED + 9).usesLeft, 1);
  throws(() => takeUse(brief, CREATED + 10), { stage: "content", code: "invitation-used" });
});
