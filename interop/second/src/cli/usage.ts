/** What was typed, read by the table of commands. */

/** What was typed is no command; the message says what to do. */
export class UsageError extends Error {
    constructor(message: string) {
        super(message);
        this.name = "UsageError";
    }
}

/** How one option is read: once, as often as it comes, as a number, or as a switch. */
export type OptionKind = "text" | "texts" | "number" | "switch";

/** What a command takes. */
export interface Form {
    /** The names of what stands behind the command in its order; the last may end with `...`. */
    readonly takes?: readonly string[];
    readonly options?: Readonly<Record<string, OptionKind>>;
}

/** What was typed for one command. */
export class Typed {
    readonly #values: ReadonlyMap<string, unknown>;

    constructor(values: ReadonlyMap<string, unknown>) {
        this.#values = values;
    }

    text(name: string): string {
        const value = this.#values.get(name);
        if (typeof value !== "string") throw new UsageError(`Say which ${name}.`);
        return value;
    }

    textOrNull(name: string): string | null {
        return (this.#values.get(name) as string | undefined) ?? null;
    }

    /** null where none was given. */
    textsOrNull(name: string): readonly string[] | null {
        return (this.#values.get(name) as readonly string[] | undefined) ?? null;
    }

    numberOrNull(name: string): number | null {
        return (this.#values.get(name) as number | undefined) ?? null;
    }

    has(name: string): boolean {
        return this.#values.has(name);
    }
}

/** Reads words by a form. Throws UsageError for one too many, one too few, and an option that the command does not have. */
export function readTyped(words: readonly string[], { takes = [], options = {} }: Form): Typed {
    const values = new Map<string, unknown>();
    const rest: string[] = [];
    for (let at = 0; at < words.length; at += 1) {
        const word = words[at] ?? "";
        if (!word.startsWith("--")) {
            rest.push(word);
            continue;
        }
        const name = word.slice(2);
        const kind = Object.hasOwn(options, name) ? options[name] : undefined;
        if (kind === undefined) throw new UsageError(`There is no option ${word} here.`);
        if (kind === "switch") values.set(name, true);
        else values.set(name, optionValue(name, kind, words[(at += 1)], values.get(name)));
    }
    readRest(rest, takes, values);
    return new Typed(values);
}

function optionValue(name: string, kind: OptionKind, value: string | undefined, before: unknown): unknown {
    if (value === undefined) throw new UsageError(`--${name} needs a value.`);
    if (kind === "texts") return [...((before as readonly string[] | undefined) ?? []), value];
    if (kind === "text") return value;
    if (!/^[0-9]{1,15}$/.test(value)) throw new UsageError(`--${name} is a number.`);
    return Number(value);
}

function readRest(rest: readonly string[], takes: readonly string[], values: Map<string, unknown>): void {
    const last = takes.at(-1);
    const isOpen = last?.endsWith("...") === true;
    const fixed = isOpen ? takes.slice(0, -1) : takes;
    const missing = fixed[rest.length];
    if (missing !== undefined && !missing.endsWith("?")) throw new UsageError(`Say which ${missing}.`);
    if (!isOpen && rest.length > takes.length) throw new UsageError(`That is one word too many: ${rest[takes.length] ?? ""}`);
    fixed.forEach((name, place) => {
        if (rest[place] !== undefined) values.set(name.replace(/\?$/, ""), rest[place]);
    });
    if (isOpen && rest.length > fixed.length) values.set(last.slice(0, -3), rest.slice(fixed.length));
}
