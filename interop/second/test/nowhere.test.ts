/** Somebody without an open port: what is for her goes over a link that she has opened, and never over one of who only repeats her (spec 13 §1). */

import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { type AddressInfo, type Server, type Socket, connect as dialled, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { concat, hex } from "../src/encoding/bytes.js";
import { type Letter, openFor, sealLetter, sealRecover } from "../src/engine/post.js";
import type { Scope } from "../src/engine/scope.js";
import { readOneOfAnyType } from "../src/wire/cose.js";
import { readHeader } from "../src/wire/header.js";
import { type Beginning, begin } from "../src/node/begin.js";
import { makeCopy } from "../src/node/copying.js";
import { readPacket } from "../src/node/links.js";
import type { Node } from "../src/node/node.js";
import { connect, contacts, invite, sayYes } from "../src/node/owner/meeting.js";
import { peerOf, peers } from "../src/node/owner/peers.js";
import { log, say } from "../src/node/owner/telling.js";
import { PACKETS_PATH, PACKET_TYPE } from "../src/node/paths.js";
import type { Place } from "../src/node/server.js";
import { NOW, beginning, until } from "./pair.js";
import { Seeded } from "./world.js";

const DAY_S = 86_400;
/** Longer than the first wait of what is repeated, and longer than repeats are answered once in. */
const REPEAT_S = 40;
/** So long nothing comes where nothing is to come. */
const QUIET_MS = 300;

/** A wire before a shop: its connections end when it is cut, and while it is mute nothing comes back but the beginning of a link. */
class Wire {
    readonly #server: Server;
    readonly #sockets = new Set<Socket>();
    isMute = false;

    constructor(port: number) {
        this.#server = createServer((near) => {
            const far = dialled(port, "127.0.0.1");
            const both = [near, far];
            const end = (): void => both.forEach((socket) => socket.destroy());
            for (const socket of both) {
                this.#sockets.add(socket);
                socket.on("error", end);
                socket.on("close", () => this.#sockets.delete(socket) && end());
            }
            near.pipe(far);
            let isBegun = false;
            far.on("data", (bytes) => {
                if (!isBegun || !this.isMute) near.write(bytes);
                isBegun = true;
            });
        });
    }

    async open(): Promise<string> {
        return `http://127.0.0.1:${await portOf(this.#server)}`;
    }

    /** Ends what is open, and lets both ends hear of it. */
    async cut(): Promise<void> {
        for (const socket of this.#sockets) socket.destroy();
        this.isMute = false;
        await pause(QUIET_MS);
    }

    close(): void {
        for (const socket of this.#sockets) socket.destroy();
        this.#server.close();
    }
}

async function portOf(server: Server): Promise<number> {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
    const server = createServer();
    const port = await portOf(server);
    await new Promise((resolve) => server.close(resolve));
    return port;
}

function folder(): string {
    return mkdtempSync(join(tmpdir(), "second-nowhere-"));
}

const running = new Set<Node>();
const wires = new Set<Wire>();
after(async () => {
    for (const node of running) await node.stop();
    for (const wire of wires) wire.close();
});

async function up(at: string, place: Place | null, others: Partial<Beginning> = {}) {
    const begun = await begin(beginning(at, others));
    await begun.node.start(place);
    running.add(begun.node);
    return begun;
}

async function down(node: Node): Promise<void> {
    running.delete(node);
    await node.stop();
}

/** The only peer of a node. */
function peer(node: Node) {
    return peerOf(node, peers(node)[0]?.id ?? "");
}

function texts(node: Node): readonly (string | null)[] {
    return log(node, peer(node)).filter(({ mine, text }) => !mine && text !== null).map(({ text }) => text);
}

function speaks(node: Node, text: string): Promise<unknown> {
    return node.do(() => say(node, peer(node), text, null));
}

function isQuiet(node: Node): boolean {
    return peer(node).scope.waiting.length === 0 && peer(node).scope.recover === null;
}

/** A shop behind a wire, and somebody who is related to it; she has no open port unless a place is given. */
async function related(place: Place | null = null) {
    const port = await freePort();
    const wire = new Wire(port);
    wires.add(wire);
    const endpoint = await wire.open();
    const shop = (await up(folder(), { at: `127.0.0.1:${port}`, endpoints: [endpoint] }, { name: "Shop", kind: "organisation" })).node;
    const at = folder();
    const { node: anna, secret } = await up(at, place);
    ok(secret);
    const { link } = await shop.do(() => invite(shop, { purpose: "to buy", uses: 1, expiresS: DAY_S }));
    const { contact } = await connect(anna, link);
    await anna.do(() => sayYes(anna, contact));
    const request = await until(() => contacts(shop).find(({ state }) => state === "requested"));
    await shop.do(() => sayYes(shop, request.id));
    await until(() => peers(anna).length === 1 && peers(shop).length === 1 && isQuiet(anna) && isQuiet(shop));
    if (place === null) deepEqual(peer(shop).scope.theirs.place.endpoints, ["https://nowhere.invalid"]);
    return { wire, endpoint, shop, anna, at, secret };
}

/** A link of somebody who gives what he has recorded, and takes what comes. */
class Recorder {
    readonly came: Uint8Array[] = [];
    readonly #link: WebSocket;
    readonly #mailbox: Uint8Array;

    private constructor(link: WebSocket, mailbox: Uint8Array) {
        this.#link = link;
        this.#mailbox = mailbox;
        link.on("message", (data) => this.came.push(readPacket(new Uint8Array(data as Buffer))?.frame ?? new Uint8Array()));
    }

    static async at(endpoint: string, mailbox: Uint8Array): Promise<Recorder> {
        const link = new WebSocket(`${endpoint.replace("http", "ws")}/pcloud/1/link`, ["pcloud.1"]);
        const recorder = new Recorder(link, mailbox);
        await new Promise((resolve) => link.once("open", resolve));
        return recorder;
    }

    give(frame: Uint8Array): void {
        this.#link.send(concat(this.#mailbox, frame));
    }

    end(): void {
        this.#link.terminate();
    }
}

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
    it("comes back though the answer to her recover was lost with the link [REC-13, REC-15]", async () => {
        const { wire, shop, anna, at, secret } = await related();
        await down(anna);
        wire.isMute = true;
        const { node: back } = await up(at, null, { recover: { secret, copies: null } });
        await until(() => peer(shop).scope.theirs.log.epoch === 1);
        await wire.cut();
        await speaks(shop, "while you were away");
        equal(peer(back).scope.recover === null, false);
        await back.advance(REPEAT_S);
        await until(() => isQuiet(back) && isQuiet(shop));
        await speaks(shop, "welcome");
        await until(() => texts(back).includes("welcome"));
        deepEqual(texts(back), ["while you were away", "welcome"]);
        for (const one of [shop, back]) await down(one);
    });

    it("hears the receipt of what she repeats, and once she says something new what waited for her [ORDER-4]", async () => {
        const { wire, shop, anna } = await related();
        wire.isMute = true;
        await speaks(anna, "an order");
        await until(() => texts(shop).includes("an order"));
        await speaks(shop, "and an answer");
        await wire.cut();
        await anna.advance(REPEAT_S);
        await until(() => isQuiet(anna));
        await shop.advance(REPEAT_S);
        await pause(QUIET_MS);
        deepEqual(texts(anna), []);
        await speaks(anna, "and another");
        await until(() => texts(anna).includes("and an answer") && isQuiet(shop) && isQuiet(anna));
        deepEqual(texts(shop), ["an order", "and another"]);
        for (const one of [shop, anna]) await down(one);
    });

    it("hears the receipt of a start that she repeats [ORDER-22]", async () => {
        const { wire, shop, anna, at } = await related();
        await down(anna);
        wire.isMute = true;
        const { node: again } = await up(at, null);
        const before = peer(shop).scope.taken[0]?.number ?? 0;
        await until(() => (peer(shop).scope.taken[0]?.number ?? 0) > before);
        await wire.cut();
        ok(peer(again).scope.giving?.start);
        await speaks(again, "hello");
        await until(() => isQuiet(again) && peer(again).scope.giving?.start === null);
        for (const one of [shop, again]) await down(one);
    });
});

describe("somebody who only repeats what he recorded", () => {
    it("gets the answer to a recover, and nothing else that is for her [REC-13]", async () => {
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

    it("gets the receipt of a message and of a start, while what is for her goes where she is [ORDER-4, ORDER-22]", async () => {
        const { endpoint, shop, anna, at, wire } = await related();
        await speaks(anna, "once");
        await until(() => texts(shop).includes("once") && isQuiet(anna));
        await down(anna);
        wire.isMute = true;
        const { node: again } = await up(at, null);
        await until(() => (peer(shop).scope.taken[0]?.number ?? 0) > 1);
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
        it(`gets the same receipt whether something waits for her or not, and no start, ${away} [ORDER-4]`, async () => {
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
