/** Where a node is reached: it moves, it stands behind a proxy that knows no links, and strangers fill no lists. */

import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { type Server, createServer, request as forwarded } from "node:http";
import type { AddressInfo } from "node:net";
import { after, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { hex } from "../src/encoding/bytes.js";
import { relationshipThread } from "../src/engine/log.js";
import { begin } from "../src/node/begin.js";
import type { Held } from "../src/node/memory.js";
import type { Node } from "../src/node/node.js";
import { makeRoom } from "../src/node/pending.js";
import { Rations } from "../src/node/rations.js";
import { connect, contacts, invite, sayYes } from "../src/node/owner/meeting.js";
import { peerOf, peers } from "../src/node/owner/peers.js";
import { askHolder, holders, serveAsHolder } from "../src/node/owner/holders.js";
import { custodyAt } from "../src/node/custody/bringing.js";
import { relays, inviteCustomers, serveAsRelay, useRelay } from "../src/node/owner/relays.js";
import { log, say } from "../src/node/owner/telling.js";
import type { Place } from "../src/node/server.js";
import { NOW, beginning, until } from "./pair.js";
import { scratch } from "./scratch.js";
import { World } from "./world.js";

const DAY_S = 86_400;
const LOOK_MS = 50;

function folder(): string {
    return scratch("place");
}

async function up(at: string, name: string, place: Place | null): Promise<Node> {
    const { node } = await begin(beginning(at, { name }));
    await node.start(place);
    running.add(node);
    return node;
}

/** Nodes that a test that failed would leave running. */
const running = new Set<Node>();
after(() => Promise.all([...running].map(down)));

async function down(node: Node): Promise<void> {
    running.delete(node);
    await node.stop();
}

const ANYWHERE: Place = { at: "127.0.0.1:0" };

/** The peer of a node by its name. */
function peer(node: Node, name: string): Held {
    return peerOf(node, peers(node).find((one) => one.name === name)?.id ?? "");
}

async function meet(guest: Node, host: Node): Promise<void> {
    const { link } = await published(() => host.do(() => invite(host, { purpose: "to meet", uses: 1, expiresS: DAY_S })));
    const { contact } = await published(() => connect(guest, link));
    await guest.do(() => sayYes(guest, contact));
    const request = await until(() => contacts(host).find(({ state }) => state === "requested"));
    await host.do(() => sayYes(host, request.id));
    const isActive = (node: Node, name: string): boolean => peers(node).some((one) => one.name === name && one.code !== null);
    await until(() => isActive(guest, host.memory.owner.name) && isActive(host, guest.memory.owner.name));
}

/** What has to be opened or published at a relay first is there soon. */
async function published<T>(look: () => Promise<T>): Promise<T> {
    for (;;) {
        try {
            return await look();
        } catch (error) {
            if (!["unknown", "busy"].includes((error as { code?: string }).code ?? "")) throw error;
            await pause(LOOK_MS);
        }
    }
}

function texts(node: Node, name: string): readonly (string | null)[] {
    return log(node, peer(node, name)).filter(({ mine, text }) => !mine && text !== null).map(({ text }) => text);
}

function speak(node: Node, name: string, text: string): Promise<unknown> {
    return node.do(() => say(node, peer(node, name), text, null));
}

function placeOfTheirs(node: Node, name: string): readonly string[] {
    return peer(node, name).scope.theirs.place.endpoints;
}

/** A proxy that hands on requests without an upgrade, and says from where they came. */
async function proxyTo(port: () => number): Promise<{ readonly server: Server; readonly port: number; readonly paths: string[] }> {
    const paths: string[] = [];
    const server = createServer((request, response) => {
        paths.push(`${request.method ?? ""} ${request.url ?? ""}`);
        const headers = { ...request.headers, "x-forwarded-for": "198.51.100.7" };
        const onward = forwarded({ host: "127.0.0.1", port: port(), method: request.method, path: request.url, headers }, (answer) => {
            response.writeHead(answer.statusCode ?? 502, answer.headers);
            answer.pipe(response);
        });
        request.pipe(onward);
    });
    server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { server, port: (server.address() as AddressInfo).port, paths };
}

describe("a node that moves", () => {
    it("tells its peers, who reach it there, and what was sent to the old place before is not lost", async () => {
        const at = folder();
        const host = await up(folder(), "Host", ANYWHERE);
        let guest = await up(at, "Guest", ANYWHERE);
        await meet(guest, host);
        const before = placeOfTheirs(host, "Guest");
        await down(guest);
        await speak(host, "Guest", "to the old place");
        guest = await up(at, "Guest", ANYWHERE);
        notEqual(guest.endpoint, before[0]);
        await until(() => placeOfTheirs(host, "Guest")[0] === guest.endpoint);
        await host.advance(DAY_S);
        await until(() => texts(guest, "Host").length === 1);
        deepEqual(texts(guest, "Host"), ["to the old place"]);
        const moves = log(host, peer(host, "Guest")).filter(({ name }) => name === "relationship.move");
        equal(moves.length, 1);
        await Promise.all([guest, host].map(down));
    });

    it("says nothing when it starts where its peers know it to be", async () => {
        const at = folder();
        const host = await up(folder(), "Host", ANYWHERE);
        let guest = await up(at, "Guest", ANYWHERE);
        await meet(guest, host);
        const where = guest.endpoint?.replace("http://", "") ?? "";
        await down(guest);
        guest = await up(at, "Guest", { at: where });
        await speak(guest, "Host", "I am back");
        await until(() => texts(host, "Guest").length === 1);
        equal(log(host, peer(host, "Guest")).some(({ name }) => name === "relationship.move"), false);
        await Promise.all([guest, host].map(down));
    });
});

describe("a node behind a proxy that knows no links", () => {
    it("is given packets by POST, under the endpoint that its peers were told", async () => {
        let port = 0;
        const proxy = await proxyTo(() => port);
        const endpoint = `http://127.0.0.1:${proxy.port}`;
        const probe = createServer();
        await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
        port = (probe.address() as AddressInfo).port;
        await new Promise((resolve) => probe.close(resolve));
        const host = await up(folder(), "Host", { at: `127.0.0.1:${port}`, endpoints: [endpoint], proxies: ["127.0.0.1"] });
        const guest = await up(folder(), "Guest", ANYWHERE);
        await meet(guest, host);
        deepEqual(placeOfTheirs(guest, "Host"), [endpoint]);
        await down(guest);
        ok(proxy.paths.includes("POST /pcloud/1/packets"));
        ok(proxy.paths.every((path) => path.startsWith("POST /pcloud/1/packets") || path.startsWith("GET /pcloud/1/invitations/")));
        await down(host);
        proxy.server.close();
    });
});

describe("two who open no port", () => {
    it("meet at a relay, by an invitation that is published there, and it keeps nothing of what was taken", async () => {
        const relay = await up(folder(), "Relay", ANYWHERE);
        await relay.do(() => serveAsRelay(relay));
        const [anna, bea] = [await up(folder(), "Anna", null), await up(folder(), "Bea", null)];
        for (const node of [anna, bea]) {
            const { link } = await relay.do(() => inviteCustomers(relay, 1));
            await useRelay(node, link);
            await until(() => relays(node).some(({ ready }) => ready));
        }
        await until(() => anna.services.kept + bea.services.kept === 0);
        await meet(anna, bea);
        await speak(bea, "Anna", "from nowhere");
        await until(() => texts(anna, "Bea").length === 1);
        await until(() => relay.services.kept === 0);
        const mailboxes = [peer(anna, "Bea").scope.mine.place, peer(bea, "Anna").scope.mine.place];
        deepEqual(mailboxes.map(({ endpoints }) => endpoints), [[relay.endpoint], [relay.endpoint]]);
        equal(new Set(mailboxes.map(({ mailbox }) => hex(mailbox))).size, 2);
        await Promise.all([anna, bea, relay].map(down));
    });
});

describe("a holder", () => {
    it("is asked anew by who lost the token, and then has everything again", async () => {
        const holder = await up(folder(), "Holder", ANYWHERE);
        const owner = await up(folder(), "Owner", ANYWHERE);
        await meet(owner, holder);
        await holder.do(() => serveAsHolder(holder));
        await owner.do(() => askHolder(owner, peer(owner, "Holder")));
        await until(() => holders(owner).some(({ current }) => current));
        const before = custodyAt(peer(owner, "Holder"));
        await owner.do(() => {
            const held = peer(owner, "Holder");
            const messages = new Map(held.scope.messages);
            for (const [id, kept] of messages)
                if (id === hex(before?.data.grant ?? new Uint8Array())) messages.set(id, { ...kept, parts: [kept.parts[0] ?? null, null] });
            owner.memory.write({ relationship: { ...held, scope: { ...held.scope, messages } } });
        });
        await speak(owner, "Holder", "a change");
        await until(() => holders(owner).some(({ current }) => current));
        const custodies = [...peer(owner, "Holder").scope.log.threads.values()].filter(({ feature }) => feature === "custody");
        deepEqual(custodies.map(({ state }) => state).sort(), ["ended", "kept"]);
        notEqual(custodyAt(peer(owner, "Holder"))?.id, before?.id);
        deepEqual(custodyAt(peer(owner, "Holder"))?.data.address, before?.data.address);
        await Promise.all([owner, holder].map(down));
    });
});

describe("requests of strangers", () => {
    const { other: requested } = World.requested("pending").scopes;
    const { other: active } = World.active("pending").scopes;
    const about = { name: null, purpose: "", mailboxes: [] };
    const moment = { around: { rosters: new Map() }, now: NOW + 10 * DAY_S, fresh: World.requested("fresh").fresh };

    it("push out the oldest that waits, and no relationship", () => {
        const waiting = Array.from({ length: 256 }, (_, place) => ({ id: `${place}`, scope: requested, about }));
        equal(makeRoom(waiting.slice(1), moment), null);
        equal(makeRoom([...waiting.slice(1), ...waiting.map(({ id }) => ({ id, scope: active, about }))], moment), null);
        const room = makeRoom([{ id: "peer", scope: active, about }, ...waiting], moment);
        ok(room);
        const [held, scope] = room;
        equal(held.id, "0");
        equal(relationshipThread(scope.log)?.state, "declined");
        equal(relationshipThread(requested.log)?.state, "requested");
    });
});

describe("a host that does not answer as a node", () => {
    it("is dialled eight times at once and not more, until it has answered", () => {
        const rations = new Rations();
        const dialled = Array.from({ length: 12 }, () => rations.mayDial("a.example"));
        equal(dialled.filter((may) => may).length, 8);
        equal(rations.mayDial("b.example"), true);
        rations.answered("a.example");
        equal(rations.mayDial("a.example"), true);
    });

    it("is asked for sixty invitations in an hour at most", () => {
        const rations = new Rations();
        const fetched = Array.from({ length: 70 }, () => rations.mayFetch("a.example"));
        equal(fetched.filter((may) => may).length, 60);
        equal(rations.mayFetch("b.example"), true);
    });
});
