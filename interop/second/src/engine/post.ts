/** Frames: what is sealed for the peer, and what opens of what came (spec 04 §3 to §9, spec 14 §1.1 up to step 5). */

import { refuse } from "../errors.js";
import { type Content, makeContent, readContent } from "../wire/content.js";
import type { Part } from "../wire/content.js";
import { same } from "../encoding/bytes.js";
import { readOneOfAnyType } from "../wire/cose.js";
import { type SessionFrame, contactTag, openContact, openFrame, readFrame, sealContact, sealFrame } from "../wire/frame.js";
import { INVITATION_KEY, START, makeBlock, openBlock } from "../wire/start.js";
import type { InvitationScope } from "./handshake.js";
import type { Opened } from "./intake.js";
import type { Fresh } from "./persona.js";
import type { Notice } from "./recovery/recover.js";
import { type Place, type Scope, founders } from "./scope.js";
import { type Door, type Made, doorOf, nextSessionNumber, planOf, withGiving } from "./sessions.js";

/** What is to be sent: a message or an answer, or nothing beside the start of a session. */
export interface Letter {
    readonly signed: Uint8Array | null;
    readonly parts: readonly Part[];
    /** A numbered message, or a session that is opened at once: both open a session that is due (SEAL-37). */
    readonly opensSession: boolean;
}

/** A session that is opened at once, with nothing to say in it (SEAL-37). */
export const START_ALONE: Letter = { signed: null, parts: [], opensSession: true };

/** A sealed frame with where it goes, and the scope that counts it; stored before the frame leaves the node. */
export interface Sealed {
    readonly scope: Scope;
    readonly frame: Uint8Array;
    readonly place: Place;
}

/** Makes the block of a session with a fresh secret, sealed to the key that the peer announced. */
export async function makeSession(scope: Scope, fresh: Fresh): Promise<Made> {
    const [keyNumber, key] = scope.theirs.key ?? refuse("unknown-session");
    return makeBlock(key, founders(scope, "giving"), nextSessionNumber(scope), keyNumber, fresh.bytes(32));
}

/** The same for a letter, or for a notice to a contact key, which needs no session. */
export async function sealAny(scope: Scope, what: Letter | Notice, now: number, fresh: Fresh): Promise<Sealed | null> {
    if (!("contactKey" in what)) return sealLetter(scope, what, now, fresh);
    return { scope, frame: await sealTo(what.contactKey, what.signed), place: what.place };
}

/** Seals a letter in the session that is due; null where it has to wait for a receiving key (SEAL-36). */
export async function sealLetter(
    scope: Scope,
    letter: Letter,
    now: number,
    fresh: Fresh,
    make: typeof makeSession = makeSession,
): Promise<Sealed | null> {
    const plan = planOf(scope, letter.opensSession, now);
    if (plan === "wait") return null;
    const ready = plan === "open" ? withGiving(scope, await make(scope, fresh), now) : scope;
    const { giving, mine, theirs } = ready;
    if (giving === null) return null;
    const content: Content = {
        start: giving.start?.signed ?? null,
        introduction: mine.introduces ? { log: mine.own.events, succession: mine.succession } : null,
        signed: letter.signed,
        parts: letter.parts,
    };
    const frame = sealFrame(giving.session, giving.start?.block ?? null, makeContent(content), fresh.bytes(12));
    return { scope: { ...ready, giving: { ...giving, frames: giving.frames + 1 } }, frame, place: theirs.place };
}

/** Opens a frame of a known peer up to its content; throws RefusalError, and then nothing has changed (SEAL-32). */
export async function openFor(scope: Scope, bytes: Uint8Array, now: number): Promise<Opened> {
    const frame = sessionFrame(bytes);
    return openBehind(doorOf(scope, frame, now), frame);
}

/** Opens the first frame of a requester, with the receiving key of the invitation (spec 04 §8). */
export async function openForInvitation({ key, invitation }: InvitationScope, bytes: Uint8Array): Promise<Opened> {
    const frame = sessionFrame(bytes);
    if (frame.block?.keyNumber !== INVITATION_KEY) return refuse("unknown-session");
    return openBehind(
        { kind: "key", seed: key.seed, founders: { sender: null, recipient: invitation.log.persona } },
        frame,
    );
}

/** What may be sealed to a contact key (spec 06 §3). */
const TO_CONTACT: ReadonlySet<string | null> = new Set([
    "pcloud-recover",
    "pcloud-stale",
    "pcloud-receipt",
    START,
]);

/** The own `recover`, sealed to the contact key of the peer; null where nothing is being recovered (REC-3). */
export async function sealRecover({ recover, theirs }: Scope): Promise<Uint8Array | null> {
    if (recover === null) return null;
    return sealTo(theirs.log.last.contactKey, recover);
}

/** What was signed, sealed to a contact key (spec 04 §7). */
export async function sealTo(contactKey: Uint8Array, signed: Uint8Array): Promise<Uint8Array> {
    return sealContact(contactKey, makeContent({ start: null, introduction: null, signed, parts: [] }));
}

/** Opens a contact frame with the contact key of the present epoch, or of one before; gives what was signed (SEAL-29, SEAL-30). */
export async function openContactFor({ mine }: Scope, bytes: Uint8Array): Promise<Uint8Array> {
    const frame = readFrame(bytes);
    if (frame.kind !== "contact") return refuse("unknown-session");
    const keys = [mine.own.contact, ...mine.olderContacts.map(({ pair }) => pair)];
    const pair = keys.find((one) => same(contactTag(one.public), frame.tag)) ?? refuse("not-opened");
    const { start, introduction, signed, parts } = readContent(await openContact(frame, pair.seed, pair.public));
    if (start !== null || introduction !== null || signed === null || parts.length > 0) return refuse("shape");
    return TO_CONTACT.has(readOneOfAnyType(signed).typ) ? signed : refuse("type-mismatch");
}

/** A frame of a session; what comes to a contact key is opened by `openContactFor`. */
function sessionFrame(bytes: Uint8Array): SessionFrame {
    const frame = readFrame(bytes);
    return frame.kind === "session" ? frame : refuse("not-opened");
}

async function openBehind(door: Door, frame: SessionFrame): Promise<Opened> {
    const { block } = frame;
    if (door.kind === "session")
        return { session: door.session, block, isNew: false, content: readContent(openFrame(frame, door.session)) };
    if (block === null) return refuse("unknown-session");
    const session = await openBlock(block, door.seed, door.founders);
    return { session, block, isNew: true, content: readContent(openFrame(frame, session)) };
}
