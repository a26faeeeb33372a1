/** A node that lives: the engine over a journal and over sockets. One thing is done after the other. */

import type { WebSocket } from "ws";
import { START_ALONE, openForInvitation, type Letter } from "../engine/post.js";
import { receiveRequest } from "../engine/handshake.js";
import type { Moment, Turn } from "../engine/intake.js";
import { relationshipThread } from "../engine/log.js";
import { dueNow, nextDue } from "../engine/outbox.js";
import { withUpdates } from "../engine/giving.js";
import { bringsNews, cameBack } from "../engine/news.js";
import { remindersOfUnopened } from "../engine/recovery/notices.js";
import { type Notice, withoutOldContacts } from "../engine/recovery/recover.js";
import type { Place as PeerPlace, Scope, Surroundings } from "../engine/scope.js";
import { planOf, withWorn } from "../engine/sessions.js";
import { nextDeletion, withDeletions, withoutUnheld } from "../engine/taking.js";
import { RefusalError } from "../errors.js";
import { hex } from "../encoding/bytes.js";
import { Dialling, NOWHERE } from "./addresses.js";
import { cardIn } from "./card.js";
import type { Clock } from "./clock.js";
import type { Entropy } from "./entropy.js";
import { Faults } from "./faults.js";
import { Keeping, keepsLink } from "./keeping.js";
import { Links, type Packet } from "./links.js";
import { type Edit, type Held, type Memory, isEnded } from "./memory.js";
import type { Outside, Services } from "./outside.js";
import { makeRoom } from "./pending.js";
import { Sealing } from "./sealing.js";
import { Seeking, giveBack } from "./seeking.js";
import { type Listening, type Place, listen } from "./server.js";
import { type Taken, takeFrame } from "./taking.js";

const MS = 1_000;
/** A timer looks again at the latest after this. */
const LOOK_MS_MAX = 600_000;
/** So often the clock is looked at for a jump. */
const WATCH_MS = 60_000;
/** The journal is written anew after this, so that erased values and destroyed secrets are soon gone from the disk. */
const RENEWED_S = 86_400;
/** Packets that came by POST and wait; more get 503. */
const POSTED_MAX = 256;

/** What a commit is to hold beside the scope. */
type Beside = Omit<Edit, "relationship">;

export class Node {
    readonly memory: Memory;
    readonly clock: Clock;
    readonly entropy: Entropy;
    readonly around: Surroundings;
    readonly dialling: Dialling;
    readonly #links: Links;
    readonly #keeping: Keeping;
    readonly #seeking: Seeking;
    readonly #faults: Faults;
    readonly #opening: (node: Node) => Promise<void>;
    readonly #release: () => void;
    #listening: Listening | null = null;
    #last: Promise<unknown> = Promise.resolve();
    #timer: NodeJS.Timeout | undefined;
    #watch: NodeJS.Timeout | undefined;
    /** The time for which the timer is set. */
    #lookAt: number | null = null;
    /** When all relationships were looked at; what came due before that is done. */
    #lookedAt = 0;
    #posted = 0;
    #isOver = false;
    #services: Services | null = null;

