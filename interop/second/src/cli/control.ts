/** How commands reach the node that runs: one line of JSON each way over a Unix socket in its folder. */

import { existsSync, rmSync } from "node:fs";
import { type Server, connect, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Arguments } from "../driver/arguments.js";
import { commandNamed } from "../driver/commands.js";
import { type Outcome, run } from "../driver/run.js";
import { hideCard, publishCard } from "../node/card.js";
import type { Node } from "../node/node.js";
import { UsageError } from "./usage.js";

const FILE = "control";
/** The longest path that every system takes for a socket. */
const PATH_BYTES_MAX = 100;
const LINE_CHARACTERS_MAX = 1_048_576;
const FAILED: Outcome = { ok: false, code: "internal" };

/** What a command line asks for. */
export interface Request {
    readonly name: string;
    readonly arguments: Readonly<Record<string, unknown>>;
}

function pathIn(folder: string): string {
    const path = join(folder, FILE);
    if (Buffer.byteLength(path) > PATH_BYTES_MAX) throw new UsageError(`The path of the folder is too long for a socket: ${folder}`);
    return path;
}

/** Takes commands until the server is closed. The folder is the owner's alone, and so is the socket. */
export async function takeCommands(folder: string, node: Node, told: (error: unknown) => void): Promise<Server> {
    const path = pathIn(folder);
    rmSync(path, { force: true }); // left by a process that was killed: the folder is held by this one now
    const server = createServer((socket) => {
        socket.on("error", () => socket.destroy()); // who asked has gone
        createInterface({ input: socket }).on("line", (line) => {
            void answered(node, line, told).then((outcome) => socket.writable && socket.end(`${JSON.stringify(outcome)}\n`));
        });
    });
    await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(path, resolve);
    });
    return server;
}

async function answered(node: Node, line: string, told: (error: unknown) => void): Promise<Outcome> {
    try {
        if (line.length > LINE_CHARACTERS_MAX) return FAILED;
        const { name, arguments: given } = JSON.parse(line) as Request;
        if (name === "card") return await run({ card: (input) => node.do(() => card(node, input)) }, "card", given);
        const command = commandNamed(name);
        return await run(command === undefined ? {} : { [name]: (input) => command(node, input) }, name, given);
    } catch (error) {
        told(error);
        return FAILED;
    }
}

/** Publishes the card of this node, or takes it away. */
function card(node: Node, input: Arguments): Readonly<Record<string, unknown>> {
    if (input.flag("hide")) {
        hideCard(node);
        return {};
    }
    const texts = (name: string): readonly string[] => ((input.raw(name) ?? null) === null ? [] : input.texts(name));
    publishCard(node, { title: input.textOrNone("title") ?? "", domains: texts("domains"), terms: texts("terms") });
    return { at: node.endpoints };
}

/** Asks the node that runs in a folder. Throws UsageError where none runs. */
export async function asked(folder: string, request: Request): Promise<Outcome> {
    const path = pathIn(folder);
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
