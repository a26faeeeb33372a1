/** Facts: what is derived from a value and given instead of it (spec 09 §2.2). */

import { same } from "../encoding/bytes.js";
import { decode } from "../encoding/cbor.js";
import type { Value } from "../encoding/value.js";

/** What a fact is derived from. */
export interface Derived {
    /** The encoding of the value. */
    readonly item: Uint8Array;
    /** The item that `equal` compares with; null where there is none. */
    readonly compared: Uint8Array | null;
    /** The day on which `over` is asked, in seconds since 1970. */
    readonly now: number;
}

const MS = 1_000;
const OVER = /^over-(\d{1,3})$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
/** A day, or a month or a year alone; the time of a day is not looked at. */
const DAYS = /^(\d{4}(?:-\d{2}(?:-\d{2}(?=T|$))?)?)(?:T.*)?$/;
const DAY_CHARACTERS = 10;
/** The property of an address that a fact gives. */
const OF_ADDRESS: Readonly<Record<string, string>> = {
    city: "addressLocality",
    country: "addressCountry",
    postal: "postalCode",
};

/** The value of a fact; undefined where the value does not tell it. */
export function factOf(fact: string, from: Derived): Value | undefined {
    const years = OVER.exec(fact)?.[1];
    if (years !== undefined) return isOver(Number(years), decode(from.item), from.now);
    if (fact === "equal") return from.compared === null ? undefined : same(from.item, from.compared);
    const value = decode(from.item);
    if (!(value instanceof Map)) return undefined;
    return fact === "member" ? isMember(value, from.now) : textOf(value.get(OF_ADDRESS[fact] ?? ""));
}

function textOf(value: Value | undefined): string | undefined {
    return typeof value === "string" && value !== "" ? value : undefined;
}

/** True where a membership is in force by its days for sure, both included, in UTC; it is never false. */
function isMember(membership: ReadonlyMap<Value, Value>, now: number): true | undefined {
    const today = new Date(now * MS).toISOString().slice(0, DAY_CHARACTERS);
    /** Today less, equal or more; where a month or a year alone is today's, that does not tell. */
    const against = (text: Value): number => {
        const days = typeof text === "string" ? DAYS.exec(text)?.[1] : undefined;
        if (days === undefined) return NaN;
        const part = today.slice(0, days.length);
        if (part === days) return days.length === DAY_CHARACTERS ? 0 : NaN;
        return part < days ? -1 : 1;
    };
    const [begins, ends] = [membership.get("validFrom"), membership.get("validThrough")];
    const hasBegun = begins === undefined || against(begins) >= 0;
    return hasBegun && (ends === undefined || against(ends) <= 0) ? true : undefined;
}

/** Whether a birthday of so many years has come by a day, in UTC; undefined where the value is no date. */
function isOver(years: number, born: Value, now: number): boolean | undefined {
    const [, year, month, day] = typeof born === "string" ? (DATE.exec(born) ?? []) : [];
    if (year === undefined || month === undefined || day === undefined) return undefined;
    const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
    if (date.toISOString().slice(0, 10) !== born) return undefined; // no day of the calendar
    return date.setUTCFullYear(date.getUTCFullYear() + years) <= now * MS;
}
