/** The owner's commands of level 3 (`interop/DRIVER.md`): their arguments, and the function of the node that does each. */

import type { Node } from "../node/node.js";
import { connect, contacts, invite, sayNo, sayYes, withdraw } from "../node/owner/meeting.js";
import { peerOf, peers } from "../node/owner/peers.js";
import { aboutUs, log, say } from "../node/owner/telling.js";
import { askHolder, holders, serveAsHolder } from "../node/owner/holders.js";
import { inviteCustomers, relays, serveAsRelay, useRelay } from "../node/owner/relays.js";
import { agree, counter, proffer, refuseTerms, terminate, terms } from "../node/owner/terms.js";
import { Arguments, type Result } from "./arguments.js";
import { DISCLOSING } from "./disclosing.js";
import { RECOVERING } from "./recovering.js";

const DAY_S = 86_400;
const WEEK_S = 7 * DAY_S;

type Command = (node: Node, input: Arguments) => Result | Promise<Result>;

/** A command whose answer is `ok` alone. */
async function done(work: Promise<void> | void): Promise<Result> {
    await work;
    return {};
}

function peer(node: Node, input: Arguments) {
    return peerOf(node, input.text("peer"));
}

const TURNS: Readonly<Record<string, Command>> = {
    invite: (node, input) =>
        invite(node, {
            purpose: input.text("purpose"),
            uses: input.integerOrNull("uses") ?? 1,
            expiresS: input.integerOrNull("expires_s") ?? DAY_S,
        }),
    withdraw: (node, input) => done(withdraw(node, input.text("invitation"))),
    contacts: (node) => ({ contacts: contacts(node) }),
    accept: (node, input) => done(sayYes(node, input.text("contact"))),
    decline: (node, input) =>
        done(sayNo(node, input.text("contact"), input.oneOfOrNone("reason", "not-wanted", "unknown", "later"))),
    peers: (node) => ({ peers: peers(node) }),
    pause: (node, input) =>
        done(
            aboutUs(node, peer(node, input), "relationship.pause", {
                until: input.integerOrNull("until") ?? undefined,
            }),
        ),
    resume: (node, input) => done(aboutUs(node, peer(node, input), "relationship.resume", {})),
    close: (node, input) =>
        done(
            aboutUs(node, peer(node, input), "relationship.close", {
                held: input.oneOf("held", "erased", "kept", "none"),
                until: undefined,
            }),
        ),
    say: (node, input) =>
        say(node, peer(node, input), input.text("text"), input.textOrNone("thread") ?? null),
    log: (node, input) => ({ entries: log(node, peer(node, input)) }),
    proffer: async (node, input) => ({
        negotiation: await proffer(node, peer(node, input), {
            terms: input.text("terms"),
            expires: node.clock.now() + (input.integerOrNull("expires_s") ?? WEEK_S),
            until: input.integerOrNull("until") ?? undefined,
        }),
    }),
    terms: (node, input) => ({ negotiations: terms(peer(node, input)) }),
    agree: (node, input) => done(agree(node, input.text("negotiation"))),
    counter: (node, input) => done(counter(node, input.text("negotiation"), input.text("terms"))),
    refuse: (node, input) =>
        done(
            refuseTerms(
                node,
                input.text("negotiation"),
                input.oneOfOrNone("reason", "not-these-terms", "not-now", "not-needed"),
            ),
        ),
    terminate: (node, input) =>
        done(
            terminate(node, input.text("negotiation"), input.oneOfOrNone("reason", "not-needed", "breach", "other")),
        ),
    "holder-serve": (node) => done(serveAsHolder(node)),
    "holder-ask": (node, input) => done(askHolder(node, peer(node, input))),
    holders: (node) => ({ holders: holders(node) }),
    "relay-serve": (node) => done(serveAsRelay(node)),
    "relay-invite": (node, input) => inviteCustomers(node, input.integerOrNull("uses") ?? 1),
    relays: (node) => ({ relays: relays(node) }),
    "relay-kept": (node) => ({ frames: node.services.kept }),
    ...DISCLOSING,
    ...RECOVERING,
};

/** Each command; all but `connect`, which waits for the network, in a turn of the node. */
const COMMANDS: Readonly<Record<string, Command>> = {
    ...Object.fromEntries(
        Object.entries(TURNS).map(([name, command]): [string, Command] => [
            name,
            (node, input) => node.do(() => command(node, input)),
        ]),
    ),
    connect: (node, input) => connect(node, input.text("link")),
    "relay-use": (node, input) => done(useRelay(node, input.text("link"))),
};

export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

/** A command by its name, or undefined. */
export function commandNamed(name: string): Command | undefined {
    return Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}
