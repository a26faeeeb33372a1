/** Positions: which lines a side still holds, and what of them the other holds too (spec 06 §2). */

import { hex } from "../../encoding/bytes.js";
import { POSITION_REFUSALS_MAX } from "../../limits.js";
import { type Place, comparePlaces } from "../../wire/header.js";
import { type Line, type PositionFields, type PositionType, headNumbers, makePosition } from "../../wire/position.js";
import type { Entry, Id } from "../entry.js";
import type { Log } from "../log.js";
import { type Scope, myPersonas, theirPersonas } from "../scope.js";
import { announced } from "../sessions.js";
import { idBytes } from "../threads/ends.js";

const PAIRS_LISTED = 2;

/** Where the newest header of an entry stands, as lines are compared: by generation, then by number. */
function placeOf({ line }: Entry): Place {
    return { generation: line.senderEpoch + line.recipientEpoch, number: line.number };
}

/** The entries of one side, in the order of its lines. */
export function inLineOrder(log: Log, senders: ReadonlySet<Id>): readonly Entry[] {
    return [...log.entries.values()]
        .filter(({ sender }) => senders.has(sender))
        .sort((a, b) => comparePlaces(placeOf(a), placeOf(b)));
}

/** The lines of one side by their epochs, oldest first; in each the entries in the order of their numbers. */
function linesOf(entries: readonly Entry[]): readonly (readonly Entry[])[] {
    const lines = new Map<string, Entry[]>();
    for (const entry of entries) {
        const key = `${entry.line.senderEpoch} ${entry.line.recipientEpoch}`;
        lines.set(key, [...(lines.get(key) ?? []), entry]);
    }
    return [...lines.values()];
}

/** The lines of one direction as a position lists them: the two newest, each up to its first gap (REC-6 to REC-8). */
function listed(log: Log, senders: ReadonlySet<Id>, isOutgoing: boolean): readonly Line[] {
    const held = inLineOrder(log, senders);
    const firstUnaffirmed = isOutgoing ? held.find((entry) => entry.isUnaffirmed) : undefined;
    const limit = firstUnaffirmed === undefined ? undefined : placeOf(firstUnaffirmed);
    return linesOf(held)
        .slice(-PAIRS_LISTED)
        .flatMap((line): Line[] => {
            const whole = line.filter(
                (entry, index) =>
                    entry.line.number === index + 1 &&
                    (limit === undefined || comparePlaces(placeOf(entry), limit) < 0),
            );
            const [first] = whole;
            if (first === undefined) return [];
            const heads = headNumbers(whole.length).map((number): [number, Uint8Array] => [
                number,
                idBytes(whole[number - 1]?.id ?? ""),
            ]);
            const refusals = whole.filter(
                ({ verdict }) => verdict !== null && verdict !== "applied" && verdict !== "rejected",
            );
            const newest = refusals
                .slice(-POSITION_REFUSALS_MAX)
                .map(({ line: place, verdict }): [number, string] => [place.number, verdict ?? ""]);
            return [[isOutgoing, first.line.senderEpoch, first.line.recipientEpoch, heads, newest]];
        });
}

/** Signs where this side stands; `event` is the key event that is answered, null in `recover`. */
export function positionOf(scope: Scope, typ: PositionType, event: Uint8Array | null): Uint8Array {
    const { mine, theirs, receiving, log } = scope;
    const fields: PositionFields = {
        sender: mine.own.log.persona,
        recipient: theirs.log.persona,
        senderEpoch: mine.own.log.epoch,
        recipientEpoch: theirs.log.epoch,
        key: announced(receiving),
        event,
        events: mine.own.events,
        mailbox: mine.place.mailbox,
        endpoints: mine.place.endpoints,
        lines: [...listed(log, myPersonas(mine), true), ...listed(log, theirPersonas(theirs), false)],
    };
    return makePosition(typ, fields, mine.own.seed, mine.own.log.last.signingKey);
}

/** The lines of a position in one direction, each listed id with its place. */
function headsOf(
    lines: readonly Line[],
    isOutgoing: boolean,
): readonly { readonly key: string; readonly place: Place }[] {
    return lines
        .filter(([outgoing]) => outgoing === isOutgoing)
        .flatMap(([, senderEpoch, recipientEpoch, heads]) =>
            heads.map(([number, id]) => ({
                key: `${senderEpoch} ${recipientEpoch} ${number} ${hex(id)}`,
                place: { generation: senderEpoch + recipientEpoch, number },
            })),
        );
}

function highest(places: readonly Place[]): Place | null {
    return places.reduce<Place | null>(
        (best, place) => (best === null || comparePlaces(place, best) > 0 ? place : best),
        null,
    );
}

/** The highest shared id of a direction: listed by the other, and held under the same line and number; null where there is none. */
export function sharedWith(
    lines: readonly Line[],
    isOutgoing: boolean,
    log: Log,
    senders: ReadonlySet<Id>,
): Place | null {
    const held = new Set(
        inLineOrder(log, senders).map(
            ({ line, id }) => `${line.senderEpoch} ${line.recipientEpoch} ${line.number} ${id}`,
        ),
    );
    return highest(
        headsOf(lines, isOutgoing)
            .filter(({ key }) => held.has(key))
            .map(({ place }) => place),
    );
}

/** The told point: the highest own listed id at or below the highest shared one. */
export function toldPoint(ownLines: readonly Line[], shared: Place | null): Place | null {
    if (shared === null) return null;
    return highest(
        headsOf(ownLines, true)
            .map(({ place }) => place)
            .filter((place) => comparePlaces(place, shared) <= 0),
    );
}

/** Whether an entry stands above a place; everything does where there is none. */
export function isAbove(entry: Entry, place: Place | null): boolean {
    return place === null || comparePlaces(placeOf(entry), place) > 0;
}
