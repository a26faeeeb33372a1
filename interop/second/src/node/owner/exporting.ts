/** A relationship as one file that anybody can verify (spec 19 §6). */

import { fieldsOf } from "../../engine/disclosing.js";
import type { Entry } from "../../engine/entry.js";
import { firstSignerOf } from "../../engine/log.js";
import { type Scope, myPersonas, theirPersonas } from "../../engine/scope.js";
import { unlessRefused } from "../../errors.js";
import { hex, same } from "../../encoding/bytes.js";
import { type WrittenMessage, writeExport } from "../../files/export/write.js";
import { verify } from "../../wire/cose.js";
import type { Part } from "../../wire/content.js";
import { type Header, generation, readHeader } from "../../wire/header.js";
import { eventOf } from "../../wire/keylog.js";
import { cannot } from "../cannot.js";
import type { Held } from "../memory.js";
import type { Node } from "../node.js";

/**
 * Writes the file; with paths, of the items it has the values of these fields alone. An owner's command that fails where a
 * relationship came back that cannot go on, and so has no key to sign with.
 */
export function exportOf(node: Node, { scope }: Held, show: readonly string[] | undefined): Uint8Array {
    const { mine, theirs } = scope;
    if (mine.own.seed.length === 0) return cannot("invalid");
    const proven = [...scope.log.entries.values()].map((entry) => messageOf(entry, scope, show));
    const written = proven.filter((one) => one !== null);
    return writeExport(
        {
            exporter: { founding: mine.founding, events: mine.own.events },
            peer: { founding: theirs.founding, events: theirs.log.events.map(({ signed }) => signed) },
            invitation: scope.signedInvitation,
            succession: mine.succession ?? theirs.succession,
            messages: written.map(({ message }) => message),
            formers: written.flatMap(({ formers }) => formers),
            receipts: theirs.receipt === null ? [] : [theirs.receipt],
            items: show === undefined ? "all" : show.length === 0 ? "none" : "some",
            leftOut: proven.length - written.length,
        },
        node.clock.now(),
        mine.own.seed,
    );
}

interface Proven {
    readonly message: WrittenMessage;
    readonly formers: readonly Uint8Array[];
}

/** A message under its newest header that others can verify, with the earlier ones; null where there is none (EXPORT-18). */
function messageOf(entry: Entry, scope: Scope, show: readonly string[] | undefined): Proven | null {
    const kept = scope.messages.get(entry.firstId);
    if (kept === undefined) return null;
    const others = [...scope.formers.values()].filter(({ firstId }) => firstId === entry.firstId);
    const [newest, ...formers] = [kept.signed, ...others.map(({ signed }) => signed)]
        .map((signed) => ({ signed, header: readHeader(signed) }))
        .filter(({ header }) => isProvable(header, entry.isOwn, scope))
        .sort((a, b) => generation(b.header) - generation(a.header));
    if (newest === undefined) return null;
    const { events } = entry.isOwn ? scope.mine.own.log : scope.theirs.log;
    const epoch = events.findIndex(({ signingKey }) => same(signingKey, firstSignerOf(scope.log, entry)));
    const message = {
        signed: newest.signed,
        verdict: entry.verdict,
        isUnaffirmed: entry.isUnaffirmed,
        firstEpoch: newest.header.first === null || epoch < 0 ? null : epoch,
        parts: kept.parts.map((part, place) => (place === 0 || isShown(entry, place, show) ? part : null)) as readonly Part[],
    };
    return { message, formers: formers.map(({ signed }) => signed) };
}

/** Whether an item is put in: with a choice, the chosen fields of what was disclosed. */
function isShown(entry: Entry, place: number, show: readonly string[] | undefined): boolean {
    return show === undefined || show.includes(fieldsOf(entry)[place - 1]?.[0] ?? "");
}

/** Whether a header names both sides and their epochs, and was signed by the key of its own (EXPORT-8, EXPORT-9, EXPORT-12). */
function isProvable(header: Header, isOwn: boolean, scope: Scope): boolean {
    const { mine, theirs } = scope;
    const [from, to] = isOwn ? [mine.own.log, theirs.log] : [theirs.log, mine.own.log];
    const recipients = isOwn ? theirPersonas(theirs) : myPersonas(mine);
    const last = same(header.recipient, to.persona) ? to.epoch : 0;
    const event = eventOf(from, header.senderEpoch);
    if (!same(header.sender, from.persona) || !recipients.has(hex(header.recipient))) return false;
    if (event === undefined || header.recipientEpoch > last) return false;
    if (header.first !== null && header.first.generation >= generation(header)) return false;
    const { signingKey } = event;
    return unlessRefused(() => {
        verify(header.object, signingKey);
        return true;
    }, false);
}
