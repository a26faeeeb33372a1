/** Two copies of one side: which of them goes on, what the other is told, and how the owner ends it (spec 06 §5, §7, §8, §10). */

import { deepEqual, equal, notEqual, ok, rejects, throws } from "node:assert/strict";
import { describe, it } from "node:test";
import { hex } from "../src/encoding/bytes.js";
import { encode } from "../src/encoding/encode.js";
import { stateDigest } from "../src/engine/digest.js";
import { EMPTY_LOG, relationshipThread } from "../src/engine/log.js";
import { openContactFor, sealTo } from "../src/engine/post.js";
import { StaleError, answerOf, receiptOf } from "../src/engine/receipts.js";
import { noticeOf, remindersOf, takeNotice } from "../src/engine/recovery/notices.js";
import { ConflictError, extended, recover, takeRecover, withoutOldContacts } from "../src/engine/recovery/recover.js";
import type { Scope } from "../src/engine/scope.js";
import { type Speech, speak } from "../src/engine/speak.js";
import { takeFrame } from "../src/node/taking.js";
import { withGiving } from "../src/engine/sessions.js";
import { session } from "../src/wire/start.js";
import { World } from "./world.js";

const HOUR_S = 3_600;
const DAYS_90_S = 7_776_000;
const HELLO: Speech<"conversation.say"> = {
    name: "conversation.say",
    body: { answers: undefined },
    thread: null,
    items: [encode("hello")],
};

/** The error that something throws. */
function thrown(work: () => unknown): Error {
    try {
        work();
    } catch (error) {
        ok(error instanceof Error);
        return error;
    }
    throw new Error("nothing was thrown");
}

function said(scope: Scope, world: World, count = 1): Scope {
    let after = scope;
    for (let at = 0; at < count; at += 1) after = speak(after, HELLO, { rosters: new Map() }, world.now, world.fresh).scope;
    return after;
}

function recoverOf({ recover: signed }: Scope): Uint8Array {
    ok(signed);
    return signed;
}

/** Two copies of the opener; the peer has followed the first. */
function raced(name: string) {
    const world = World.active(name);
    const earlier = world.scopes.opener;
    const [first, second] = [world.extended("opener", earlier), world.extended("opener", earlier)];
    const followed = takeRecover(world.scopes.other, recoverOf(first), world.moment()).scope;
    return { world, first, second, followed };
}

describe("of two restores from one copy", () => {
    it("the second is refused and told where its own log stands, once an hour, at the place that it named [REC-14, REC-37]", async () => {
        const { world, second, followed } = raced("race");
        const error = thrown(() => takeRecover(followed, recoverOf(second), world.moment()));
        ok(error instanceof ConflictError);
        const { scope, notices } = noticeOf(followed, error, world.now);
        equal(notices.length, 1);
        const [notice] = notices;
        ok(notice);
        deepEqual(notice.place, { mailbox: second.mine.place.mailbox, endpoints: second.mine.place.endpoints });
        deepEqual(noticeOf(scope, error, world.now + HOUR_S - 1).notices, []);
        equal(noticeOf(scope, error, world.now + HOUR_S).notices.length, 1);
        const signed = await openContactFor(second, await sealTo(notice.contactKey, notice.signed));
        const stopped = takeNotice(second, signed);
        deepEqual([stopped.isStopped, stopped.newerLog?.length], [true, 2]);
        throws(() => speak(stopped, HELLO, { rosters: new Map() }, world.now, world.fresh), { code: "outdated" });
        equal(stopped.log, second.log);
    });

    it("the second comes back by the log that it was shown, and the first is locked out then [REC-39]", () => {
        const { world, first, second, followed } = raced("again");
        const error = thrown(() => takeRecover(followed, recoverOf(second), world.moment())) as ConflictError;
        const [notice] = noticeOf(followed, error, world.now).notices;
        ok(notice);
        const stopped = takeNotice(second, notice.signed);
        ok(stopped.newerLog);
        // The words make the key that the shown log commits to; here it is that of the copy that won.
        const own = { ...stopped.mine.own, events: stopped.newerLog, log: first.mine.own.log };
        const next = world.nextSeedOf(first);
        const back = recover(stopped, extended(own, next, new Uint8Array(32), world.fresh), stopped.mine.place, world.fresh);
        const turn = takeRecover(followed, recoverOf(back), world.moment());
        equal(turn.scope.theirs.log.epoch, 2);
        const late = thrown(() => takeRecover(turn.scope, recoverOf(first), world.moment()));
        ok(late instanceof StaleError);
        equal(takeNotice(first, noticeOf(turn.scope, late, world.now).notices[0]?.signed ?? new Uint8Array()).isStopped, true);
    });

    it("what the one signs that lost is refused and changes nothing but the clock of its notice", async () => {
        const { world, second, followed } = raced("frames");
        const frame = await sealTo(followed.mine.own.log.last.contactKey, recoverOf(second));
        const taken = await takeFrame(followed, frame, world.moment());
        ok(taken?.refused);
        deepEqual([taken.refused.code, taken.turn.answers, taken.notices.length], ["stale", [], 1]);
        deepEqual({ ...taken.turn.scope, answered: {} }, { ...followed, answered: {} });
        const again = await takeFrame(taken.turn.scope, frame, world.moment());
        deepEqual([again?.refused?.code, again?.notices], ["stale", []]);
    });
});

