/** Somebody without an open port, and a shop that she is related to behind a wire that can be cut. */

import { deepEqual, ok } from "node:assert/strict";
import { type AddressInfo, type Server, type Socket, connect as dialled, createServer } from "node:net";
import { after } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { concat } from "../src/encoding/bytes.js";
import { type Beginning, begin } from "../src/node/begin.js";
import { readPacket } from "../src/node/links.js";
import type { Node } from "../src/node/node.js";
import { connect, contacts, invite, sayYes } from "../src/node/owner/meeting.js";
import { peerOf, peers } from "../src/node/owner/peers.js";
import { log, say } from "../src/node/owner/telling.js";
import type { Place } from "../src/node/server.js";
import { beginning, until } from "./pair.js";
import { scratch } from "./scratch.js";

const DAY_S = 86_400;
/** Longer than the first wait of what is repeated, and longer than repeats are answered once in. */
export const REPEAT_S = 40;
/** After a link that stood so long another is opened nearly at once; and so long is the first wait after one that did not. */
export const STOOD_S = 5;
/** So long nothing comes where nothing is to come. */
export const QUIET_MS = 300;
export const QUARTER_HOUR_S = 900;

/**
 * A wire before a shop: its connections end when it is cut, and while it is mute nothing comes back but the beginning of a
 * link. While it is fickle, each link ends as soon as it is open.
 */
export class Wire {
    readonly #server: Server;
    readonly #sockets = new Set<Socket>();
    isMute = false;
    isFickle = false;
    /** How many connections were begun. */
    begun = 0;

    constructor(port: number) {
        this.#server = createServer((near) => {
            this.begun += 1;
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
                if (this.isFickle) end();
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

export async function freePort(): Promise<number> {
    const server = createServer();
    const port = await portOf(server);
    await new Promise((resolve) => server.close(resolve));
    return port;
}

export function folder(): string {
    return scratch("nowhere");
}

/** A link of somebody who gives what he has recorded, and takes what comes. */
export class Recorder {
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

const running = new Set<Node>();
const wires = new Set<Wire>();
after(async () => {
    for (const node of running) await node.stop();
    for (const wire of wires) wire.close();
});

export async function up(at: string, place: Place | null, others: Partial<Beginning> = {}) {
    const begun = await begin(beginning(at, others));
    await begun.node.start(place);
    running.add(begun.node);
    return begun;
}

export async function down(node: Node): Promise<void> {
    running.delete(node);
    await node.stop();
}

/** The only peer of a node. */
export function peer(node: Node) {
    return peerOf(node, peers(node)[0]?.id ?? "");
}

export function texts(node: Node): readonly (string | null)[] {
    return log(node, peer(node)).filter(({ mine, text }) => !mine && text !== null).map(({ text }) => text);
}

export function speaks(node: Node, text: string): Promise<unknown> {
    return node.do(() => say(node, peer(node), text, null));
}

/** The newest session of hers that the shop has, and how many messages she has numbered. */
export function seen(shop: Node, anna: Node) {
    return { taken: peer(shop).scope.taken[0]?.number ?? 0, said: peer(anna).scope.outgoing.ids.length };
}

export function isQuiet(node: Node): boolean {
    return peer(node).scope.waiting.length === 0 && peer(node).scope.recover === null;
}

/** A shop behind a wire, and somebody who is related to it; she has no open port unless a place is given. */
export async function related(place: Place | null = null) {
    const port = await freePort();
    const wire = new Wire(port);
    wires.add(wire);
    const endpoint = await wire.open();
    const shopAt = folder();
    const shopPlace = { at: `127.0.0.1:${port}`, endpoints: [endpoint] };
    const shopIn = (where: string, others: Partial<Beginning> = {}) =>
        up(where, shopPlace, { name: "Shop", kind: "organisation", ...others });
    const { node: shop, secret: words } = await shopIn(shopAt);
    ok(words);
    /** The shop is started again, or comes back: where it was, or out of a copy in another folder. */
    const shopUp = async (): Promise<Node> => (await shopIn(shopAt)).node;
    const shopBack = async (copy: Uint8Array | null): Promise<Node> => {
        const recover = { secret: words, copies: copy === null ? null : [[copy]] };
        return (await shopIn(copy === null ? shopAt : folder(), { recover })).node;
    };
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
    return { wire, endpoint, shop, shopUp, shopBack, anna, at, secret };
}
