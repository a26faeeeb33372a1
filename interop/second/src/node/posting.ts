/** Packets given by POST, to whoever takes no links (spec 13 §3). */

import { type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { isIPv6 } from "node:net";
import { type Dialling, readEndpoint } from "./addresses.js";
import { PACKETS_PATH, PACKET_TYPE } from "./paths.js";

const POST_MS_MAX = 10_000;
const ACCEPTED = 202;

/** Gives one packet, over a connection of its own (TRANSPORT-3); whether the carrier has it. */
export async function post(text: string, packet: Uint8Array, dialling: Dialling): Promise<boolean> {
    const endpoint = readEndpoint(text);
    const address = endpoint === null ? null : await dialling.addressOf(endpoint);
    if (endpoint === null || address === null) return false;
    const { scheme, authority, path, host, port } = endpoint;
    const options = {
        method: "POST",
        host: address,
        port,
        path: `${path}${PACKETS_PATH}`,
        family: isIPv6(address) ? 6 : 4,
        agent: false,
        headers: { Host: authority, "Content-Type": PACKET_TYPE, "Content-Length": packet.length },
        signal: AbortSignal.timeout(POST_MS_MAX),
    };
    return new Promise((resolve) => {
        const answered = (answer: IncomingMessage): void => {
            answer.destroy();
            if (answer.statusCode === ACCEPTED) dialling.answered(endpoint);
            resolve(answer.statusCode === ACCEPTED);
        };
        const secured = { ...options, servername: host };
        const request = scheme === "https" ? requestSecure(secured, answered) : requestPlain(options, answered);
        request.on("error", () => resolve(false)); // a failed try; who waits for a receipt tries again
        request.end(packet);
    });
}
