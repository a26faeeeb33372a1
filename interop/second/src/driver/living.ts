/** The verbs of level 3: a node that lives (`interop/DRIVER.md`). One process runs one node. */

import { stateDigest } from "../engine/digest.js";
import { Dialling } from "../node/addresses.js";
import { type Recovering, begin } from "../node/begin.js";
import { cannot } from "../node/cannot.js";
import { Clock } from "../node/clock.js";
import type { Node } from "../node/node.js";
import { retrieve } from "../node/custody/retrieving.js";
import { peerOf } from "../node/owner/peers.js";
import { trustedRosters } from "../spec/rosters.js";
import { Arguments, type Operations, type Result } from "./arguments.js";
import { commandNamed } from "./commands.js";
import { UnsupportedError } from "./run.js";

const SEED_BYTES = 32;
const SECRET_BYTES = 32;
/** The node may dial this machine's own addresses. */
const LOOPBACK = ["127.0.0.0/8", "::1/128"];

let living: Node | null = null;

export const LIVING: Operations = {
    start,
    command: (input) => {
        const name = input.text("name");
        const command = commandNamed(name);
        if (command === undefined) throw new UnsupportedError(name);
        return command(running(), new Arguments(input.raw("arguments") ?? {}));
    },
    state: (input) => {
        const { scope } = peerOf(running(), input.text("peer"));
        return {
            personas: [scope.mine.own.log.persona, scope.theirs.log.persona],
            digest: stateDigest(scope.log),
            waiting: scope.waiting.length,
        };
    },
    advance: async (input) => ({ now: await running().advance(input.integer("seconds")) }),
    stop: async () => {
        running();
        await endLiving();
        return {};
    },
};

function running(): Node {
    return living ?? cannot("invalid");
}

async function start(input: Arguments): Promise<Result> {
    if (living !== null) return cannot("busy");
    const entropy = input.raw("entropy") ?? null;
    const { node, secret } = await begin({
        folder: input.text("dir"),
        name: input.text("name"),
        kind: input.oneOf("kind", "person", "organisation"),
        clock: new Clock(input.integer("now")),
        seed: entropy === null ? null : input.bytes("entropy", SEED_BYTES),
        around: trustedRosters(),
        allowed: LOOPBACK,
        passphrase: null,
        recover: await recoverOf(input),
        tell: (line) => void process.stderr.write(`${line}\n`),
    });
    living = node;
    try {
        const listen = input.textOrNone("listen");
        await node.start(listen === undefined ? null : { at: listen });
    } catch (error) {
        await endLiving();
        throw error;
    }
    return { endpoint: node.endpoint, secret };
}

/** The words that a node comes back with, and the copies: one that is given, or those of a holder. */
async function recoverOf(input: Arguments): Promise<Recovering | null> {
    const member = input.raw("recover") ?? null;
    if (member === null) return null;
    const given = new Arguments(member);
    const secret = given.bytes("secret", SECRET_BYTES);
    const holder = given.textOrNone("holder");
    if (holder !== undefined) return { secret, copies: await retrieve(holder, secret, new Dialling(LOOPBACK)) };
    const copy = given.bytesOrNull("copy");
    return { secret, copies: copy === null ? null : [[copy]] };
}

/** Stops the node, where one runs. */
export async function endLiving(): Promise<void> {
    const node = living;
    living = null;
    await node?.stop();
}
