/** Recovery: a side that comes back from an earlier time meets its peer, and both end alike (spec 06). */

import { deepStrictEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { stateDigest } from "../src/engine/digest.js";
import { receive } from "../src/engine/intake.js";
import { EMPTY_LOG } from "../src/engine/log.js";
import { openContactFor, openFor, sealLetter, sealRecover } from "../src/engine/post.js";
import { answerOf } from "../src/engine/receipts.js";
import { takeRecover, takeStale } from "../src/engine/recovery/recover.js";
import type { Scope } from "../src/engine/scope.js";
import { speak } from "../src/engine/speak.js";
import { hex } from "../src/encoding/bytes.js";
import { encode } from "../src/encoding/encode.js";
import { step } from "./steps.js";
import { type Side, World } from "./world.js";

const WALKS = 15;
const STEPS = 40;

function digests({ scopes }: World): readonly string[] {
    return [scopes.opener, scopes.other].map(({ log }) => hex(stateDigest(log)));
}

function unaffirmed({ log, mine }: Scope): readonly string[] {
    const own = hex(mine.own.log.persona);
    return [...log.entries.values()]
        .filter((entry) => entry.isUnaffirmed && entry.sender === own)
        .map(({ firstId }) => firstId);
}

/** The owner of a side affirms all that came back. */
function affirm(world: World, side: Side): void {
    const ids = unaffirmed(world.scopes[side]).map((id) => new Uint8Array(Buffer.from(id, "hex")));
    const thread =
        [...world.scopes[side].log.threads.values()].find(({ feature }) => feature === "relationship")?.id ?? "";
    if (ids.length > 0) world.say(side, { name: "relationship.affirm", body: { ids }, thread });
}

test("after a recovery from any earlier time both sides end alike, and affirming lifts every mark", () => {
    let marks = 0;
    for (let walk = 0; walk < WALKS; walk += 1) {
        const world = World.active(`recovery ${walk}`);
        const earlier: Record<Side, Scope[]> = { opener: [world.scopes.opener], other: [world.scopes.other] };
        for (let count = 0; count < STEPS; count += 1) {
            step(world);
            for (const side of ["opener", "other"] as const) earlier[side].push(world.scopes[side]);
        }
        const side = world.fresh.oneOf<Side>(["opener", "other"]);
        world.recover(side, world.fresh.oneOf(earlier[side]));
        world.deliverAll();
        const [a, b] = digests(world);
        equal(a, b, `walk ${walk}`);
        marks += unaffirmed(world.scopes[side]).length;
        affirm(world, side);
        world.deliverAll();
        const [c, d] = digests(world);
        equal(c, d, `walk ${walk}, affirmed`);
        deepStrictEqual(unaffirmed(world.scopes[side]), []);
        deepStrictEqual([world.scopes.opener.waiting, world.scopes.other.waiting], [[], []]);
    }
    ok(marks > 0);
});

test("recover and its answer travel in frames: one to the contact key, one in a session to the key that it announces", async () => {
    const world = World.active("frames");
    const { opener, other } = world.scopes;
    const back = world.extended("opener", opener);
    const frame = await sealRecover(back);
    ok(frame);
    const turn = takeRecover(other, await openContactFor(other, frame), world.moment());
    const [answer] = turn.answers;
    ok(answer);
    const sealed = await sealLetter(
        turn.scope,
        { signed: answer, parts: [], opensSession: false },
        world.now,
        world.fresh,
    );
    ok(sealed);
    const opened = await openFor(back, sealed.frame, world.now);
    const home = receive(back, opened, world.moment());
    deepStrictEqual([home.refused, home.scope.recover, home.answers.length], [undefined, null, 1]);
    equal(hex(stateDigest(home.scope.log)), hex(stateDigest(turn.scope.log)));
});

test("what an older copy says after a recovery is stale, and its own log stops it", () => {
    const world = World.active("older");
    const older = world.scopes.opener;
    world.recover("opener", older);
    world.deliverAll();
    const { other } = world.scopes;
    const thief = speak(
        older,
        { name: "conversation.say", body: { answers: undefined }, thread: null, items: [encode("x")] },
        { rosters: new Map() },
        world.now,
        world.fresh,
    ).scope;
    const [row] = thief.waiting;
    ok(row);
    throws(() => world.give("opener", row), { stage: "order", code: "stale" });
    equal(world.scopes.other, other);
    const stale = answerOf(other, "pcloud-stale", [world.scopes.opener.mine.own.events], null);
    equal(takeStale(thief, stale).isStopped, true);
    equal(takeStale(world.scopes.opener, stale).isStopped, false);
});

test("a repeated recover gets the same answer and resets nothing; another event of the same number is stale", () => {
    const world = World.active("twice");
    const earlier = world.scopes.opener;
    const [one, two] = [world.extended("opener", earlier), world.extended("opener", earlier)];
    const first = takeRecover(world.scopes.other, one.recover ?? new Uint8Array(), world.moment());
    const again = takeRecover(first.scope, one.recover ?? new Uint8Array(), world.moment());
    deepStrictEqual(again.answers, first.answers);
    deepStrictEqual(
        [again.scope.log, again.scope.incoming, again.scope.outgoing],
        [first.scope.log, first.scope.incoming, first.scope.outgoing],
    );
    deepStrictEqual(takeRecover(again.scope, one.recover ?? new Uint8Array(), world.moment()).answers, []);
    throws(() => takeRecover(first.scope, two.recover ?? new Uint8Array(), world.moment()), {
        stage: "order",
        code: "stale",
    });
});

test("while a side recovers it numbers nothing and judges nothing", () => {
    const world = World.active("waiting");
    const back = world.extended("opener", world.scopes.opener);
    throws(
        () =>
            speak(
                back,
                { name: "conversation.say", body: { answers: undefined }, thread: null, items: [encode("x")] },
                { rosters: new Map() },
                world.now,
                world.fresh,
            ),
        { code: "recovering" },
    );
});

test("a rejected entry leaves no trace on either side, and what the relationship rests on cannot be rejected", () => {
    const world = World.active("rejected");
    const earlier = world.scopes.opener;
    const empty = hex(stateDigest(earlier.log));
    world.say("opener", {
        name: "conversation.say",
        body: { answers: undefined },
        thread: null,
        items: [encode("a thief")],
    });
    world.deliverAll();
    world.recover("opener", { ...earlier, log: EMPTY_LOG, messages: new Map() });
    world.deliverAll();
    const back = unaffirmed(world.scopes.opener);
    equal(back.length, 3); // request, confirm, say
    const thread =
        [...world.scopes.opener.log.threads.values()].find(({ feature }) => feature === "relationship")?.id ?? "";
    const ids = back.map((id) => new Uint8Array(Buffer.from(id, "hex")));
    throws(
        () =>
            world.say("opener", {
                name: "conversation.say",
                body: { answers: undefined },
                thread: null,
                items: [encode("x")],
            }),
        { code: "unaffirmed" },
    );
    world.say("opener", { name: "relationship.reject", body: { ids }, thread });
    affirm(world, "opener");
    world.deliverAll();
    deepStrictEqual(digests(world), [empty, empty]);
});

test("a side that lost everything but its keys is given back an active relationship", () => {
    for (const side of ["opener", "other"] as const) {
        const world = World.active(`nothing left ${side}`);
        world.recover(side, { ...world.scopes[side], log: EMPTY_LOG, messages: new Map() });
        world.deliverAll();
        const states = [world.scopes.opener, world.scopes.other].map(({ log }) =>
            [...log.threads.values()].map(({ state }) => state),
        );
        deepStrictEqual(states, [["active"], ["active"]]);
        const [a, b] = digests(world);
        equal(a, b);
    }
});
