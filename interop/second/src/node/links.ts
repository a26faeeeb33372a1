/** Links: WebSockets on which packets travel both ways, each for one relationship (spec 13 §4, TRANSPORT-3). */

import { performance } from "node:perf_hooks";
import { WebSocket } from "ws";
import { concat } from "../encoding/bytes.js";
import { MAILBOX_BYTES } from "../limits.js";
import { type Dialling, readEndpoint } from "./addresses.js";
import { post } from "./posting.js";
import { LINK, PACKET_BYTES_MAX } from "./paths.js";
import { Recently, dial, serveSocket } from "./sockets.js";

const FAILURES_MAX = 10;
const FAILURES_MS = 1_000;
/** So long packets are posted to who took no link, before a link is tried again. */
const POST_MS = 600_000;
/** What waits for a link that is being opened; more is a failed try. */
const PACKETS_WAITING_MAX = 256;
/** What a peer has not taken of a link; more is lost on the way. */
const UNTAKEN_BYTES_MAX = 1_048_576;

/** A packet that came over a link. */
export interface Packet {
    readonly mailbox: Uint8Array;
    readonly frame: Uint8Array;
}

/** Takes a packet, and says whether its frame was one; nothing more is read of its link before that (TRANSPORT-13). */
export type Taker = (packet: Packet, link: WebSocket) => Promise<boolean>;

/** The parts of a packet of a permitted length, or null (TRANSPORT-4). */
export function readPacket(bytes: Uint8Array): Packet | null {
    if (bytes.length <= MAILBOX_BYTES || bytes.length > PACKET_BYTES_MAX) return null;
    return { mailbox: bytes.slice(0, MAILBOX_BYTES), frame: bytes.slice(MAILBOX_BYTES) };
}

/** Reads packets from a link until it ends; `failed` hears of each frame that was none (TRANSPORT-15, TRANSPORT-18). */
function serveLink(link: WebSocket, take: Taker, failed: () => void): void {
    serveSocket(link, (message) => {
        const packet = readPacket(message);
        if (packet === null) return link.terminate();
        link.pause();
        void take(packet, link).then((isTaken) => {
            if (!isTaken) failed();
            link.resume();
        });
    });
}

/** Ends a link that this node opened once too many frames on it fail. */
function endAfterFailures(link: WebSocket): () => void {
    const failures = new Recently(FAILURES_MS, FAILURES_MAX);
    return () => {
        if (failures.isTooOften()) link.terminate();
    };
}

/** Hears what becomes of the links that this node opens, each for one relationship. */
export interface Watcher {
    opened(relationship: string): void;
    /** It has ended, or could not be opened. */
    ended(relationship: string): void;
}

/** A link that this node opens for one relationship. */
interface Opening {
    readonly endpoint: string;
    link: WebSocket | null;
    readonly waiting: Uint8Array[];
}

/** The links of a node, by relationship. */
export class Links {
    readonly #dialling: Dialling;
    readonly #take: Taker;
    readonly #watcher: Watcher;
    /** The link on which the peer of the relationship came last. */
    readonly #back = new Map<string, WebSocket>();
    readonly #own = new Map<string, Opening>();
    readonly #all = new Set<WebSocket>();
    /** Endpoints that took no link, and until when packets are posted to them. */
    readonly #posted = new Map<string, number>();
    #isOver = false;

    constructor(dialling: Dialling, take: Taker, watcher: Watcher) {
        this.#dialling = dialling;
        this.#take = take;
        this.#watcher = watcher;
    }

