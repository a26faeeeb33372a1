/** The order of a line, its answers, and what sends a message again (spec 05 §4 and §5). */

import { deepStrictEqual, equal, notEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { afterHearing, afterSending, dueNow, nextDue } from "../src/engine/outbox.js";
import type { Scope } from "../src/engine/scope.js";
import { hex } from "../src/encoding/bytes.js";
import { encode } from "../src/encoding/encode.js";
import { RefusalError } from "../src/errors.js";
import { RETRY_SILENT_S, RETRY_S_MAX, SILENCE_S_MAX } from "../src/limits.js";
import { type Answer, type AnswerType, readAnswer } from "../src/wire/answer.js";
import { makeHeader, readHeader } from "../src/wire/header.js";
import { type Side, World } from "./world.js";

function say(world: World, side: Side, text = "hello"): void {
    world.say(side, { name: "conversation.say", body: { answers: undefined }, thread: null, items: [encode(text)] });
}

function answerIn<T extends AnswerType>({ answers }: { readonly answers: readonly Uint8Array[] }, typ: T): Answer<T> {
    const [answer, ...others] = answers;
    ok(answer);
    deepStrictEqual(others, []);
    return readAnswer(answer, typ);
}

/** Gives a side the signed header of another message under a number, with the parts of the first waiting message. */
function forged(
    world: World,
    from: Side,
    change: (fields: ReturnType<typeof readHeader>) => Partial<ReturnType<typeof readHeader>>,
) {
    const { mine, waiting } = world.scopes[from];
    const [row] = waiting;
    ok(row);
    const header = readHeader(row.signed);
    const signed = makeHeader({ ...header, ...change(header) }, mine.own.seed, mine.own.log.last.signingKey);
    return world.give(from, { signed, parts: row.parts });
}

/** What a frame that changed nothing but counters may change. */
function essence({ log, incoming, outgoing, waiting, isStopped }: Scope) {
    return { log, incoming, outgoing, waiting, isStopped };
}

test("a repeat is answered with the present receipt, at most once in ten seconds, and changes nothing", () => {
    const world = World.active("repeat");
    say(world, "opener");
    const [row] = world.scopes.opener.waiting;
    ok(row);
    world.deliver("opener");
    const before = essence(world.scopes.other);
    const again = world.give("opener", row);
    equal(answerIn(again, "pcloud-receipt").further[0], row.number);
    deepStrictEqual(world.give("opener", row).answers, []);
    world.now += 10;
    equal(world.give("opener", row).answers.length, 1);
    deepStrictEqual(essence(world.scopes.other), before);
});

test("a message ahead of its turn is not judged, and the number that is next is told", () => {
    const world = World.active("ahead");
    say(world, "opener");
    say(world, "opener");
    const [first, second] = world.scopes.opener.waiting;
    ok(first && second);
    const before = essence(world.scopes.other);
    const turn = world.give("opener", second);
    equal(turn.refused, "expected");
    deepStrictEqual(answerIn(turn, "pcloud-expected").further, [first.number]);
    deepStrictEqual(essence(world.scopes.other), before);
});

test("another message under a judged number is a fork: it is kept as evidence, the line halts, and the other direction goes on", () => {
    const world = World.active("fork");
    say(world, "opener");
    const { mine, waiting } = world.scopes.opener;
    const [row] = waiting;
    ok(row);
    world.deliver("opener");
    const other = makeHeader({ ...readHeader(row.signed), time: 1 }, mine.own.seed, mine.own.log.last.signingKey);
    const turn = world.give("opener", { signed: other, parts: row.parts });
    equal(turn.refused, "fork");
    const { further } = answerIn(turn, "pcloud-fork");
    deepStrictEqual([further[0], hex(further[1] ?? new Uint8Array())], [row.number, hex(readHeader(row.signed).id)]);
    equal(world.scopes.other.incoming.fork, other);
    equal(world.give("opener", row).refused, "halted");
    say(world, "other");
    equal(world.deliver("other").decision?.verdict, "applied");
});

test("a message that names another before it is a fork too", () => {
    const world = World.active("prev");
    say(world, "opener");
    const turn = forged(world, "opener", () => ({ prev: new Uint8Array(32) }));
    equal(turn.refused, "fork");
    equal(
        answerIn(turn, "pcloud-fork").further[0],
        readHeader(world.scopes.opener.waiting[0]?.signed ?? new Uint8Array()).number - 1,
    );
});

test("epochs are compared before the signature, and personas before them", () => {
    const world = World.active("epochs");
    say(world, "opener");
    const before = essence(world.scopes.other);
    const refusals: readonly (readonly [Partial<ReturnType<typeof readHeader>>, string])[] = [
        [{ senderEpoch: 1 }, "epoch-unknown"],
        [{ sender: new Uint8Array(32), senderEpoch: 1 }, "wrong-party"],
        [{ recipient: new Uint8Array(32) }, "wrong-party"],
    ];
    for (const [change, code] of refusals) throws(() => forged(world, "opener", () => change), { code });
    deepStrictEqual(essence(world.scopes.other), before);
});

test("a message that names an epoch, or a message, of the receiver that it does not know stops this copy", () => {
    const changes: readonly Partial<ReturnType<typeof readHeader>>[] = [
        { recipientEpoch: 1 },
        { receivedNumber: 9, receivedId: new Uint8Array(32) },
        { receivedNumber: 1, receivedId: new Uint8Array(32) },
    ];
    for (const change of changes) {
        const world = World.active("outdated");
        say(world, "opener");
        const { log, incoming } = world.scopes.other;
        const turn = forged(world, "opener", () => change);
        deepStrictEqual([turn.refused, turn.answers, world.scopes.other.isStopped], ["outdated", [], true]);
        deepStrictEqual([world.scopes.other.log, world.scopes.other.incoming], [log, incoming]);
        throws(() => say(world, "other"), { code: "outdated" });
        equal(forged(world, "opener", () => ({})).refused, "recovering");
    }
});

test("a receipt frees what it covers with its verdicts, and a lower one is dropped", () => {
    const world = World.active("receipts");
    say(world, "opener");
    world.say("opener", {
        name: "conversation.say",
        body: { answers: undefined },
        thread: null,
        items: [encode("x")],
        expiry: world.now,
    });
    world.now += 5;
    const first = world.deliver("opener");
    const [early] = first.answers;
    const second = world.deliver("opener");
    equal(second.decision?.verdict, "expired");
    const { waiting, log } = world.scopes.opener;
    deepStrictEqual(waiting, []);
    equal([...log.entries.values()].at(-1)?.verdict, "expired");
    equal(world.answer("opener", early ?? new Uint8Array()).refused, "receipt-unknown");
    equal(world.scopes.opener.log, log);
});

test("a receipt for a number that was never sent stops this copy", () => {
    const world = World.active("rollback");
    const older = world.scopes.opener;
    say(world, "opener");
    const { answers } = world.deliver("opener");
    world.scopes.opener = older;
    const turn = world.answer("opener", answers[0] ?? new Uint8Array());
    deepStrictEqual([turn.refused, turn.scope.isStopped, turn.scope.log], ["outdated", true, older.log]);
});

test("waits double up to six hours, a week after thirty days of silence, and begin anew when the peer is heard", () => {
    const world = World.active("waits");
    say(world, "opener");
    let scope = world.scopes.opener;
    const waits: number[] = [];
    let { now } = world;
    for (let times = 0; times < 14; times += 1) {
        const [row] = dueNow(scope, now);
        ok(row);
        scope = afterSending(scope, row.number, now, world.fresh);
        const due = scope.waiting[0]?.due ?? 0;
        waits.push(due - now);
        now = due;
    }
    waits.forEach((wait, place) => {
        const least = Math.min(30 * 2 ** place, RETRY_S_MAX);
        ok(wait >= least && wait <= least * 1.25 + 1, `${place}: ${wait}`);
    });
    const silent = afterSending(scope, scope.waiting[0]?.number ?? 0, scope.heard + SILENCE_S_MAX, world.fresh);
    ok((silent.waiting[0]?.due ?? 0) >= scope.heard + SILENCE_S_MAX + RETRY_SILENT_S);
    equal(nextDue(silent), silent.waiting[0]?.due);
  const heard = afterHearing(silent, scope.heard + SILENCE_S_MAX + 1);
    equal(dueNow(heard, scope.heard + SILENCE_S_MAX + 1).length, 1);
});

test("what waits for thirty days, and what waits when the relationship ends, loses its items and nothing else", () => {
    const world = World.active("items");
    say(world, "opener");
    const [row] = world.scopes.opener.waiting;
    ok(row?.parts[1]);
    const late = afterSending(world.scopes.opener, row.number, world.now + 2_592_000, world.fresh);
    deepStrictEqual(late.waiting[0]?.parts, [row.parts[0], null]);
    const thread =
        [...world.scopes.opener.log.threads.values()].find(({ feature }) => feature === "relationship")?.id ?? "";
    world.say("opener", { name: "relationship.close", body: { held: "none", until: undefined }, thread });
    deepStrictEqual(world.scopes.opener.waiting[0], { ...row, parts: [row.parts[0], null] });
    world.deliver("opener");
    equal(world.judged.at(-1)?.verdict, "applied"); // TALK-3
});

test("what the owner commands and a receiver would refuse is not said, and changes nothing", () => {
    const world = World.active("own");
    const before = world.scopes.opener;
    const thread = [...before.log.threads.values()].find(({ feature }) => feature === "relationship")?.id ?? "";
    throws(() => world.say("opener", { name: "relationship.resume", body: {}, thread }), { code: "not-in-state" });
    throws(
        () =>
            world.say("opener", {
                name: "relationship.confirm",
                body: { nonce: new Uint8Array(32), accept: new Uint8Array(32) },
                thread,
            }),
        RefusalError,
    );
    throws(() => say(world, "opener", ""), { code: "body-form" });
    throws(() => say(world, "opener", "x".repeat(60_000)), { code: "content-too-large" });
    equal(world.scopes.opener, before);
    notEqual(thread, "");
});
