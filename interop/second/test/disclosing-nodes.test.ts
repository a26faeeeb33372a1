/** Disclosure as two owners have it, on nodes that live (spec 09). */

import { deepEqual, equal, notEqual, rejects } from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { decode } from "../src/encoding/cbor.js";
import { stateDigest } from "../src/engine/digest.js";
import { hex } from "../src/encoding/bytes.js";
import type { Value } from "../src/encoding/value.js";
import { type Code, RefusalError } from "../src/errors.js";
import { makeCopy } from "../src/node/copying.js";
import { CannotError, type Cannot } from "../src/node/cannot.js";
import { type Asking, ask, asked, heldOf } from "../src/node/owner/asking.js";
import { type Answering, answer, asks, erase, ledger, revoke, share } from "../src/node/owner/giving.js";
import { acknowledge, giveUp, handBack, handedBack } from "../src/node/owner/handing.js";
import { peers } from "../src/node/owner/peers.js";
import { affirm } from "../src/node/owner/recovering.js";
import { setRecord } from "../src/node/owner/records.js";
import { answerRight, claimRight, claims } from "../src/node/owner/rights.js";
import { aboutUs, log } from "../src/node/owner/telling.js";
import { terminate, terms } from "../src/node/owner/terms.js";
import { Pair, until } from "./pair.js";
import { DAY_S, MAIL, NAME } from "./disclosing.js";
import { ROSTER } from "./world.js";

const YEAR_S = 365 * DAY_S;
const SERVICE = ["dpv:ServiceProvision"];
const ALL: Answering = { only: undefined, decline: new Map(), reason: undefined };

function refused(code: Code | Cannot) {
    return (error: unknown) => (error instanceof RefusalError || error instanceof CannotError) && error.code === code;
}

let pair: Pair;
afterEach(() => pair.over());

async function set(values: Readonly<Record<string, Value>>): Promise<void> {
    for (const [path, value] of Object.entries(values)) await pair.does("person", (node) => setRecord(node, path, value));
}

/** The shop asks; the question as the person has it. */
async function asking(paths: readonly string[], more: Partial<Asking> = {}) {
    const wish = { paths, purposes: SERVICE, until: undefined, standing: true, required: [], ...more };
    const id = await pair.does("shop", (node, held) => ask(node, held, wish));
    return until(() => asks(pair.node("person")).find((one) => one.ask === id));
}

async function answering(question: { readonly ask: string }, how: Partial<Answering> = {}) {
    const given = await pair.does("person", (node) => answer(node, question.ask, { ...ALL, ...how }));
    await pair.quiet();
    return given;
}

/** The shop holds values of the person under a standing grant. */
async function given(values: Readonly<Record<string, Value>>): Promise<void> {
    await set(values);
    await answering(await asking(Object.keys(values)));
}

function held(): Readonly<Record<string, Value>> {
    return Object.fromEntries(heldOf(pair.node("shop"), pair.held("shop")).map(({ path, value }) => [path, value]));
}

function states(): Readonly<Record<string, string>> {
    return Object.fromEntries(ledger(pair.held("person")).map(({ path, state }) => [path, state]));
}

function questions() {
    return asked(pair.held("shop"), pair.node("shop").clock.now());
}

describe("an owner's own data", () => {
    it("are set in rising versions, the same value is no new one, and what is no datum is refused", async () => {
        pair = await Pair.agreed();
        const setting = (path: string, value: Value) => pair.does("person", (node) => setRecord(node, path, value));
        equal(await setting(NAME, "Anna"), 1);
        equal(await setting(NAME, "Anna"), 1);
        equal(await setting(NAME, "Anna Q."), 2);
        for (const path of ["No Path", "", "receipts/*", "profile.birthDate:over-18", "a".repeat(129)])
            await rejects(setting(path, "x"), refused("invalid"), path);
        for (const value of [null, "x".repeat(16_384), "\ud800", 2 ** 60] as Value[])
            await rejects(setting(MAIL, value), refused("invalid"));
        await pair.down("person");
        await pair.up("person");
        deepEqual([...pair.node("person").memory.records.keys()], [NAME]);
        equal(await setting(NAME, "Anna R."), 3);
    });
});

