/** The commands of an owner: what each takes, and what it asks of the node that runs. */

import { type Form, type Typed, UsageError } from "./usage.js";

const DAY_S = 86_400;

/** Gives the id of what a person has named: a peer or contact by name, or anything by the beginning of its id. */
export type Find = (kind: "peer" | "contact" | "ask" | "negotiation", named: string) => Promise<string>;

export interface Command extends Form {
    readonly about: string;
    /** What is asked of the node. */
    readonly arguments?: (typed: Typed, find: Find) => Promise<Readonly<Record<string, unknown>>>;
    /** The file into which the bytes of the answer go. */
    readonly into?: string;
    /** A list that is shown after it was done. */
    readonly then?: string;
}

const none = (): Promise<Readonly<Record<string, unknown>>> => Promise.resolve({});

async function peer(typed: Typed, find: Find): Promise<{ readonly peer: string }> {
    return { peer: await find("peer", typed.text("peer")) };
}

async function negotiation(typed: Typed, find: Find): Promise<{ readonly negotiation: string }> {
    return { negotiation: await find("negotiation", typed.text("negotiation")) };
}

/** The time at the end of so many days from now. */
function inDays(typed: Typed, option: string): number | null {
    const days = typed.numberOrNull(option);
    return days === null ? null : Math.floor(Date.now() / 1_000) + days * DAY_S;
}

/** A value as JSON, where it is some; otherwise the text itself. */
function valueOf(text: string): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return text; // a text needs no quotation marks
    }
}

const onPeer = (about: string): Command => ({ about, takes: ["peer"], arguments: peer });
const onPaths = (about: string): Command => ({
    about,
    takes: ["peer", "path..."],
    arguments: async (typed, find) => ({ ...(await peer(typed, find)), paths: typed.textsOrNull("path") }),
});
const onEntries = (about: string): Command => ({
    about,
    takes: ["peer", "entry..."],
    arguments: async (typed, find) => ({ ...(await peer(typed, find)), entries: typed.textsOrNull("entry") }),
});

const MEETING: Readonly<Record<string, Command>> = {
    invite: {
        about: "make a link by which others can ask to be connected",
        takes: ["purpose"],
        options: { uses: "number", days: "number" },
        arguments: async (typed) => {
            const days = typed.numberOrNull("days");
            return { purpose: typed.text("purpose"), uses: typed.numberOrNull("uses"), expires_s: days === null ? null : days * DAY_S };
        },
    },
    withdraw: {
        about: "end an invitation",
        takes: ["invitation"],
        arguments: async (typed) => ({ invitation: typed.text("invitation") }),
    },
    connect: {
        about: "look at who a link leads to; nothing is sent before you accept",
        takes: ["link"],
        arguments: async (typed) => ({ link: typed.text("link") }),
        then: "contacts",
    },
    contacts: { about: "who waits for your yes, or you for theirs" },
    accept: {
        about: "say yes to a contact",
        takes: ["contact"],
        arguments: async (typed, find) => ({ contact: await find("contact", typed.text("contact")) }),
    },
    decline: {
        about: "say no to a contact",
        takes: ["contact"],
        options: { reason: "text" },
        arguments: async (typed, find) => ({ contact: await find("contact", typed.text("contact")), reason: typed.textOrNull("reason") }),
    },
    peers: { about: "who you are related with" },
    pause: { ...onPeer("let a relationship rest") },
    resume: { ...onPeer("end your pause") },
    rotate: { ...onPeer("new keys for what is sealed") },
    close: {
        about: "end a relationship, and say what became of the peer's data",
        takes: ["peer"],
        options: { held: "text" },
        arguments: async (typed, find) => ({ ...(await peer(typed, find)), held: typed.textOrNull("held") ?? "erased" }),
    },
    say: {
        about: "write to a peer",
        takes: ["peer", "text"],
        arguments: async (typed, find) => ({ ...(await peer(typed, find)), text: typed.text("text") }),
    },
    log: { ...onPeer("what was said with a peer") },
};

const AGREEING: Readonly<Record<string, Command>> = {
    proffer: {
        about: "proffer your terms to a peer",
        takes: ["peer", "terms"],
        arguments: async (typed, find) => ({ ...(await peer(typed, find)), terms: typed.text("terms") }),
    },
    terms: { ...onPeer("what was proffered and agreed with a peer") },
    agree: { about: "agree to the terms of a negotiation", takes: ["negotiation"], arguments: negotiation },
    counter: {
        about: "name other terms",
        takes: ["negotiation", "terms"],
        arguments: async (typed, find) => ({ ...(await negotiation(typed, find)), terms: typed.text("terms") }),
    },
    refuse: {
        about: "decline proffered terms, or withdraw your own",
        takes: ["negotiation"],
        options: { reason: "text" },
        arguments: async (typed, find) => ({ ...(await negotiation(typed, find)), reason: typed.textOrNull("reason") }),
    },
    terminate: {
        about: "end agreed terms",
        takes: ["negotiation"],
        options: { reason: "text" },
        arguments: async (typed, find) => ({ ...(await negotiation(typed, find)), reason: typed.textOrNull("reason") }),
    },
};

