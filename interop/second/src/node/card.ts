/** The card of a public persona: what this node publishes about itself (spec 07 §8, spec 03 §6). */

import { makePersona, type Own } from "../engine/persona.js";
import { encode } from "../encoding/encode.js";
import type { Key, Value } from "../encoding/value.js";
import { CARD, readCard } from "../wire/card.js";
import { makeOne } from "../wire/cose.js";
import { cannot } from "./cannot.js";
import type { Memory } from "./memory.js";
import type { Node } from "./node.js";
import { nextKey } from "./owner/meeting.js";

/** How long a card may be used; it is made anew before. */
const CARD_S = 2_592_000;
const RENEW_S = 604_800;
const ROW = "card";

/** A public persona with its newest card. */
interface Published {
    readonly own: Own;
    readonly signed: Uint8Array;
    readonly about: CardText;
}

/** What the owner writes on it. */
export interface CardText {
    readonly title: string;
    readonly domains: readonly string[];
    /** Ids of terms that this side accepts as second party. */
    readonly terms: readonly string[];
}

/** The bytes that strangers get; undefined where nothing is published. */
export function cardIn({ services }: Memory): Uint8Array | undefined {
    return (services.get(ROW) as Published | undefined)?.signed;
}

/** Publishes a card, or changes what stands on it; the persona stays. */
export function publishCard(node: Node, about: CardText): Uint8Array {
    if (node.endpoint === null) return cannot("invalid");
    const before = node.memory.services.get(ROW) as Published | undefined;
    const next = before === undefined ? nextKey(node) : null;
    const own = before?.own ?? makePersona(node.entropy, next?.next ?? null);
    const signed = sign(node, own, about);
    node.memory.write({ used: next === null ? [] : [next.index], service: [[ROW, { own, signed, about }]] });
    return signed;
}

/** Nobody is given a card from now on; a later one is of another persona. */
export function hideCard(node: Node): void {
    node.memory.write({ service: [[ROW, null]] });
}

/** A card that is about to expire, or that names other endpoints, is made anew. */
export function keepCard(node: Node): void {
    const published = node.memory.services.get(ROW) as Published | undefined;
    if (published === undefined || node.endpoint === null) return;
    const { fields } = readCard(published.signed);
    const isSame = fields[4].length === node.endpoints.length && fields[4].every((one, at) => one === node.endpoints[at]);
    if (!isSame || fields[6] < node.clock.now() + RENEW_S) publishCard(node, published.about);
}

function sign(node: Node, own: Own, { title, domains, terms }: CardText): Uint8Array {
    const issued = node.clock.now();
    const fields: [Key, Value][] = [
        [1, 1],
        [2, own.events],
        [3, node.memory.owner.kind],
        [4, node.endpoints],
        [5, issued],
        [6, issued + CARD_S],
    ];
    if (domains.length > 0) fields.push([7, domains]);
    if (terms.length > 0) fields.push([8, terms]);
    if (title !== "") fields.push([9, title]);
    const signed = makeOne(CARD, encode(new Map(fields)), own.seed, own.log.last.signingKey);
    readCard(signed); // what would be refused elsewhere is not published (REL-35)
    return signed;
}
