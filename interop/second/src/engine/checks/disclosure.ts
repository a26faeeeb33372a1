/** Checks of the feature `disclosure`, in the order of spec 09 §4: what is named, what was asked or given, versions, items. */

import { refuse } from "../../errors.js";
import type { Bodies, SaidOf } from "../../features/body.js";
import { readAnyValue, readExample, readValue } from "../../features/items.js";
import { isPattern, matches, parsePath } from "../../features/paths.js";
import { same } from "../../encoding/bytes.js";
import { type ThreadOf, partyOf } from "../fold.js";
import type { JudgingOf } from "../judging.js";
import { HELD, TO_BE_ERASED, giverIn } from "../threads/disclosure.js";

type DisclosureJudging = JudgingOf<SaidOf<"disclosure">, ThreadOf<"disclosure">>;
/** A judging of one message: the rest of it beside the body. */
type Around = Omit<DisclosureJudging, "said">;
type Items = Around["items"];

/** The check of a row of this feature; throws RefusalError of stage `content`. */
export function checkDisclosure({ said, ...around }: DisclosureJudging): void {
    const { thread, items, entry } = around;
    switch (said.name) {
        case "disclosure.request":
            return checkRequest(said.body, around);
        case "disclosure.present":
            return checkPresent(said.body, around);
        case "disclosure.decline":
            return checkDeclined(said.body.declined, thread.data.wanted);
        case "disclosure.update":
            return checkUpdate(said.body, around);
        case "disclosure.revoke": {
            const isTaker = thread.data.fields !== undefined && partyOf(thread, entry.sender) !== giverIn(thread.state);
            return isTaker && said.body.paths !== undefined ? refuse("body-form") : undefined; // DISC-26
        }
        case "disclosure.erase":
            return checkErase(said.body, around);
        case "disclosure.erased":
            return checkErased(said.body, around);
        case "disclosure.handback":
            return checkItems(said.body.fields, items);
        case "disclosure.rights":
            return checkRight(said.body, items);
        case "disclosure.answer":
            return checkAnswer(said.body, around);
        case "disclosure.acknowledge":
            return; // DISC-22
    }
}

/** DISC-8: the agreement in the body is that of the header. */
function checkAgreement(named: Uint8Array, { header }: Around): void {
    if (header.agreement === null || !same(header.agreement, named)) refuse("reference-mismatch");
}

/** DISC-8, DISC-7, DISC-9, DISC-10. */
function checkRequest(body: Bodies["disclosure.request"], around: Around): void {
    checkAgreement(body.agreement, around);
    const { items } = around;
    const named = [
        ...body.wanted.flatMap(([, , item]) => (item === null ? [] : [item])),
        ...(body.circumstances === undefined ? [] : [body.circumstances]),
    ];
    const isEachOnce = new Set(named).size === named.length && named.every((number) => number <= items.length);
    if (!isEachOnce || named.length !== items.length) refuse("body-form");
    for (const [pattern, , item] of body.wanted) checkWanted(pattern, item, items);
    checkExample(body.circumstances ?? null, items);
}

/** DISC-10: a comparison names what to compare with, and only a pattern for many records may name an example. */
function checkWanted(pattern: string, item: number | null, items: Items): void {
    if (parsePath(pattern)?.fact === "equal") {
        if (item === null) return refuse("body-form");
        const compared = items[item - 1];
        if (compared !== undefined && compared !== null) readAnyValue(compared);
        return;
    }
    if (item !== null && !isPattern(pattern)) refuse("body-form");
    checkExample(item, items);
}

/** DISC-9, for an item that is there. */
function checkExample(item: number | null, items: Items): void {
    const example = item === null ? null : items[item - 1];
    if (example !== undefined && example !== null) readExample(example);
}

/** DISC-8, DISC-13 to DISC-15, then the items: DISC-6, DISC-11, DISC-16. */
function checkPresent(body: Bodies["disclosure.present"], around: Around): void {
    const { thread, items } = around;
    checkAgreement(body.agreement, around);
    if (thread.data.wanted === undefined) {
        if (body.declined !== undefined) refuse("body-form");
    } else {
        if (thread.data.agreement === undefined || !same(thread.data.agreement, body.agreement))
            refuse("reference-mismatch");
        if (!isAsked(body, thread.data)) refuse("not-asked");
        checkDeclined(body.declined, thread.data.wanted);
    }
    checkItems(body.fields, items);
    checkNotWithdrawn(items);
}

