/** The giver's side of disclosure: questions that wait, giving, the ledger, and taking back (spec 09 §5 to §7, §11). */

import { type Disclosure, disclosuresIn } from "../../engine/disclosing.js";
import type { Entry } from "../../engine/entry.js";
import { exampleFor, inMessages } from "../../engine/giving.js";
import { ACTION, groundFor } from "../../engine/grounds.js";
import { ledgerOf } from "../../engine/ledger.js";
import { agreementsOf } from "../../engine/log.js";
import { type Scope, myPersonas } from "../../engine/scope.js";
import type { Speech } from "../../engine/speak.js";
import { HELD, TO_BE_ERASED } from "../../engine/threads/disclosure.js";
import { idBytes } from "../../engine/threads/ends.js";
import { refuse } from "../../errors.js";
import { hex } from "../../encoding/bytes.js";
import type { Bodies } from "../../features/body.js";
import { type Field, fieldFor, pathsFor } from "../../features/own-data.js";
import { matches, parsePath } from "../../features/paths.js";
import { cannot } from "../cannot.js";
import type { Held } from "../memory.js";
import type { Node } from "../node.js";
import { isOpen } from "./asking.js";
import { isPeer } from "./peers.js";
import { tellAll } from "./telling.js";

type Request = Bodies["disclosure.request"];
type Present = Bodies["disclosure.present"];
export type Reason = NonNullable<Bodies["disclosure.decline"]["reason"]>;

/** A question of a peer that waits for this owner. */
interface Question {
    readonly held: Held;
    readonly ask: string;
    readonly request: Request;
}

function questionsOf(node: Node, held: Held): readonly Question[] {
    const now = node.clock.now();
    const asRequest = ({ isOwn, said, firstId }: Entry): readonly Question[] =>
        !isOwn && said?.name === "disclosure.request" && isOpen(held.scope, firstId, now)
            ? [{ held, ask: firstId, request: said.body }]
            : [];
    return [...held.scope.log.entries.values()].flatMap(asRequest);
}

function questions(node: Node): readonly Question[] {
    return [...node.memory.relationships.values()].filter(isPeer).flatMap((held) => questionsOf(node, held));
}

/** All questions that wait for this owner. */
export function asks(node: Node) {
    return questions(node).map(({ held, ask, request: { wanted, purposes, until, standing } }) => ({
        ask,
        peer: held.id,
        paths: wanted.map(([pattern]) => pattern),
        required: wanted.filter(([, isRequired]) => isRequired).map(([pattern]) => pattern),
        purposes,
        until,
        standing,
    }));
}

export interface Answering {
    /** The paths to give; undefined for all that is asked for and there, and none of them is a no. */
    readonly only: readonly string[] | undefined;
    /** Why others are not given, by what was asked for. */
    readonly decline: ReadonlyMap<string, Reason>;
    /** Why the rest is not given; undefined leaves it open. */
    readonly reason: Reason | undefined;
}

/** Answers a question; gives the paths that were given. */
export async function answer(node: Node, ask: string, answering: Answering): Promise<readonly string[]> {
    const question = questions(node).find((one) => one.ask === ask) ?? cannot("unknown");
    const { held, request } = question;
    const fields = chosenFields(node, question, answering);
    const { reason } = answering;
    const declined = [...answering.decline];
    const [first, ...further] = inMessages(fields);
    if (first === undefined) {
        if (answering.only === undefined && declined.length === 0 && reason === undefined) return cannot("unknown");
        const body = { reason, declined: declined.length === 0 ? undefined : declined };
        await tellAll(node, held, [{ name: "disclosure.decline", body, thread: ask }]);
        return [];
    }
    const rest = request.wanted
        .map(([pattern]) => pattern)
        .filter((pattern) => !answering.decline.has(pattern) && !fields.some(({ path }) => matches(path, pattern)));
    const rows = [...declined, ...(reason === undefined ? [] : rest.map((pattern) => [pattern, reason] as const))];
    const { action, purposes, until, standing } = request;
    const terms = { agreement: request.agreement, action, purposes, until, standing };
    await tellAll(node, held, [
        { ...presentOf(first, terms, { declined: rows.length === 0 ? undefined : rows }), thread: ask },
        ...further.map((some) => presentOf(some, terms, { answers: idBytes(ask) })),
    ]);
    return fields.map(({ path }) => path);
}

function chosenFields(node: Node, { held, ask, request }: Question, { only, decline }: Answering): readonly Field[] {
    const data = node.memory.records;
    const offered = new Map<string, Field>();
    for (const [wanted] of request.wanted) {
        const example = exampleFor(held.scope, ask, wanted);
        for (const path of pathsFor(data, wanted, example)) {
            const field = fieldFor(data, path, node.clock.now(), example);
            if (field !== undefined && !(only === undefined && decline.has(wanted))) offered.set(path, field);
        }
    }
    if (only === undefined) return [...offered.values()];
    if (only.some((path) => decline.has(path))) return cannot("invalid");
    const isAsked = (path: string): boolean => request.wanted.some(([wanted]) => matches(path, wanted));
    return [...new Set(only)].map((path) => offered.get(path) ?? (isAsked(path) ? cannot("unknown") : refuse("not-asked")));
}

