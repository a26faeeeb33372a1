/** A node that lives comes back, on sockets: from a copy, where it is, and while the copy that it came from still runs (spec 06). */

import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { verifyExport } from "../src/files/export/verify.js";
import { type Begun, type Recovering, begin } from "../src/node/begin.js";
import { makeCopy } from "../src/node/copying.js";
import { Faults } from "../src/node/faults.js";
import { DiskError } from "../src/node/journal.js";
import type { Node } from "../src/node/node.js";
import { exportOf } from "../src/node/owner/exporting.js";
import { connect, contacts, invite, sayYes } from "../src/node/owner/meeting.js";
import { peerOf, peers } from "../src/node/owner/peers.js";
import { setRecord } from "../src/node/owner/records.js";
import { affirm, reject, review, rotate } from "../src/node/owner/recovering.js";
import { aboutUs, log, say } from "../src/node/owner/telling.js";
import { NOW, beginning, until } from "./pair.js";
import { scratch } from "./scratch.js";

const DAY_S = 86_400;

function folder(): string {
    return scratch("back");
}

function begun(at: string, recover: Recovering | null = null): Promise<Begun> {
    return begin(beginning(at, { recover }));
}

async function up(at: string, recover: Recovering | null = null): Promise<Begun> {
    const one = await begun(at, recover);
    await one.node.start({ at: "127.0.0.1:0" });
    return one;
}

/** The only peer of a node. */
function peer(node: Node) {
    return peerOf(node, peers(node)[0]?.id ?? "");
}

function stateOf(node: Node): string | undefined {
    return peers(node)[0]?.state;
}

function texts(node: Node): readonly (string | null)[] {
    return log(node, peer(node)).filter(({ text }) => text !== null).map(({ text }) => text);
}

function speaks(node: Node, text: string): Promise<unknown> {
    return node.do(() => say(node, peer(node), text, null));
}

/** Somebody with her words, and a shop that she is related to. */
async function related() {
    const at = folder();
    const [shop, person] = [(await up(folder())).node, await up(at)];
    const { node, secret } = person;
    ok(secret);
    const { link } = await shop.do(() => invite(shop, { purpose: "to buy", uses: 1, expiresS: DAY_S }));
    const { contact } = await connect(node, link);
    await node.do(() => sayYes(node, contact));
    const request = await until(() => contacts(shop).find(({ state }) => state === "requested"));
    await shop.do(() => sayYes(shop, request.id));
    await until(() => stateOf(node) === "active" && stateOf(shop) === "active" && peer(shop).scope.waiting.length === 0);
    return { shop, person: node, secret, at };
}

async function quiet(...nodes: readonly Node[]): Promise<void> {
    await until(() => nodes.every((node) => peer(node).scope.waiting.length === 0 && peer(node).scope.recover === null));
}

describe("a node that comes back from a copy", () => {
    it("has its peers, its words and its data, and the copy that still runs is told and stops [REC-38, REC-41]", async () => {
        const { shop, person, secret } = await related();
        await person.do(() => setRecord(person, "profile.name", "Anna"));
        await speaks(person, "before");
        await quiet(person, shop);
        const copy = await person.do(() => makeCopy(person));
        await speaks(person, "since");
        await quiet(person, shop);
        const { node: back } = await up(folder(), { secret, copies: [[copy]] });
        await until(() => stateOf(back) === "active");
        await quiet(back, shop);
        equal(back.memory.records.get("profile.name")?.version, 1);
        deepEqual(texts(back), ["before", "since"]);
        deepEqual(review(back, peer(back)).map(({ text }) => text), ["since"]);
        await speaks(person, "from the copy that lost");
        await until(() => stateOf(person) === "stopped");
        await rejects(speaks(person, "again"), { code: "outdated" });
        equal(texts(shop).includes("from the copy that lost"), false);
        await back.do(() => affirm(back, peer(back), undefined));
        await speaks(back, "after");
        await until(() => texts(shop).includes("after"));
        deepEqual(review(back, peer(back)), []);
        for (const one of [shop, person, back]) await one.stop();
    });

    it("disowns what it did not say, and a file of either side says so", async () => {
        const { shop, person, secret } = await related();
        const copy = await person.do(() => makeCopy(person));
        await speaks(person, "I am the thief");
        await quiet(person, shop);
        await person.stop();
        const { node: back } = await up(folder(), { secret, copies: [[copy]] });
        await until(() => review(back, peer(back)).length === 1);
        const [row] = review(back, peer(back));
        await rejects(back.do(() => reject(back, peer(back), ["00".repeat(32)])), { code: "unknown" });
        await back.do(() => reject(back, peer(back), [row?.id ?? ""]));
        await quiet(back, shop);
        for (const node of [back, shop]) {
            const report = verifyExport(exportOf(node, peer(node), undefined));
            const of = report.messages.find(([id]) => id === row?.id);
            equal(of?.[2], "rejected");
        }
        for (const one of [shop, back]) await one.stop();
    });

    it("is not made of other words, of what was changed, or where a node is, and takes the first copy that can be read", async () => {
        const { node, secret } = await up(folder());
        ok(secret);
        const copy = await node.do(() => makeCopy(node));
        await node.stop();
        const changed = new Uint8Array(copy);
        changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
        const at = folder();
        for (const [words, copies] of [[new Uint8Array(32), [[copy]]], [secret, [[changed]]], [secret, []], [secret, [[]]]] as const)
            await rejects(begun(at, { secret: words, copies }), { code: "invalid" });
        equal(existsSync(join(at, "journal")), false);
        const { node: back } = await up(at, { secret, copies: [[changed], [copy]] });
        equal(back.memory.owner.generation, 1);
        await back.stop();
        await rejects(begun(at, { secret, copies: [[copy]] }), { code: "invalid" });
    });
});

