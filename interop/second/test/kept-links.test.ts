/** Who takes no packets herself opens a session over each link that she opens, and keeps one open (spec 13 §4). */

import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { makeCopy } from "../src/node/copying.js";
import type { Node } from "../src/node/node.js";
import { peers } from "../src/node/owner/peers.js";
import { aboutUs } from "../src/node/owner/telling.js";
import { QUARTER_HOUR_S, QUIET_MS, REPEAT_S, STOOD_S, down, folder, freePort, isQuiet, peer, related, seen, speaks, texts, up } from "./nowhere.js";
import { until } from "./pair.js";

describe("somebody without an open port", () => {
    it("has what waited for her as soon as her link is open again, though she has nothing to say [TRANSPORT-39, TRANSPORT-15]", async () => {
        const { wire, shop, anna } = await related();
        await wire.cut();
        await speaks(shop, "while you were away");
        const { taken, said } = seen(shop, anna);
        await anna.advance(STOOD_S);
        await until(() => texts(anna).includes("while you were away") && isQuiet(shop));
        await pause(QUIET_MS);
        deepEqual(seen(shop, anna), { taken: taken + 1, said });
        for (const one of [shop, anna]) await down(one);
    });

    it("hears the receipt of what she repeats, and what waited for her, over a link that is open again [ORDER-4]", async () => {
        const { wire, shop, anna } = await related();
        wire.isMute = true;
        await speaks(anna, "an order");
        await until(() => texts(shop).includes("an order"));
        await wire.cut();
        await speaks(shop, "and an answer");
        const { taken, said } = seen(shop, anna);
        await anna.advance(REPEAT_S);
        await until(() => texts(anna).includes("and an answer") && isQuiet(shop) && isQuiet(anna));
        await pause(QUIET_MS);
        deepEqual([seen(shop, anna), texts(shop)], [{ taken: taken + 1, said }, ["an order"]]);
        for (const one of [shop, anna]) await down(one);
    });

    it("opens a link again soon after one that stood, and one session over it", async () => {
        const { wire, shop, anna } = await related();
        await anna.advance(STOOD_S);
        const [{ begun }, { taken, said }] = [wire, seen(shop, anna)];
        await wire.cut();
        await until(() => seen(shop, anna).taken > taken);
        await speaks(shop, "are you there?");
        await until(() => texts(anna).length === 1 && isQuiet(shop));
        deepEqual([seen(shop, anna), wire.begun], [{ taken: taken + 1, said }, begun + 1]);
        for (const one of [shop, anna]) await down(one);
    });

    it("goes on trying while her peer is away, and what both have said waits for the link [TRANSPORT-39]", async () => {
        const { wire, shop, anna, shopUp } = await related();
        await down(shop);
        await wire.cut();
        await speaks(anna, "an order");
        const passesUntil = async (isSo: () => boolean): Promise<void> => {
            for (; !isSo(); await pause(QUIET_MS)) await anna.advance(QUARTER_HOUR_S);
        };
        const { begun } = wire;
        for (let tries = 1; tries <= 6; tries += 1) await passesUntil(() => wire.begun >= begun + tries);
        equal(peer(anna).scope.waiting[0]?.sent, 0);
        const again = await shopUp();
        await speaks(again, "we were away");
        await passesUntil(() => texts(anna).length === 1);
        await until(() => texts(again).length === 1 && isQuiet(again) && isQuiet(anna));
        for (const one of [again, anna]) await down(one);
    });

    it("gives a start again that has no answer, where no key is known for another, and a new one once there is [SEAL-36, ORDER-22]", async () => {
        const { wire, shop, anna, at } = await related();
        await down(anna);
        wire.isMute = true;
        const { taken } = seen(shop, anna);
        const { node: again } = await up(at, null);
        await until(() => seen(shop, again).taken > taken);
        await wire.cut();
        const { giving, theirs } = peer(again).scope;
        deepEqual([giving?.number, giving?.start === null, theirs.key], [taken + 1, false, null]);
        await speaks(shop, "hello");
        await again.advance(REPEAT_S);
        await until(() => texts(again).includes("hello") && isQuiet(shop) && peer(again).scope.giving?.start === null);
        await pause(QUIET_MS);
        equal(seen(shop, again).taken, taken + 2);
        for (const one of [shop, again]) await down(one);
    });

    it("does not dial for each word who ends each link at once, and all of them arrive when one stands", async () => {
        const { wire, shop, anna } = await related();
        await anna.advance(STOOD_S);
        const { begun } = wire;
        wire.isFickle = true;
        await wire.cut();
        await until(() => wire.begun > begun);
        const words = Array.from({ length: 12 }, (_, number) => `word ${number}`);
        for (const word of words) {
            await speaks(anna, word);
            await pause(QUIET_MS / 10);
        }
        await pause(QUIET_MS);
        ok(wire.begun <= begun + 2, `${wire.begun - begun} links for ${words.length} words`);
        wire.isFickle = false;
        await anna.advance(QUARTER_HOUR_S);
        await until(() => texts(shop).length === words.length && isQuiet(anna));
        deepEqual(texts(shop), words);
        for (const one of [shop, anna]) await down(one);
    });

    it("opens no link where this copy of hers has stopped, neither for what waits nor when it starts again [ROLL-1]", async () => {
        const { wire, shop, anna, secret } = await related();
        const recover = { secret, copies: [[await anna.do(() => makeCopy(anna))]] };
        await down(anna);
        const { node: quicker } = await up(folder(), null, { recover });
        await until(() => isQuiet(quicker) && isQuiet(shop));
        const at = folder();
        const { node: later } = await up(at, null, { recover });
        await until(() => peers(later)[0]?.state === "stopped");
        equal(isQuiet(later), false);
        await down(quicker);
        await wire.cut();
        const { begun } = wire;
        const passes = async (node: Node): Promise<void> => {
            for (let time = 0; time < 3; time += 1) await node.advance(QUARTER_HOUR_S);
            await pause(QUIET_MS);
            equal(wire.begun, begun);
        };
        await passes(later);
        await down(later);
        const { node: again } = await up(at, null);
        await passes(again);
        for (const one of [shop, again]) await down(one);
    });

    for (const over of ["she has closed", "her peer has closed"])
        it(`opens no link where ${over} the relationship`, async () => {
            const { wire, shop, anna } = await related();
            const who = over === "she has closed" ? anna : shop;
            await who.do(() => aboutUs(who, peer(who), "relationship.close", { held: "none", until: undefined }));
            await until(() => peers(anna)[0]?.state === "closed" && peers(shop)[0]?.state === "closed" && isQuiet(anna) && isQuiet(shop));
            const { begun } = wire;
            await wire.cut();
            for (let time = 0; time < 3; time += 1) await anna.advance(QUARTER_HOUR_S);
            await pause(QUIET_MS);
            equal(wire.begun, begun);
            for (const one of [shop, anna]) await down(one);
        });
});

it("somebody with an open port opens neither a link nor a session though her link has ended", async () => {
    const { wire, shop, anna } = await related({ at: `127.0.0.1:${await freePort()}` });
    const [{ begun }, before] = [wire, seen(shop, anna)];
    await wire.cut();
    for (let time = 0; time < 3; time += 1) await anna.advance(QUARTER_HOUR_S);
    await pause(QUIET_MS);
    deepEqual([wire.begun, seen(shop, anna)], [begun, before]);
    for (const one of [shop, anna]) await down(one);
});
