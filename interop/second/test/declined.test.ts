/** A request that is refused while who asked is away (spec 07 §4). */

import { deepEqual, equal, ok } from "node:assert/strict";
import { it } from "node:test";
import { relationshipThread } from "../src/engine/log.js";
import { begin } from "../src/node/begin.js";
import type { Held } from "../src/node/memory.js";
import type { Node } from "../src/node/node.js";
import { connect, contacts, invite, sayNo, sayYes } from "../src/node/owner/meeting.js";
import { peers } from "../src/node/owner/peers.js";
import { DAY_S } from "./disclosing.js";
import { beginning, until } from "./pair.js";
import { scratch } from "./scratch.js";

async function up(folder: string, at = "127.0.0.1:0"): Promise<Node> {
    const { node } = await begin(beginning(folder));
    await node.start({ at });
    return node;
}

function folder(): string {
    return scratch("declined");
}

/** The only one that a node asked, or that asked it. */
function only(node: Node): Held {
    const [held] = node.memory.relationships.values();
    ok(held);
    return held;
}

function stateOf(node: Node): string | undefined {
    return relationshipThread(only(node).scope.log)?.state;
}

it("a decline is acknowledged though the node that asked was started again meanwhile, which then starts nothing more [REL-40]", async () => {
    const [shop, at] = [await up(folder()), folder()];
    let person = await up(at);
    const listens = person.endpoint?.replace("http://", "") ?? "";
    const { link } = await shop.do(() => invite(shop, { purpose: "to buy", uses: 1, expiresS: DAY_S }));
    const { contact } = await connect(person, link);
    await person.do(() => sayYes(person, contact));
    await until(() => contacts(shop)[0]?.state === "requested" && only(person).scope.waiting.length === 0);
    const sessions = only(shop).scope.taken.length;
    await person.stop();
    await shop.do(() => sayNo(shop, contacts(shop)[0]?.id ?? "", "later"));
    equal(only(shop).scope.waiting.length, 1);
    person = await up(at, listens);
    await until(() => only(shop).scope.taken.length > sessions); // a session that the shop does not know yet
    await shop.advance(DAY_S);
    await until(() => only(shop).scope.waiting.length === 0);
    deepEqual([stateOf(shop), stateOf(person)], ["declined", "declined"]);
    const { giving } = only(person).scope;
    await person.stop();
    person = await up(at, listens);
    equal(only(person).scope.giving?.number, giving?.number);
    equal(only(person).scope.giving?.frames, giving?.frames);
    deepEqual([peers(shop), peers(person)], [[], []]);
    for (const node of [shop, person]) await node.stop();
});
