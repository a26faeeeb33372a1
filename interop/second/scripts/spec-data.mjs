// Writes src/spec/*.ts from the CSV files of the specification, so that tables and registries are never copied by hand.
//
//   node scripts/spec-data.mjs           writes the files
//   node scripts/spec-data.mjs --check   changes nothing; ends with 1 where a file is not what the specification gives
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SPEC = fileURLToPath(new URL("../../../spec/", import.meta.url));
const TARGET = fileURLToPath(new URL("../src/spec/", import.meta.url));
const FEATURES = ["conversation", "custody", "disclosure", "relationship", "relay", "terms"];

/** The records of a CSV file (RFC 4180), each an object by column name. */
function records(path) {
    const rows = readFileSync(SPEC + path, "utf8")
        .split(/\r?\n/)
        .filter((line) => line !== "")
        .map(cells);
    const [columns, ...rest] = rows;
    return rest.map((row) => Object.fromEntries(columns.map((column, place) => [column, row[place]])));
}

/** The cells of one line; a quoted cell may hold commas and doubled quotes. */
function cells(line) {
    const found = line.match(/("([^"]|"")*"|[^,]*)(,|$)/g).map((cell) => cell.replace(/,$/, ""));
    if (!line.endsWith(",")) found.pop();
    return found.map((cell) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));
}

const literal = (value) => JSON.stringify(value);
const tuple = (...values) => `[${values.map(literal).join(", ")}]`;

function page(about, body) {
    return `// Made by scripts/spec-data.mjs from the specification; do not edit.\n// ${about}\n${body}`;
}

function tables() {
    const parts = FEATURES.map((feature) => {
        const rows = records(`tables/${feature}.csv`).map(
            (row) => `    ${tuple(row.state, row.message, row.by, row.next, row.crossing === "true")},\n`,
        );
        return `  ${feature}: [\n${rows.join("")}  ],\n`;
    });
    return page(
        "The rows of every table: state, message, by, next, crossing (spec 05 §7).",
        `export type By = "opener" | "other" | "either" | "engine";
export type Row = readonly [state: string, message: string, by: By, next: string, crossing: boolean];
export type Feature = ${FEATURES.map(literal).join(" | ")};

export const TABLES: Readonly<Record<Feature, readonly Row[]>> = {\n${parts.join("")}};\n`,
    );
}

function names() {
    const rows = records("registry/names.csv").map(
        (row) => `  [${literal(row.name)}, ${tuple(row.gate, row.mark)}],\n`,
    );
    return page(
        "Gate and mark of every standard message name (registry/names.csv, spec 05 §6).",
        `export type Gate = "open" | "related" | "agreed" | "granted";
export type Mark = "permits" | "restricts" | "neutral";

export const NAMES: ReadonlyMap<string, readonly [gate: Gate, mark: Mark]> = new Map([\n${rows.join("")}]);\n`,
    );
}

function places() {
    const paths = records("registry/paths.csv").map((row) => `  [${literal(row.path)}, ${literal(row.category)}],\n`);
    const facts = records("registry/derivations.csv").map(
        (row) =>
            `  [${literal(row.fact)}, { of: ${literal(row.of)}, category: ${literal(row.category)}, result: ${literal(row.result)} }],\n`,
    );
    return page(
        "Categories of places, and the facts derived from them (registry/paths.csv, registry/derivations.csv, spec 09 §2).",
        `export interface Derivation {
  /** The place that the fact is derived from, or one above it; "any" for every place. */
  readonly of: string;
  /** The category that the gate judges; "that of the value" for that of the path without the fact. */
  readonly category: string;
  /** What the item holds: "true or false", or "text". */
  readonly result: string;
}

export const CATEGORIES: ReadonlyMap<string, string> = new Map([\n${paths.join("")}]);

export const DERIVATIONS: ReadonlyMap<string, Derivation> = new Map([\n${facts.join("")}]);\n`,
    );
}

const check = process.argv.includes("--check");
const stale = [];
for (const [file, text] of Object.entries({ "tables.ts": tables(), "names.ts": names(), "places.ts": places() })) {
    if (!check) writeFileSync(TARGET + file, text);
    else if (readFileSync(TARGET + file, "utf8") !== text) stale.push(file);
}
if (stale.length > 0) {
    console.error(`not what the specification gives: ${stale.join(", ")}; run npm run data`);
    process.exit(1);
}
