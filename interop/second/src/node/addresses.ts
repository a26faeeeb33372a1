/** Whom a node dials: an endpoint is a stranger's word (spec 13 §1 and §8). */

import { lookup } from "node:dns/promises";
import { BlockList, isIP, isIPv6 } from "node:net";
import { ENDPOINT_BYTES_MAX } from "../limits.js";
import { utf8 } from "../encoding/bytes.js";
import { Rations } from "./rations.js";

/** What a party names that takes no packets itself. */
export const NOWHERE = "https://nowhere.invalid";

const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const FORM = new RegExp(
    `^(?<scheme>https?)://(?<host>(?:${LABEL})(?:\\.${LABEL})*|\\[[0-9a-f:.]+\\])(?::(?<port>[1-9][0-9]{0,4}))?(?<path>(?:/[A-Za-z0-9._~-]+)*)$`,
);
const PORTS_PUBLIC: ReadonlySet<number> = new Set([443, 7012, 8443]);
const PORT_ALLOWED_MIN = 1024;
const PORT_MAX = 65_535;
const INSIDE = /^[^.]+$|(^|\.)(localhost|local|internal|home\.arpa|lan|home|intranet)$/;
const NEVER = /(^|\.)(onion|invalid)$/;

const NOT_PUBLIC_4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",
];
const NOT_PUBLIC_6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

/** A list of networks, or of single addresses. */
export function networks(all: readonly string[]): BlockList {
    const list = new BlockList();
    for (const one of all) {
        const [address = "", bits] = one.split("/");
        const family = isIPv6(address) ? "ipv6" : "ipv4";
        if (bits === undefined) list.addAddress(address, family);
        else list.addSubnet(address, Number(bits), family);
    }
    return list;
}

const notPublic = networks([...NOT_PUBLIC_4, ...NOT_PUBLIC_6]);
const global6 = networks(["2000::/3"]);

export function within(list: BlockList, address: string): boolean {
    return list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/** An address that holds an IPv4 one counts as that; what has no such form is itself. */
export function plain(address: string): string {
    return /^(?:::ffff:|64:ff9b::)(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

/** The parts of an endpoint of the form of TRANSPORT-1. */
export interface Endpoint {
    readonly scheme: "http" | "https";
    /** A name or an address, without brackets. */
    readonly host: string;
    readonly port: number;
    /** The host as a URL holds it, with the port where one stands there. */
    readonly authority: string;
    readonly path: string;
}

/** The parts of an endpoint, or null for what has another form. */
export function readEndpoint(text: string): Endpoint | null {
    const groups = FORM.exec(text)?.groups;
    if (groups === undefined || utf8(text).length > ENDPOINT_BYTES_MAX) return null;
    const { scheme, host = "", port, path = "" } = groups;
    const number = port === undefined ? (scheme === "https" ? 443 : 80) : Number(port);
    const bare = host.replace(/^\[|\]$/g, "");
    const isNumber = /(^|\.)\d+$/.test(bare);
    const isAddress = isIP(bare) !== 0;
    const hasDots = path.split("/").some((segment) => segment === "." || segment === "..");
    if (number > PORT_MAX || hasDots || (isNumber && !isAddress) || (host.startsWith("[") && !isIPv6(bare))) return null;
    const authority = port === undefined ? host : `${host}:${port}`;
    return { scheme: scheme as Endpoint["scheme"], host: bare, port: number, authority, path };
}

/** The networks that the owner allowed, and what follows from them. */
export class Dialling {
    readonly #allowed: BlockList;
    readonly #allowsAny: boolean;
    readonly #rations = new Rations();

    constructor(allowed: readonly string[]) {
        this.#allowed = networks(allowed);
        this.#allowsAny = allowed.length > 0;
    }

    /** An address that may be dialled for an endpoint, looked at once; null where there is none (TRANSPORT-28 to TRANSPORT-33). */
    async addressOf({ scheme, host, port }: Endpoint): Promise<string | null> {
        const found = await this.#resolve(host);
        if (found.length === 0 || !found.every((address) => this.#mayDial(address, scheme, port))) return null;
        const isAllowed = found.every((address) => within(this.#allowed, plain(address)));
        return isAllowed || this.#rations.mayDial(host) ? (found[0] ?? null) : null;
    }

    /** Whether an invitation or a card may be fetched from a host once more (TRANSPORT-32). */
    mayFetch({ host }: Endpoint): boolean {
        const isAllowed = isIP(host) !== 0 && within(this.#allowed, plain(host));
        return isAllowed || this.#rations.mayFetch(host);
    }

    /** A host has answered as a node: it is rationed no more. */
    answered({ host }: Endpoint): void {
        this.#rations.answered(host);
    }

    async #resolve(host: string): Promise<readonly string[]> {
        if (isIP(host) !== 0) return [host];
        if (NEVER.test(host) || (INSIDE.test(host) && !this.#allowsAny)) return [];
        try {
            return (await lookup(host, { all: true })).map(({ address }) => address);
        } catch {
            return []; // a name that does not resolve is nobody's
        }
    }

    #mayDial(address: string, scheme: Endpoint["scheme"], port: number): boolean {
        const looked = plain(address);
        if (within(this.#allowed, looked)) return PORTS_PUBLIC.has(port) || port >= PORT_ALLOWED_MIN;
        if (scheme !== "https" || !PORTS_PUBLIC.has(port) || within(notPublic, looked)) return false;
        return !isIPv6(looked) || within(global6, looked);
    }
}
