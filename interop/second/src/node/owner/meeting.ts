/** How an owner meets others: invitations, links, requests, and the answers to them (spec 07 §1 to §4). */

import { accept, makeInvitation, request, takeUse } from "../../engine/handshake.js";
import { relationshipThread } from "../../engine/log.js";
import { makePersona } from "../../engine/persona.js";
import type { Place } from "../../engine/scope.js";
import type { Bodies } from "../../features/body.js";
import { LINK_KEY_BYTES, MAILBOX_BYTES } from "../../limits.js";
import { refuse } from "../../errors.js";
import { hex } from "../../encoding/bytes.js";
import { encode } from "../../encoding/encode.js";
import { sha256 } from "../../crypto/digest.js";
import { linkText, openInvitation, readInvitation, readLink, sealInvitation } from "../../wire/invitation.js";
import { cannot } from "../cannot.js";
import { NOWHERE } from "../addresses.js";
import { fetchBlob } from "../fetching.js";
import type { ServiceRow } from "../memory.js";
import type { Node } from "../node.js";
import { lodgings, relaysOf } from "../relay/homes.js";
import { tell } from "./telling.js";
import { contactState, isPeer, nameOf } from "./peers.js";

const NAME_BYTES = 16;

export interface Inviting {
    readonly purpose: string;
    readonly uses: number;
    readonly expiresS: number;
}

/** Where frames of a new relationship come to, and the rows that keep it so: at a relay where one is in use (RELAY-7). */
function freshPlace(node: Node): { readonly place: Place; readonly service: readonly ServiceRow[] } {
    const [lodging] = lodgings(node, 1) ?? [];
    if (lodging !== undefined) return { place: lodging.place, service: [lodging.row({ purpose: "relationship" })] };
    return { place: { mailbox: node.entropy.bytes(MAILBOX_BYTES), endpoints: node.endpoints }, service: [] };
}

/** Where requests to an invitation come to, and where its blob is kept. */
interface Lodged {
    readonly requests: Place;
    readonly blob: Place;
    /** The rows that keep it so. */
    service(invitation: string, sealed: Uint8Array, until: number): readonly ServiceRow[];
}

/** At this node, or at a relay: a mailbox for the requests, and another for the blob (RELAY-7). */
function lodgedInvitation(node: Node): Lodged {
    const [requests, blob] = lodgings(node, 2) ?? [];
    if (requests !== undefined && blob !== undefined)
        return {
            requests: requests.place,
            blob: blob.place,
            service: (invitation, bytes, until) => [
                requests.row({ purpose: "requests", invitation }),
                blob.row({ purpose: "blob", invitation, blob: { bytes, until } }),
            ],
        };
    if (node.endpoint === null) return cannot(relaysOf(node.memory).length > 0 ? "busy" : "invalid");
    const place = { mailbox: node.entropy.bytes(MAILBOX_BYTES), endpoints: node.endpoints };
    return { requests: place, blob: place, service: () => [] };
}

/** A new invitation, kept by this node or published at its relay. */
export function invite(node: Node, { purpose, uses, expiresS }: Inviting) {
    const { requests, blob, service } = lodgedInvitation(node);
    const { kind, name: title } = node.memory.owner;
    const created = node.clock.now();
    const expires = created + expiresS;
    const scope = makeInvitation({ place: requests, purpose, kind, uses, created, expires, title }, node.entropy);
    const key = node.entropy.bytes(LINK_KEY_BYTES);
    const hash = sha256(scope.signed);
    const id = hex(scope.invitation.id);
    const sealed = sealInvitation(key, scope.signed);
    node.memory.write({ invitation: [id, { scope, blob: sealed }], service: service(id, sealed, expires) });
    node.services.passed();
    const [endpoint = NOWHERE] = blob.endpoints;
    return { invitation: id, link: linkText({ endpoint, mailbox: blob.mailbox, hash, key }) };
}

/** No accept is made for it from now on, and its key is gone (REL-2). */
export function withdraw(node: Node, invitation: string): void {
    if (!node.memory.invitations.has(invitation)) cannot("unknown");
    node.memory.write({ invitation: [invitation, null] });
    node.services.passed();
}