describe("a node that comes back where it is", () => {
    it("has new keys for each relationship, asks until it is answered, and loses nothing", async () => {
        const { shop, person, secret, at } = await related();
        await speaks(person, "before");
        await quiet(person, shop);
        await person.stop();
        await rejects(begun(at, { secret: new Uint8Array(32), copies: null }), { code: "invalid" });
        const { node: back } = await up(at, { secret, copies: null });
        await until(() => stateOf(back) === "active");
        await quiet(back, shop);
        equal(peer(shop).scope.theirs.log.epoch, 1);
        deepEqual(review(back, peer(back)), []);
        await speaks(back, "after");
        await until(() => texts(shop).includes("after"));
        deepEqual(texts(shop), ["before", "after"]);
        for (const one of [shop, back]) await one.stop();
    });

    it("is told of a pause that was before it as of any pause: nothing crosses what is still to be said [GATE-3]", async () => {
        const { shop, person, secret, at } = await related();
        await shop.do(() => aboutUs(shop, peer(shop), "relationship.pause", { until: undefined }));
        await until(() => stateOf(person) === "paused");
        await quiet(person, shop);
        await person.stop();
        const { node: back } = await up(at, { secret, copies: null });
        await quiet(back, shop);
        await rejects(speaks(back, "hello"), { code: "paused" });
        for (const one of [shop, back]) await one.stop();
    });

    it("is refused in a folder without a node, and while another process has it", async () => {
        await rejects(begun(folder(), { secret: new Uint8Array(32), copies: null }), { code: "invalid" });
        const at = folder();
        const { node } = await begun(at);
        await rejects(begun(at), { code: "busy" });
        await node.start(null);
        await node.stop();
        const again = await begun(at);
        equal(again.secret, null);
        await again.node.start(null);
        await again.node.stop();
    });
});

it("new sessions in both directions, which spend the keys before, lose no word that was on its way [REL-26]", async () => {
    const { shop, person } = await related();
    const keys = () => [shop, person].map((one) => peer(one).scope.receiving.number);
    const before = keys();
    await Promise.all([
        speaks(shop, "one"),
        person.do(() => rotate(person, peer(person))),
        shop.do(() => rotate(shop, peer(shop))),
        speaks(person, "two"),
    ]);
    await until(() => texts(person).includes("one") && texts(shop).includes("two"));
    await Promise.all([speaks(shop, "three"), speaks(person, "four")]);
    await until(() => texts(person).includes("three") && texts(shop).includes("four"));
    await until(() => keys().every((key, at) => key > (before[at] ?? key)));
    for (const one of [shop, person]) await one.stop();
});

describe("a fault in one relationship", () => {
    it("is said without its text, rests that relationship alone, and ends nothing", async () => {
        const lines: string[] = [];
        const faults = new Faults((line) => lines.push(line));
        await faults.guard("one", NOW, () => Promise.reject(new TypeError("a value")));
        equal(lines.length, 1);
        equal(lines[0]?.includes("a value"), false);
        ok(lines[0]?.startsWith("fault: TypeError"));
        deepEqual([faults.restOf("one", NOW), faults.restOf("one", NOW + 600), faults.restOf("two", NOW)], [NOW + 600, undefined, undefined]);
    });

    it("of the disk ends the node", async () => {
        const faults = new Faults(() => undefined);
        await rejects(faults.guard("one", NOW, () => Promise.reject(new DiskError(null))), DiskError);
    });
});