    /** Goes on with a link that somebody opened, or that this node did. */
    serve(link: WebSocket, failed: () => void = endAfterFailures(link)): void {
        this.#all.add(link);
        link.on("close", () => this.#all.delete(link));
        serveLink(link, this.#take, failed);
    }

    /** The peer came over this link: so may what is for it. */
    cameFrom(relationship: string, link: WebSocket): void {
        this.#back.set(relationship, link);
    }

    /** What was opened before is not taken for the way to the peer any more; it stays open for whoever is there. */
    forget(relationship: string): void {
        this.#back.delete(relationship);
        this.#own.delete(relationship);
    }

    /** Whether this link is the way to the peer. */
    leadsTo(relationship: string, link: WebSocket | null): boolean {
        return this.#openLink(relationship) === link;
    }

    isLinked(relationship: string): boolean {
        return this.#openLink(relationship) !== null;
    }

    /** Whether there is a link, or one is being opened. */
    isKept(relationship: string): boolean {
        return this.isLinked(relationship) || this.#own.has(relationship);
    }

    /** Opens a link where there is none, though there is nothing to send. */
    keep(relationship: string, endpoints: readonly string[]): void {
        const endpoint = dialled(endpoints);
        if (endpoint === null || this.#isOver || this.isKept(relationship)) return;
        this.#open(relationship, { endpoint, link: null, waiting: [] });
    }

    /**
     * Whether there is a way: an open link, or an endpoint of a form that can be dialled. For who keeps a link only an
     * endpoint that took none, and to which packets are posted.
     */
    canReach(relationship: string, endpoints: readonly string[], keepsLink: boolean): boolean {
        const endpoint = dialled(endpoints);
        return this.isLinked(relationship) || (endpoint !== null && (!keepsLink || this.#isPosted(endpoint)));
    }

    /** Hands a frame to the carrier. What is lost on the way is sent again by who waits for its receipt. */
    send(relationship: string, endpoints: readonly string[], mailbox: Uint8Array, frame: Uint8Array): void {
        this.answer(this.#openLink(relationship), relationship, endpoints, mailbox, frame);
    }

    /** Hands a frame back to the link that it answers, as long as that is open. */
    answer(link: WebSocket | null, relationship: string, endpoints: readonly string[], mailbox: Uint8Array, frame: Uint8Array): void {
        const packet = concat(mailbox, frame);
        const open = link?.readyState === WebSocket.OPEN ? link : this.#openLink(relationship);
        if (open !== null) return open.bufferedAmount > UNTAKEN_BYTES_MAX ? undefined : open.send(packet);
        const endpoint = dialled(endpoints);
        if (endpoint === null || this.#isOver) return;
        if (this.#isPosted(endpoint)) return void post(endpoint, packet, this.#dialling);
        const opening = this.#own.get(relationship);
        if (opening === undefined || opening.endpoint !== endpoint)
            this.#open(relationship, { endpoint, link: null, waiting: [packet] });
        else if (opening.waiting.length < PACKETS_WAITING_MAX) opening.waiting.push(packet);
    }

    /** Ends all links at once. */
    close(): void {
        this.#isOver = true;
        for (const link of this.#all) link.terminate();
    }

    #isPosted(endpoint: string): boolean {
        return (this.#posted.get(endpoint) ?? 0) > performance.now();
    }

    #openLink(relationship: string): WebSocket | null {
        const back = this.#back.get(relationship);
        if (back?.readyState === WebSocket.OPEN) return back;
        const own = this.#own.get(relationship)?.link;
        return own?.readyState === WebSocket.OPEN ? own : null;
    }

    #open(relationship: string, opening: Opening): void {
        this.#own.set(relationship, opening);
        const isOwn = (): boolean => this.#own.get(relationship) === opening;
        const over = (): void => {
            if (isOwn()) this.#own.delete(relationship);
            if (!this.#isOver) this.#watcher.ended(relationship);
        };
        void dial(opening.endpoint, LINK, this.#dialling).then((link) => {
            if (link === null) return over();
            link.on("close", over);
            this.serve(link);
            if (this.#isOver) return link.terminate();
            opening.link = link;
            link.on("unexpected-response", (request, answer) => {
                answer.destroy();
                request.destroy();
                link.terminate();
                this.#posted.set(opening.endpoint, performance.now() + POST_MS);
                for (const packet of opening.waiting.splice(0)) void post(opening.endpoint, packet, this.#dialling);
            });
            link.on("open", () => {
                for (const packet of opening.waiting.splice(0)) link.send(packet);
                if (isOwn()) this.#watcher.opened(relationship);
            });
        });
    }
}

/** The endpoint that is dialled: the preferred one of those whose host can be anybody's. */
export function dialled(endpoints: readonly string[]): string | null {
    return endpoints.find((one) => !(readEndpoint(one)?.host ?? "invalid").endsWith("invalid")) ?? null;
}
