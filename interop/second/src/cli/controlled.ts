/** The side of the node: takes what command lines ask for. */

import { rmSync } from "node:fs";
import { type Server, createServer } from "node:net";
import { createInterface } from "node:readline";
import type { Arguments } from "../driver/arguments.js";
import { commandNamed } from "../driver/commands.js";
import { type Outcome, run } from "../driver/run.js";
import { hideCard, publishCard } from "../node/card.js";
import type { Node } from "../node/node.js";
import { type Request, controlIn } from "./control.js";

const LINE_CHARACTERS_MAX = 1_048_576;
const FAILED: Outcome = { ok: false, code: "internal" };

/** Takes commands until the server is closed. The folder is the owner's alone, and so is the socket. */
export async function takeCommands(folder: string, node: Node, told: (error: unknown) => void): Promise<Server> {
    const path = controlIn(folder);
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