type Terms = Pick<Present, "agreement" | "action" | "purposes" | "until" | "standing">;
type Beside = Partial<Pick<Present, "declined" | "answers">>;

/** A present of some fields in a thread of its own. */
function presentOf(fields: readonly Field[], terms: Terms, { declined, answers }: Beside = {}): Speech {
    const given = fields.map(({ path, version }) => [path, version] as const);
    const body: Present = { ...terms, fields: given, onward: undefined, declined, answers };
    const items = fields.map(({ item }) => item);
    return { name: "disclosure.present", body, thread: null, agreement: hex(terms.agreement), items };
}

export interface Sharing {
    readonly paths: readonly string[];
    /** undefined for one that the terms allow. */
    readonly purposes: readonly string[] | undefined;
    /** undefined for as long as the terms allow, and at most a year. */
    readonly until: number | undefined;
    /** Whether later versions are to follow. */
    readonly standing: boolean;
}

/** Gives data unasked, under terms in force; gives the paths. */
export async function share(node: Node, held: Held, sharing: Sharing): Promise<readonly string[]> {
    const { standing } = sharing;
    const now = node.clock.now();
    const paths = [...new Set(sharing.paths)];
    if (paths.length === 0 || paths.some((path) => parsePath(path) === undefined)) return cannot("invalid");
    if (sharing.until !== undefined && sharing.until < now) return cannot("invalid");
    const fields = paths.map((path) => fieldFor(node.memory.records, path, now, null) ?? cannot("unknown"));
    const wish = { paths, purposes: sharing.purposes, until: sharing.until, isBounded: true };
    const { agreement, purposes, until } = groundFor(held.scope, node.around, wish, now);
    const terms = { agreement: idBytes(agreement), action: ACTION, purposes, until, standing };
    const presents = inMessages(fields).map((some) => presentOf(some, terms));
    await tellAll(node, held, presents);
    return paths;
}

/** Who holds what: the fields that this side gave to a peer, and how they stand (spec 09 §11). */
export function ledger({ scope }: Held) {
    const mine = myPersonas(scope.mine);
    return ledgerRows(scope)
        .filter(({ giver }) => mine.has(giver))
        .map(({ path, version, appliedVersion, state }) => ({
            path,
            version,
            has: state === "erased" ? 0 : appliedVersion,
            state,
        }));
}

function ledgerRows({ log, waiting }: Scope) {
    const inForce = agreementsOf(log).filter(({ ended }) => ended.length === 0);
    return ledgerOf(log, {
        agreements: new Set(inForce.map(({ id }) => id)),
        sent: new Set(waiting.filter(({ sent }) => sent > 0).map(({ firstId }) => firstId)),
    });
}

type Paths = readonly string[] | undefined;

/** Takes fields back that were given to a peer, in every grant that has them; without paths all grants end. */
export async function revoke(node: Node, held: Held, paths: Paths): Promise<void> {
    const grants = disclosuresIn(held.scope).filter(({ grant, isGiver }) => isGiver && grant.ended.length === 0);
    const speeches = takingBack("disclosure.revoke", grants, paths, (standing) => standing === HELD);
    await tellAll(node, held, speeches.length === 0 ? cannot("unknown") : speeches);
}

/** Orders a peer to delete what it was given, also where it was taken back before. */
export async function erase(node: Node, held: Held, paths: Paths): Promise<void> {
    const grants = disclosuresIn(held.scope).filter(({ isGiver }) => isGiver);
    const speeches = takingBack("disclosure.erase", grants, paths, (standing) => standing !== TO_BE_ERASED);
    const isKnown = grants.some(({ thread }) => fieldsNamed(thread, paths, () => true).length > 0);
    await tellAll(node, held, speeches.length > 0 ? speeches : isKnown ? refuse("already-erased") : cannot("unknown"));
}

/** One message for each grant that has a field of these paths in such a standing. */
function takingBack(
    name: "disclosure.revoke" | "disclosure.erase",
    grants: readonly Disclosure[],
    paths: Paths,
    isMeant: (standing: number) => boolean,
): readonly Speech[] {
    return grants.flatMap(({ thread }) => {
        const named = fieldsNamed(thread, paths, isMeant);
        if (named.length === 0) return [];
        return { name, body: { paths: paths === undefined ? undefined : named }, thread: thread.id };
    });
}

function fieldsNamed(
    { data }: Disclosure["thread"],
    paths: Paths,
    isMeant: (standing: number) => boolean,
): readonly string[] {
    return [...(data.fields ?? [])]
        .filter(([path, [, standing]]) => (paths?.includes(path) ?? true) && isMeant(standing))
        .map(([path]) => path);
}