const GIVING: Readonly<Record<string, Command>> = {
    ask: {
        about: "ask a peer for data, for purposes that the terms allow",
        takes: ["peer", "path..."],
        options: { purpose: "texts", required: "texts", days: "number", standing: "switch" },
        arguments: async (typed, find) => ({
            ...(await peer(typed, find)),
            paths: typed.textsOrNull("path") ?? [],
            purposes: typed.textsOrNull("purpose") ?? ["dpv:ServiceProvision"],
            required: typed.textsOrNull("required"),
            until: inDays(typed, "days"),
            standing: typed.has("standing"),
        }),
    },
    asked: { ...onPeer("what became of your questions") },
    held: { ...onPeer("the data of a peer that you hold") },
    asks: { about: "questions that wait for you" },
    answer: {
        about: "give what was asked for, or a part of it",
        takes: ["ask"],
        options: { only: "texts", none: "switch", reason: "text" },
        arguments: async (typed, find) => ({
            ask: await find("ask", typed.text("ask")),
            only: typed.has("none") ? [] : typed.textsOrNull("only"),
            reason: typed.textOrNull("reason"),
        }),
    },
    set: {
        about: "set one of your own data",
        takes: ["path", "value"],
        arguments: async (typed) => ({ path: typed.text("path"), value: valueOf(typed.text("value")) }),
    },
    share: {
        about: "give data that nobody asked for",
        takes: ["peer", "path..."],
        options: { purpose: "texts", days: "number", once: "switch" },
        arguments: async (typed, find) => ({
            ...(await peer(typed, find)),
            paths: typed.textsOrNull("path") ?? [],
            purposes: typed.textsOrNull("purpose"),
            until: inDays(typed, "days"),
            once: typed.has("once"),
        }),
    },
    ledger: { ...onPeer("which of your data a peer has") },
    revoke: { ...onPaths("forbid the use of what you gave") },
    erase: { ...onPaths("have what you gave deleted") },
};

const SERVING: Readonly<Record<string, Command>> = {
    "relay-serve": { about: "be a relay for customers" },
    "relay-invite": {
        about: "make a link for customers of your relay",
        options: { uses: "number" },
        arguments: async (typed) => ({ uses: typed.numberOrNull("uses") }),
    },
    "relay-use": { about: "be reached through a relay", takes: ["link"], arguments: async (typed) => ({ link: typed.text("link") }) },
    relays: { about: "relays that you use" },
    "relay-kept": { about: "how many frames you keep for others" },
    "holder-serve": { about: "keep sealed copies for every peer that asks" },
    "holder-ask": { ...onPeer("ask a peer to keep sealed copies of your node") },
    holders: { about: "who keeps copies, and whether they have everything" },
    card: {
        about: "publish who you are, under the address of your node",
        options: { title: "text", domain: "texts", terms: "texts", hide: "switch" },
        arguments: async (typed) => ({
            title: typed.textOrNull("title"),
            domains: typed.textsOrNull("domain"),
            terms: typed.textsOrNull("terms"),
            hide: typed.has("hide"),
        }),
    },
};

const KEEPING: Readonly<Record<string, Command>> = {
    export: {
        about: "write a relationship into a file that anybody can verify",
        takes: ["peer", "file"],
        options: { show: "texts" },
        arguments: async (typed, find) => ({ ...(await peer(typed, find)), show: typed.textsOrNull("show") }),
        into: "file",
    },
    backup: { about: "write a sealed copy of the whole node into a file", takes: ["file"], arguments: none, into: "file" },
    review: { ...onPeer("what came back after a recovery and waits for your word") },
    affirm: { ...onEntries("say that what came back is yours") },
    reject: { ...onEntries("say that what came back is not yours") },
};

/** All commands that need a node that runs, in groups as the help shows them. */
export const GROUPS: Readonly<Record<string, Readonly<Record<string, Command>>>> = {
    "Meeting and talking": MEETING,
    Terms: AGREEING,
    Data: GIVING,
    "For others and by others": SERVING,
    "Files and recovery": KEEPING,
};

/** A command by its name. Throws UsageError. */
export function commandOf(name: string): Command {
    for (const group of Object.values(GROUPS)) if (Object.hasOwn(group, name)) return group[name] as Command;
    throw new UsageError(`There is no command ${name}. See: pcloud-second help`);
}
