/** What the owner has set for a node: one JSON file in its folder. Nothing in it is secret. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Kind } from "../engine/judging.js";
import type { Place } from "../node/server.js";
import { type SomeBounds, boundsWith } from "../node/services/bounds.js";
import { UsageError } from "./usage.js";

const FILE = "settings.json";
const FOLDER_OWNER_ONLY = 0o700;

export interface Settings {
    readonly name: string;
    readonly kind: Kind;
    /** `host:port`, or null for a node that opens no port. */
    readonly listen: string | null;
    /** What peers are told, where it is not the address on which the node listens. */
    readonly endpoints: readonly string[];
    readonly hosts: readonly string[];
    readonly proxies: readonly string[];
    /** Networks in which the node may dial, beside the public ones. */
    readonly allow: readonly string[];
    /** Files of certificate and key. */
    readonly tls: { readonly cert: string; readonly key: string } | null;
    /** How much the node does for others as a relay and as a holder, where that is not as usual. */
    readonly bounds: SomeBounds;
}

/** Whether a folder has a node of this program. */
export function hasSettings(folder: string): boolean {
    return existsSync(join(folder, FILE));
}

export function writeSettings(folder: string, settings: Settings): void {
    mkdirSync(folder, { recursive: true, mode: FOLDER_OWNER_ONLY });
    writeFileSync(join(folder, FILE), `${JSON.stringify(settings, null, 4)}\n`, { flag: "wx" });
}

/** Throws UsageError where there is no node, or where the file was changed to something else. */
export function readSettings(folder: string): Settings {
    if (!hasSettings(folder)) throw new UsageError("There is no node here yet. Make one with: pcloud-second init --name NAME");
    try {
        const read = JSON.parse(readFileSync(join(folder, FILE), "utf8")) as Partial<Settings>;
        const { name, kind, listen = null, endpoints = [], hosts = [], proxies = [], allow = [], tls = null, bounds = {} } = read;
        boundsWith(bounds);
        if (typeof name === "string" && (kind === "person" || kind === "organisation"))
            return { name, kind, listen, endpoints, hosts, proxies, allow, tls, bounds };
    } catch (error) {
        if (error instanceof RangeError) throw new UsageError(`${FILE} in the folder of the node: ${error.message}.`);
        if (!(error instanceof SyntaxError)) throw error;
    }
    throw new UsageError(`${FILE} in the folder of the node cannot be read: it has to hold name and kind at least.`);
}

/** Where the node listens; null where it opens no port. */
export function placeOf({ listen, endpoints, hosts, proxies, tls }: Settings): Place | null {
    if (listen === null) return null;
    return {
        at: listen,
        hosts,
        proxies,
        ...(endpoints.length === 0 ? {} : { endpoints }),
        ...(tls === null ? {} : { tls: { cert: readFileSync(tls.cert), key: readFileSync(tls.key) } }),
    };
}