describe("a question", () => {
    it("is answered with what is there, and leaves open what is not", async () => {
        pair = await Pair.agreed();
        await set({ [NAME]: "Anna", "receipts/r1": 5, "receipts/r2": 7 });
        const question = await asking([NAME, MAIL, "receipts/*"], { required: [NAME], standing: false });
        deepEqual([question.required, question.standing, question.purposes], [[NAME], false, SERVICE]);
        deepEqual(await answering(question), [NAME, "receipts/r1", "receipts/r2"]);
        deepEqual(held(), { [NAME]: "Anna", "receipts/r1": 5, "receipts/r2": 7 });
        deepEqual(questions().map(({ state, given }) => [state, given]), [["given", [NAME, "receipts/r1", "receipts/r2"]]]);
        deepEqual(asks(pair.node("person")), []);
        await rejects(pair.does("person", (node) => answer(node, question.ask, ALL)), refused("unknown"));
    });

    it("is not answered beyond what it asks, nor with what is not there, and then it still waits", async () => {
        pair = await Pair.agreed();
        await set({ [NAME]: "Anna", [MAIL]: "a@a.example" });
        const question = await asking([NAME, "profile.telephone"]);
        await rejects(answering(question, { only: [MAIL] }), refused("not-asked"));
        await rejects(answering(question, { only: ["profile.telephone"] }), refused("unknown"));
        await rejects(answering(question, { decline: new Map([[MAIL, "not-now"]]) }), refused("not-asked"));
        const both = { only: [NAME], decline: new Map([[NAME, "not-now"]] as const) };
        await rejects(answering(question, both), refused("invalid"));
        deepEqual(asks(pair.node("person")).map((one) => one.ask), [question.ask]);
        deepEqual(states(), {});
        deepEqual(held(), {});
    });

    it("is over when its end or its terms are, and nothing is given then", async () => {
        pair = await Pair.agreed();
        await set({ [NAME]: "Anna" });
        const short = await asking([NAME], { until: pair.node("shop").clock.now() + DAY_S });
        await asking([NAME]);
        await pair.advance(2 * DAY_S);
        deepEqual(questions().map(({ state }) => state), ["over", "open"]);
        await rejects(pair.does("person", (node) => answer(node, short.ask, ALL)), refused("unknown"));
        const [negotiation] = terms(pair.held("person"));
        await pair.does("person", (node) => terminate(node, negotiation?.id ?? "", "not-needed"));
        await pair.quiet();
        deepEqual(questions().map(({ state }) => state), ["over", "over"]);
        deepEqual(asks(pair.node("person")), []);
        await rejects(asking([NAME]), refused("no-agreement"));
        deepEqual(held(), {});
    });

    it("that cannot be is not sent", async () => {
        pair = await Pair.agreed();
        const past = pair.node("shop").clock.now() - 1;
        await rejects(asking([]), refused("invalid"));
        await rejects(asking([NAME, NAME]), refused("invalid"));
        await rejects(asking([`${NAME}:equal`]), refused("invalid"));
        await rejects(asking([NAME], { required: [MAIL] }), refused("invalid"));
        await rejects(asking([NAME], { until: past }), refused("invalid"));
        await rejects(asking([NAME], { until: past + 3 * YEAR_S }), refused("terms-forbid"));
        await rejects(asking([NAME], { purposes: ["dpv:Marketing"] }), refused("terms-forbid"));
        deepEqual(questions(), []);
    });

    it("that a node asks against its terms is refused by the other, which records the clause [GATE-13]", async () => {
        const lax = new Map([...ROSTER.terms].map(([id, entry]) => [id, { ...entry, policy: laxOf(entry.policy) }]));
        const rosters = new Map([[hex(ROSTER.id), { ...ROSTER, terms: lax }]]);
        pair = await Pair.agreed({ shop: { rosters } });
        const wish = { paths: [NAME], purposes: ["dpv:Marketing"], until: undefined, standing: false, required: [] };
        const id = await pair.does("shop", (node, shown) => ask(node, shown, wish));
        await pair.quiet();
        deepEqual(questions().map(({ state }) => state), ["refused"]);
        deepEqual(asks(pair.node("person")), []);
        const find = () => log(pair.node("person"), pair.held("person")).find((entry) => entry.id === id);
        deepEqual([find()?.verdict, find()?.clause], ["terms-forbid", "no-marketing"]);
        deepEqual([...pair.both()].map((who) => peers(pair.node(who))[0]?.forbidden), [1, 0]);
        await pair.down("person");
        await pair.up("person");
        equal(find()?.clause, "no-marketing");
        equal(log(pair.node("shop"), pair.held("shop")).find((entry) => entry.id === id)?.clause, null);
    });
});

