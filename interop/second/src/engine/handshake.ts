/** How a relationship begins: invitation, request, accept and short code, for both sides (spec 07 §1 to §4). */

import { refuse } from "../errors.js";
import type { Bodies } from "../features/body.js";
import { hex } from "../encoding/bytes.js";
import { makeOne } from "../wire/cose.js";
import { labelled } from "../crypto/digest.js";
import { encode } from "../encoding/encode.js";
import { INVITATION, type Invitation, readInvitation } from "../wire/invitation.js";
import { readLog } from "../wire/keylog.js";
import { INVITATION_KEY } from "../wire/start.js";
import type { Key, Value } from "../encoding/value.js";
import { type Moment, type Opened, type Turn, receive } from "./intake.js";
import type { Kind } from "./judging.js";
import { type Line, emptyLine } from "./lines.js";
import { EMPTY_LOG, relationshipThread } from "./log.js";
import { type Fresh, type KemPair, type Own, makePersona, makeSuccession } from "./persona.js";
import type { Mine, Place, Scope, Theirs } from "./scope.js";
import { announced, firstKeys } from "./sessions.js";
import { speak } from "./speak.js";
import { idBytes } from "./threads/ends.js";

/** What the inviting owner says of itself and of the occasion. */
export interface Occasion {
    readonly place: Place;
    readonly purpose: string;
    readonly kind: Kind;
    readonly uses: number;
    readonly created: number;
    readonly expires?: number;
    /** How the inviting side calls itself. */
    readonly title?: string;
}

/** The scope of an invitation: what opens requests to it, and how often it may still be accepted (REL-3). */
export interface InvitationScope {
    readonly signed: Uint8Array;
    readonly invitation: Invitation;
    readonly own: Own;
    readonly key: KemPair;
    readonly usesLeft: number;
}

/** Makes an invitation with a one-time persona of its own. */
export function makeInvitation(occasion: Occasion, fresh: Fresh): InvitationScope {
    const own = makePersona(fresh, null);
    const key = fresh.kemPair();
    const { place, purpose, kind, uses, created, expires, title } = occasion;
    const fields: [Key, Value][] = [
        [1, 1],
        [2, own.events],
        [3, key.public],
        [4, place.mailbox],
        [5, place.endpoints],
        [6, purpose],
        [7, kind],
        [10, uses],
        [11, created],
    ];
    if (expires !== undefined) fields.push([12, expires]);
    if (title !== undefined) fields.push([13, title]);
    const signed = makeOne(INVITATION, encode(new Map(fields)), own.seed, own.log.last.signingKey);
    return { signed, invitation: readInvitation(signed), own, key, usesLeft: uses };
}

/** The invitation after one accept; refused `invitation-used` where it is used up or expired (REL-4, REL-5). */
export function takeUse(scope: InvitationScope, now: number): InvitationScope {
    const expires = scope.invitation.fields[12];
    if (scope.usesLeft === 0 || (expires !== undefined && now > expires)) refuse("invitation-used");
    return { ...scope, usesLeft: scope.usesLeft - 1 };
}

/** What a side has from its first persona alone. */
function alone(own: Own) {
    return { founding: own.log.persona, own, before: null, succession: null, olderContacts: [] };
}

/** What a peer has not said yet. */
const UNKNOWN = { before: null, succession: null, formerPlaces: new Map<number, Place>(), receipt: null, start: null };

/** A relationship in which nothing was said yet. */
function begin(
    role: Scope["role"],
    invitation: Invitation,
    mine: Mine,
    theirs: Theirs,
    fresh: Fresh,
    now: number,
): Scope {
    return {
        role,
        invitation: hex(invitation.id),
        signedInvitation: invitation.signed,
        mine,
        theirs,
        receiving: firstKeys(fresh),
        taken: [],
        giving: null,
        incoming: { ...emptyLine(theirs.log, mine.own.log), refusals: [], fork: null },
        outgoing: { ...emptyLine(mine.own.log, theirs.log), receipted: 0 },
        log: EMPTY_LOG,
        waiting: [],
        messages: new Map(),
        formers: new Map(),
        recover: null,
        recoverTries: { sent: 0, due: now },
        recovered: null,
        knownHead: null,
        answered: {},
        isStopped: false,
        newerLog: null,
        closedAt: null,
        heard: now,
        decided: now,
    };
}

/** What the requesting owner says of itself. */
export interface Requester {
    readonly own: Own;
    readonly place: Place;
    readonly kind: Kind;
    /** The encoding of a display name, where one is shown. */
    readonly displayName?: Uint8Array;
}

