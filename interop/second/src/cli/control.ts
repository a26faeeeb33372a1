/** How commands reach the node that runs: one line of JSON each way over a Unix socket in its folder. */

import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Outcome } from "../driver/run.js";
import { UsageError } from "./usage.js";

const FILE = "control";
/** The longest path that every system takes for a socket. */
const PATH_BYTES_MAX = 100;

/** What a command line asks for. */
export interface Request {
    readonly name: string;
    readonly arguments: Readonly<Record<string, unknown>>;
}

/** Where the socket is. Throws UsageError where the folder is too deep for one. */
export function controlIn(folder: string): string {
    const path = join(folder, FILE);
    if (Buffer.byteLength(path) > PATH_BYTES_MAX) throw new UsageError(`The path of the folder is too long for a socket: ${folder}`);
    return path;
}

/** Asks the node that runs in a folder. Throws UsageError where none runs. */
export async function asked(folder: string, request: Request): Promise<Outcome> {
    const path = controlIn(folder);
    const silent = new UsageError("The node does not run. Start it with: pcloud-second up");
    if (!existsSync(path)) throw silent;
    return new Promise((resolve, reject) => {
        const socket = connect(path);
        let answer = "";
        socket.on("error", () => reject(silent));
        socket.on("data", (data: Buffer) => (answer += data.toString("utf8")));
        socket.on("end", () => {
            if (answer === "") reject(new UsageError("The node ended before it had answered."));
            else resolve(JSON.parse(answer) as Outcome);
        });
        socket.write(`${JSON.stringify(request)}\n`);
    });
}
