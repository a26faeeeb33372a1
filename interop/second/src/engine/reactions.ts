/** What a message of the peer does to the scope beside its thread, and what the node answers by itself (TABLE-6, REL-15). */

import { RefusalError } from "../errors.js";
import { AGREEMENT, agreementBytes } from "../features/agreement.js";
import type { Said } from "../features/body.js";
import type { Announcement } from "../wire/answer.js";
import { hex } from "../encoding/bytes.js";
import { signedByOneOfTwo } from "../wire/cose.js";
import { sign } from "../crypto/ed25519.js";
import { agreementIn } from "./agreements.js";
import type { Entry } from "./entry.js";
import type { ThreadOf } from "./fold.js";
import { affirmed, rejected } from "./marks.js";
import { withdrawing } from "./outbox.js";
import type { Fresh } from "./persona.js";
import { type Place, type Scope, type Surroundings, theirPersonas, timeOf } from "./scope.js";
import { withAnnounced, withWorn } from "./sessions.js";
import { speak } from "./speak.js";
import { agreedIn } from "./threads/terms.js";

/** Places and keys of the peer, and the end of what waits; a reissue sets none of them (REC-19). */
export function afterTheirs(scope: Scope, entry: Entry, said: Said): Scope {
    switch (said.name) {
        case "relationship.affirm":
            return { ...scope, log: affirmed(scope.log, said.body.ids, theirPersonas(scope.theirs)) };
        case "relationship.reject":
            return {
                ...scope,
                log: rejected(
                    scope.log,
                    said.body.ids,
                    theirPersonas(scope.theirs),
                    entry.isReissue ? entry.line.senderEpoch : null,
                ),
            };
        default:
            return entry.isReissue ? scope : reachedBy(scope, said);
    }
}

function reachedBy(scope: Scope, said: Said): Scope {
    switch (said.name) {
        case "relationship.request":
            return withAnnounced(
                reachedAt({ ...scope, theirs: { ...scope.theirs, kind: said.body.kind } }, said.body),
                said.body.key,
            );
        case "relationship.accept":
            return withKeyAndPlace(scope, said.body.key, said.body);
        case "relationship.rotate": // REL-26: in both directions
            return withWorn(withAnnounced(scope, said.body.key));
        case "relationship.move":
            return reachedAt(scope, said.body);
        case "relationship.close": // ORDER-30: by either side
            return withWorn(withdrawing(scope, () => true));
        default:
            return scope;
    }
}

function withKeyAndPlace(scope: Scope, key: Announcement, place: Place): Scope {
    return withAnnounced(reachedAt(scope, place), key);
}

function reachedAt(scope: Scope, { mailbox, endpoints }: Place): Scope {
    return { ...scope, theirs: { ...scope.theirs, place: { mailbox, endpoints } } };
}

/**
 * The messages that the node sends by itself because of one that was applied, in the same commit (TABLE-10). What its own
 * gate or table refuses is left out: after a recovery it was said before, or waits for the owner (REC-19).
 */
export function react(scope: Scope, entry: Entry, said: Said, around: Surroundings, now: number, fresh: Fresh): Scope {
    try {
        return reaction(scope, entry, said, around, now, fresh);
    } catch (error) {
        if (error instanceof RefusalError) return scope;
        throw error;
    }
}

function reaction(scope: Scope, entry: Entry, said: Said, around: Surroundings, now: number, fresh: Fresh): Scope {
    switch (said.name) {
        case "relationship.accept":
            return confirm(scope, entry, around, now, fresh);
        case "terms.accept":
            return sealOrWithdraw(scope, entry, around, now, fresh);
        default:
            return scope;
    }
}

/** REL-22: the requester's node answers an accept by itself; one that crossed its close is not answered. */
function confirm(scope: Scope, { thread, firstId }: Entry, around: Surroundings, now: number, fresh: Fresh): Scope {
    const { nonce } = scope.mine;
    if (nonce === null || scope.log.threads.get(thread)?.state !== "accepted") return scope;
    const body = { nonce, accept: Uint8Array.from(Buffer.from(firstId, "hex")) };
    return speak(scope, { name: "relationship.confirm", body, thread }, around, now, fresh).scope;
}

/** TERMS-16, TERMS-17, TERMS-30: the first party's node signs last, or withdraws where it is too late. */
function sealOrWithdraw(scope: Scope, entry: Entry, around: Surroundings, now: number, fresh: Fresh): Scope {
    const thread = scope.log.threads.get(entry.thread);
    if (thread?.feature !== "terms" || thread.state !== "accepted") return scope;
    const { accept, seal_by: sealBy } = thread.data;
    const agreed = agreedIn(thread.data, thread.opener);
    if (accept === undefined || sealBy === undefined || agreed === undefined || hex(accept) !== entry.firstId)
        return scope;
    if (timeOf(scope, now) > sealBy) {
        return speak(scope, { name: "terms.withdraw", body: {}, thread: thread.id }, around, now, fresh).scope;
    }
    const { own } = scope.mine;
    const signature = sign(own.seed, signedByOneOfTwo(AGREEMENT, agreementBytes(agreed), own.log.last.signingKey));
    const sealed = speak(
        scope,
        { name: "terms.seal", body: { accept, signature }, thread: thread.id },
        around,
        now,
        fresh,
    ).scope;
    return replaceFormer(sealed, sealed.log.threads.get(thread.id) as ThreadOf<"terms">, around, now, fresh);
}

/** TERMS-30: what the new agreement replaces is ended in its own thread, after the seal. */
function replaceFormer(
    scope: Scope,
    thread: ThreadOf<"terms">,
    around: Surroundings,
    now: number,
    fresh: Fresh,
): Scope {
    const { replaces, agreement: by } = thread.data;
    if (replaces === undefined || by === undefined) return scope;
    const former = [...scope.log.threads.values()].find((one) => agreementIn(one)?.id === hex(replaces));
    if (former?.state !== "agreed") return scope;
    return speak(
        scope,
        { name: "terms.replace", body: { agreement: replaces, by }, thread: former.id },
        around,
        now,
        fresh,
    ).scope;
}
