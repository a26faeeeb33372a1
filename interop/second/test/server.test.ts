/** What a node answers to strangers, on real sockets (spec 13 §3 to §7). */

import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { type Socket, connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { connect as connectSecure } from "node:tls";
import { WebSocket } from "ws";
import type { Packet } from "../src/node/links.js";
import { type House, type Listening, type Patience, type Place, listen } from "../src/node/server.js";
import { SUMS } from "../src/node/strangers.js";
import { scratch } from "./scratch.js";

const MAILBOX = "50952c7428bfe463e1bc089cc462bb94";
const BLOB = new Uint8Array([1, 2, 3]);
const CARD = new Uint8Array([4, 5]);

/** A house that keeps what comes to it; frames that begin with 0xff are none. */
class Kept implements House {
    readonly packets: Packet[] = [];
    links = 0;
    lines = 0;
    serves = false;
    isFull = false;
    hasCard = true;
    packet(packet: Packet): Promise<boolean> | null {
        if (this.isFull) return null;
        this.packets.push(packet);
        return Promise.resolve(packet.frame[0] !== 0xff);
    }
    link(link: WebSocket, failed: () => void): void {
        this.links += 1;
        link.on("message", (data) => ((data as Buffer)[16] === 0xff ? failed() : undefined));
    }
    isServing(): boolean {
        return this.serves;
    }
    line(): void {
        this.lines += 1;
    }
    published = BLOB;
    blob(mailbox: string): Uint8Array | undefined {
        return mailbox === MAILBOX ? this.published : undefined;
    }
    card(): Uint8Array | undefined {
        return this.hasCard ? CARD : undefined;
    }
}

interface Standing {
    readonly house: Kept;
    readonly listening: Listening;
    readonly host: string;
    readonly port: number;
}

async function standing(place: Partial<Place> = {}, patience?: Patience): Promise<Standing> {
    const house = new Kept();
    const listening = await listen({ at: "127.0.0.1:0", ...place }, house, patience);
    const port = listening.port;
    return { house, listening, host: `127.0.0.1:${port}`, port };
}

/** All that comes back on a connection until it ends. */
function ended(socket: Socket): Promise<string> {
    return new Promise((resolve) => {
        let text = "";
        socket.on("data", (data: Buffer) => (text += data.toString("latin1")));
        socket.on("error", () => resolve(text));
        socket.on("close", () => resolve(text));
    });
}

/** Sends bytes as they are; gives what comes back. */
function raw(port: number, text: string): Promise<string> {
    const socket = connect(port, "127.0.0.1");
    socket.write(text, "latin1");
    return ended(socket);
}

function statusOf(answer: string): number {
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
}

function head(first: string, ...lines: readonly string[]): string {
    return [first, ...lines, "", ""].join("\r\n");
}

const PACKET_HEAD = ["Content-Type: application/vnd.pcloud.packet"];
const POST = "POST /pcloud/1/packets HTTP/1.1";
const LINK = [
    "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Protocol: pcloud.1",
];

function packetOf(frame: readonly number[]): string {
    return Buffer.concat([Buffer.from(MAILBOX, "hex"), Buffer.from(frame)]).toString("latin1");
}

describe("a port", () => {
    let at: Standing;
    before(async () => (at = await standing({ sums: { ...SUMS, requestsInMinute: 10_000 } })));
    after(() => at.listening.close());

    const posted = (lines: readonly string[], body = packetOf([0, 0, 0, 0])): Promise<string> =>
        raw(at.port, head(POST, `Host: ${at.host}`, ...lines) + body);

    it("answers a packet with 202 and nothing else, whether its frame opens or not", async () => {
        const lines = [...PACKET_HEAD, "Content-Length: 20", "Connection: close"];
        const [one, other] = [await posted(lines), await posted(lines, packetOf([255, 0, 0, 0]))];
        equal(statusOf(one), 202);
        equal(one, other);
        equal(at.house.packets.length, 2);
        match(one, /\r\nContent-Length: 0\r\n/);
        equal(/date|server/i.test(one), false);
    });

    const refusals: readonly (readonly [string, number, (host: string) => string])[] = [
        ["another content type", 415, (host) => head(POST, `Host: ${host}`, "Content-Type: text/plain", "Content-Length: 20")],
        ["a content type with a parameter", 415, (host) => head(POST, `Host: ${host}`, `${PACKET_HEAD[0]}; a=b`, "Content-Length: 20")],
        ["a content coding", 415, (host) => head(POST, `Host: ${host}`, ...PACKET_HEAD, "Content-Encoding: gzip", "Content-Length: 20")],
        ["no length", 411, (host) => head(POST, `Host: ${host}`, ...PACKET_HEAD)],
        ["a chunked body", 411, (host) => head(POST, `Host: ${host}`, ...PACKET_HEAD, "Transfer-Encoding: chunked")],
        ["a body that is too long, by its length alone", 413, (host) => head(POST, `Host: ${host}`, ...PACKET_HEAD, "Content-Length: 65553")],
        ["fewer than 17 bytes", 400, (host) => head(POST, `Host: ${host}`, ...PACKET_HEAD, "Content-Length: 16") + "0123456789abcdef"],
        ["an Expect", 417, (host) => head(POST, `Host: ${host}`, ...PACKET_HEAD, "Content-Length: 20", "Expect: 100-continue")],
        ["a GET of where packets go", 405, (host) => head("GET /pcloud/1/packets HTTP/1.1", `Host: ${host}`)],
        ["a POST to a link", 405, (host) => head("POST /pcloud/1/link HTTP/1.1", `Host: ${host}`, "Content-Length: 0")],
        ["a link without an upgrade", 426, (host) => head("GET /pcloud/1/link HTTP/1.1", `Host: ${host}`)],
        ["a link of another version", 426, (host) => head("GET /pcloud/1/link HTTP/1.1", `Host: ${host}`, ...LINK.map((line) => line.replace("13", "8")))],
        ["a link without its subprotocol", 400, (host) => head("GET /pcloud/1/link HTTP/1.1", `Host: ${host}`, ...LINK.slice(0, 4))],
        ["a link without a key", 400, (host) => head("GET /pcloud/1/link HTTP/1.1", `Host: ${host}`, ...LINK.map((line) => line.replace(/A+==/, "A")))],
        ["a link with a list of subprotocols that is none", 400, (host) => head("GET /pcloud/1/link HTTP/1.1", `Host: ${host}`, ...LINK.map((line) => line.replace("pcloud.1", "pcloud.1,,=")))],
        ["an upgrade elsewhere", 400, (host) => head("GET /.well-known/pcloud HTTP/1.1", `Host: ${host}`, ...LINK)],
        ["a service line of a node that serves nothing", 404, (host) => head("GET /pcloud/1/service HTTP/1.1", `Host: ${host}`, ...LINK)],
        ["another host", 421, () => head("GET /.well-known/pcloud HTTP/1.1", "Host: evil.example")],
        ["another host in the target", 421, (host) => head("GET http://evil.example/.well-known/pcloud HTTP/1.1", `Host: ${host}`)],
        ["its own host in the target", 421, (host) => head(`GET http://${host}/.well-known/pcloud HTTP/1.1`, `Host: ${host}`)],
        ["no host", 400, () => head("GET /.well-known/pcloud HTTP/1.1")],
        ["a host twice", 400, (host) => head("GET /.well-known/pcloud HTTP/1.1", `Host: ${host}`, `Host: ${host}`)],
        ["HTTP/1.0", 400, (host) => head("GET /.well-known/pcloud HTTP/1.0", `Host: ${host}`)],
        ["no HTTP at all", 400, () => "hello\r\n\r\n"],
        ["a length twice", 400, (host) => head(POST, `Host: ${host}`, ...PACKET_HEAD, "Content-Length: 20", "Content-Length: 20")],
        ["a length beside a coding", 400, (host) => head(POST, `Host: ${host}`, ...PACKET_HEAD, "Content-Length: 20", "Transfer-Encoding: chunked")],
        ["a length that is no plain number", 400, (host) => head(POST, `Host: ${host}`, ...PACKET_HEAD, "Content-Length: 020")],
        ["a line that ends with LF alone", 400, (host) => `GET /.well-known/pcloud HTTP/1.1\nHost: ${host}\n\n`],
        ["a folded header", 400, (host) => head("GET /.well-known/pcloud HTTP/1.1", `Host: ${host}`, "A: b", " c")],
        ["a control character in a value", 400, (host) => head("GET /.well-known/pcloud HTTP/1.1", `Host: ${host}`, "A: b\u0001c")],
        ["a tab in a value", 400, (host) => head("GET /.well-known/pcloud HTTP/1.1", `Host: ${host}`, "A: b\tc")],
        ["65 headers", 431, (host) => head("GET /.well-known/pcloud HTTP/1.1", `Host: ${host}`, ...Array.from({ length: 64 }, (_, n) => `A${n}: b`))],
        ["a line of more than 8,190 bytes", 431, (host) => head("GET /.well-known/pcloud HTTP/1.1", `Host: ${host}`, `A: ${"b".repeat(8_190)}`)],
        ["a head of more than 16,384 bytes", 431, (host) => head("GET /.well-known/pcloud HTTP/1.1", `Host: ${host}`, ...["A", "B", "C"].map((name) => `${name}: ${"b".repeat(8_000)}`))],
    ];
    for (const [what, status, request] of refusals)
        it(`refuses ${what} with ${status}, an empty body, and ends the connection`, async () => {
            const count = at.house.packets.length;
            const answer = await raw(at.port, request(at.host));
            equal(statusOf(answer), status);
            equal(answer.slice(answer.indexOf("\r\n\r\n") + 4), "");
            equal(at.house.packets.length, count);
        });

    it("gives one 404 for everything that is not there, byte for byte", async () => {
        at.house.hasCard = false;
        const paths = [
            "/", "/pcloud/1/invitations/", `/pcloud/1/invitations/${"A".repeat(22)}`, "/pcloud/1/invitations/%50",
            "/.well-known/pcloud", "/.well-known/pcloud?a", "/pcloud/1/service", "/other", "/pcloud/1/../1/link",
        ];
        const answers = await Promise.all(paths.map((path) => raw(at.port, head(`GET ${path} HTTP/1.1`, `Host: ${at.host}`))));
        at.house.hasCard = true;
        deepEqual(new Set(answers.map(statusOf)), new Set([404]));
        equal(new Set(answers).size, 1);
    });

    it("gives a blob and a card under their one path", async () => {
        const path = `/pcloud/1/invitations/${Buffer.from(MAILBOX, "hex").toString("base64url")}`;
        const blob = await raw(at.port, head(`GET ${path} HTTP/1.1`, `Host: ${at.host}`, "Connection: close"));
        match(blob, /^HTTP\/1\.1 200 [^]*application\/octet-stream[^]*\r\n\r\n\u0001\u0002\u0003$/);
        const card = await raw(at.port, head("GET /.well-known/pcloud HTTP/1.1", `Host: localhost:${at.port}`, "Connection: close"));
        match(card, /^HTTP\/1\.1 200 [^]*application\/cose; cose-type="cose-sign1"[^]*\r\n\r\n\u0004\u0005$/);
    });

    it("says when to come back where it has no room", async () => {
        at.house.isFull = true;
        const answer = await posted([...PACKET_HEAD, "Content-Length: 20"]);
        at.house.isFull = false;
        equal(statusOf(answer), 503);
        match(answer, /\r\nRetry-After: \d+\r\n/);
    });

    it("opens links, and service lines once it serves", async () => {
        const opened = async (path: string, protocol: string): Promise<string> => {
            const socket = new WebSocket(`ws://${at.host}${path}`, [protocol]);
            await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
            socket.close();
            return socket.protocol;
        };
        equal(await opened("/pcloud/1/link", "pcloud.1"), "pcloud.1");
        at.house.serves = true;
        equal(await opened("/pcloud/1/service", "pcloud.service.1"), "pcloud.service.1");
        at.house.serves = false;
        deepEqual([at.house.links, at.house.lines], [1, 1]);
    });
});

describe("a stranger who is slow, or hurts itself", { timeout: 60_000 }, () => {
    /** Who takes nothing is ended soon here; one connection of a source shows when the one before is over. */
    const QUICK: Patience = { handshakeMs: 100, idleMs: 100 };
    const ONE = { sums: { ...SUMS, connectionsOfSource: 1, requestsInMinute: 10_000 } };
    const MUCH = new Uint8Array(64 * 1_048_576);
    const fetched = (host: string): string =>
        head(`GET /pcloud/1/invitations/${Buffer.from(MAILBOX, "hex").toString("base64url")} HTTP/1.1`, `Host: ${host}`);
    /** Until a new connection is served: the one before is over then. */
    async function served({ port, host }: Standing): Promise<void> {
        while (statusOf(await raw(port, head("GET / HTTP/1.1", `Host: ${host}`))) !== 404);
    }
    /** A connection that sends this, and neither reads nor ends. */
    async function holding({ port }: Standing, text: string): Promise<Socket> {
        const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
        socket.on("error", () => undefined).pause();
        await new Promise<void>((resolve) => socket.write(text, () => resolve()));
        return socket;
    }

    it("is ended where it takes no answer for too long", async () => {
        const at = await standing(ONE, QUICK);
        at.house.published = MUCH;
        const held = await holding(at, fetched(at.host));
        await served(at);
        held.destroy();
        await at.listening.close();
    });

    it("is ended where it asks nothing more", async () => {
        const at = await standing({}, QUICK);
        const answer = await raw(at.port, head(POST, `Host: ${at.host}`, ...PACKET_HEAD, "Content-Length: 20") + packetOf([0, 0, 0, 0]));
        equal(statusOf(answer), 202);
        await at.listening.close();
    });

    it("is ended where it does not take the answer to the handshake of a link", async () => {
        const at = await standing(ONE, { ...QUICK, idleMs: 60_000 });
        at.house.published = MUCH;
        const held = await holding(at, fetched(at.host) + head("GET /pcloud/1/link HTTP/1.1", `Host: ${at.host}`, ...LINK));
        await served(at);
        equal(at.house.links, 1);
        held.destroy();
        await at.listening.close();
    });

    it("has a link for longer than that where it takes the answer", async () => {
        const at = await standing({}, QUICK);
        const link = new WebSocket(`ws://${at.host}/pcloud/1/link`, ["pcloud.1"]);
        await new Promise((resolve) => link.once("open", resolve));
        equal(await raw(at.port, head(POST, `Host: ${at.host}`, ...PACKET_HEAD, "Content-Length: 20") + packetOf([255, 0, 0, 0])).then(statusOf), 202);
        equal(link.readyState, WebSocket.OPEN);
        link.terminate();
        await at.listening.close();
    });

    for (const [what, text] of [
        ["an upgrade that was refused", (host: string) => head("GET /x HTTP/1.1", `Host: ${host}`, ...LINK)],
        ["a CONNECT", (host: string) => head("CONNECT x:1 HTTP/1.1", `Host: ${host}`)],
        ["what is no HTTP", () => "hello\r\n\r\n"],
    ] as const) {
        it(`does not hold its connection after ${what}`, async () => {
            const at = await standing(ONE, { ...QUICK, idleMs: 60_000 });
            const held = await holding(at, text(at.host));
            await served(at);
            held.destroy();
            await at.listening.close();
        });

        it(`does not end the node by a reset after ${what}`, async () => {
            const at = await standing({ sums: { ...SUMS, connectionsOfSource: 400, requestsInMinute: 10_000 } });
            for (let count = 0; count < 100; count += 1) {
                const socket = connect(at.port, "127.0.0.1").on("error", () => undefined);
                await new Promise((resolve) => socket.write(text(at.host), resolve));
                await new Promise((resolve) => socket.once("close", resolve).resetAndDestroy());
            }
            equal(statusOf(await raw(at.port, head("GET / HTTP/1.1", `Host: ${at.host}`))), 404);
            await at.listening.close();
        });
    }
});

describe("bounds on strangers", () => {
    it("shuts out a source whose frames failed more than ten times in a second, its links too", async () => {
        const at = await standing();
        const link = new WebSocket(`ws://${at.host}/pcloud/1/link`, ["pcloud.1"]);
        await new Promise((resolve) => link.once("open", resolve));
        const isEnded = new Promise((resolve) => link.once("close", resolve));
        for (let count = 0; count < 11; count += 1) link.send(Buffer.from(packetOf([255]), "latin1"));
        await isEnded;
        equal(await raw(at.port, head("GET /.well-known/pcloud HTTP/1.1", `Host: ${at.host}`)), "");
        await at.listening.close();
    });

    it("closes what is beyond the connections of one source at once", async () => {
        const at = await standing({ sums: { ...SUMS, connectionsOfSource: 2 } });
        const open = [connect(at.port, "127.0.0.1"), connect(at.port, "127.0.0.1")];
        await Promise.all(open.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
        equal(await raw(at.port, ""), "");
        equal(open.some((socket) => socket.closed), false);
        for (const socket of open) socket.destroy();
        await at.listening.close();
    });

    it("closes the connection that came first where too many have brought nothing", async () => {
        const at = await standing({ sums: { ...SUMS, unproven: 2 } });
        const open = async (): Promise<Socket> => {
            const socket = connect(at.port, "127.0.0.1");
            await new Promise((resolve) => socket.once("connect", resolve));
            return socket;
        };
        const first = await open();
        const isEnded = ended(first);
        const others = [await open(), await open()];
        equal(await isEnded, "");
        equal(others.some((socket) => socket.closed), false);
        for (const socket of others) socket.destroy();
        await at.listening.close();
    });

    it("answers 429 to more requests in a minute than are permitted, and still takes packets and links [TRANSPORT-22]", async () => {
        const at = await standing({ sums: { ...SUMS, requestsInMinute: 2 } });
        const get = (): Promise<string> => raw(at.port, head("GET /.well-known/pcloud HTTP/1.1", `Host: ${at.host}`, "Connection: close"));
        deepEqual([statusOf(await get()), statusOf(await get()), statusOf(await get())], [200, 200, 429]);
        const posted = await raw(at.port, head(POST, `Host: ${at.host}`, ...PACKET_HEAD, "Content-Length: 20", "Connection: close") + packetOf([0, 0, 0, 0]));
        equal(statusOf(posted), 202);
        equal(statusOf(await raw(at.port, head("GET /pcloud/1/link HTTP/1.1", `Host: ${at.host}`, "Connection: close"))), 426);
        equal(statusOf(await raw(at.port, head("GET /.well-known/pcloud HTTP/1.1", `Host: ${at.host}`, ...LINK))), 429);
        await at.listening.close();
    });

    it("believes X-Forwarded-For of a proxy that the owner named, and of nobody else", async () => {
        const asked = async (place: Partial<Place>): Promise<readonly number[]> => {
            const at = await standing({ ...place, sums: { ...SUMS, requestsInMinute: 1 } });
            const get = (from: string): Promise<string> =>
                raw(at.port, head("GET /.well-known/pcloud HTTP/1.1", `Host: ${at.host}`, `X-Forwarded-For: ${from}`, "Connection: close"));
            const answers = [await get("198.51.100.1"), await get("198.51.100.2"), await get("9.9.9.9, 198.51.100.2, 127.0.0.1")];
            await at.listening.close();
            return answers.map(statusOf);
        };
        deepEqual(await asked({}), [200, 429, 429]);
        deepEqual(await asked({ proxies: ["127.0.0.0/8"] }), [200, 200, 429]);
    });

    it("answers 429 to who is shut out behind a proxy, and goes on for all others there", async () => {
        const at = await standing({ proxies: ["127.0.0.1"] });
        const post = (from: string, frame: readonly number[]): Promise<string> =>
            raw(at.port, head(POST, `Host: ${at.host}`, ...PACKET_HEAD, "Content-Length: 20", `X-Forwarded-For: ${from}`, "Connection: close") + packetOf(frame));
        const bad = await Promise.all(Array.from({ length: 11 }, () => post("198.51.100.1", [255, 0, 0, 0])));
        deepEqual(new Set(bad.map(statusOf)), new Set([202]));
        equal(statusOf(await post("198.51.100.1", [0, 0, 0, 0])), 429);
        equal(statusOf(await post("198.51.100.2", [0, 0, 0, 0])), 202);
        await at.listening.close();
    });
});

describe("a port under a name, with TLS", () => {
    function certificate(): { readonly cert: Uint8Array; readonly key: Uint8Array } {
        const folder = scratch("tls");
        const [cert, key] = [join(folder, "cert"), join(folder, "key")];
        execFileSync("openssl", [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=shop.example",
            "-addext", "subjectAltName=DNS:shop.example", "-keyout", key, "-out", cert,
        ], { stdio: "ignore" });
        return { cert: new Uint8Array(readFileSync(cert)), key: new Uint8Array(readFileSync(key)) };
    }

    it("speaks TLS under the endpoint that peers are told, with its path, and nothing in plain text", async () => {
        const tls = certificate();
        const at = await standing({ tls, endpoints: ["https://shop.example:8443/cloud"] });
        const asked = (path: string, version?: "TLSv1.1"): Promise<string> => {
            const socket = connectSecure({
                port: at.port, host: "127.0.0.1", servername: "shop.example", ca: Buffer.from(tls.cert),
                ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
            });
            socket.write(head(`GET ${path} HTTP/1.1`, "Host: shop.example:8443", "Connection: close"));
            return ended(socket);
        };
        const invitation = `/pcloud/1/invitations/${Buffer.from(MAILBOX, "hex").toString("base64url")}`;
        equal(statusOf(await asked(`/cloud${invitation}`)), 200);
        equal(statusOf(await asked(invitation)), 404);
        equal(statusOf(await asked("/.well-known/pcloud")), 200);
        equal(await asked("/.well-known/pcloud", "TLSv1.1"), "");
        equal(await raw(at.port, head("GET /.well-known/pcloud HTTP/1.1", "Host: shop.example:8443")), "");
        deepEqual(at.listening.endpoints, ["https://shop.example:8443/cloud"]);
        notEqual(at.port, 8443);
        await at.listening.close();
    });
});
