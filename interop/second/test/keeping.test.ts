/** When links are tried to be opened again by who has no other way (spec 13 §4). */

import { deepEqual, equal, ok } from "node:assert/strict";
import { createServer as createHttp } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { relationshipThread } from "../src/engine/log.js";
import type { Scope } from "../src/engine/scope.js";
import { Dialling, NOWHERE } from "../src/node/addresses.js";
import { Clock } from "../src/node/clock.js";
import { Keeping } from "../src/node/keeping.js";
import { Links } from "../src/node/links.js";
import { PACKETS_PATH } from "../src/node/paths.js";
import { session } from "../src/wire/start.js";
import { NOW, until } from "./pair.js";
import { World } from "./world.js";

const QUARTER_HOUR_S = 900;
const ID = "peer";
const QUIET_MS = 200;

function nowhere(scope: Scope): Scope {
    return { ...scope, mine: { ...scope.mine, place: { ...scope.mine.place, endpoints: [NOWHERE] } } };
}

function threadOf({ log }: Scope): string {
    const thread = relationshipThread(log);
    ok(thread);
    return thread.id;
}

const ACTIVE = nowhere(World.active("keeping").scopes.opener);

/** An own session whose start has no answer yet. */
const GIVING = {
    session: session(new Uint8Array(16), new Uint8Array(32)),
    number: 1,
    start: { block: new Uint8Array(), signed: new Uint8Array() },
    madeAt: NOW,
    frames: 1,
    isWorn: false,
};

/** Links to one peer, on a clock that stands still unless it is set forward. */
class Bench {
    readonly #clock = new Clock(NOW, () => 0);
    readonly keeping: Keeping;
    isOpen = false;
    tries = 0;

    constructor() {
        this.keeping = new Keeping({
            now: () => this.#clock.exact(),
            isOpen: () => this.isOpen,
            open: () => {
                this.tries += 1;
                this.isOpen = true;
            },
        });
    }

    ends(): void {
        this.isOpen = false;
        this.keeping.ended(ID);
    }

    stands(seconds: number): void {
        equal(this.keeping.opened(ID), true);
        this.passes(seconds);
        this.ends();
    }

    passes(seconds: number): void {
        this.#clock.advance(seconds);
        this.keeping.passed();
    }

    /** Goes on until there is one try more, and says how long that was. */
    wait(step: number): number {
        const { tries } = this;
        let waited = 0;
        for (; this.tries === tries && waited <= QUARTER_HOUR_S; waited += step) this.passes(step);
        equal(this.tries, tries + 1);
        return waited;
    }
}

function timers(): number {
    return process.getActiveResourcesInfo().filter((one) => one === "Timeout").length;
}