    constructor({ memory, clock, entropy, around, allowed, tell, opening, release }: Outside) {
        this.#faults = new Faults(tell);
        this.#opening = opening;
        this.#release = release;
        this.memory = memory;
        this.clock = clock;
        this.entropy = entropy;
        this.around = around;
        this.dialling = new Dialling(allowed);
        this.#links = new Links(this.dialling, (packet, link) => this.#took(packet, link), {
            opened: (id) => this.#opened(id),
            ended: (id) => {
                this.#keeping.ended(id);
                this.#schedule();
            },
        });
        this.#seeking = new Seeking(() => clock.exact());
        this.#keeping = new Keeping({
            now: () => clock.exact(),
            isOpen: (id) => this.#links.isKept(id),
            open: (id) => this.#links.keep(id, memory.relationships.get(id)?.scope.theirs.place.endpoints ?? []),
        });
    }

    /** Opens the port, where there is one to open, and goes on with what waits. */
    async start(place: Place | null): Promise<void> {
        if (place !== null)
            this.#listening = await listen(place, {
                packet: (packet) => this.#post(packet),
                link: (link, failed) => this.#links.serve(link, failed),
                card: () => cardIn(this.memory),
                blob: (mailbox) => this.#blob(mailbox) ?? this.services.blob(mailbox),
                isServing: () => this.services.isServing,
                line: (socket) => this.services.line(socket),
            });
        await this.do(() => this.#opening(this));
        await this.do(() => this.#resumeAll());
        await this.do(() => this.services.start());
        this.#watch = setInterval(() => {
            if (this.clock.hasJumped()) void this.do(() => this.#resumeAll());
        }, WATCH_MS);
    }

    get services(): Services {
        if (this.#services === null) throw new Error("a node has its services before it starts");
        return this.#services;
    }

    /** What is made around a node is given to it once, before it starts. */
    attend(services: Services): void {
        this.#services = services;
    }

    /** Where peers reach this node; null where no port is open. */
    get endpoint(): string | null {
        return this.#listening?.endpoints[0] ?? null;
    }

    get endpoints(): readonly string[] {
        return this.#listening?.endpoints ?? [NOWHERE];
    }

    moment(): Moment {
        return { around: this.around, now: this.clock.now(), fresh: this.entropy };
    }

    /** Does one thing after all that was begun before. */
    do<T>(work: () => Promise<T> | T): Promise<T> {
        const done = this.#last.then(async () => {
            await this.entropy.ready();
            return work();
        });
        const next = (): void => this.#schedule();
        this.#last = done.then(next, next); // who asked hears of a failure; what comes next does not depend on it
        return done;
    }

    /**
     * Commits a scope with what is sealed in it, then hands the frames to the carrier: those of `letters`, and messages
     * that are due. What has no way now waits without a try. Letters answer what came over `link`, and go back there.
     */
    async settle(
        { id, about }: Omit<Held, "scope">,
        scope: Scope,
        letters: readonly (Letter | Notice)[] = [],
        beside: Beside = {},
        link: WebSocket | null = null,
    ): Promise<void> {
        const now = this.clock.now();
        const lacksStart = this.#keeping.lacksStart(id);
        const tended = this.#tended(scope);
        const sealing = new Sealing(lacksStart ? withWorn(tended) : tended, now, this.entropy);
        await sealing.letters(letters);
        if (this.#canReach(id, sealing.scope)) await sealing.due(lacksStart);
        const { giving } = sealing.scope;
        const hasBegun = giving !== null && giving.number !== scope.giving?.number;
        if (this.#keeping.greets(id, sealing.scope, { hasBegun, hasSent: sealing.hasSent }, now)) await sealing.start();
        const current = sealing.scope;
        this.memory.write({ ...beside, relationship: { id, scope: current, about } });
        for (const { frame, place } of sealing.answers)
            this.#links.answer(link, id, this.#endpointsAt(place, id, current), place.mailbox, frame);
        for (const { frame, place } of sealing.frames) {
            const way = place === current.theirs.place ? id : `${id}/copy`;
            this.#links.send(way, this.#endpointsAt(place, id, current), place.mailbox, frame);
        }
        this.#keeping.look(id, current);
        await this.aside(this.services.settled(id));
    }

    /**
     * Who keeps a link sends nothing before there is one, so that what waits goes with the start (TRANSPORT-39); who has
     * stopped sends nothing (ROLL-1).
     */
    #canReach(id: string, scope: Scope): boolean {
        return !scope.isStopped && this.#links.canReach(id, scope.theirs.place.endpoints, keepsLink(scope));
    }

    /** What may be dialled for a frame where no link is open: one that is kept is opened when its time has come. */
    #endpointsAt(place: PeerPlace, id: string, scope: Scope): readonly string[] {
        const isCopy = place !== scope.theirs.place && !scope.isStopped;
        return isCopy || this.#canReach(id, scope) ? place.endpoints : [];
    }

    #opened(id: string): void {
        if (!this.#keeping.opened(id)) return;
        void this.do(async () => {
            const held = this.memory.relationships.get(id);
            if (held !== undefined) await this.#faults.guard(id, this.clock.now(), () => this.settle(held, held.scope));
        });
    }

    /** What a node does by itself beside each decision: newer versions go to who follows them, and what is over is deleted. */
    #tended(scope: Scope): Scope {
        const moment = this.moment();
        return withDeletions(withUpdates(withoutOldContacts(scope, moment.now), this.memory.records, moment), moment);
    }

    /** Lets time pass; what became due is done. */
    async advance(seconds: number): Promise<number> {
        this.clock.advance(seconds);
        this.#lookAt = null;
        await this.do(() => this.#sendDue());
        this.services.passed();
        this.#keeping.passed();
        return this.clock.now();
    }

    /** Ends what was begun, and closes everything. */
    async stop(): Promise<void> {
        this.#isOver = true;
        clearTimeout(this.#timer);
        clearInterval(this.#watch);
        this.#keeping.stop();
        this.#links.close();
        this.#services?.stop();
        await this.#listening?.close();
        await this.#last;
        this.memory.close();
        this.#release();
    }

    /** After a start, and after a jump of the clock. */
    async #resumeAll(): Promise<void> {
        for (const held of this.memory.relationships.values())
            await this.#faults.guard(held.id, this.clock.now(), () => this.#resume(held));
        this.#looked();
    }

    /** A new session is due, and opened as soon as there is a key for it (ROLL-6, SEAL-37). */
    async #resume(held: Held): Promise<void> {
        const worn = withWorn(held.scope);
        const isWaitedFor = worn.waiting.length > 0 || relationshipThread(worn.log)?.state !== "declined"; // REL-40
        const waitsForLink = keepsLink(worn) && !this.#links.isLinked(held.id);
        const opens =
            !waitsForLink &&
            !worn.isStopped &&
            isWaitedFor &&
            planOf(worn, true, this.clock.now()) === "open" &&
            dueNow(worn, this.clock.now()).length === 0;
        const kept = worn.recover === null ? withoutUnheld(worn, this.moment()) : worn;
        await this.settle(held, kept, opens ? [START_ALONE] : []);
        if (waitsForLink) this.#keeping.hurry(held.id);
    }

    async #sendDue(): Promise<void> {
        const now = this.clock.now();
        for (const held of this.memory.relationships.values())
            if ((this.#nextOf(held) ?? Infinity) <= now)
                await this.#faults.guard(held.id, now, () => this.settle(held, held.scope));
        this.#looked();
    }

    /** All relationships were looked at; once a day the journal follows. */
    #looked(): void {
        const now = this.clock.now();
        this.#lookedAt = now;
        if (now >= this.memory.renewed + RENEWED_S) this.memory.renew(now);
    }

    /** When there is something to do for a relationship: to send what has a way, or to delete. */
    #nextOf({ id, scope }: Held): number | undefined {
        const sending = this.#canReach(id, scope) ? nextDue(scope) : undefined;
        const deleting = nextDeletion(scope, this.around, this.#lookedAt);
        const rest = this.#faults.restOf(id, this.clock.now());
        if (rest !== undefined) return rest;
        if (sending === undefined || deleting === undefined) return sending ?? deleting;
        return Math.min(sending, deleting);
    }

    /** Looks again when the next thing is due; a timer that is set for that time already is left alone. */
    #schedule(): void {
        if (this.#isOver) return;
        const now = this.clock.now();
        const times = [...this.memory.relationships.values()].flatMap((held) => this.#nextOf(held) ?? []);
        const next = times.reduce((least, time) => Math.min(least, time), this.memory.renewed + RENEWED_S);
        if (next === this.#lookAt) return;
        clearTimeout(this.#timer);
        this.#lookAt = next;
        const look = (): void => {
            this.#lookAt = null;
            void this.do(() => this.#sendDue());
        };
        this.#timer = setTimeout(look, Math.min(Math.max(next - now, 1) * MS, LOOK_MS_MAX));
    }

    #blob(mailbox: string): Uint8Array | undefined {
        const hosted = this.memory.invitationAt(mailbox);
        return hosted === undefined || isEnded(hosted, this.clock.now()) ? undefined : hosted.blob;
    }

    #post(packet: Packet): Promise<boolean> | null {
        if (this.#posted >= POSTED_MAX) return null;
        this.#posted += 1;
        return this.#took(packet, null).finally(() => (this.#posted -= 1));
    }

    /** A packet that was collected at a relay: whatever its verdict, what it led to is durable after this; false where the node has ended (RELAY-20). */
    async collected(packet: Packet): Promise<boolean> {
        if (this.#isOver) return false;
        await this.#took(packet, null);
        return true;
    }

    /** Work beside the turns: a failure is said, gives null, and ends nothing but this work; that of the disk ends the node. */
    async aside<T>(work: Promise<T>): Promise<T | null> {
        try {
            return await work;
        } catch (error) {
            this.#faults.report(error);
            return null;
        }
    }

    /** Whether a packet was one for this node; nobody outside is told (TRANSPORT-9). */
    async #took(packet: Packet, link: WebSocket | null): Promise<boolean> {
        if (this.#isOver) return true;
        try {
            await this.do(() => this.#receive(packet, link));
            return true;
        } catch (error) {
            if (error instanceof RefusalError) return false;
            this.#faults.report(error);
            return true;
        }
    }

    async #receive({ mailbox, frame }: Packet, link: WebSocket | null): Promise<void> {
        const to = hex(mailbox);
        for (const held of this.memory.at(to)) {
            const taken = await takeFrame(held.scope, frame, this.moment());
            if (taken !== null) return this.#settleTaken(held, taken, link);
        }
        const hosted = this.memory.invitationAt(to);
        if (hosted === undefined && this.services.came({ mailbox, frame })) return;
        if (hosted === undefined) {
            const all = this.memory.at(to);
            // What several share is the mailbox of an invitation: anybody may have sent there.
            for (const held of all) await this.#unopened(held, all.length > 1 ? null : link);
            throw new RefusalError("unknown-session");
        }
        const opened = await openForInvitation(hosted.scope, frame);
        const turn = receiveRequest(hosted.scope, opened, this.moment());
        // What is no request that was applied begins nothing: a stranger could fill the store with it.
        if (relationshipThread(turn.scope.log)?.state !== "requested") return;
        const full = makeRoom(this.memory.relationships.values(), this.moment());
        if (full !== null) await this.settle(...full);
        const about = { name: null, purpose: hosted.scope.invitation.fields[6], mailboxes: [to] };
        await this.#settleTurn({ id: hex(this.entropy.bytes(16)), about }, null, turn, link);
    }

    /**
     * A frame did not open: a peer that was set back may have sent it, and is shown what it has said before (ROLL-4, spec 06
     * §13); or one without a link. What is for either goes back there too, and the link is not taken for the way to it.
     */
    async #unopened(held: Held, link: WebSocket | null): Promise<void> {
        const { scope, notices } = remindersOfUnopened(held.scope, this.clock.now());
        if (notices.length > 0) {
            await this.settle(held, scope, notices);
            if (!this.#links.leadsTo(held.id, link)) await giveBack(notices, link);
        }
        if (link !== null && !this.#links.isLinked(held.id)) await this.#seeking.back(held.scope, link);
    }

    async #settleTaken(held: Held, { turn, notices, refused, fault }: Taken, link: WebSocket | null): Promise<void> {
        if (fault !== null) this.#faults.report(fault);
        if (refused === null) await this.#settleTurn(held, held.scope, turn, link, notices);
        else if (notices.length > 0) await this.settle(held, turn.scope, notices);
        // The way on which it came may be that of a copy, and not the peer's (REC-41).
        if (refused !== null || !this.#links.leadsTo(held.id, link)) await giveBack(notices, link);
        if (refused !== null) throw refused;
    }

    /** Answers go back where the frame came from; everything else goes there only once the peer itself has come that way. */
    async #settleTurn(
        held: Omit<Held, "scope">,
        before: Scope | null,
        { scope, answers, decision }: Turn,
        link: WebSocket | null,
        notices: readonly Notice[] = [],
    ): Promise<void> {
        if (before !== null && cameBack(before, scope)) this.#links.forget(held.id);
        if (link !== null && (before === null || bringsNews(before, scope))) this.#links.cameFrom(held.id, link);
        if (decision?.failure !== undefined) this.#faults.report(decision.failure);
        const letters = answers.map((signed): Letter => ({ signed, parts: [], opensSession: false }));
        const { clause, entry } = decision ?? {};
        const beside: Beside = clause === undefined || entry === undefined ? {} : { forbidden: [entry.firstId, clause] };
        await this.settle(held, scope, [...letters, ...notices], beside, link);
    }
}