/** A policy that allows everything that it did not know of. */
function laxOf<P extends { readonly clauses: readonly unknown[] }>(policy: P): P {
    return { ...policy, clauses: [["anything", true, [], [], []]] };
}

describe("what was given", () => {
    it("is not brought a fact again that is the same after a change, and is brought another one [DISC-43]", async () => {
        pair = await Pair.agreed();
        await set({ "profile.birthDate": "1990-05-01" });
        await answering(await asking(["profile.birthDate:over-18"]));
        const said = () => log(pair.node("person"), pair.held("person")).length;
        const before = said();
        await set({ "profile.birthDate": "1990-05-02" });
        await pair.quiet();
        equal(said(), before);
        deepEqual(held(), { "profile.birthDate:over-18": true });
        await set({ "profile.birthDate": "2026-05-02" });
        await pair.quiet();
        equal(said(), before + 1);
        deepEqual(held(), { "profile.birthDate:over-18": false });
    });

    it("follows a change, also one that was made while the taker was away and the giver started again", async () => {
        pair = await Pair.agreed();
        await given({ [NAME]: "Anna" });
        await pair.down("shop");
        await set({ [NAME]: "Anna B." });
        await set({ [NAME]: "Anna C." });
        await pair.down("person");
        await pair.up("shop");
        await pair.up("person");
        await pair.advance(DAY_S);
        await until(() => held()[NAME] === "Anna C.");
        await pair.quiet();
        deepEqual(ledger(pair.held("person")), [{ path: NAME, version: 3, has: 3, state: "applied" }]);
    });

    it("waits for the end of a pause, and then comes in its newest version", async () => {
        pair = await Pair.agreed();
        await given({ [NAME]: "Anna" });
        await pair.does("shop", (node, shown) => aboutUs(node, shown, "relationship.pause", { until: undefined }));
        await pair.quiet();
        await set({ [NAME]: "Anna B." });
        await set({ [NAME]: "Anna C." });
        await pair.quiet();
        deepEqual(held(), { [NAME]: "Anna" });
        await pair.does("shop", (node, shown) => aboutUs(node, shown, "relationship.resume", {}));
        await until(() => held()[NAME] === "Anna C.");
        equal(log(pair.node("shop"), pair.held("shop")).filter(({ name }) => name === "disclosure.update").length, 1);
    });

    it("goes on after its giver came back from an older copy, and has its newer values again once it affirmed them", async () => {
        pair = await Pair.agreed();
        await given({ [NAME]: "Anna" });
        const copy = await pair.does("person", (node) => makeCopy(node));
        await set({ [NAME]: "Anna B." });
        await set({ [NAME]: "Anna C." });
        await pair.quiet();
        await pair.down("person");
        await pair.comesBack("person", copy);
        await until(() => peers(pair.node("person"))[0]?.state === "active");
        await pair.quiet();
        deepEqual(held(), { [NAME]: "Anna C." });
        equal(pair.node("person").memory.records.get(NAME)?.version, 1);
        const { scope } = pair.held("person");
        const back = [...scope.log.entries.values()].filter(({ isUnaffirmed }) => isUnaffirmed).map(({ name }) => name);
        deepEqual(back, ["disclosure.update", "disclosure.update"]);
        await pair.does("person", (node, shown) => affirm(node, shown, undefined));
        await pair.quiet();
        const own = pair.node("person").memory.records.get(NAME);
        deepEqual([own?.version, decode(own?.item ?? new Uint8Array())], [3, "Anna C."]);
        deepEqual(held(), { [NAME]: "Anna C." });
        await set({ [NAME]: "Anna D." });
        await until(() => held()[NAME] === "Anna D.");
        await pair.quiet();
        deepEqual(ledger(pair.held("person")).map(({ version, has }) => [version, has]), [[4, 4]]);
        deepEqual(stateDigest(pair.held("person").scope.log), stateDigest(pair.held("shop").scope.log));
    });

    it("is confirmed by the systems behind the taker, and that is all that the giver sees of them", async () => {
        pair = await Pair.agreed();
        await given({ [NAME]: "Anna", [MAIL]: "a@a.example" });
        await pair.does("shop", (node, shown) => acknowledge(node, shown, [[NAME, 1, "applied"], [MAIL, 1, "need-more"]]));
        await pair.quiet();
        deepEqual(states(), { [NAME]: "confirmed", [MAIL]: "need-more" });
        const wrong = pair.does("shop", (node, shown) => acknowledge(node, shown, [[NAME, 2, "applied"]]));
        await rejects(wrong, refused("unknown"));
        deepEqual(held(), { [NAME]: "Anna", [MAIL]: "a@a.example" });
    });

    it("ends on its day: the taker deletes it, signs that, and has nothing of it after a start", async () => {
        pair = await Pair.agreed();
        await set({ [NAME]: "Anna" });
        await pair.does("person", (node, shown) =>
            share(node, shown, { paths: [NAME], purposes: undefined, until: node.clock.now() + DAY_S, standing: true }),
        );
        await until(() => held()[NAME] === "Anna");
        await pair.advance(2 * DAY_S);
        await pair.quiet();
        deepEqual(held(), {});
        deepEqual(states(), { [NAME]: "erased" });
        equal(ledger(pair.held("person"))[0]?.has, 0);
        await pair.down("shop");
        await pair.up("shop");
        deepEqual([...pair.held("shop").scope.messages.values()].filter(isWithName), []);
        notEqual([...pair.held("person").scope.messages.values()].filter(isWithName).length, 0);
    });

    it("is deleted by a taker that gives it up, and nothing else is", async () => {
        pair = await Pair.agreed();
        await given({ [NAME]: "Anna" });
        await given({ [MAIL]: "a@a.example" });
        await pair.does("shop", (node, shown) => giveUp(node, shown, [NAME]));
        await pair.quiet();
        deepEqual(held(), { [MAIL]: "a@a.example" });
        deepEqual(states(), { [NAME]: "erased", [MAIL]: "applied" });
        await rejects(pair.does("shop", (node, shown) => giveUp(node, shown, [NAME])), refused("unknown"));
    });

    it("is taken back and erased only once, and only where it was given", async () => {
        pair = await Pair.agreed();
        await given({ [NAME]: "Anna", [MAIL]: "a@a.example" });
        const taking = (what: typeof revoke, paths?: readonly string[]) =>
            pair.does("person", (node, shown) => what(node, shown, paths));
        await rejects(taking(revoke, ["profile.telephone"]), refused("unknown"));
        await rejects(taking(erase, ["profile.telephone"]), refused("unknown"));
        await rejects(pair.does("shop", (node, shown) => revoke(node, shown, undefined)), refused("unknown"));
        await taking(revoke, [NAME]);
        await pair.quiet();
        deepEqual(held(), { [MAIL]: "a@a.example" });
        await taking(erase);
        await pair.quiet();
        deepEqual(states(), { [NAME]: "erased", [MAIL]: "erased" });
        await rejects(taking(erase), refused("already-erased"));
        await rejects(taking(revoke), refused("unknown"));
    });
});

