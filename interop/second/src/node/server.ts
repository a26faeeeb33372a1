/** What a node answers to whoever calls it: packets by POST, links, and sealed invitations (spec 13 §3 to §7). */

import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { type AddressInfo, type Socket, isIPv6 } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { joined } from "../encoding/bytes.js";
import { MAILBOX_BYTES } from "../limits.js";
import { INVITATIONS_PATH } from "./fetching.js";
import { SERVICE } from "./services/calling.js";
import { LINK_PATH, LINK_PROTOCOL, PACKET_BYTES_MAX, type Packet, readPacket } from "./links.js";

const PACKETS_PATH = "/pcloud/1/packets";
const PACKET_TYPE = "application/vnd.pcloud.packet";
const HEAD_BYTES_MAX = 16_384;
const HEADERS_MAX = 64;
const HEAD_MS_MAX = 10_000;
const BODY_MS_MAX = 30_000;
const IDLE_MS_MAX = 75_000;
const CONNECTIONS_MAX = 512;
const CONNECTIONS_OF_SOURCE_MAX = 20;
const RETRY_S = 5;

/** What the node does with what comes. */
export interface House {
    /** Takes a packet; false where there is no room for it now. It has no effect before the carrier's answer. */
    packet(packet: Packet): boolean;
    link(link: WebSocket): void;
    /** Whether this node takes service lines (TRANSPORT-34). */
    isServing(): boolean;
    line(socket: WebSocket): void;
    /** The blob under a mailbox, or undefined. */
    blob(mailbox: string): Uint8Array | undefined;
}

/** Where peers reach the node, and how it ends. */
export interface Listening {
    readonly endpoint: string;
    close(): Promise<void>;
}

/** Listens on `host:port`; port 0 is any that is free. Throws where the port cannot be had. */
export async function listen(at: string, house: House): Promise<Listening> {
    const colon = at.lastIndexOf(":");
    const host = at.slice(0, colon).replace(/^\[|\]$/g, "");
    const links = new WebSocketServer({
        noServer: true,
        perMessageDeflate: false,
        maxPayload: PACKET_BYTES_MAX,
        handleProtocols: () => LINK_PROTOCOL,
    });
    const lines = new WebSocketServer({
        noServer: true,
        perMessageDeflate: false,
        maxPayload: SERVICE.bytesMax,
        handleProtocols: () => SERVICE.protocol,
    });
    const server = createServer({
        maxHeaderSize: HEAD_BYTES_MAX,
        headersTimeout: HEAD_MS_MAX,
        requestTimeout: BODY_MS_MAX,
        keepAliveTimeout: IDLE_MS_MAX,
        connectionsCheckingInterval: 1_000,
    });
    server.maxHeadersCount = HEADERS_MAX + 1; // one more than is permitted is seen, and refused
    server.maxConnections = CONNECTIONS_MAX;
    boundSources(server);
    await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(Number(at.slice(colon + 1)), host, resolve);
    });
    const { port } = server.address() as AddressInfo;
    const named = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
    const hosts = new Set([named, `localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]);
    server.on("request", (request, response) => {
        response.sendDate = false;
        void answer(request, response, hosts, house);
    });
    server.on("checkContinue", (_request, response: ServerResponse) => end(response, 417));
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        const status = refusedUpgrade(request, hosts, house.isServing());
        if (status !== null) socket.end(statusLine(status));
        else if (request.url === SERVICE.path) lines.handleUpgrade(request, socket, head, (line) => house.line(line));
        else links.handleUpgrade(request, socket, head, (link) => house.link(link));
    });
    return { endpoint: `http://${named}`, close: () => closed(server) };
}

/** A connection of a source beyond its bound is closed at once (TRANSPORT-22). */
function boundSources(server: Server): void {
    const open = new Map<string, number>();
    server.on("connection", (socket: Socket) => {
        const source = sourceOf(socket.remoteAddress ?? "");
        const count = (open.get(source) ?? 0) + 1;
        open.set(source, count);
        socket.on("close", () => {
            const left = (open.get(source) ?? 1) - 1;
            if (left === 0) open.delete(source);
            else open.set(source, left);
        });
        if (count > CONNECTIONS_OF_SOURCE_MAX) socket.destroy();
    });
}

/** An IPv4 address, or the first 64 bits of an IPv6 one (TRANSPORT-12). */
function sourceOf(address: string): string {
    const inside = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
    if (inside !== undefined || !isIPv6(address)) return inside ?? address;
    const [left = "", right = ""] = address.split("::");
    const groups = left === "" ? [] : left.split(":");
    const zeros = 8 - groups.length - (right === "" ? 0 : right.split(":").length);
    const whole = [...groups, ...Array.from({ length: zeros }, () => "0")];
    return whole.slice(0, 4).join(":");
}

function closed(server: Server): Promise<void> {
    return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
    });
}