/** The owner's yes to an invitation: a relationship with its request in the outbox (REL-10, REL-17, REL-21). */
export function request(invitation: Invitation, requester: Requester, { around, now, fresh }: Moment): Scope {
    const { own, place, kind, displayName } = requester;
    const nonce = fresh.bytes(32);
    const mine: Mine = { ...alone(own), introduces: true, place, kind, nonce };
    const theirs: Theirs = {
        founding: invitation.log.persona,
        log: invitation.log,
        ...UNKNOWN,
        place: { mailbox: invitation.fields[4], endpoints: invitation.fields[5] },
        kind: invitation.fields[7],
        key: [INVITATION_KEY, invitation.fields[3]],
        keyNumber: INVITATION_KEY,
    };
    const scope = begin("opener", invitation, mine, theirs, fresh, now);
    const body: Bodies["relationship.request"] = {
        invitation: invitation.id,
        key: announced(scope.receiving) as Bodies["relationship.request"]["key"],
        mailbox: place.mailbox,
        endpoints: place.endpoints,
        commitment: labelled("pcloud/1 nonce commitment", nonce),
        kind,
        role: undefined,
        purpose: undefined,
    };
    const items = displayName === undefined ? [] : [displayName];
    return speak(scope, { name: "relationship.request", body, thread: null, items }, around, now, fresh).scope;
}

/**
 * Takes the first frame of a requester, which opened with the receiving key of the invitation: start, introduction and
 * signed element are all there, and the introduced log is read first (spec 14 §1.1). Throws RefusalError as `receive`.
 */
export function receiveRequest(at: InvitationScope, opened: Opened, moment: Moment): Turn {
    const { start, introduction, signed } = opened.content;
    if (start === null || introduction === null || signed === null) return refuse("start-missing");
    const log = readLog(introduction.log);
    const { own, invitation } = at;
    const place = { mailbox: invitation.fields[4], endpoints: invitation.fields[5] };
    const kind = invitation.fields[7];
    const mine: Mine = { ...alone(own), introduces: false, place, kind, nonce: null };
    // Where the requester is reached, and its key, are said by its request (REL-15).
    const theirs: Theirs = {
        founding: log.persona,
        log,
        ...UNKNOWN,
        place,
        kind: undefined,
        key: null,
        keyNumber: 0,
    };
    return receive(begin("other", invitation, mine, theirs, moment.fresh, moment.now), opened, moment);
}

/**
 * The owner's yes to a request. A one-time invitation persona is followed by a fresh pairwise one; `next` is the
 * commitment to the next key of that one. The line of the successor begins with the accept (REL-19, spec 05 §4).
 */
export function accept(
    scope: Scope,
    place: Place,
    next: Uint8Array,
    { around, now, fresh }: Moment,
    displayName?: Uint8Array,
): Scope {
    const thread = relationshipThread(scope.log);
    if (thread?.state !== "requested") return refuse("not-in-state");
    const nonce = fresh.bytes(32);
    const continued = scope.mine.own.log.last.next === null ? succeeded(scope, next, fresh) : scope;
    const ready: Scope = { ...continued, mine: { ...continued.mine, place, nonce } };
    const body: Bodies["relationship.accept"] = {
        key: announced(ready.receiving),
        mailbox: place.mailbox,
        endpoints: place.endpoints,
        nonce,
    };
    const items = displayName === undefined ? [] : [displayName];
    return speak(ready, { name: "relationship.accept", body, thread: thread.id, items }, around, now, fresh).scope;
}

function succeeded(scope: Scope, next: Uint8Array, fresh: Fresh): Scope {
    const { mine, theirs } = scope;
    const own = makePersona(fresh, next);
    const succession = makeSuccession(mine.own, own, theirs.log.persona);
    const line: Line = emptyLine(own.log, theirs.log);
    return {
        ...scope,
        mine: { ...mine, own, before: mine.own.log, succession, introduces: true },
        outgoing: { ...line, receipted: 0 },
    };
}

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The code that both owners compare; undefined before the confirm is known (REL-24). */
export function shortCode({ log }: Scope): string | undefined {
    const thread = relationshipThread(log);
    if (thread === undefined) return undefined;
    const { accept: acceptId, nonce, opened } = thread.data;
    if (acceptId === undefined || nonce === undefined || opened === undefined) return undefined;
    const hash = labelled("pcloud/1 short code", idBytes(thread.id), acceptId, opened, nonce);
    const bits = BigInt(`0x${hex(hash.subarray(0, 5))}`);
    const characters = Array.from(
        { length: 8 },
        (_, place) => CROCKFORD[Number((bits >> BigInt(35 - 5 * place)) & 31n)],
    );
    return `${characters.slice(0, 4).join("")}-${characters.slice(4).join("")}`;
}
