/** What a node does by itself with data that it gave and data that it holds (spec 09). */

import { deepEqual, equal, notEqual, ok, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import { withoutItems } from "../src/engine/erasing.js";
import { inMessages, newestGiven, withUpdates } from "../src/engine/giving.js";
import { groundFor } from "../src/engine/grounds.js";
import { relationshipThread } from "../src/engine/log.js";
import { BACKUPS_S_MAX, heldFields, nextDeletion, withDeletions, withoutUnheld } from "../src/engine/taking.js";
import type { Scope } from "../src/engine/scope.js";
import { idBytes } from "../src/engine/threads/ends.js";
import { stateDigest } from "../src/engine/digest.js";
import { type Code, RefusalError } from "../src/errors.js";
import { decode } from "../src/encoding/cbor.js";
import { DAY_S, MAIL, NAME, agree, agreed, data, field, given, ground, rows } from "./disclosing.js";
import { type Side, World } from "./world.js";

const FIRST = { [NAME]: "Anna", [MAIL]: "anna@a.example" };
const FIELDS = [field(NAME, 1, "Anna"), field(MAIL, 1, "anna@a.example")];

function refused(code: Code) {
    return (error: unknown) => error instanceof RefusalError && error.code === code;
}

/** The values that a side holds, by path. */
function held(world: World, side: Side): Readonly<Record<string, unknown>> {
    return Object.fromEntries(heldFields(world.scopes[side], world.now).map(({ path, item }) => [path, decode(item)]));
}

/** A side does what it does by itself. */
function tend(world: World, side: Side, own = data(1, FIRST)): void {
    const updated = withUpdates(world.scopes[side], own, world.moment());
    world.scopes[side] = withDeletions(updated, world.moment());
}

/** The names of what a side said, from a number of messages on. */
function said(scope: Scope, from = 0): readonly string[] {
    return [...scope.log.entries.values()]
        .filter(({ isOwn }) => isOwn)
        .map(({ name }) => name)
        .slice(from);
}

/** How many items of disclosures are in a scope: in the log, and in what waits. */
function items({ messages, waiting, log }: Scope): number {
    const kept = [...messages].filter(([id]) => log.entries.get(id)?.name.startsWith("disclosure."));
    const all = [...kept.map(([, { parts }]) => parts), ...waiting.map(({ parts }) => parts)];
    return all.flatMap((parts) => parts.slice(1)).filter((part) => part !== null).length;
}

describe("newer versions", () => {
    it("go to a standing grant once, and not to what was given once", () => {
        const world = agreed("updates");
        given(world, "opener", [FIELDS[0] ?? field(NAME, 1, "")], true);
        given(world, "opener", [FIELDS[1] ?? field(MAIL, 1, "")], false);
        const before = said(world.scopes.opener).length;
        tend(world, "opener");
        deepEqual(said(world.scopes.opener, before), []);
        const newer = data(2, { [NAME]: "Anna Q.", [MAIL]: "q@a.example" });
        tend(world, "opener", newer);
        tend(world, "opener", newer);
        deepEqual(said(world.scopes.opener, before), ["disclosure.update"]);
        world.deliverAll();
        deepEqual(held(world, "other"), { [NAME]: "Anna Q.", [MAIL]: "anna@a.example" });
        deepEqual(rows(world, "opener"), rows(world, "other"));
        deepEqual(stateDigest(world.scopes.opener.log), stateDigest(world.scopes.other.log));
    });

    it("wait while the relationship rests; after it the newest is brought, and none between", () => {
        const world = agreed("rests");
        given(world, "opener", FIELDS, true);
        const thread = relationshipThread(world.scopes.other.log)?.id ?? "";
        world.say("other", { name: "relationship.pause", body: { until: undefined }, thread });
        world.deliverAll();
        const before = said(world.scopes.opener).length;
        tend(world, "opener", data(2, { [NAME]: "Anna B." }));
        deepEqual(said(world.scopes.opener, before), []);
        world.say("other", { name: "relationship.resume", body: {}, thread });
        world.deliverAll();
        tend(world, "opener", data(3, { [NAME]: "Anna C." }));
        world.deliverAll();
        deepEqual(held(world, "other"), { ...FIRST, [NAME]: "Anna C." });
        equal(said(world.scopes.opener, before).length, 1);
    });

    it("of a field that was taken back, or under a grant that is over, go to nobody", () => {
        const world = agreed("taken back");
        const thread = given(world, "opener", FIELDS, true, world.now + DAY_S);
        world.say("opener", { name: "disclosure.revoke", body: { paths: [NAME] }, thread });
        const before = said(world.scopes.opener).length;
        tend(world, "opener", data(2, { [NAME]: "no" }));
        deepEqual(said(world.scopes.opener, before), []);
        world.now += DAY_S + 1;
        tend(world, "opener", data(2, { [MAIL]: "no" }));
        deepEqual(said(world.scopes.opener, before), []);
    });

    it("are numbered above all that was ever given, of the value or a fact of it", () => {
        const world = agreed("numbers");
        given(world, "opener", [field(NAME, 5, "Anna"), field("profile.birthDate:over-18", 7, true)], true);
        const thread = given(world, "opener", [field(MAIL, 3, "a@a.example")], false);
        world.say("opener", { name: "disclosure.erase", body: { paths: undefined }, thread });
        const newest = (side: Side, path: string): number => newestGiven(world.scopes[side], path);
        deepEqual([NAME, "profile.birthDate", MAIL, "profile"].map((path) => newest("opener", path)), [5, 7, 3, 0]);
        equal(newest("other", NAME), 0);
    });

    it("of many fields go in as many messages as they need", () => {
        const large = Array.from({ length: 5 }, (_, place) => field(`receipts/a${place}`, 1, "x".repeat(16_000)));
        deepEqual(inMessages(large).map(({ length }) => length), [2, 2, 1]);
        const small = Array.from({ length: 70 }, (_, place) => field(`receipts/b${place}`, 1, true));
        deepEqual(inMessages(small).map(({ length }) => length), [32, 32, 6]);
        deepEqual(inMessages(small).flat(), small);
        deepEqual(inMessages([]), []);
    });
});

describe("what is held no more", () => {
    it("is deleted when the day of the grant is over, and not before; the taker signs it", () => {
        const world = agreed("day");
        given(world, "opener", FIELDS, true, world.now + DAY_S);
        const end = world.now + DAY_S;
        equal(nextDeletion(world.scopes.other, world.moment().around, world.now), end + 1);
        world.now = end;
        const before = world.scopes.other;
        tend(world, "other");
        equal(world.scopes.other, before);
        deepEqual(held(world, "other"), FIRST);
        world.now = end + 1;
        deepEqual(held(world, "other"), {});
        tend(world, "other");
        equal(items(world.scopes.other), 0);
        const after = world.scopes.other;
        tend(world, "other");
        equal(world.scopes.other, after);
        world.deliverAll();
        deepEqual(rows(world, "opener"), [[MAIL, 1, "erased"], [NAME, 1, "erased"]]);
        equal(nextDeletion(world.scopes.other, world.moment().around, world.now), undefined);
        equal(items(world.scopes.opener), 2);
    });

    it("is deleted when the agreement ends, by either side or on its day", () => {
        const world = World.active("agreement");
        const end = world.now + 9 * DAY_S;
        const terms = agree(world, "SD-BASE", end);
        given(world, "opener", FIELDS, true);
        equal(nextDeletion(world.scopes.other, world.moment().around, world.now), end + 1);
        const [agreement] = [...world.scopes.other.log.threads.values()].flatMap((thread) =>
            thread.feature === "terms" && thread.data.agreement !== undefined ? [thread.data.agreement] : [],
        );
        ok(agreement);
        world.say("other", { name: "terms.terminate", body: { agreement, reason: undefined }, thread: terms });
        tend(world, "other");
        world.deliverAll();
        equal(items(world.scopes.other), 0);
        deepEqual(rows(world, "opener"), [[MAIL, 1, "erased"], [NAME, 1, "erased"]]);
    });

    it("is only the field that was taken back; the other stays, and so does the giver's own", () => {
        const world = agreed("one of two");
        const thread = given(world, "opener", FIELDS, true);
        world.say("opener", { name: "disclosure.revoke", body: { paths: [NAME] }, thread });
        world.deliverAll();
        tend(world, "other");
        world.deliverAll();
        deepEqual(held(world, "other"), { [MAIL]: "anna@a.example" });
        equal(items(world.scopes.other), 1);
        deepEqual(rows(world, "opener"), [[MAIL, 1, "applied"], [NAME, 1, "erased"]]);
        equal(items(world.scopes.opener), 2);
        deepEqual(stateDigest(world.scopes.opener.log), stateDigest(world.scopes.other.log));
    });

    it("has its backups gone on the day that was signed", () => {
        const world = agreed("backups");
        const thread = given(world, "opener", FIELDS, false);
        world.say("opener", { name: "disclosure.erase", body: { paths: undefined }, thread });
        world.deliverAll();
        tend(world, "other");
        world.deliverAll();
        const found = world.scopes.opener.log.threads.get(thread);
        ok(found?.feature === "disclosure");
        deepEqual(found.data.erased?.get(NAME), [1, world.now + BACKUPS_S_MAX]);
    });

    it("is kept where a duty says so, with its reason said once, and deleted when that is over", () => {
        const world = agreed("duty");
        const around = {
            ...world.moment().around,
            duties: [
                { place: "profile.name", reason: "legal-duty", keptS: 9 * DAY_S },
                { place: "profile", reason: "legal-claim", keptS: 3 * DAY_S },
                { place: "profile.na", reason: "other-grant", keptS: 99 * DAY_S },
            ],
        } as const;
        const keep = (): void => {
            world.scopes.other = withDeletions(world.scopes.other, { ...world.moment(), around });
            world.scopes.other = withoutUnheld(world.scopes.other, { ...world.moment(), around });
            world.deliverAll();
        };
        const first = world.now;
        const thread = given(world, "opener", FIELDS, true);
        world.say("opener", { name: "disclosure.erase", body: { paths: undefined }, thread });
        world.deliverAll();
        const before = said(world.scopes.other).length;
        keep();
        keep();
        deepEqual(said(world.scopes.other, before), ["disclosure.erased"]);
        deepEqual(rows(world, "opener"), [[MAIL, 1, "kept"], [NAME, 1, "kept"]]);
        deepEqual(held(world, "other"), {});
        equal(items(world.scopes.other), 2);
        for (const [days, left] of [[3, 1], [9, 0]] as const) {
            equal(nextDeletion(world.scopes.other, around, world.now), first + days * DAY_S + 1);
            world.now = first + days * DAY_S;
            keep();
            equal(items(world.scopes.other), left + 1);
            world.now += 1;
            keep();
            equal(items(world.scopes.other), left);
        }
        deepEqual(rows(world, "opener"), [[MAIL, 1, "erased"], [NAME, 1, "erased"]]);
        equal(said(world.scopes.other, before).length, 3);
        equal(nextDeletion(world.scopes.other, around, world.now), undefined);
    });

    it("is kept while a copy is stopped, or waits for its peer after a recovery", () => {
        const world = agreed("stopped");
        const thread = given(world, "opener", FIELDS, true);
        world.say("opener", { name: "disclosure.erase", body: { paths: undefined }, thread });
        world.deliverAll();
        const { other } = world.scopes;
        for (const scope of [{ ...other, isStopped: true }, { ...other, recover: new Uint8Array(1) }])
            equal(withDeletions(scope, world.moment()), scope);
    });

    it("is deleted once more where an older copy came back", () => {
        const world = agreed("older copy");
        const thread = given(world, "opener", FIELDS, true);
        const copy = world.scopes.other;
        world.say("opener", { name: "disclosure.erase", body: { paths: undefined }, thread });
        world.deliverAll();
        tend(world, "other");
        world.deliverAll();
        world.recover("other", copy);
        world.deliverAll();
        deepEqual(held(world, "other"), {});
        equal(items(world.scopes.other), 2);
        world.scopes.other = withoutUnheld(world.scopes.other, world.moment());
        equal(items(world.scopes.other), 0);
        deepEqual(stateDigest(world.scopes.opener.log), stateDigest(world.scopes.other.log));
    });
});

describe("an erasure", () => {
    it("takes the item out of what was given back in a recovery, too", () => {
        const world = agreed("given back");
        const copy = world.scopes.opener;
        const thread = given(world, "opener", FIELDS, true);
        world.recover("opener", copy);
        const whole = items(world.scopes.other);
        equal(whole, 4); // two in the log, two in the message that gives them back
        world.scopes.other = withoutItems(world.scopes.other, (entry, place) => entry.thread === thread && place === 1);
        equal(items(world.scopes.other), 2);
        world.deliverAll();
        const kept = world.scopes.opener.messages.get(thread);
        deepEqual(kept?.parts.map((part) => part !== null), [true, false, true]);
    });

    it("destroys the secrets of older sessions, and nothing where nothing was erased [SEAL-42]", () => {
        const world = agreed("secrets");
        given(world, "opener", FIELDS, true);
        const one = { session: { id: new Uint8Array(16), secret: new Uint8Array(32) }, number: 2, storedAt: 1 };
        const taken = [one, { ...one, number: 1 }] as unknown as Scope["taken"];
        const scope = { ...world.scopes.other, taken };
        equal(withoutItems(scope, () => false), scope);
        const after = withoutItems(scope, (entry) => entry.name === "disclosure.present");
        deepEqual(after.taken.map(({ number }) => number), [2]);
        equal(after.log, scope.log);
        for (const [id, { signed, parts }] of after.messages) {
            deepEqual(signed, scope.messages.get(id)?.signed);
            notEqual(parts[0], null);
        }
    });

    it("is part of a close that states it, and comes on its day after one that keeps", () => {
        for (const heldThen of ["erased", "kept"] as const) {
            const world = agreed(`close ${heldThen}`);
            given(world, "opener", FIELDS, true);
            const until = heldThen === "kept" ? world.now + DAY_S : undefined;
            const thread = relationshipThread(world.scopes.other.log)?.id ?? "";
            world.say("other", { name: "relationship.close", body: { held: heldThen, until }, thread });
            equal(items(world.scopes.other), heldThen === "kept" ? 2 : 0);
            if (until === undefined) continue;
            world.now = until;
            tend(world, "other");
            equal(items(world.scopes.other), 2);
            equal(nextDeletion(world.scopes.other, world.moment().around, world.now), until + 1);
            world.now = until + 1;
            tend(world, "other");
            equal(items(world.scopes.other), 0);
        }
    });
});

describe("the ground of a wish", () => {
    const wish = { paths: [NAME], purposes: undefined, until: undefined, isBounded: true };

    it("is not there without terms, nor for what they do not allow", () => {
        const world = World.active("no ground");
        const { around } = world.moment();
        throws(() => groundFor(world.scopes.opener, around, wish, world.now), refused("no-agreement"));
        const thread = agree(world, "SD-BASE");
        const marketing = { ...wish, purposes: ["dpv:Marketing"] };
        throws(() => groundFor(world.scopes.opener, around, marketing, world.now), refused("terms-forbid"));
        const tooLong = { ...wish, until: world.now + 3 * 365 * DAY_S };
        throws(() => groundFor(world.scopes.opener, around, tooLong, world.now), refused("terms-forbid"));
        throws(() => groundFor(world.scopes.opener, { rosters: new Map() }, wish, world.now), refused("terms-forbid"));
        const agreement = idBytes(ground(world, "opener", [NAME]).agreement);
        world.say("opener", { name: "terms.terminate", body: { agreement, reason: undefined }, thread });
        throws(() => groundFor(world.scopes.opener, around, wish, world.now), refused("no-agreement"));
    });

    it("is the newest agreement that allows it, with a purpose that this allows, and ends in time", () => {
        const world = agreed("a ground");
        const { around } = world.moment();
        const bounded = groundFor(world.scopes.opener, around, wish, world.now);
        equal(bounded.until, world.now + 365 * DAY_S);
        equal(bounded.purposes.length, 1);
        const longest = groundFor(world.scopes.opener, around, { ...wish, isBounded: false }, world.now);
        equal(longest.until, world.now + 2 * 365 * DAY_S - 3_600);
        agree(world, "SD-BASE-A", world.now + 10 * DAY_S);
        const analytics = { ...wish, purposes: ["dpv:ServiceUsageAnalytics"] };
        const newer = groundFor(world.scopes.opener, around, analytics, world.now);
        notEqual(newer.agreement, bounded.agreement);
        equal(newer.until, world.now + 10 * DAY_S);
    });
});
