/** Who recovers finds somebody without an open port by what she sends and does not open any more (spec 13 §4). */

import { deepEqual, equal } from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { openContactFor } from "../src/engine/post.js";
import type { Scope } from "../src/engine/scope.js";
import { readOneOfAnyType } from "../src/wire/cose.js";
import { makeCopy } from "../src/node/copying.js";
import type { Node } from "../src/node/node.js";
import { peers } from "../src/node/owner/peers.js";
import { QUARTER_HOUR_S, QUIET_MS, REPEAT_S, Recorder, down, freePort, isQuiet, peer, related, speaks, texts, up } from "./nowhere.js";
import { until } from "./pair.js";

/** Over one link a `recover` goes back at most once in so long. */
const AGAIN_S = 10;
/** More than a source may bring in a second that does not open. */
const WAITING = Array.from({ length: 12 }, (_, number) => `word ${number}`);
const HOUR_S = 3_600;
const NOTICES = ["pcloud-receipt", "pcloud-start"];
const NO_FRAME = new Uint8Array(100);

/** The types of what came for somebody to her contact key. */
async function typesOf(scope: Scope, frames: readonly Uint8Array[]): Promise<readonly (string | null)[]> {
    const signed = await Promise.all(frames.map((frame) => openContactFor(scope, frame)));
    return signed.map((one) => readOneOfAnyType(one).typ);
}

function mailbox(shop: Node): Uint8Array {
    return peer(shop).scope.mine.place.mailbox;
}