function isWithName({ parts }: { readonly parts: readonly (readonly [Uint8Array, Uint8Array] | null)[] }): boolean {
    return parts.slice(1).some((part) => part !== null && Buffer.from(part[1]).includes("Anna"));
}

describe("what arose with a taker", () => {
    it("is handed back without terms, in versions that rise", async () => {
        pair = await Pair.agreed();
        const hand = (values: readonly (readonly [string, Value])[]) =>
            pair.does("shop", (node, shown) => handBack(node, shown, new Map(values)));
        await hand([["receipts/r1", 5], ["finance.balance", "1.50"]]);
        await hand([["finance.balance", "2.00"]]);
        await pair.quiet();
        deepEqual(handedBack(pair.held("person")), [
            { path: "receipts/r1", version: 1, value: 5 },
            { path: "finance.balance", version: 2, value: "2.00" },
        ]);
        deepEqual(handedBack(pair.held("shop")), []);
        deepEqual(held(), {});
        await rejects(hand([["receipts/*", 5]]), refused("invalid"));
        await rejects(hand([]), refused("body-form"));
    });
});

describe("a right", () => {
    it("to access is answered with what is held, and to erasure by deleting it, once", async () => {
        pair = await Pair.agreed();
        await given({ [NAME]: "Anna", [MAIL]: "a@a.example" });
        const claiming = (right: "access" | "erasure", paths: readonly string[] | undefined) =>
            pair.does("person", (node, shown) => claimRight(node, shown, { right, paths, due: undefined }));
        const done = { outcome: "done", reason: undefined, until: undefined } as const;
        const access = await claiming("access", [NAME]);
        const erasure = await claiming("erasure", undefined);
        await pair.quiet();
        const answerBy = (id: string) => pair.does("shop", (node, shown) => answerRight(node, shown, id, done));
        await rejects(pair.does("person", (node, shown) => answerRight(node, shown, access, done)), refused("unknown"));
        await answerBy(access);
        deepEqual(Object.keys(held()).sort(), [MAIL, NAME].sort());
        await answerBy(erasure);
        await pair.quiet();
        deepEqual(held(), {});
        deepEqual(states(), { [NAME]: "erased", [MAIL]: "erased" });
        const [first, second] = claims(pair.held("person"));
        deepEqual([first?.outcome, first?.given], ["done", [{ path: NAME, value: "Anna" }]]);
        deepEqual([second?.outcome, second?.given, second?.mine], ["done", [], true]);
        await rejects(answerBy(access), refused("not-in-state"));
    });

    it("to correction brings the right value, also while the relationship rests; its refusal stands in both logs", async () => {
        pair = await Pair.agreed();
        await given({ [NAME]: "Ana" });
        await pair.does("shop", (node, shown) => aboutUs(node, shown, "relationship.pause", { until: undefined }));
        await pair.quiet();
        const wish = { right: "correction", paths: [NAME], due: pair.node("person").clock.now() + DAY_S } as const;
        await rejects(pair.does("person", (node, shown) => claimRight(node, shown, wish)), refused("body-form"));
        const id = await pair.does("person", (node, shown) => claimRight(node, shown, { ...wish, values: ["Anna"] }));
        await pair.quiet();
        const [claim] = claims(pair.held("shop"));
        deepEqual([claim?.id, claim?.values, claim?.mine], [id, [{ path: NAME, value: "Anna" }], false]);
        const no = { outcome: "refused", reason: "not-identified", until: undefined } as const;
        await pair.does("shop", (node, shown) => answerRight(node, shown, id, no));
        await pair.quiet();
        for (const who of pair.both()) equal(claims(pair.held(who))[0]?.outcome, "refused");
        deepEqual(held(), { [NAME]: "Ana" });
    });
});