describe("a copy that was set back", () => {
    it("stops when it is shown its own receipt or start that it does not know, and no other copy does [ROLL-3]", () => {
        const world = World.active("rolled back");
        const older = world.scopes.opener;
        world.say("other", HELLO);
        world.deliverAll();
        const newer = world.scopes.opener;
        const receipt = receiptOf(newer, null);
        equal(takeNotice(older, receipt).isStopped, true);
        equal(takeNotice(newer, receipt), newer);
        const opened = { block: new Uint8Array(), session: session(new Uint8Array(16).fill(9), new Uint8Array(32)) };
        const giving = withGiving({ ...newer, theirs: { ...newer.theirs, key: [1, new Uint8Array(1216)] } }, opened, world.now);
        const start = giving.giving?.start?.signed ?? new Uint8Array();
        equal(takeNotice(newer, start).isStopped, true);
        equal(takeNotice(giving, start), giving);
    });

    it("is not stopped by a receipt that somebody else signed, or that is for somebody else", () => {
        const { scopes } = World.active("mine");
        const others = World.active("others").scopes;
        throws(() => takeNotice(scopes.opener, receiptOf(scopes.other, null)), { code: "wrong-party" });
        throws(() => takeNotice(scopes.opener, receiptOf(others.opener, null)), { code: "wrong-party" });
        const busy = answerOf(scopes.opener, "pcloud-busy", [], null);
        throws(() => takeNotice(scopes.opener, busy), { code: "type-mismatch" });
    });

    it("is shown what it has said before, once an hour, when it says less [ROLL-4]", () => {
        const world = World.active("says less");
        const before = receiptOf(world.scopes.other, null);
        world.say("opener", HELLO);
        world.deliverAll();
        const turn = world.answer("opener", before);
        deepEqual([turn.refused, turn.showsOlder], ["receipt-unknown", true]);
        const { scope, notices } = remindersOf(turn.scope, world.now);
        ok(notices.some(({ signed }) => signed === turn.scope.theirs.receipt));
        deepEqual(remindersOf(scope, world.now + HOUR_S - 1).notices, []);
        const older = { ...world.scopes.other, incoming: { ...world.scopes.other.incoming, ids: [] } };
        equal(takeNotice(older, notices[0]?.signed ?? new Uint8Array()).isStopped, true);
    });

    it("stops when a peer comes back that names a number which it never sent, and is not answered [ROLL-1, REC-14]", () => {
        const world = World.active("position");
        const older = world.scopes.opener;
        world.say("opener", HELLO);
        world.deliverAll();
        const back = world.extended("other", world.scopes.other);
        const turn = takeRecover(older, recoverOf(back), world.moment());
        deepEqual([turn.refused, turn.answers, turn.scope.isStopped], ["outdated", [], true]);
        equal(turn.scope.log, older.log);
        equal(takeRecover(world.scopes.opener, recoverOf(back), world.moment()).refused, undefined);
    });
});

