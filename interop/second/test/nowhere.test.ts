/** Somebody without an open port: what is for her goes over a link that she has opened, and never over one of who only repeats her (spec 13 §1). */

import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { cpSync } from "node:fs";
import { describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { concat, hex } from "../src/encoding/bytes.js";
import { type Letter, START_ALONE, openFor, sealLetter, sealRecover } from "../src/engine/post.js";
import type { Scope } from "../src/engine/scope.js";
import { readOneOfAnyType } from "../src/wire/cose.js";
import { readHeader } from "../src/wire/header.js";
import { makeCopy } from "../src/node/copying.js";
import { peers } from "../src/node/owner/peers.js";
import { PACKETS_PATH, PACKET_TYPE } from "../src/node/paths.js";
import { QUIET_MS, REPEAT_S, Recorder, STOOD_S, down, folder, freePort, isQuiet, peer, related, seen, speaks, texts, up } from "./nowhere.js";
import { NOW, until } from "./pair.js";
import { Seeded } from "./world.js";

/** The last message of a side, as it is sent again. */
function lastOf({ messages, outgoing }: Scope): Letter {
    const own = [...messages.values()].find(({ signed }) => hex(readHeader(signed).object.id) === outgoing.ids.at(-1));
    ok(own);
    return { ...own, opensSession: false };
}

async function sealed(scope: Scope, letter: Letter): Promise<Uint8Array> {
    const made = await sealLetter(scope, letter, NOW, new Seeded("recorded"));
    ok(made);
    return made.frame;
}

/** The types of what was signed in frames for somebody. */
async function typesOf(scope: Scope, frames: readonly Uint8Array[]): Promise<readonly (string | null)[]> {
    const opened = await Promise.all(frames.map((frame) => openFor(scope, frame, NOW)));
    return opened.map(({ content: { signed } }) => (signed === null ? null : readOneOfAnyType(signed).typ));
}

describe("somebody without an open port", () => {
    it("sends her recover over the next link, and so comes back though the answer was lost with the one before [TRANSPORT-39, REC-13]", async () => {
        const { wire, shop, anna, at, secret } = await related();
        await down(anna);
        wire.isMute = true;
        const { node: back } = await up(at, null, { recover: { secret, copies: null } });
        await until(() => peer(shop).scope.theirs.log.epoch === 1);
        await wire.cut();
        await speaks(shop, "while you were away");
        const { recoverTries } = peer(back).scope;
        equal(recoverTries.due > back.clock.now() + STOOD_S, true);
        await back.advance(STOOD_S);
        await until(() => isQuiet(back) && isQuiet(shop));
        equal(back.clock.now() < recoverTries.due, true);
        await speaks(shop, "welcome");
        await until(() => texts(back).includes("welcome"));
        deepEqual(texts(back), ["while you were away", "welcome"]);
        for (const one of [shop, back]) await down(one);
    });

    for (const who of ["who was set back", "in the copy from before she came back"])
        it(`${who} learns over her link that she is outdated, though none of her frames opens any more [ROLL-3, ROLL-4, REC-38]`, async () => {
            const hasComeBack = who !== "who was set back";
            const { shop, anna, at, secret } = await related();
            await down(anna);
            const older = folder();
            cpSync(at, older, { recursive: true });
            const { taken } = seen(shop, anna);
            let { node: newer } = await up(at, null);
            await until(() => seen(shop, newer).taken > taken && isQuiet(newer));
            await down(newer);
            if (hasComeBack) ({ node: newer } = await up(at, null, { recover: { secret, copies: null } }));
            await until(() => !hasComeBack || (isQuiet(newer) && isQuiet(shop)));
            const { node: outdated } = await up(older, null);
            await until(() => peers(outdated)[0]?.state === "stopped");
            await rejects(openFor(peer(shop).scope, await sealed(peer(outdated).scope, START_ALONE), NOW), { code: "key-spent" });
            await speaks(shop, "for the newest of her");
            await until(() => !hasComeBack || texts(newer).length === 1);
            await pause(QUIET_MS);
            deepEqual(texts(outdated), []);
            await down(outdated);
            if (hasComeBack) await down(newer);
            await down(shop);
        });
});

describe("somebody who only repeats what he recorded", () => {
    it("gets the answer to a recover, and nothing else that is for her [TRANSPORT-40, REC-13]", async () => {
        const { endpoint, shop, anna, at, secret, wire } = await related();
        await down(anna);
        wire.isMute = true;
        const { node: back } = await up(at, null, { recover: { secret, copies: null } });
        await until(() => peer(shop).scope.theirs.log.epoch === 1);
        const recorded = await sealRecover(peer(back).scope);
        ok(recorded);
        await wire.cut();
        const recorder = await Recorder.at(endpoint, peer(shop).scope.mine.place.mailbox);
        recorder.give(recorded);
        await until(() => recorder.came.length > 0);
        await speaks(shop, "for her alone");
        await pause(QUIET_MS);
        deepEqual(await typesOf(peer(back).scope, recorder.came), ["pcloud-recovered"]);
        await shop.advance(REPEAT_S);
        await back.advance(REPEAT_S);
        await until(() => texts(back).includes("for her alone"));
        equal(recorder.came.length, 1);
        recorder.end();
        for (const one of [shop, back]) await down(one);
    });

    it("gets the receipt of a message and of a start, while what is for her goes where she is [TRANSPORT-40, ORDER-4, ORDER-22]", async () => {
        const { endpoint, shop, anna, at, wire } = await related();
        await speaks(anna, "once");
        await until(() => texts(shop).includes("once") && isQuiet(anna));
        const { taken } = seen(shop, anna);
        await down(anna);
        wire.isMute = true;
        const { node: again } = await up(at, null);
        await until(() => seen(shop, again).taken > taken);
        const { scope } = peer(again);
        ok(scope.giving?.start);
        await wire.cut();
        await speaks(again, "here I am");
        await until(() => texts(shop).includes("here I am") && isQuiet(again));
        const recorder = await Recorder.at(endpoint, peer(shop).scope.mine.place.mailbox);
        for (const letter of [lastOf(scope), { signed: null, parts: [], opensSession: false }]) {
            const before = recorder.came.length;
            recorder.give(await sealed(scope, letter));
            await until(() => recorder.came.length > before);
        }
        await speaks(shop, "for her alone");
        await until(() => texts(again).includes("for her alone") && isQuiet(shop));
        await pause(QUIET_MS);
        deepEqual(await typesOf(peer(again).scope, recorder.came), ["pcloud-receipt", "pcloud-receipt"]);
        recorder.end();
        for (const one of [shop, again]) await down(one);
    });

    for (const away of ["where she has no link", "while her port is closed"])
        it(`gets the same receipt whether something waits for her or not, and no start, ${away} [TRANSPORT-40, ORDER-4]`, async () => {
            const hasPort = away === "while her port is closed";
            const place = hasPort ? { at: `127.0.0.1:${await freePort()}` } : null;
            const { endpoint, shop, anna, at } = await related(place);
            await speaks(anna, "once");
            await until(() => texts(shop).includes("once") && isQuiet(anna));
            const { scope } = peer(anna);
            await down(anna);
            await pause(QUIET_MS);
            const recorder = await Recorder.at(endpoint, peer(shop).scope.mine.place.mailbox);
            const repeat = async (): Promise<void> => {
                const before = recorder.came.length;
                recorder.give(await sealed(scope, lastOf(scope)));
                await until(() => recorder.came.length > before);
                await shop.advance(REPEAT_S);
                await pause(QUIET_MS);
            };
            await repeat();
            await speaks(shop, "for her alone");
            await repeat();
            const [idle, waiting] = recorder.came;
            deepEqual(await typesOf(scope, recorder.came), ["pcloud-receipt", "pcloud-receipt"]);
            equal(idle?.length, waiting?.length);
            const { node: again } = await up(at, place);
            await shop.advance(2 * REPEAT_S);
            await until(() => texts(again).includes("for her alone") && isQuiet(shop));
            equal(recorder.came.length, 2);
            recorder.end();
            for (const one of [shop, again]) await down(one);
        });
});

it("who comes back by POST is answered where she is, and not over the link of her copy [REC-12]", async () => {
    const { endpoint, shop, anna, secret } = await related();
    const copy = await anna.do(() => makeCopy(anna));
    const { node: back } = await up(folder(), { at: "127.0.0.1:0" }, { recover: { secret, copies: [[copy]] }, allowed: [] });
    const recovering = await sealRecover(peer(back).scope);
    ok(recovering);
    const body = concat(peer(shop).scope.mine.place.mailbox, recovering);
    const headers = { "Content-Type": PACKET_TYPE };
    equal((await fetch(`${endpoint}${PACKETS_PATH}`, { method: "POST", headers, body })).status, 202);
    await until(() => peer(back).scope.recover === null);
    await until(() => isQuiet(shop));
    for (const one of [shop, anna, back]) await down(one);
});
