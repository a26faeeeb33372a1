/** How a request is read, and why one is refused (spec 13 §3, §4 and §6). */

import type { IncomingMessage } from "node:http";
import { readEndpoint } from "./addresses.js";
import { CARD_PATH, INVITATIONS_PATH, LINK, PACKETS_PATH, PACKET_BYTES_MAX, PACKET_TYPE, SERVICE } from "./paths.js";

export const HEAD_BYTES_MAX = 16_384;
export const HEADERS_MAX = 64;
const LINE_BYTES_MAX = 8_190;
/** Of each line: a colon, a space and its end. */
const LINE_EXTRA_BYTES = 4;
/** Behind method and target: two spaces, the version and the end of the line. */
const REQUEST_LINE_EXTRA_BYTES = 12;
const PLAIN_NUMBER = /^(?:0|[1-9][0-9]*)$/;
const CONTROL = /[\u0000-\u001f\u007f]/;

/** What a target names, whatever the method. */
export type Target = "packets" | "link" | "line" | "invitation" | "card" | "nothing";

/** The names under which this node may be asked (TRANSPORT-23). */
export function hostsOf(at: string, port: number, endpoints: readonly string[], added: readonly string[]): ReadonlySet<string> {
    const own = endpoints.flatMap((one) => {
        const endpoint = readEndpoint(one);
        if (endpoint === null) return [];
        const bare = endpoint.authority.replace(/:\d+$/, "");
        const isDefault = endpoint.port === (endpoint.scheme === "https" ? 443 : 80);
        return isDefault ? [bare, `${bare}:${endpoint.port}`] : [`${bare}:${endpoint.port}`];
    });
    const all = [at, `localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, ...own, ...added];
    return new Set(all.map((name) => name.toLowerCase()));
}

/** The path behind that of the own endpoint; null where the request is for something else. */
export function pathOf({ url: path = "" }: IncomingMessage, prefix: string): string {
    if (path === CARD_PATH) return path; // at the origin, not behind the path of an endpoint (TRANSPORT-17)
    return path.startsWith(`${prefix}/pcloud/`) ? path.slice(prefix.length) : "";
}

/** What a path names (TRANSPORT-20). */
export function targetOf(path: string, isServing: boolean): Target {
    if (path === PACKETS_PATH) return "packets";
    if (path === LINK.path) return "link";
    if (path === SERVICE.path && isServing) return "line";
    if (path === CARD_PATH) return "card";
    return path.startsWith(INVITATIONS_PATH) ? "invitation" : "nothing";
}

/** Why a head is refused, whatever it asks for; null where it is not (TRANSPORT-7, TRANSPORT-23 to TRANSPORT-25). */
export function refusedHead(request: IncomingMessage, hosts: ReadonlySet<string>): number | null {
    const { rawHeaders, method = "", url = "", headers, httpVersion } = request;
    if (httpVersion !== "1.1") return 400;
    const names = rawHeaders.filter((_, place) => place % 2 === 0).map((name) => name.toLowerCase());
    if (names.length > HEADERS_MAX) return 431;
    const lines = names.map((name, place) => name.length + (rawHeaders[2 * place + 1] ?? "").length + LINE_EXTRA_BYTES);
    const first = method.length + url.length + REQUEST_LINE_EXTRA_BYTES;
    const bytes = lines.reduce((sum, line) => sum + line, first);
    if (Math.max(first, ...lines) > LINE_BYTES_MAX || bytes > HEAD_BYTES_MAX) return 431;
    if (headers.host === undefined || rawHeaders.some((text) => CONTROL.test(text))) return 400;
    if (["host", "content-length", "transfer-encoding"].some((one) => names.filter((name) => name === one).length > 1)) return 400;
    const { "content-length": length, "transfer-encoding": coding } = headers;
    if (length !== undefined && (coding !== undefined || !PLAIN_NUMBER.test(length))) return 400;
    if (coding !== undefined && coding !== "chunked") return 400;
    const isPath = url.startsWith("/");
    if ((!isPath && url.includes("://")) || !hosts.has(headers.host.toLowerCase())) return 421;
    return isPath ? null : 400;
}

/** Why the head of a packet is none (TRANSPORT-6, TRANSPORT-10). */
export function refusedPacket({ headers }: IncomingMessage): number | null {
    const length = headers["content-length"];
    if (length === undefined || headers["transfer-encoding"] !== undefined) return 411;
    if (Number(length) > PACKET_BYTES_MAX) return 413;
    if (headers["content-type"] !== PACKET_TYPE || headers["content-encoding"] !== undefined) return 415;
    return headers.upgrade === undefined ? null : 400;
}

/** Why a request is none for a socket; null where it is one (TRANSPORT-14, TRANSPORT-34). */
export function refusedUpgrade({ headers, method }: IncomingMessage, target: Target): number | null {
    if (target !== "link" && target !== "line") return target === "nothing" ? 404 : 400;
    if (method !== "GET") return 405;
    if (headers.upgrade?.toLowerCase() !== "websocket" || headers["sec-websocket-version"] !== "13") return 426;
    const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((one) => one.trim());
    return offered.includes((target === "link" ? LINK : SERVICE).protocol) ? null : 400;
}
