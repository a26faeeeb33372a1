/** What a node answers to whoever calls it: packets, links, service lines, and what is published (spec 13 §3 to §7). */

import { type IncomingMessage, type Server, type ServerResponse, createServer as createPlain } from "node:http";
import { createServer as createSecure } from "node:https";
import { type AddressInfo, type Socket, isIPv6 } from "node:net";
import { performance } from "node:perf_hooks";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { joined } from "../encoding/bytes.js";
import { MAILBOX_BYTES } from "../limits.js";
import { readEndpoint } from "./addresses.js";
import { type Packet, readPacket } from "./links.js";
import { INVITATIONS_PATH, type Kind, LINK, SERVICE } from "./paths.js";
import {
    HEADERS_MAX, HEAD_BYTES_MAX, type Target, hostsOf, pathOf, refusedHead, refusedPacket, refusedUpgrade, targetOf,
} from "./requests.js";
import { Strangers, type Sums } from "./strangers.js";

const HEAD_MS_MAX = 10_000;
const BODY_MS_MAX = 30_000;
/** Once so much time has passed, a body that comes more slowly on average ends the connection. */
const BODY_SLOW_MS = 5_000;
const BODY_BYTES_IN_S_MIN = 1_024;
const CHECK_MS = 1_000;
const RETRY_S = 5;
const CARD_TYPE = 'application/cose; cose-type="cose-sign1"';

/** What the node does with what comes. */
export interface House {
    /** Takes a packet; null where there is no room for it now. Whether its frame was one comes later. */
    packet(packet: Packet): Promise<boolean> | null;
    /** `failed` is called for each frame that was none. */
    link(link: WebSocket, failed: () => void): void;
    /** Whether this node takes service lines (TRANSPORT-34). */
    isServing(): boolean;
    line(socket: WebSocket): void;
    /** The blob under a mailbox, or undefined. */
    blob(mailbox: string): Uint8Array | undefined;
    /** The card that the owner publishes, or undefined. */
    card(): Uint8Array | undefined;
}

/** Where a node is to listen, and how it is reached. */
export interface Place {
    /** `host:port`; port 0 is any that is free. */
    readonly at: string;
    /** What peers are told, where it is not that address: behind a proxy, or under a name. */
    readonly endpoints?: readonly string[];
    /** Further names for `Host`, each with its port where it is not that of the scheme. */
    readonly hosts?: readonly string[];
    /** Addresses and networks of reverse proxies: they alone say who calls, in `X-Forwarded-For`. */
    readonly proxies?: readonly string[];
    /** Certificate chain and key in PEM, for TLS without a proxy. */
    readonly tls?: { readonly cert: Uint8Array; readonly key: Uint8Array };
    readonly sums?: Sums;
}

/** How long a peer may take to take something, or to ask again (TRANSPORT-21). */
export interface Patience {
    /** A TLS handshake; the answer to the handshake of a link; a refusal. */
    readonly handshakeMs: number;
    /** Nothing asked, and no answer taken, on a connection that is no link. */
    readonly idleMs: number;
}

const PATIENCE: Patience = { handshakeMs: 5_000, idleMs: 75_000 };

/** Where peers reach the node, and how it ends. */
export interface Listening {
    readonly endpoints: readonly string[];
    readonly port: number;
    close(): Promise<void>;
}

/** Listens. Throws where the port cannot be had, or the certificate is none. */
export async function listen(place: Place, house: House, patience: Patience = PATIENCE): Promise<Listening> {
    const colon = place.at.lastIndexOf(":");
    const host = place.at.slice(0, colon).replace(/^\[|\]$/g, "");
    const options = {
        maxHeaderSize: HEAD_BYTES_MAX,
        headersTimeout: HEAD_MS_MAX,
        requestTimeout: HEAD_MS_MAX + BODY_MS_MAX,
        keepAliveTimeout: patience.idleMs,
        connectionsCheckingInterval: CHECK_MS,
        requireHostHeader: false, // its refusal would have a body; `refusedHead` gives one without
    };
    const { tls } = place;
    const server =
        tls === undefined
            ? createPlain(options)
            : createSecure({
                  ...options,
                  cert: Buffer.from(tls.cert),
                  key: Buffer.from(tls.key),
                  minVersion: "TLSv1.2",
                  handshakeTimeout: patience.handshakeMs,
              });
    server.timeout = patience.idleMs; // also where the other end takes no answer
    server.maxHeadersCount = HEADERS_MAX + 1; // one more than is permitted is seen, and refused
    await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(Number(place.at.slice(colon + 1)), host, resolve);
    });
    const { port } = server.address() as AddressInfo;
    const named = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
    const endpoints = place.endpoints ?? [`${tls === undefined ? "http" : "https"}://${named}`];
    const prefix = readEndpoint(endpoints[0] ?? "")?.path ?? "";
    const hosts = hostsOf(named, port, endpoints, place.hosts ?? []);
    const strangers = new Strangers(place.proxies ?? [], place.sums);
    new Door({ server, house, hosts, prefix, strangers, isSecure: tls !== undefined, handshakeMs: patience.handshakeMs });
    return { endpoints, port, close: () => closed(server) };
}

