/** Fetches what others publish: the sealed blob of a link, and cards (spec 13 §5 and §8). */

import { type IncomingMessage, get as getPlain } from "node:http";
import { get as getSecure } from "node:https";
import { isIPv6 } from "node:net";
import { joined } from "../encoding/bytes.js";
import { FRAME_BYTES_MAX } from "../limits.js";
import type { Link } from "../wire/invitation.js";
import { type Dialling, type Endpoint, readEndpoint } from "./addresses.js";
import { cannot } from "./cannot.js";
import { CARD_PATH, INVITATIONS_PATH } from "./paths.js";

const FETCH_MS_MAX = 10_000;
const OK = 200;

/** The blob under the mailbox of a link; an owner's command that fails where there is none. */
export function fetchBlob({ endpoint: text, mailbox }: Link, dialling: Dialling): Promise<Uint8Array> {
    const endpoint = readEndpoint(text) ?? cannot("invalid");
    return fetch(endpoint, `${endpoint.path}${INVITATIONS_PATH}${Buffer.from(mailbox).toString("base64url")}`, dialling);
}

/** The card at the origin of an endpoint, not verified yet (TRANSPORT-17). */
export function fetchCard(text: string, dialling: Dialling): Promise<Uint8Array> {
    return fetch(readEndpoint(text) ?? cannot("invalid"), CARD_PATH, dialling);
}

async function fetch(endpoint: Endpoint, path: string, dialling: Dialling): Promise<Uint8Array> {
    const { scheme, authority, host, port } = endpoint;
    const address = dialling.mayFetch(endpoint) ? await dialling.addressOf(endpoint) : null;
    if (address === null) return cannot("unreachable");
    const options = {
        host: address,
        port,
        path,
        family: isIPv6(address) ? 6 : 4,
        agent: false,
        headers: { Host: authority, "Accept-Encoding": "identity" },
        signal: AbortSignal.timeout(FETCH_MS_MAX),
    };
    try {
        const answer = await new Promise<IncomingMessage>((resolve, reject) => {
            const request =
                scheme === "https" ? getSecure({ ...options, servername: host }, resolve) : getPlain(options, resolve);
            request.on("error", reject);
        });
        if (answer.statusCode === OK && answer.headers["content-encoding"] === undefined) {
            dialling.answered(endpoint);
            return await bodyOf(answer);
        }
        answer.destroy();
    } catch {
        return cannot("unreachable"); // whatever the network says, the owner can try again
    }
    return cannot("unknown");
}

async function bodyOf(answer: IncomingMessage): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of answer as AsyncIterable<Buffer>) {
        length += piece.length;
        if (length > FRAME_BYTES_MAX) answer.destroy(new Error("more than a blob may have"));
        pieces.push(piece);
    }
    return joined(pieces);
}
