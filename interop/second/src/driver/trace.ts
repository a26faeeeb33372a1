/** Reads the context and the entries of a trace, and verifies them (spec 16 §2, `interop/DRIVER.md`, level 2). */

import type { KeyOf } from "../engine/entry.js";
import type { Kind, Message } from "../engine/judging.js";
import { refuse } from "../errors.js";
import { hex } from "../encoding/bytes.js";
import { verify } from "../wire/cose.js";
import type { Part } from "../wire/content.js";
import { SALT_BYTES } from "../limits.js";
import { type Header, partDigest, readHeader } from "../wire/header.js";
import { readInvitation } from "../wire/invitation.js";
import { type KeyLog, eventOf, readLog } from "../wire/keylog.js";
import { checkParties, readSuccession } from "../wire/succession.js";
import { same } from "../encoding/bytes.js";
import { Arguments } from "./arguments.js";

/** The sides of a trace are the parties of its relationship thread. */
export type Side = "opener" | "other";

export function across(side: Side): Side {
    return side === "opener" ? "other" : "opener";
}

/** What the whole trace rests on, verified. */
export interface Context {
    readonly invitation: string;
    readonly inviterKind: Kind;
    readonly personas: Readonly<Record<Side, ReadonlySet<string>>>;
    readonly keyOf: KeyOf;
}

/** One entry whose header has verified. */
export interface Step extends Message {
    readonly from: Side;
}

/** Reads the context: the invitation, both key logs, and the succession where the inviting side has a successor. */
export function readContext(given: Arguments): Context {
    const invitation = readInvitation(given.bytes("invitation"));
    const opener = readLog(given.bytesList("opener_events"));
    const other = readLog(given.bytesList("other_events"));
    const succession = given.bytesOrNull("succession");
    if (succession !== null) {
        const read = readSuccession(succession);
        checkParties(read, invitation.log.persona, other.persona, opener.persona);
        verify(read.object, invitation.log.last.signingKey, other.events[0]?.signingKey ?? refuse("log-invalid"));
    } else if (!same(invitation.log.persona, other.persona)) {
        refuse("wrong-party");
    }
    const logs = [opener, other, invitation.log];
    const others = new Set([hex(other.persona), hex(invitation.log.persona)]);
    return {
        invitation: hex(invitation.id),
        inviterKind: invitation.fields[7],
        personas: { opener: new Set([hex(opener.persona)]), other: others },
        keyOf: (persona, epoch) => keyIn(logs, persona, epoch),
    };
}

function keyIn(logs: readonly KeyLog[], persona: string, epoch: number): Uint8Array | undefined {
    const log = logs.find((one) => hex(one.persona) === persona);
    return log === undefined ? undefined : eventOf(log, epoch)?.signingKey;
}

/** Reads one entry: its header by the key of its epoch, and each part that is there by its digest. */
export function readStep(given: Arguments, context: Context): Step {
    const from = given.text("from");
    if (from !== "opener" && from !== "other") return refuse("shape");
    const signed = given.bytes("signed");
    const header = readHeader(signed);
    if (!context.personas[from].has(hex(header.sender)) || !context.personas[across(from)].has(hex(header.recipient)))
        refuse("wrong-party");
    verify(header.object, context.keyOf(hex(header.sender), header.senderEpoch) ?? refuse("epoch-unknown"));
    return { from, header, signed, parts: readParts(given.raw("parts"), header) };
}

function readParts(given: unknown, header: Header): readonly Part[] {
    if (!Array.isArray(given)) return refuse("shape");
    return given.map((part: unknown, place): Part => {
        if (part === null) return null;
        if (!Array.isArray(part) || part.length !== 2) return refuse("shape");
        const { 0: salt, 1: data } = part as readonly unknown[];
        const read = new Arguments({ salt, data });
        const [saltBytes, dataBytes] = [read.bytes("salt", SALT_BYTES), read.bytes("data")];
        const digest = header.digests[place];
        if (digest === undefined || !same(partDigest(saltBytes, dataBytes), digest)) refuse("part-mismatch");
        return [saltBytes, dataBytes];
    });
}

/** The members of an array of objects. */
export function objects(given: unknown): readonly Arguments[] {
    return Array.isArray(given) ? given.map((one) => new Arguments(one)) : refuse("shape");
}
