/** A scope as rows of the journal: of one commit only what has changed is written. */

import type { Entry, Id } from "../engine/entry.js";
import { EMPTY_LOG, withEntries } from "../engine/log.js";
import type { Former, Kept, Scope, Waiting } from "../engine/scope.js";
import type { Change } from "./journal.js";

/** The scope without what has rows of its own. */
type Head = Omit<Scope, "log" | "messages" | "formers" | "waiting" | "incoming" | "outgoing"> & {
    readonly incoming: Omit<Scope["incoming"], "ids">;
    readonly outgoing: Omit<Scope["outgoing"], "ids">;
};

/** What has rows of its own, by the kind that their keys name. */
type Parts = Readonly<Record<"entry" | "message" | "former" | "waiting" | "in" | "out", ReadonlyMap<string, unknown>>>;

function headOf(scope: Scope): Head {
    const { log: _log, messages: _messages, formers: _formers, waiting: _waiting, incoming, outgoing, ...rest } = scope;
    const { ids: _judged, ...judged } = incoming;
    const { ids: _numbered, ...numbered } = outgoing;
    return { ...rest, incoming: judged, outgoing: numbered };
}

function numbered<T>(all: readonly T[]): ReadonlyMap<string, T> {
    return new Map(all.map((one, place) => [String(place), one]));
}

function partsOf(scope: Scope): Parts {
    return {
        entry: scope.log.entries,
        message: scope.messages,
        former: scope.formers,
        waiting: new Map(scope.waiting.map((row) => [String(row.number), row])),
        in: numbered(scope.incoming.ids),
        out: numbered(scope.outgoing.ids),
    };
}

/** What leads from one scope to the next; `before` is null for a new one. Keys begin with `prefix`. */
export function scopeChanges(prefix: string, before: Scope | null, after: Scope): readonly Change[] {
    const changes: Change[] = [[`${prefix}head`, headOf(after)]];
    const [old, present] = [before === null ? null : partsOf(before), partsOf(after)];
    for (const kind of Object.keys(present) as (keyof Parts)[]) {
        const former = old?.[kind] ?? new Map<string, unknown>();
        for (const [key, row] of present[kind])
            if (former.get(key) !== row) changes.push([`${prefix}${kind}/${key}`, row]);
        for (const key of former.keys())
            if (!present[kind].has(key)) changes.push([`${prefix}${kind}/${key}`, undefined]);
    }
    return changes;
}

/** The scope of rows whose keys have lost their prefix; threads are folded anew from the entries. */
export function scopeOf(rows: readonly Change[]): Scope {
    const head = rows.find(([key]) => key === "head")?.[1] as Head;
    const of = <T>(kind: keyof Parts): [string, T][] =>
        rows
            .filter(([key]) => key.startsWith(`${kind}/`))
            .map(([key, row]) => [key.slice(kind.length + 1), row as T]);
    const inOrder = <T>(kind: keyof Parts): T[] =>
        of<T>(kind)
            .sort(([a], [b]) => Number(a) - Number(b))
            .map(([, row]) => row);
    return {
        ...head,
        log: withEntries(EMPTY_LOG, ...of<Entry>("entry").map(([, entry]) => entry)),
        messages: new Map(of<Kept>("message")),
        formers: new Map(of<Former>("former")),
        waiting: inOrder<Waiting>("waiting"),
        incoming: { ...head.incoming, ids: inOrder<Id>("in") },
        outgoing: { ...head.outgoing, ids: inOrder<Id>("out") },
    };
}