/** A WebSocket server for one kind of socket (TRANSPORT-14); the library would say why it refuses one (TRANSPORT-26). */
function accepting({ protocol, bytesMax: maxPayload }: Kind, refuse: (socket: Duplex) => void): WebSocketServer {
    const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload, handleProtocols: () => protocol });
    return server.on("wsClientError", (_error, socket) => refuse(socket));
}

/** What a door is made of. */
interface Frame {
    readonly server: Server;
    readonly house: House;
    readonly hosts: ReadonlySet<string>;
    readonly prefix: string;
    readonly strangers: Strangers;
    readonly isSecure: boolean;
    readonly handshakeMs: number;
}

/** All answers of one port. */
class Door {
    readonly #house: House;
    readonly #hosts: ReadonlySet<string>;
    readonly #prefix: string;
    readonly #strangers: Strangers;
    readonly #handshakeMs: number;
    readonly #heads = new Heads();
    readonly #links = accepting(LINK, (socket) => this.#refuse(socket, 400));
    readonly #lines = accepting(SERVICE, (socket) => this.#refuse(socket, 400));

    constructor({ server, house, hosts, prefix, strangers, isSecure, handshakeMs }: Frame) {
        this.#house = house;
        this.#handshakeMs = handshakeMs;
        this.#hosts = hosts;
        this.#prefix = prefix;
        this.#strangers = strangers;
        server.on("connection", (socket: Socket) => this.#strangers.admit(socket));
        server.on(isSecure ? "secureConnection" : "connection", (socket: Socket) => this.#heads.expect(socket));
        for (const event of ["request", "upgrade", "checkContinue", "checkExpectation", "connect"])
            server.on(event, (request: IncomingMessage) => this.#heads.came(request));
        server.on("request", (request, response) => {
            response.sendDate = false;
            void this.#answer(request, response);
        });
        for (const event of ["checkContinue", "checkExpectation"])
            server.on(event, (_request: IncomingMessage, response: ServerResponse) => end(response, 417));
        server.on("connect", (_request: IncomingMessage, socket: Duplex) => this.#refuse(socket, 405));
        server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => this.#unread(error, socket));
        server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, socket, head));
    }

    #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
        const source = this.#strangers.sourceOfRequest(request);
        const target = targetOf(pathOf(request, this.#prefix), this.#house.isServing());
        const status = refusedHead(request, this.#hosts) ?? this.#bounded(source, target) ?? refusedUpgrade(request, target);
        if (status !== null) return this.#refuse(socket, status);
        this.#strangers.follow(source, socket);
        const proven = (): void => this.#strangers.proven(request.socket);
        if (target === "line")
            this.#lines.handleUpgrade(request, socket, head, (line) => {
                this.#expectTaken(socket);
                line.once("message", proven);
                this.#house.line(line);
            });
        else
            this.#links.handleUpgrade(request, socket, head, (link) => {
                this.#expectTaken(socket);
                link.once("message", proven);
                this.#house.link(link, () => this.#strangers.failed(source));
            });
    }

