/** Where the tests find the specification. */

import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder `spec`, seen from the compiled test. */
export const SPEC = fileURLToPath(new URL("../../../../spec/", import.meta.url));

/** The text of a file of the specification. */
export function specText(path: string): string {
  return readFileSync(SPEC + path, "utf8");
}

/** The names of the files of one folder that have an ending, without it. */
export function specNames(folder: string, ending: string): readonly string[] {
  return readdirSync(SPEC + folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .sort();
}

/** The rows of a registry; fields in quotes may hold commas. */
export function registry(name: string): readonly (readonly string[])[] {
  const lines = specText(`registry/${name}.csv`).trimEnd().split("\n").slice(1);
  return lines.map((line) =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((field) => (field[1] ?? field[2] ?? "").replaceAll('""', '"')),
  );
}

/** The bytes of a file of the specification. */
export function specBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(SPEC + path));
}
