/** What a node does for others, and has others do for it: the relay of spec 20, and custody of spec 22. */

import type { WebSocket } from "ws";
import { RefusalError } from "../../errors.js";
import { unhex } from "../../encoding/bytes.js";
import { relationshipThread } from "../../engine/log.js";
import { withoutGranted } from "../../engine/granted.js";
import { RELAY_REQUESTS, relayAddress } from "../../services/relay.js";
import { CannotError } from "../cannot.js";
import type { Packet } from "../links.js";
import type { Held } from "../memory.js";
import type { Node, Services } from "../node.js";
import { sayYes } from "../owner/meeting.js";
import { Collecting } from "./relay/collecting.js";
import { Collector } from "./relay/collector.js";
import { answerRelayAsk, keepVouchers } from "./relay/granting.js";
import { relaysOf } from "./relay/homes.js";
import { Mailboxes } from "./relay/mailboxes.js";
import { Called, serveLine } from "./serving.js";
import { customerRow, isCustomer, isCustomersInvitation, isServing } from "./standing.js";

/** What is over is looked for this often; a relay writes its file anew then (RELAY-14). */
const SWEEP_MS = 600_000;

export class Attending implements Services {
    readonly #node: Node;
    readonly #mailboxes: Mailboxes;
    readonly #collecting: Collecting;
    readonly #collectors = new Map<string, Collector>();
    #timer: NodeJS.Timeout | undefined;

    constructor(node: Node, folder: string, key: Uint8Array) {
        this.#node = node;
        this.#mailboxes = new Mailboxes(folder, key);
        this.#collecting = new Collecting(this.#mailboxes, () => node.clock.now());
    }

    async start(): Promise<void> {
        this.#timer = setInterval(() => void this.#node.do(() => this.#sweep()), SWEEP_MS);
        this.#sweep();
        for (const id of this.#node.memory.relationships.keys()) await this.settled(id);
    }

    stop(): void {
        clearInterval(this.#timer);
        for (const collector of this.#collectors.values()) collector.stop();
        this.#mailboxes.shut();
    }

    /** How many frames this node keeps for others. */
    get kept(): number {
        return this.#mailboxes.kept;
    }

    get isServing(): boolean {
        return isServing(this.#node.memory, "relay");
    }

    line(socket: WebSocket): void {
        const called = new Called(socket);
        serveLine(socket, RELAY_REQUESTS, (request) => this.#node.do(() => this.#collecting.serve(called, request)));
    }

    came({ mailbox, frame }: Packet): boolean {
        return this.#collecting.came(mailbox, frame);
    }

    blob(mailbox: string): Uint8Array | undefined {
        return this.#mailboxes.blob(relayAddress(unhex(mailbox) ?? new Uint8Array()), this.#node.clock.now());
    }

    /** A relationship has changed: what the services have to do about it is done. */
    async settled(id: string): Promise<void> {
        const { memory } = this.#node;
        const look = (): Held => memory.relationships.get(id) as Held;
        try {
            await this.#letIn(look());
            if (this.isServing) await answerRelayAsk(this.#node, look(), this.#mailboxes, isCustomer(memory, id));
            await keepVouchers(this.#node, look());
        } catch (error) {
            // What may not be said now, in a pause for instance, is said when the relationship has changed again.
            if (!(error instanceof RefusalError) && !(error instanceof CannotError)) throw error;
        }
        const held = look();
        const scope = withoutGranted(held.scope);
        if (scope !== held.scope) memory.write({ relationship: { ...held, scope } });
        this.#collect();
    }

    passed(): void {
        this.#sweep();
        this.#collect();
    }

    /** Who comes by an invitation for customers needs no word of the owner: the invitation was it. */
    async #letIn({ id, scope }: Held): Promise<void> {
        const { memory } = this.#node;
        if (scope.role !== "other" || relationshipThread(scope.log)?.state !== "requested") return;
        if (!isCustomersInvitation(memory, scope.invitation)) return;
        memory.write({ service: [customerRow(id)] });
        await sayYes(this.#node, id);
    }

    #collect(): void {
        for (const relay of relaysOf(this.#node.memory)) {
            const collector = this.#collectors.get(relay);
            if (collector === undefined) this.#collectors.set(relay, new Collector(this.#node, relay));
            else collector.wake();
        }
    }

    #sweep(): void {
        this.#mailboxes.sweep(this.#node.clock.now());
    }
}