function statusLine(status: number): string {
    return `HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
}

/** An answer with an empty body; after a refusal the connection ends (TRANSPORT-7, TRANSPORT-26). */
function end(response: ServerResponse, status: number, headers: Readonly<Record<string, string | number>> = {}): void {
    response.writeHead(status, { "Content-Length": 0, ...(status === 202 ? {} : { Connection: "close" }), ...headers });
    response.end();
}

/** Why a request for a link is none (TRANSPORT-14, TRANSPORT-20, TRANSPORT-23); null where it is one. */
function refusedUpgrade(
    { headers, url, method }: IncomingMessage,
    hosts: ReadonlySet<string>,
    isServing: boolean,
): number | null {
    if (!hosts.has(headers.host ?? "")) return 421;
    const isLine = isServing && url === SERVICE.path;
    if (url !== LINK_PATH && !isLine) return url === PACKETS_PATH || url?.startsWith(INVITATIONS_PATH) === true ? 400 : 404;
    if (method !== "GET") return 405;
    if (headers.upgrade?.toLowerCase() !== "websocket" || headers["sec-websocket-version"] !== "13") return 426;
    const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((one) => one.trim());
    return offered.includes(isLine ? SERVICE.protocol : LINK_PROTOCOL) ? null : 400;
}

async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    hosts: ReadonlySet<string>,
    house: House,
): Promise<void> {
    const { headers, url = "", method } = request;
    if (request.httpVersion !== "1.1") return end(response, 400);
    if (request.rawHeaders.length > 2 * HEADERS_MAX) return end(response, 431);
    if (!hosts.has(headers.host ?? "")) return end(response, 421);
    if (url === PACKETS_PATH) return method === "POST" ? takePacket(request, response, house) : notThat(response, "POST");
    if (url === LINK_PATH || (url === SERVICE.path && house.isServing())) return method === "GET" ? end(response, 426) : notThat(response, "GET");
    if (!url.startsWith(INVITATIONS_PATH)) return end(response, 404);
    if (method !== "GET") return notThat(response, "GET");
    const text = url.slice(INVITATIONS_PATH.length);
    const mailbox = Buffer.from(text, "base64url");
    const isId = mailbox.length === MAILBOX_BYTES && mailbox.toString("base64url") === text;
    const blob = isId ? house.blob(mailbox.toString("hex")) : undefined;
    if (blob === undefined) return end(response, 404);
    response.writeHead(200, { "Content-Type": "application/octet-stream", "Content-Length": blob.length });
    response.end(blob);
}

function notThat(response: ServerResponse, allow: string): void {
    end(response, 405, { Allow: allow });
}

/** One packet in a request; it is answered before anything looks at it (TRANSPORT-6, TRANSPORT-9 to TRANSPORT-11). */
async function takePacket(request: IncomingMessage, response: ServerResponse, house: House): Promise<void> {
    const { headers } = request;
    const length = headers["content-length"];
    if (length === undefined || headers["transfer-encoding"] !== undefined) return end(response, 411);
    if (Number(length) > PACKET_BYTES_MAX) return end(response, 413);
    if (headers["content-type"] !== PACKET_TYPE || headers["content-encoding"] !== undefined) return end(response, 415);
    const pieces: Uint8Array[] = [];
    try {
        for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    } catch {
        return; // whoever posted has gone
    }
    const packet = readPacket(joined(pieces));
    if (packet === null) return end(response, 400);
    if (!house.packet(packet)) return end(response, 503, { "Retry-After": RETRY_S });
    end(response, 202);
}