describe("links that are kept [TRANSPORT-39]", () => {
    it("are tried again after waits that double, never last 15 minutes, and never end", () => {
        const bench = new Bench();
        bench.keeping.look(ID, ACTIVE);
        for (let tries = 1; tries < 40; tries += 1) {
            bench.ends();
            const longest = Math.min(5 * 2 ** (tries - 1), 840);
            const waited = bench.wait(1);
            ok(waited >= longest * 0.75 - 1 && waited <= longest + 1, `${waited} of ${longest}`);
        }
        equal(bench.tries, 40);
        bench.keeping.stop();
    });

    it("are opened again nearly at once where one stood, and later where one did not stand or was not even opened", () => {
        const bench = new Bench();
        bench.keeping.look(ID, ACTIVE);
        bench.stands(5);
        ok(bench.wait(0.05) < 0.3);
        bench.stands(4);
        ok(bench.wait(1) > 3);
        bench.ends();
        ok(bench.wait(1) > 7);
        bench.keeping.stop();
    });

    it("are waited for also where something is to be sent, whether none could be opened or one was ended at once", () => {
        for (const isTaken of [false, true]) {
            const bench = new Bench();
            bench.keeping.look(ID, ACTIVE);
            for (let tries = 1; tries < 6; tries += 1) {
                if (isTaken) bench.stands(0);
                else bench.ends();
                for (let words = 0; words < 10; words += 1) bench.keeping.look(ID, ACTIVE);
                equal(bench.tries, tries);
                ok(bench.wait(1) >= 5 * 2 ** (tries - 1) * 0.75 - 1);
                bench.keeping.look(ID, ACTIVE);
                equal(bench.tries, tries + 1, "one is being opened");
            }
            bench.keeping.stop();
        }
    });

    it("are let go where the relationship is closed, declined or stopped, and where this side has an address", () => {
        const world = World.active("keeping, and closing");
        const { opener } = world.scopes;
        world.say("opener", { name: "relationship.close", body: { held: "none", until: undefined }, thread: threadOf(opener) });
        const declined = World.requested("keeping, and declining");
        declined.say("other", { name: "relationship.decline", body: { reason: "later" }, thread: threadOf(declined.scopes.other) });
        declined.deliverAll();
        const stopped = { ...ACTIVE, isStopped: true };
        for (const over of [nowhere(world.scopes.opener), nowhere(declined.scopes.opener), stopped, opener]) {
            const bench = new Bench();
            bench.keeping.look(ID, over);
            equal(bench.tries, 0);
            bench.keeping.look(ID, ACTIVE);
            bench.ends();
            bench.keeping.look(ID, over);
            bench.passes(QUARTER_HOUR_S);
            deepEqual([bench.tries, bench.keeping.opened(ID)], [1, false]);
        }
    });

    it("leave no timer behind when the node stops", () => {
        const before = timers();
        const bench = new Bench();
        bench.keeping.look(ID, ACTIVE);
        bench.ends();
        equal(timers(), before + 1);
        bench.keeping.stop();
        equal(timers(), before);
        bench.passes(QUARTER_HOUR_S);
        bench.keeping.look(ID, ACTIVE);
        equal(bench.tries, 1);
    });

    it("are let go that are still being opened when the node stops", async () => {
        const server = createServer();
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const { port } = server.address() as AddressInfo;
        const heard: string[] = [];
        const watcher = { opened: () => heard.push("opened"), ended: () => heard.push("ended") };
        const links = new Links(new Dialling(["127.0.0.0/8"]), () => Promise.resolve(true), watcher);
        links.keep(ID, [`http://127.0.0.1:${port}`]);
        deepEqual([links.isKept(ID), links.isLinked(ID)], [true, false]);
        links.close();
        await pause(QUIET_MS);
        deepEqual([links.isKept(ID), heard], [false, []]);
        await new Promise((resolve) => server.close(resolve));
    });

    it("have packets posted in their place to a peer that takes none", async () => {
        const posted: string[] = [];
        const server = createHttp((request, answer) => {
            posted.push(`${request.method} ${request.url}`);
            answer.writeHead(202).end();
        });
        server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const endpoints = [`http://127.0.0.1:${(server.address() as AddressInfo).port}`];
        let links: Links | undefined;
        await new Promise<void>((resolve) => {
            const watcher = { opened: () => ok(false), ended: () => resolve() };
            links = new Links(new Dialling(["127.0.0.0/8"]), () => Promise.resolve(true), watcher);
            deepEqual([links.canReach(ID, endpoints, true), links.canReach(ID, endpoints, false)], [false, true]);
            links.keep(ID, endpoints);
        });
        equal(links?.canReach(ID, endpoints, true), true);
        links?.send(ID, endpoints, new Uint8Array(16), new Uint8Array(4));
        await until(() => posted.length > 0);
        deepEqual(posted, [`POST ${PACKETS_PATH}`]);
        links?.close();
        server.closeAllConnections();
        server.close();
    });

    it("get one new session each, or the start without an answer again where no key is known", () => {
        const bench = new Bench();
        const nothing = { hasBegun: false, hasSent: false };
        const greets = (scope: Scope, gone = nothing): boolean => bench.keeping.greets(ID, scope, gone, NOW);
        const key = [7, new Uint8Array(1216)] as const;
        const giving = { ...GIVING, mailbox: ACTIVE.theirs.place.mailbox };
        const unanswered = { ...ACTIVE, giving, theirs: { ...ACTIVE.theirs, key: null } };
        const due = { ...unanswered, giving: { ...giving, isWorn: true }, theirs: { ...ACTIVE.theirs, key } };
        bench.keeping.look(ID, ACTIVE);
        equal(greets(due), false, "no link was opened yet");
        bench.keeping.opened(ID);
        deepEqual([bench.keeping.lacksStart(ID), greets(unanswered)], [true, true]);
        deepEqual([bench.keeping.lacksStart(ID), greets(unanswered), greets(due), greets(due)], [false, false, true, false]);
        bench.ends();
        bench.passes(QUARTER_HOUR_S);
        bench.keeping.opened(ID);
        const recovering = { ...due, recover: new Uint8Array() };
        equal(greets(recovering), false, "the `recover` goes in its place");
        deepEqual([bench.keeping.lacksStart(ID), greets(recovering)], [false, false]);
        equal(greets(due, { hasBegun: true, hasSent: true }), false, "a message brought it");
        equal(greets(due), false);
        bench.keeping.stop();
    });
});
