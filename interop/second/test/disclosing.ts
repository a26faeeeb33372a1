/** A relationship in memory whose sides have agreed, and what tests of disclosure do in it. */

import { ok } from "node:assert/strict";
import type { Id } from "../src/engine/entry.js";
import { ACTION, type Ground, groundFor } from "../src/engine/grounds.js";
import { ledgerOf } from "../src/engine/ledger.js";
import { agreementsOf } from "../src/engine/log.js";
import { idBytes } from "../src/engine/threads/ends.js";
import { agreedIn } from "../src/engine/threads/terms.js";
import { AGREEMENT, agreementBytes } from "../src/features/agreement.js";
import type { Field, OwnData } from "../src/features/own-data.js";
import { signedByOneOfTwo } from "../src/wire/cose.js";
import { sign } from "../src/crypto/ed25519.js";
import { encode } from "../src/encoding/encode.js";
import type { Value } from "../src/encoding/value.js";
import { ROSTER, type Side, World } from "./world.js";

export const DAY_S = 86_400;
export const NAME = "profile.name";
export const MAIL = "profile.email";

/** Own data with each value in one version. */
export function data(version: number, values: Readonly<Record<string, Value>>): OwnData {
    return new Map(Object.entries(values).map(([path, value]) => [path, { version, item: encode(value) }]));
}

/** The opener proffers SD-BASE, the other agrees, and everything is delivered. */
export function agreed(seed: string): World {
    const world = World.active(seed);
    agree(world, "SD-BASE");
    return world;
}

/** Terms that the opener proffers and the other agrees to; gives the agreement's thread. */
export function agree(world: World, terms: string, until?: number): Id {
    const entry = ROSTER.terms.get(terms);
    ok(entry);
    const { textHash: text, machineHash: machine } = entry;
    const body = {
        roster: ROSTER.id,
        terms,
        text,
        machine,
        expires: world.now + DAY_S,
        until,
        replaces: undefined,
    };
    const thread = world.say("opener", { name: "terms.proffer", body, thread: null });
    world.deliverAll();
    const held = world.scopes.other.log.threads.get(thread);
    ok(held?.feature === "terms" && held.data.proffer !== undefined);
    const { own } = world.scopes.other.mine;
    const sealBy = world.now + DAY_S;
    const record = agreedIn({ ...held.data, second: own.log.persona, seal_by: sealBy }, held.opener);
    ok(record);
    const signature = sign(own.seed, signedByOneOfTwo(AGREEMENT, agreementBytes(record), own.log.last.signingKey));
    world.say("other", { name: "terms.accept", body: { proffer: held.data.proffer, sealBy, signature }, thread });
    world.deliverAll();
    return thread;
}

/** Under which ground a side gives or asks for paths. */
export function ground(world: World, side: Side, paths: readonly string[], until?: number): Ground {
    const wish = { paths, purposes: ["dpv:ServiceProvision"], until, isBounded: true };
    return groundFor(world.scopes[side], world.moment().around, wish, world.now);
}

/** A side gives fields unasked; gives the thread. */
export function given(world: World, side: Side, fields: readonly Field[], standing: boolean, end?: number): Id {
    const { agreement, purposes, until } = ground(
        world,
        side,
        fields.map(({ path }) => path),
        end,
    );
    const body = {
        agreement: idBytes(agreement),
        fields: fields.map(({ path, version }) => [path, version] as const),
        action: ACTION,
        purposes,
        until,
        standing,
        onward: undefined,
        declined: undefined,
        answers: undefined,
    };
    const items = fields.map(({ item }) => item);
    const thread = world.say(side, { name: "disclosure.present", body, thread: null, agreement, items });
    world.deliverAll();
    return thread;
}

export function field(path: string, version: number, value: Value): Field {
    return { path, version, item: encode(value) };
}

/** Path, version and state of each row of the ledger of a side. */
export function rows(world: World, side: Side): readonly (readonly [string, number, string])[] {
    const { log } = world.scopes[side];
    const inForce = agreementsOf(log).filter(({ ended }) => ended.length === 0);
    const around = { agreements: new Set(inForce.map(({ id }) => id)), sent: new Set<Id>() };
    return ledgerOf(log, around).map(({ path, version, state }) => [path, version, state]);
}