describe("a closed relationship", () => {
    function closedBy(side: "opener" | "other"): World {
        const world = World.active(`closed by ${side}`);
        const thread = relationshipThread(world.scopes[side].log)?.id ?? "";
        world.say(side, { name: "relationship.close", body: { held: "none", until: undefined }, thread });
        world.deliverAll();
        return world;
    }

    it("follows a recovery for 90 days where this side has closed it, and then changes nothing [REC-42]", () => {
        const world = closedBy("other");
        const { other } = world.scopes;
        const back = recoverOf(world.extended("opener", world.scopes.opener));
        world.now += DAYS_90_S;
        equal(takeRecover(other, back, world.moment()).answers.length, 1);
        world.now += 1;
        throws(() => takeRecover(other, back, world.moment()), { stage: "gate", code: "closed" });
    });

    it("follows one without limit where the other side has closed it [REC-42]", () => {
        const world = closedBy("opener");
        const back = recoverOf(world.extended("opener", world.scopes.opener));
        world.now += 10 * DAYS_90_S;
        equal(takeRecover(world.scopes.other, back, world.moment()).answers.length, 1);
    });
});

it("a contact key of an older epoch opens until 90 days after the peer has answered, and no longer", async () => {
    const world = World.active("contacts");
    const { own } = world.scopes.opener.mine;
    world.recover("opener", world.scopes.opener);
    const after = world.scopes.opener;
    notEqual(hex(own.contact.public), hex(after.mine.own.contact.public));
    const stale = answerOf(world.scopes.other, "pcloud-stale", [after.mine.own.events], null);
    const frame = await sealTo(own.contact.public, stale);
    deepEqual(await openContactFor(after, frame), stale);
    equal(withoutOldContacts(after, world.now + DAYS_90_S - 1), after);
    const later = withoutOldContacts(after, world.now + DAYS_90_S);
    deepEqual(later.mine.olderContacts, []);
    await rejects(openContactFor(later, frame), { code: "not-opened" });
});

it("of two that recover at once each answers the other, also where the answer of one comes before its own word [REC-17]", () => {
    const world = World.active("at once");
    world.scopes.opener = said(world.scopes.opener, world);
    world.deliverAll();
    const [one, two] = [world.extended("opener", world.scopes.opener), world.extended("other", world.scopes.other)];
    const asked = takeRecover(one, recoverOf(two), world.moment());
    world.scopes.opener = asked.scope;
    world.scopes.other = two;
    const answered = world.answer("other", asked.answers[0] ?? new Uint8Array());
    deepEqual([answered.refused, answered.scope.recover], [undefined, null]);
    const late = takeRecover(answered.scope, recoverOf(asked.scope), world.moment());
    equal(late.answers.length, 1);
    world.scopes.other = late.scope;
    const home = world.answer("opener", late.answers[0] ?? new Uint8Array());
    deepEqual([home.refused, home.scope.recover], [undefined, null]);
    equal(hex(stateDigest(home.scope.log)), hex(stateDigest(late.scope.log)));
});

describe("what came back", () => {
    it("is affirmed by the node up to what its copy knew; later words, and those that were open then, wait for the owner", () => {
        const world = World.active("head");
        world.scopes.opener = said(world.scopes.opener, world, 2);
        world.deliverAll();
        const id = world.scopes.opener.outgoing.ids.at(-1) ?? "";
        world.scopes.opener = said(world.scopes.opener, world);
        world.deliverAll();
        const undecided = [...world.scopes.opener.log.entries.values()].find(({ rank, isOwn }) => isOwn && rank.number === 3);
        const knownHead = { id, marked: [undecided?.firstId ?? ""] };
        world.recover("opener", { ...world.scopes.opener, log: EMPTY_LOG, messages: new Map(), knownHead });
        world.deliverAll();
        const open = [...world.scopes.opener.log.entries.values()].filter(({ isOwn, isUnaffirmed }) => isOwn && isUnaffirmed);
        deepEqual(open.map(({ name, rank }) => [name, rank.number]), [["conversation.say", 3], ["conversation.say", 5]]);
        const digests = [world.scopes.opener, world.scopes.other].map(({ log }) => hex(stateDigest(log)));
        equal(digests[0], digests[1]);
    });

    it("a failure inside the node is told as such, changes nothing, and the peer is asked to try again [ERR-15]", async () => {
        const { world, first } = raced("fault");
        const { other } = world.scopes;
        const frame = await sealTo(other.mine.own.log.last.contactKey, recoverOf(first));
        const broken = { ...other, log: null as unknown as Scope["log"] };
        const taken = await takeFrame(broken, frame, world.moment());
        ok(taken?.fault instanceof TypeError);
        deepEqual([taken.refused, taken.turn.answers.length, taken.turn.scope.log], [null, 1, null]);
        notEqual(taken.turn.scope.answered["pcloud-busy"], undefined);
    });
});
