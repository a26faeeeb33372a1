/** One random step of a walk: a command of an owner, or a delivery. What the own node refuses is not said. */

import type { Scope } from "../src/engine/scope.js";
import type { Thread, ThreadOf } from "../src/engine/fold.js";
import { agreementsOf, relationshipThread } from "../src/engine/log.js";
import { agreedIn } from "../src/engine/threads/terms.js";
import { RefusalError } from "../src/errors.js";
import { AGREEMENT, agreementBytes } from "../src/features/agreement.js";
import { signedByOneOfTwo } from "../src/wire/cose.js";
import { sign } from "../src/crypto/ed25519.js";
import { encode } from "../src/encoding/encode.js";
import { ROSTER, type Seeded, type Side, type World } from "./world.js";

type Command = (world: World, side: Side) => void;

const PATHS = ["profile.name", "profile.address.home", "profile.email", "receipts/a1"] as const;
const ITEM = encode("a value");

function threadsOf(scope: Scope, feature: Thread["feature"]): readonly Thread[] {
    return [...scope.log.threads.values()].filter((thread) => thread.feature === feature);
}

/** A thread of a feature, or null: a new one is opened. */
function someThread(world: World, side: Side, feature: Thread["feature"]): Thread | null {
    const threads = threadsOf(world.scopes[side], feature);
    return threads.length === 0 || world.fresh.below(4) === 0 ? null : world.fresh.oneOf(threads);
}

function relationship(world: World, side: Side): string {
    return relationshipThread(world.scopes[side].log)?.id ?? "";
}

function proffer(world: World, side: Side): void {
    const terms = world.fresh.oneOf([...ROSTER.terms.keys()]);
    const entry = ROSTER.terms.get(terms);
    if (entry === undefined) return;
    const thread = world.fresh.below(2) === 0 ? null : (someThread(world, side, "terms")?.id ?? null);
    const agreements = agreementsOf(world.scopes[side].log);
    const former = agreements.length > 0 && world.fresh.below(2) === 0 ? world.fresh.oneOf(agreements) : undefined;
    const replaces = former === undefined ? undefined : new Uint8Array(Buffer.from(former.id, "hex"));
    const body = {
        roster: ROSTER.id,
        terms,
        text: entry.textHash,
        machine: entry.machineHash,
        expires: world.now + 1000,
        until: undefined,
        replaces,
    };
    world.say(side, { name: "terms.proffer", body, thread });
}

function agree(world: World, side: Side): void {
    const thread = someThread(world, side, "terms");
    if (thread?.feature !== "terms" || thread.data.proffer === undefined) return;
    const { own } = world.scopes[side].mine;
    const sealBy = world.now + 500;
    const agreed = agreedIn({ ...thread.data, second: own.log.persona, seal_by: sealBy }, thread.opener);
    if (agreed === undefined) return;
    const signature = sign(own.seed, signedByOneOfTwo(AGREEMENT, agreementBytes(agreed), own.log.last.signingKey));
    world.say(side, {
        name: "terms.accept",
        body: { proffer: thread.data.proffer, sealBy, signature },
        thread: thread.id,
    });
}

function inTerms(name: "terms.decline" | "terms.withdraw"): Command {
    return (world, side) => {
        const thread = someThread(world, side, "terms");
        if (thread !== null) world.say(side, { name, body: { reason: undefined }, thread: thread.id });
    };
}

function terminate(world: World, side: Side): void {
    const agreements = agreementsOf(world.scopes[side].log);
    if (agreements.length === 0 || world.fresh.below(4) > 0) return;
    const { id, thread } = world.fresh.oneOf(agreements);
    world.say(side, {
        name: "terms.terminate",
        body: { agreement: new Uint8Array(Buffer.from(id, "hex")), reason: undefined },
        thread,
    });
}

function counter(world: World, side: Side): void {
    const thread = someThread(world, side, "terms");
    if (thread !== null)
        world.say(side, {
            name: "terms.counter",
            body: { terms: world.fresh.oneOf([...ROSTER.terms.keys()]) },
            thread: thread.id,
        });
}