/** DISC-14: no more than was asked for, and for no more. */
function isAsked(body: Bodies["disclosure.present"], asked: ThreadOf<"disclosure">["data"]): boolean {
    const { wanted, action, purposes, until, standing, onward } = asked;
    if (wanted === undefined || purposes === undefined || until === undefined) return false;
    return (
        body.fields.every(([path]) => wanted.some((pattern) => matches(path, pattern))) &&
        body.action === action &&
        body.purposes.every((purpose) => purposes.includes(purpose)) &&
        body.until <= until &&
        (standing === true || !body.standing) &&
        (body.onward === undefined || body.onward === onward)
    );
}

/** DISC-14, DISC-18: what is declined was wanted. */
function checkDeclined(
    declined: Bodies["disclosure.decline"]["declined"],
    wanted: readonly string[] | undefined,
): void {
    if (declined?.some(([pattern]) => wanted?.includes(pattern) !== true)) refuse("not-asked");
}

/** DISC-11, then DISC-6 for each item that is there. */
function checkItems(fields: readonly (readonly [path: string, version: number])[], items: Items): void {
    if (items.length !== fields.length) refuse("body-form");
    fields.forEach(([path], place) => {
        const item = items[place];
        if (item !== undefined && item !== null) readValue(path, item);
    });
}

/** DISC-16: where every item is gone, nothing is disclosed. */
function checkNotWithdrawn(items: Items): void {
    if (items.every((item) => item === null)) refuse("withdrawn");
}

/** DISC-19 to DISC-21, then the items. */
function checkUpdate(body: Bodies["disclosure.update"], { thread, items }: Around): void {
    const { grant, standing, action, purposes, fields } = thread.data;
    if (grant === undefined || !same(grant, body.grant)) refuse("reference-mismatch");
    const isSamePurpose = action === body.action && sameWords(purposes ?? [], body.purposes);
    if (standing !== true || !isSamePurpose) refuse("not-granted");
    if (body.fields.some(([path]) => fields?.get(path)?.[1] !== HELD)) refuse("not-granted");
    if (body.fields.some(([path, version]) => version <= (fields?.get(path)?.[0] ?? 0))) refuse("version-order");
    checkItems(body.fields, items);
    checkNotWithdrawn(items);
}

/** The same words in the same order. */
function sameWords(a: readonly string[], b: readonly string[]): boolean {
    return a.length === b.length && a.every((word, place) => b[place] === word);
}

/** DISC-28; where nothing was given, there is nothing to refuse. */
function checkErase(body: Bodies["disclosure.erase"], { thread }: Around): void {
    const { fields } = thread.data;
    if (fields === undefined) return;
    const named = body.paths ?? [...fields.keys()];
    if (named.some((path) => !fields.has(path))) refuse("not-granted");
    if (named.every((path) => fields.get(path)?.[1] === TO_BE_ERASED)) refuse("already-erased");
}

/** DISC-29, DISC-30. */
function checkErased(body: Bodies["disclosure.erased"], { thread }: Around): void {
    const { fields, erased } = thread.data;
    const named = [...body.fields.map(([path]) => path), ...(body.kept ?? []).map(([path]) => path)];
    if (named.length === 0 || new Set(named).size !== named.length) refuse("body-form");
    if (named.some((path) => fields?.has(path) !== true)) refuse("not-granted");
    if (body.fields.some(([path, version]) => version <= (erased?.get(path)?.[0] ?? 0))) refuse("already-erased");
}

/** DISC-34: a correction brings the right value of each path that it names, every other right brings nothing. */
function checkRight(body: Bodies["disclosure.rights"], items: Items): void {
    if (body.right !== "correction") {
        if (items.length > 0) refuse("body-form");
        return;
    }
    const { paths } = body;
    if (paths === undefined || paths.some(isPattern)) return refuse("body-form");
    checkItems(
        paths.map((path) => [path, 1]),
        items,
    );
}

/** DISC-37, DISC-36, DISC-11. */
function checkAnswer(body: Bodies["disclosure.answer"], { thread, items }: Around): void {
    const { outcome } = thread.data;
    if (outcome === "done" || outcome === "refused") refuse("not-in-state");
    if (body.outcome === "extended" && body.until === undefined) refuse("body-form");
    checkItems(body.fields ?? [], items);
}
