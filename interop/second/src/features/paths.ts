/** Paths, patterns and facts: where a datum stands among its giver's data (spec 09 §2). */
import { CATEGORIES, DERIVATIONS, type Derivation } from "../spec/places.js";
import { refuse } from "../errors.js";
import { PATH_BYTES_MAX } from "../limits.js";
import { type Reader, text } from "../encoding/shape.js";

const NAME = "[a-z][A-Za-z0-9-]{0,31}";
const PATH = new RegExp(
    `^(?<place>${NAME}(?:\\.${NAME}){0,5})(?:/(?<record>[A-Za-z0-9_-]{1,48}|\\*))?(?::(?<fact>[a-z0-9-]+))?$`,
);
const OVER = /^over-([1-9][0-9]{0,2})$/;
const OVER_YEARS_MAX = 150;
const ANY_RECORD = "*";
const PERSONAL = "dpv:PersonalData";

/** A path or pattern in its pieces. */
export interface Path {
    readonly place: string;
    readonly record: string | undefined;
    readonly fact: string | undefined;
}

/** Reads a path or pattern; undefined where the text is none (DISC-1, DISC-3). */
export function parsePath(written: string): Path | undefined {
    const found = PATH.exec(written)?.groups;
    if (found === undefined || Buffer.byteLength(written) > PATH_BYTES_MAX) return undefined;
    const path = { place: found["place"] ?? "", record: found["record"], fact: found["fact"] };
    if (path.fact !== undefined) {
        const derivation = derivationOf(path.fact);
        if (derivation === undefined || !(derivation.of === "any" || isAtOrBelow(path.place, derivation.of)))
            return undefined;
    }
    return path;
}

/** The registry's row of a fact as it stands in a path; undefined where it is not registered. */
export function derivationOf(fact: string): Derivation | undefined {
    const years = OVER.exec(fact)?.[1];
    if (years !== undefined) return Number(years) <= OVER_YEARS_MAX ? DERIVATIONS.get("over") : undefined;
    return fact === "over" ? undefined : DERIVATIONS.get(fact);
}

/** Whether a place is another one, or below it, name by name. */
export function isAtOrBelow(place: string, above: string): boolean {
    return place === above || place.startsWith(`${above}.`);
}

function reader(isTaken: (path: Path) => boolean): Reader<string> {
    const inBounds = text(1, PATH_BYTES_MAX);
    return (value) => {
        const written = inBounds(value);
        const path = parsePath(written);
        if (path !== undefined && isTaken(path)) return written;
        return refuse("shape");
    };
}

/** A path of one datum. */
export const pathText = reader((path) => path.record !== ANY_RECORD);
/** A path, or a pattern for all records of a collection. */
export const patternText = reader(() => true);

/** Whether a text stands for all records of a collection. */
export function isPattern(written: string): boolean {
    return parsePath(written)?.record === ANY_RECORD;
}

/** Whether a path is the wanted one, or matches the wanted pattern (DISC-14). */
export function matches(written: string, wanted: string): boolean {
    if (written === wanted) return true;
    const [path, pattern] = [parsePath(written), parsePath(wanted)];
    if (path === undefined || pattern === undefined || pattern.record !== ANY_RECORD) return false;
    return path.record !== undefined && path.place === pattern.place && path.fact === pattern.fact;
}

/** The category that the gate judges for a path (DISC-5). */
export function categoryOf(written: string): string {
    const path = parsePath(written);
    if (path === undefined) return PERSONAL;
    const derived = path.fact === undefined ? undefined : derivationOf(path.fact)?.category;
    if (derived !== undefined && derived !== "that of the value") return derived;
    const names = path.place.split(".");
    for (let count = names.length; count > 0; count -= 1) {
        const category = CATEGORIES.get(names.slice(0, count).join("."));
        if (category !== undefined) return category;
    }
    return PERSONAL;
}