describe("a shop that recovers [TRANSPORT-41]", () => {
    for (const from of ["where it is", "out of a copy"])
        it(`${from} finds somebody without an open port by her link, and both hear what the other says`, async () => {
            const { wire, shop, shopBack, anna } = await related();
            const copy = from === "where it is" ? null : await shop.do(() => makeCopy(shop));
            await speaks(shop, "before");
            await speaks(anna, "an order");
            await until(() => texts(anna).includes("before") && texts(shop).includes("an order") && isQuiet(shop) && isQuiet(anna));
            await down(shop);
            await wire.cut();
            for (const word of WAITING) await speaks(anna, word);
            const back = await shopBack(copy);
            equal(isQuiet(back), false);
            const { begun } = wire;
            await anna.advance(QUARTER_HOUR_S);
            await until(() => isQuiet(back) && isQuiet(anna) && texts(back).length > WAITING.length);
            deepEqual([peer(anna).scope.theirs.log.epoch, texts(back)], [1, ["an order", ...WAITING]]);
            await speaks(back, "we are back");
            await speaks(anna, "at last");
            await until(() => texts(anna).includes("we are back") && texts(back).includes("at last") && isQuiet(back) && isQuiet(anna));
            deepEqual([texts(anna), wire.begun], [["before", "we are back"], begun + 1]);
            await wire.cut();
            await speaks(back, "and the next link is good too");
            await anna.advance(QUARTER_HOUR_S);
            await until(() => texts(anna).length === 3 && isQuiet(back));
            for (const one of [back, anna]) await down(one);
        });

    it("sends its recover over each link where a frame for her did not open, once in ten seconds, and takes none for her way", async () => {
        const { endpoint, wire, shop, shopBack, anna, at } = await related();
        const copy = await shop.do(() => makeCopy(shop));
        for (const one of [shop, anna]) await down(one);
        await wire.cut();
        const back = await shopBack(copy);
        const recorders = [await Recorder.at(endpoint, mailbox(back)), await Recorder.at(endpoint, mailbox(back))] as const;
        const counts = (): readonly number[] => recorders.map(({ came }) => came.length);
        const give = async (): Promise<void> => {
            for (const recorder of recorders) recorder.give(NO_FRAME);
            await pause(QUIET_MS);
        };
        await give();
        await give();
        deepEqual(counts(), [1, 1]);
        await back.advance(AGAIN_S);
        await pause(QUIET_MS);
        deepEqual(counts(), [1, 1], "nothing goes to where nothing came");
        await give();
        deepEqual(counts(), [2, 2]);
        const { scope } = peer(anna);
        for (const { came } of recorders) deepEqual(await typesOf(scope, came), ["pcloud-recover", "pcloud-recover"]);
        equal(peer(back).scope.recoverTries.sent, 0);
        const { node: again } = await up(at, null);
        await until(() => isQuiet(back) && isQuiet(again));
        await speaks(back, "for her alone");
        await until(() => texts(again).includes("for her alone") && isQuiet(back));
        await back.advance(AGAIN_S);
        await give();
        const all = await typesOf(scope, recorders.flatMap(({ came }) => came));
        equal(all.filter((typ) => typ === "pcloud-recover").length, 4, "it waits for no answer any more");
        for (const recorder of recorders) recorder.end();
        for (const one of [back, again]) await down(one);
    });

    it("sends nothing back over another link while hers is known, because she recovers too, and both find each other [REC-17]", async () => {
        const { endpoint, wire, shop, shopBack, anna, at, secret } = await related();
        for (const one of [shop, anna]) await down(one);
        await wire.cut();
        const back = await shopBack(null);
        wire.isMute = true;
        const { node: again } = await up(at, null, { recover: { secret, copies: null } });
        await until(() => peer(back).scope.theirs.log.epoch === 1);
        await pause(QUIET_MS);
        wire.isMute = false;
        const recorder = await Recorder.at(endpoint, mailbox(back));
        recorder.give(NO_FRAME);
        await pause(QUIET_MS);
        deepEqual([recorder.came.length, isQuiet(back), isQuiet(again)], [0, false, false]);
        for (const one of [back, again]) await one.advance(REPEAT_S);
        await until(() => isQuiet(back) && isQuiet(again));
        await speaks(back, "we are back");
        await speaks(again, "and so am I");
        await until(() => texts(again).includes("we are back") && texts(back).includes("and so am I"));
        equal(recorder.came.length, 0);
        recorder.end();
        for (const one of [back, again]) await down(one);
    });

    it("sends nothing back where somebody has an open port, to whom it goes by itself", async () => {
        const { endpoint, wire, shop, shopBack, anna } = await related({ at: `127.0.0.1:${await freePort()}` });
        for (const one of [shop, anna]) await down(one);
        await wire.cut();
        const back = await shopBack(null);
        const recorder = await Recorder.at(endpoint, mailbox(back));
        recorder.give(NO_FRAME);
        await pause(QUIET_MS);
        deepEqual([recorder.came.length, isQuiet(back)], [0, false]);
        recorder.end();
        await down(back);
    });
});

it("a shop that does not recover sends to where a frame did not open what tells an older copy of her, once an hour, and nothing else [ROLL-4]", async () => {
    const { endpoint, wire, shop, anna, at } = await related();
    await down(anna);
    await wire.cut();
    const recorders = [await Recorder.at(endpoint, mailbox(shop)), await Recorder.at(endpoint, mailbox(shop))] as const;
    const give = async (): Promise<void> => {
        for (const recorder of recorders) recorder.give(NO_FRAME);
        await pause(QUIET_MS);
    };
    const types = async () => typesOf(peer(anna).scope, recorders.flatMap(({ came }) => came));
    await give();
    await shop.advance(HOUR_S - REPEAT_S);
    await give();
    deepEqual(await types(), NOTICES);
    await speaks(shop, "for her alone");
    await shop.advance(REPEAT_S);
    deepEqual(await types(), NOTICES, "the link is not taken for her way");
    await give();
    deepEqual(await types(), [...NOTICES, ...NOTICES]);
    const { node: again } = await up(at, null);
    await until(() => texts(again).includes("for her alone") && isQuiet(shop));
    deepEqual([recorders[0].came.length + recorders[1].came.length, peers(again)[0]?.state], [2 * NOTICES.length, "active"]);
    for (const recorder of recorders) recorder.end();
    for (const one of [shop, again]) await down(one);
});
