/** The verbs of the driver: those of level 1 (spec 16 §3), of level 2, and of level 3 (`interop/DRIVER.md`). */

import { existsSync, readFileSync } from "node:fs";
import { refuse } from "../errors.js";
import { PROTOCOL_VERSION } from "../limits.js";
import { concat } from "../encoding/bytes.js";
import { readOneOfAnyType, verify } from "../wire/cose.js";
import { ENC_BYTES, KEM_SEED_BYTES, open } from "../crypto/kem.js";
import { Arguments, type Operations, type Result } from "./arguments.js";
import { OPERATIONS } from "./operations/all.js";
import { COMMAND_NAMES } from "./commands.js";
import { LIVING } from "./living.js";
import { perform } from "./run.js";
import { TRACES } from "./traces.js";

const PACKAGE = new URL("../../../package.json", import.meta.url);
const VECTORS = new URL("../../../../../spec/vectors/", import.meta.url);

/** Every verb that this driver knows. */
export const VERBS: Operations = {
  hello,
  "cbor.check": (input) => perform(OPERATIONS, "cbor.check", input),
  "ed25519.verify": (input) => perform(OPERATIONS, "ed25519.verify", input),
  "key.check": (input) => perform(OPERATIONS, "key.check", input),
  "did.key": (input) => perform(OPERATIONS, "did.key", input),
  "hpke.open": async (input) => {
    const sealed = concat(input.bytes("enc", ENC_BYTES), input.bytes("ciphertext"));
    return { plaintext: await open(input.bytes("private", KEM_SEED_BYTES), input.bytes("info"), sealed) };
  },
  "sign1.verify": (input) => {
    const object = readOneOfAnyType(input.bytes("bytes"));
    verify(object, input.bytes("key"));
    return { typ: object.typ, payload: object.payload, id: object.id };
  },
  vector,
  ...TRACES,
  ...LIVING,
};

function hello(): Result {
  const { name, version } = JSON.parse(readFileSync(PACKAGE, "utf8")) as { name: string; version: string };
  return {
    implementation: name,
    version,
    protocol: PROTOCOL_VERSION,
    profiles: ["reader", "sealer", "node", "services"],
    levels: [1, 2, 3],
    commands: COMMAND_NAMES,
    verbs: Object.keys(VERBS),
  };
}

/** Runs one case: by its name in a file of the specification, or as it is given. */
async function vector(input: Arguments): Promise<Result> {
  const given = input.raw("case");
  const found = typeof given === "string" ? namedCase(input.text("chapter"), given) : given;
  const one = new Arguments(found);
  return perform(OPERATIONS, one.text("op"), new Arguments(one.raw("input")));
}

function namedCase(chapter: string, name: string): unknown {
  const file = new URL(`${chapter}.json`, VECTORS);
  if (!/^[a-z.-]+$/.test(chapter) || !existsSync(file)) refuse("shape");
  const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly { name: string }[] };
  return cases.find((one) => one.name === name);
}