const PURPOSE = { action: "dpv:Use", purposes: ["dpv:ServiceProvision"] } as const;

function agreementOf(world: World, side: Side): { readonly id: string; readonly bytes: Uint8Array } | undefined {
    const agreements = agreementsOf(world.scopes[side].log).filter(({ ended }) => ended.length === 0);
    if (agreements.length === 0) return undefined;
    const { id } = world.fresh.oneOf(agreements);
    return { id, bytes: new Uint8Array(Buffer.from(id, "hex")) };
}

function ask(world: World, side: Side): void {
    const agreement = agreementOf(world, side);
    if (agreement === undefined) return;
    const wanted = some(world.fresh).map((path) => [path, false, null] as const);
    const body = {
        agreement: agreement.bytes,
        wanted,
        ...PURPOSE,
        until: world.now + 10_000,
        standing: true,
        onward: undefined,
        circumstances: undefined,
    };
    world.say(side, { name: "disclosure.request", body, thread: null, agreement: agreement.id });
}

function some(fresh: Seeded): readonly string[] {
    const chosen = PATHS.filter(() => fresh.below(2) === 0);
    return chosen.length === 0 ? [PATHS[0]] : chosen;
}

function present(world: World, side: Side): void {
    const thread = someThread(world, side, "disclosure");
    const agreement = agreementOf(world, side);
    if (agreement === undefined) return;
    const wanted = thread?.feature === "disclosure" ? (thread.data.wanted ?? []) : some(world.fresh);
    const fields = wanted.map((path) => [path, 1] as const);
    const body = {
        agreement: agreement.bytes,
        fields,
        ...PURPOSE,
        until: world.now + 5_000,
        standing: true,
        onward: undefined,
        declined: undefined,
        answers: undefined,
    };
    world.say(side, {
        name: "disclosure.present",
        body,
        thread: thread?.id ?? null,
        agreement: agreement.id,
        items: fields.map(() => ITEM),
    });
}

/** A thread of this side in which something was granted. */
function someGrant(world: World, side: Side): ThreadOf<"disclosure"> | undefined {
    const threads = threadsOf(world.scopes[side], "disclosure");
    const granted = threads.filter(
        (thread): thread is ThreadOf<"disclosure"> =>
            thread.feature === "disclosure" && thread.data.grant !== undefined,
    );
    return granted.length === 0 ? undefined : world.fresh.oneOf(granted);
}

function update(world: World, side: Side): void {
    const thread = someGrant(world, side);
    if (thread?.data.grant === undefined || thread.data.agreement === undefined) return;
    const held = [...(thread.data.fields ?? [])].filter(() => world.fresh.below(2) === 0);
    const fields = held.map(([path, [version]]) => [path, version + 1 + world.fresh.below(2)] as const);
    const body = { grant: thread.data.grant, fields, ...PURPOSE };
    const agreement = Buffer.from(thread.data.agreement).toString("hex");
    world.say(side, { name: "disclosure.update", body, thread: thread.id, agreement, items: fields.map(() => ITEM) });
}

function inDisclosure(world: World, side: Side): void {
    const thread = someGrant(world, side);
    if (thread === undefined) return;
    const held = [...(thread.data.fields ?? [])];
    const paths =
        world.fresh.below(2) === 0 ? undefined : held.map(([path]) => path).slice(0, 1 + world.fresh.below(3));
    switch (world.fresh.below(4)) {
        case 0:
            world.say(side, { name: "disclosure.revoke", body: { paths }, thread: thread.id });
            return;
        case 1:
            world.say(side, { name: "disclosure.erase", body: { paths }, thread: thread.id });
            return;
        case 2: {
            const fields = held.map(([path, [version]]) => [path, version] as const).slice(0, 1 + world.fresh.below(3));
            world.say(side, {
                name: "disclosure.erased",
                body: { fields, backups: world.now, kept: undefined },
                thread: thread.id,
            });
            return;
        }
        default: {
            const outcomes = held.map(([path, [version]]) => [path, version, "applied"] as const);
            world.say(side, { name: "disclosure.acknowledge", body: { outcomes }, thread: thread.id });
        }
    }
}

