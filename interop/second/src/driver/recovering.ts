/** The owner's commands around keys, recovery, copies and files. */

import { makeCopy } from "../node/copying.js";
import { exportOf } from "../node/owner/exporting.js";
import { affirm, reject, review, rotate } from "../node/owner/recovering.js";
import { peerOf } from "../node/owner/peers.js";
import type { Node } from "../node/node.js";
import type { Arguments, Result } from "./arguments.js";

type Command = (node: Node, input: Arguments) => Result | Promise<Result>;

function peer(node: Node, input: Arguments) {
    return peerOf(node, input.text("peer"));
}

function textsOrNone(input: Arguments, name: string): readonly string[] | undefined {
    return (input.raw(name) ?? null) === null ? undefined : input.texts(name);
}

export const RECOVERING: Readonly<Record<string, Command>> = {
    rotate: async (node, input) => {
        await rotate(node, peer(node, input));
        return {};
    },
    export: (node, input) => ({ bytes: exportOf(node, peer(node, input), textsOrNone(input, "show")) }),
    backup: async (node) => ({ bytes: await makeCopy(node) }),
    review: (node, input) => ({ entries: review(node, peer(node, input)) }),
    affirm: async (node, input) => {
        await affirm(node, peer(node, input), textsOrNone(input, "entries"));
        return {};
    },
    reject: async (node, input) => {
        await reject(node, peer(node, input), textsOrNone(input, "entries"));
        return {};
    },
};