/** Fetches and verifies what a link leads to; nothing is sent (REL-10). */
export async function connect(node: Node, text: string): Promise<{ readonly contact: string }> {
    const link = readLink(text);
    const signed = openInvitation(link.key, link.hash, await fetchBlob(link, node.dialling));
    const { fields } = readInvitation(signed);
    if (fields[12] !== undefined && node.clock.now() > fields[12]) refuse("invitation-used");
    return node.do(() => {
        const contact = hex(node.entropy.bytes(NAME_BYTES));
        node.memory.write({ contact: [contact, { signed }] });
        return { contact };
    });
}

/** Contacts that are no peers yet. */
export function contacts(node: Node) {
    const pending = [...node.memory.contacts].map(([id, { signed }]) => {
        const { fields } = readInvitation(signed);
        return { id, direction: "out", name: fields[13] ?? null, purpose: fields[6], state: "pending" };
    });
    const begun = [...node.memory.relationships.values()]
        .filter((held) => !isPeer(held))
        .map((held) => ({
            id: held.id,
            direction: held.scope.role === "opener" ? "out" : "in",
            name: nameOf(held),
            purpose: held.about.purpose,
            state: contactState(held),
        }));
    return [...pending, ...begun];
}

/** The owner's yes, to an invitation or to a request. */
export async function sayYes(node: Node, contact: string): Promise<void> {
    const pending = node.memory.contacts.get(contact);
    return pending === undefined ? letIn(node, contact) : ask(node, contact, pending.signed);
}

/** The commitment to the next key of a new persona, and its index (spec 03 §4). */
export function nextKey(node: Node): { readonly index: number; readonly next: Uint8Array } {
    const [low = 0, high = 0] = node.entropy.bytes(2);
    const index = node.memory.unusedFrom((low + 256 * high) % node.memory.owner.pool.length);
    const next = index === undefined ? undefined : node.memory.owner.pool[index];
    return index === undefined || next === undefined ? cannot("busy") : { index, next };
}

async function ask(node: Node, contact: string, signed: Uint8Array): Promise<void> {
    const invitation = readInvitation(signed);
    const expires = invitation.fields[12];
    if (expires !== undefined && node.clock.now() > expires) refuse("invitation-used");
    const { kind, name } = node.memory.owner;
    const { index, next } = nextKey(node);
    const { place, service } = freshPlace(node);
    const requester = { own: makePersona(node.entropy, next), place, kind, displayName: encode(name) };
    const scope = request(invitation, requester, node.moment());
    const about = { name: invitation.fields[13] ?? null, purpose: invitation.fields[6], mailboxes: [hex(place.mailbox)] };
    await node.settle({ id: contact, about }, scope, [], { contact: [contact, null], used: [index], service });
}

async function letIn(node: Node, contact: string): Promise<void> {
    const held = node.memory.relationships.get(contact) ?? cannot("unknown");
    if (held.scope.role === "opener") refuse("not-in-state");
    const hosted = node.memory.invitations.get(held.scope.invitation) ?? refuse("invitation-used");
    const used = takeUse(hosted.scope, node.clock.now());
    const { index, next } = nextKey(node);
    const { place, service } = freshPlace(node);
    const scope = accept(held.scope, place, next, node.moment(), encode(node.memory.owner.name));
    const about = { ...held.about, mailboxes: [...held.about.mailboxes, hex(place.mailbox)] };
    const row = used.usesLeft === 0 ? null : { ...hosted, scope: used };
    await node.settle({ id: contact, about }, scope, [], { invitation: [held.scope.invitation, row], used: [index], service });
}

type Reason = Bodies["relationship.decline"]["reason"];

/** A request is refused; a contact that was not asked is dropped. */
export async function sayNo(node: Node, contact: string, reason: Reason): Promise<void> {
    if (node.memory.contacts.has(contact)) return node.memory.write({ contact: [contact, null] });
    const held = node.memory.relationships.get(contact) ?? cannot("unknown");
    const thread = relationshipThread(held.scope.log)?.id ?? cannot("unknown");
    await tell(node, held, { name: "relationship.decline", body: { reason }, thread });
}