function declineAsked(world: World, side: Side): void {
    const thread = someThread(world, side, "disclosure");
    if (thread !== null)
        world.say(side, {
            name: "disclosure.decline",
            body: { reason: "not-now", declined: undefined },
            thread: thread.id,
        });
}

function rights(world: World, side: Side): void {
    const thread = someThread(world, side, "disclosure");
    if (thread === null)
        world.say(side, {
            name: "disclosure.rights",
            body: { right: "access", paths: undefined, due: undefined },
            thread: null,
        });
    else
        world.say(side, {
            name: "disclosure.answer",
            body: {
                outcome: world.fresh.oneOf(["done", "partly"]),
                reason: undefined,
                until: undefined,
                fields: undefined,
            },
            thread: thread.id,
        });
}

function services(world: World, side: Side): void {
    const feature = world.fresh.oneOf(["relay", "custody"] as const);
    const thread = someThread(world, side, feature)?.id ?? null;
    const endpoints = ["https://service.example"];
    const number = 1 + world.fresh.below(9);
    switch (world.fresh.below(4)) {
        case 0:
            if (feature === "relay") world.say(side, { name: "relay.ask", body: { vouchers: number }, thread });
            else
                world.say(side, {
                    name: "custody.ask",
                    body: { address: world.fresh.bytes(32), bytes: number, days: number },
                    thread,
                });
            return;
        case 1:
            if (feature === "relay") {
                const body = { endpoints, lease: 2_592_000, frames: number, bytes: number, until: world.now };
                world.say(side, { name: "relay.grant", body, thread, items: [encode([world.fresh.bytes(32)])] });
            } else {
                world.say(side, {
                    name: "custody.grant",
                    body: { bytes: number, days: number, endpoints },
                    thread,
                    items: [encode(world.fresh.bytes(32))],
                });
            }
            return;
        case 2:
            world.say(side, { name: `${feature}.refuse`, body: { reason: undefined }, thread });
            return;
        default:
            world.say(side, { name: `${feature}.end`, body: {}, thread });
    }
}

function inRelationship(world: World, side: Side): void {
    const thread = relationship(world, side);
    const dice = world.fresh.below(200);
    if (dice === 0) {
        world.say(side, { name: "relationship.close", body: { held: "kept", until: world.now }, thread });
    } else if (dice < 20) {
        world.say(side, { name: "relationship.pause", body: { until: undefined }, thread });
    } else if (dice < 30) {
        world.say(side, {
            name: "relationship.move",
            body: { mailbox: world.fresh.bytes(16), endpoints: ["https://moved.example"] },
            thread,
        });
    } else {
        world.say(side, { name: "relationship.resume", body: {}, thread });
    }
}

function talk(world: World, side: Side): void {
    const thread = someThread(world, side, "conversation")?.id ?? null;
    world.say(side, { name: "conversation.say", body: { answers: undefined }, thread, items: [encode("hello")] });
}

const COMMANDS: readonly Command[] = [
    talk,
    inRelationship,
    inRelationship,
    proffer,
    proffer,
    agree,
    agree,
    agree,
    counter,
    inTerms("terms.decline"),
    inTerms("terms.withdraw"),
    terminate,
    ask,
    ask,
    present,
    present,
    present,
    present,
    update,
    update,
    update,
    inDisclosure,
    inDisclosure,
    inDisclosure,
    declineAsked,
    rights,
    services,
    services,
];

const TRIES = 4;

/** A delivery, or the first of a few commands that the own node does not refuse; what it refuses has no effect (GATE-17). */
export function step(world: World): void {
    world.now += world.fresh.below(3);
    const side = world.fresh.oneOf<Side>(["opener", "other"]);
    if (world.onTheWay(side) > 0 && world.fresh.below(2) === 0) {
        world.deliver(side);
        return;
    }
    const said = world.scopes[side].outgoing.ids.length;
    for (let tries = 0; tries < TRIES && world.scopes[side].outgoing.ids.length === said; tries += 1) {
        try {
            world.fresh.oneOf(COMMANDS)(world, side);
        } catch (error) {
            if (!(error instanceof RefusalError)) throw error;
        }
    }
}
