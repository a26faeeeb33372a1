/** Sessions and receiving keys that both sides renew at once (spec 04 §8, spec 07 §5). */

import { deepEqual, ok } from "node:assert/strict";
import { describe, it } from "node:test";
import { rotate } from "../src/node/owner/recovering.js";
import { log, say } from "../src/node/owner/telling.js";
import { DAY_S } from "./disclosing.js";
import { Pair, type Who } from "./pair.js";

describe("two nodes that renew their keys while the other is away [REL-26]", () => {
    const renew = (pair: Pair, who: Who): Promise<void> => pair.does(who, rotate);

    for (const times of [1, 2])
        it(`understand each other again, and lose no word, where each did so ${times} times`, async () => {
            const pair = await Pair.agreed();
            await pair.quiet();
            const numbers = { person: pair.held("person").scope.receiving.number, shop: pair.held("shop").scope.receiving.number };
            await pair.down("person");
            for (let time = 0; time < times; time += 1) await renew(pair, "shop");
            await pair.down("shop");
            await pair.up("person");
            for (let time = 0; time < times; time += 1) await renew(pair, "person");
            await pair.up("shop");
            await pair.advance(DAY_S);
            await pair.quiet();
            for (const who of pair.both()) await pair.does(who, (node, held) => say(node, held, `of the ${who}`, null));
            await pair.quiet();
            for (const who of pair.both()) {
                const texts = log(pair.node(who), pair.held(who)).flatMap(({ text }) => text ?? []);
                deepEqual(texts.sort(), ["of the person", "of the shop"]);
                ok(pair.held(who).scope.receiving.number > numbers[who], "the session of the peer has spent a key");
            }
            await pair.over();
        });
});