    async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
        const { method } = request;
        const refused = refusedHead(request, this.#hosts);
        if (refused !== null) return end(response, refused);
        const path = pathOf(request, this.#prefix);
        const target = targetOf(path, this.#house.isServing());
        const source = this.#strangers.sourceOfRequest(request);
        if (this.#strangers.isShutOut(source)) return end(response, 429, RETRY);
        if (target === "packets") return method === "POST" ? this.#takePacket(request, response, source) : notThat(response, "POST");
        if (target !== "link" && !this.#strangers.mayAsk(source)) return end(response, 429, RETRY);
        if (target === "nothing") return end(response, 404);
        if (method !== "GET") return notThat(response, "GET");
        if (target === "link" || target === "line") return end(response, 426);
        const isCard = target === "card";
        const bytes = isCard ? this.#house.card() : this.#blobAt(path.slice(INVITATIONS_PATH.length));
        if (bytes === undefined) return end(response, 404);
        this.#strangers.proven(request.socket);
        const type = isCard ? CARD_TYPE : "application/octet-stream";
        response.writeHead(200, { "Content-Type": type, "Content-Length": bytes.length });
        response.end(bytes);
    }

    /** The blob under the one text of a mailbox id (TRANSPORT-16). */
    #blobAt(text: string): Uint8Array | undefined {
        const mailbox = Buffer.from(text, "base64url");
        const isId = mailbox.length === MAILBOX_BYTES && mailbox.toString("base64url") === text;
        return isId ? this.#house.blob(mailbox.toString("hex")) : undefined;
    }

    /** One packet in a request; it is answered before anything looks at it (TRANSPORT-9, TRANSPORT-11). */
    async #takePacket(request: IncomingMessage, response: ServerResponse, source: string): Promise<void> {
        const refused = refusedPacket(request);
        if (refused !== null) return end(response, refused);
        const body = await bodyOf(request);
        if (body === null) return;
        const packet = readPacket(body);
        if (packet === null) return end(response, 400);
        const taken = this.#house.packet(packet);
        if (taken === null) return end(response, 503, RETRY);
        this.#strangers.proven(request.socket);
        end(response, 202);
        if (!(await taken)) this.#strangers.failed(source);
    }

    /** Links are bounded as connections and packets by mailboxes, and not as requests (TRANSPORT-22). */
    #bounded(source: string, target: Target): number | null {
        if (this.#strangers.isShutOut(source)) return 429;
        return target === "link" || target === "packets" || this.#strangers.mayAsk(source) ? null : 429;
    }

    /** What no request could be read from: one answer, and nothing after it is read (TRANSPORT-25). */
    #unread({ code }: NodeJS.ErrnoException, socket: Duplex): void {
        if (code?.startsWith("HPE_") !== true || !socket.writable) socket.destroy(); // too late, gone, or no TLS at all
        else this.#refuse(socket, code === "HPE_HEADER_OVERFLOW" ? 431 : 400);
    }

    /** Ends a connection that the library has given up with a status, whether the other end takes it or not. */
    #refuse(socket: Duplex, status: number): void {
        const timer = setTimeout(() => socket.destroy(), this.#handshakeMs);
        socket.on("close", () => clearTimeout(timer));
        socket.on("error", () => socket.destroy()); // who resets it has ended it
        socket.end(statusLine(status));
        socket.resume(); // what still comes is read away, so that the end of it is seen
    }

    /** The answer to the handshake has just been written: ends the socket where it is not taken. */
    #expectTaken(socket: Duplex): void {
        const timer = setTimeout(() => socket.destroy(), this.#handshakeMs);
        socket.write("", () => clearTimeout(timer));
    }
}

const RETRY = { "Retry-After": RETRY_S } as const;

/** A body in time; null where whoever posted has gone, or is too slow (TRANSPORT-21). */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | null> {
    const began = performance.now();
    let length = 0;
    const timer = setInterval(() => {
        const passedMs = performance.now() - began;
        const isSlow = passedMs > BODY_SLOW_MS && length < (passedMs / 1_000) * BODY_BYTES_IN_S_MIN;
        if (isSlow || passedMs > BODY_MS_MAX) request.socket.destroy();
    }, CHECK_MS);
    const pieces: Uint8Array[] = [];
    try {
        for await (const piece of request as AsyncIterable<Buffer>) {
            pieces.push(piece);
            length += piece.length;
        }
        return joined(pieces);
    } catch {
        return null; // the connection ended before the body did
    } finally {
        clearInterval(timer);
    }
}

/** Ends connections on which no head comes in time (TRANSPORT-21). */
class Heads {
    readonly #timers = new WeakMap<Duplex, NodeJS.Timeout>();

    expect(socket: Socket): void {
        const timer = setTimeout(() => socket.destroy(), HEAD_MS_MAX);
        this.#timers.set(socket, timer);
        socket.once("close", () => clearTimeout(timer));
    }

    came({ socket }: IncomingMessage): void {
        clearTimeout(this.#timers.get(socket));
    }
}

function closed(server: Server): Promise<void> {
    return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
    });
}

function statusLine(status: number): string {
    const retry = status === 429 ? `Retry-After: ${RETRY_S}\r\n` : status === 405 ? "Allow: GET\r\n" : "";
    return `HTTP/1.1 ${status} Refused\r\n${retry}Content-Length: 0\r\nConnection: close\r\n\r\n`;
}

/** An answer with an empty body; after a refusal the connection ends (TRANSPORT-7, TRANSPORT-26). */
function end(response: ServerResponse, status: number, headers: Readonly<Record<string, string | number>> = {}): void {
    response.writeHead(status, { "Content-Length": 0, ...(status === 202 ? {} : { Connection: "close" }), ...headers });
    response.end();
}

function notThat(response: ServerResponse, allow: string): void {
    end(response, 405, { Allow: allow });
}
