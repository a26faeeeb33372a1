/** What a node does for others, and has others do for it: the relay of spec 20, and custody of spec 22. */

import type { WebSocket } from "ws";
import { RefusalError } from "../../errors.js";
import { unhex } from "../../encoding/bytes.js";
import { relationshipThread } from "../../engine/log.js";
import { withoutGranted } from "../../engine/granted.js";
import { CUSTODY_REQUESTS } from "../../services/custody.js";
import { RELAY_REQUESTS, relayAddress } from "../../services/relay.js";
import { CannotError } from "../cannot.js";
import { keepCard } from "../card.js";
import type { Packet } from "../links.js";
import type { Held } from "../memory.js";
import type { Node } from "../node.js";
import type { Services } from "../outside.js";
import { askAnew } from "../owner/holders.js";
import { sayYes } from "../owner/meeting.js";
import { Collecting } from "../relay/collecting.js";
import { Collector } from "../relay/collector.js";
import { answerRelayAsk, keepVouchers } from "../relay/granting.js";
import { relaysOf } from "../relay/homes.js";
import { Mailboxes } from "../relay/mailboxes.js";
import { Bringer, custodyAt } from "../custody/bringing.js";
import { Holding } from "../custody/holding.js";
import { Volumes } from "../custody/volumes.js";
import type { Bounds } from "./bounds.js";
import { moveIfNeeded } from "./moving.js";
import { Called, serveLine } from "./serving.js";
import { customerRow, customersInvitationGone, isCustomer, isCustomersInvitation, isServing } from "./standing.js";

/** What is over is looked for this often; a relay writes its file anew then (RELAY-14). */
const SWEEP_MS = 600_000;

export class Attending implements Services {
    readonly #node: Node;
    readonly #mailboxes: Mailboxes;
    readonly #collecting: Collecting;
    readonly #collectors = new Map<string, Collector>();
    readonly #volumes: Volumes;
    readonly #holding: Holding;
    readonly #bringers = new Map<string, Bringer>();
    readonly #copy: () => Promise<Uint8Array>;
    #timer: NodeJS.Timeout | undefined;

    /** `copy` makes the full volume of now. */
    constructor(node: Node, folder: string, key: Uint8Array, { relay, holder }: Bounds, copy: () => Promise<Uint8Array>) {
        this.#node = node;
        this.#copy = copy;
        this.#volumes = new Volumes(folder, key);
        this.#holding = new Holding(node, this.#volumes, holder);
        this.#mailboxes = new Mailboxes(folder, key, relay);
        this.#collecting = new Collecting(this.#mailboxes, () => node.clock.now());
    }

    async start(): Promise<void> {
        this.#timer = setInterval(() => void this.#node.aside(this.#node.do(() => this.#sweep())), SWEEP_MS);
        this.#sweep();
        keepCard(this.#node);
        for (const id of this.#node.memory.relationships.keys()) await this.settled(id);
    }

    stop(): void {
        clearInterval(this.#timer);
        for (const one of [...this.#collectors.values(), ...this.#bringers.values()]) one.stop();
        this.#mailboxes.shut();
        this.#volumes.shut();
    }

    /** How many frames this node keeps for others. */
    get kept(): number {
        return this.#mailboxes.kept;
    }

    get isServing(): boolean {
        return isServing(this.#node.memory, "relay") || isServing(this.#node.memory, "holder");
    }

    line(socket: WebSocket): void {
        const { memory } = this.#node;
        const called = new Called(socket);
        const relays = isServing(memory, "relay") ? RELAY_REQUESTS : [];
        const holds = isServing(memory, "holder") ? CUSTODY_REQUESTS : [];
        serveLine(socket, new Map([...relays, ...holds]), (request) =>
            this.#node.aside(
                RELAY_REQUESTS.has(request.op)
                    ? this.#node.do(() => this.#collecting.serve(called, request))
                    : this.#holding.serve(request),
            ),
        );
    }

    /** Whether a holder has all of this node; what it lacks is brought now. */
    hasAll(peer: string): boolean {
        const bringer = this.#bringers.get(peer);
        bringer?.hurry();
        return bringer?.isCurrent ?? false;
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
        await this.#unlessForbidden(() => this.#letIn(look()));
        await this.#unlessForbidden(() => this.#holding.settled(look(), isServing(memory, "holder")));
        if (isServing(memory, "relay"))
            await this.#unlessForbidden(() => answerRelayAsk(this.#node, look(), this.#mailboxes, isCustomer(memory, id)));
        await this.#unlessForbidden(() => keepVouchers(this.#node, look()));
        await this.#unlessForbidden(() => askAnew(this.#node, look()));
        await this.#unlessForbidden(() => moveIfNeeded(this.#node, look()));
        const held = look();
        const scope = withoutGranted(held.scope);
        if (scope !== held.scope) memory.write({ relationship: { ...held, scope } });
        this.#collect();
        this.#bring(held);
    }

    passed(): void {
        this.#sweep();
        keepCard(this.#node);
        this.#collect();
    }

    /** Who comes by an invitation for customers needs no word of the owner: the invitation was it. */
    async #letIn({ id, scope }: Held): Promise<void> {
        const { memory } = this.#node;
        if (scope.role !== "other" || relationshipThread(scope.log)?.state !== "requested") return;
        if (!isCustomersInvitation(memory, scope.invitation)) return;
        memory.write({ service: [customerRow(id)] });
        await sayYes(this.#node, id);
        if (!memory.invitations.has(scope.invitation)) memory.write({ service: [customersInvitationGone(scope.invitation)] });
    }

    /** A mailbox was opened: who could not be told of one before is told now. */
    async #move(): Promise<void> {
        for (const held of this.#node.memory.relationships.values())
            await this.#unlessForbidden(() => moveIfNeeded(this.#node, held));
    }

    /** What may not be said now, in a pause for instance, is said when the relationship has changed again. */
    async #unlessForbidden(work: () => Promise<void>): Promise<void> {
        try {
            await work();
        } catch (error) {
            if (!(error instanceof RefusalError) && !(error instanceof CannotError)) throw error;
        }
    }

    #collect(): void {
        const opened = (): void => void this.#node.aside(this.#node.do(() => this.#move()));
        for (const relay of relaysOf(this.#node.memory)) {
            const collector = this.#collectors.get(relay);
            if (collector === undefined) this.#collectors.set(relay, new Collector(this.#node, relay, opened));
            else collector.wake();
        }
    }

    /** What a holder keeps of this node is brought there while the custody lasts. */
    #bring(held: Held): void {
        const isKept = custodyAt(held)?.state === "kept";
        const bringer = this.#bringers.get(held.id);
        if (isKept && bringer === undefined) this.#bringers.set(held.id, new Bringer(this.#node, held.id, this.#copy));
        if (isKept || bringer === undefined) return;
        bringer.stop();
        this.#bringers.delete(held.id);
    }

    #sweep(): void {
        this.#volumes.sweep(this.#node.clock.now());
        this.#mailboxes.sweep(this.#node.clock.now());
    }
}
