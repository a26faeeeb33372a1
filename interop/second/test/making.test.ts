/** What this implementation makes is what it reads, and nothing else opens. */

import { deepStrictEqual, notDeepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import { type ChainEnd, readVolume } from "../src/files/archive/chain.js";
import { makeVolume, openVolume } from "../src/files/archive/volume.js";
import { type Code, RefusalError } from "../src/errors.js";
import { concat, hex, unhex, utf8 } from "../src/encoding/bytes.js";
import { isCurrent, readCard } from "../src/wire/card.js";
import { decode } from "../src/encoding/cbor.js";
import { makeContent, readContent } from "../src/wire/content.js";
import { makeOne } from "../src/wire/cose.js";
import { sha256 } from "../src/crypto/digest.js";
import { publicKey } from "../src/crypto/ed25519.js";
import { encode } from "../src/encoding/encode.js";
import { openContact, readFrame, sealContact } from "../src/wire/frame.js";
import { linkText, openInvitation, readLink, sealInvitation } from "../src/wire/invitation.js";
import { kemPublicOf } from "../src/crypto/kem.js";
import { KEY_EVENT, compareLogs, firstDifference, readLog } from "../src/wire/keylog.js";
import { type Manifest, manifestSeed, openManifest, readManifest, sealManifest } from "../src/files/archive/manifest.js";
import { nextCommitment, nextKeySeed } from "../src/crypto/nextkey.js";
import { headNumbers, makePosition, readPosition, verifyPosition } from "../src/wire/position.js";
import { readCustodyRequest } from "../src/services/custody.js";
import { makeRequest } from "../src/services/line.js";
import type { Key, Value } from "../src/encoding/value.js";
import { specText } from "./spec.js";

/** 32 bytes that are the same for the same name. */
function drawn(name: string): Uint8Array {
  return sha256(utf8(name));
}

function refused(code: Code) {
  return (error: unknown) => error instanceof RefusalError && error.code === code;
}

function bytesUpTo(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, place) => place & 0xff);
}

const WORDS = drawn("rotation secret");
const CONTACT = drawn("contact");

/** The signed events of a persona with so many epochs; the words sign every event but the first. */
async function events(epochs: number, branch = "one"): Promise<readonly Uint8Array[]> {
  const contactKey = await kemPublicOf(CONTACT);
  const made: Uint8Array[] = [];
  let previous: Uint8Array | null = null;
  for (let number = 0; number < epochs; number += 1) {
    const seed = drawn(number === 0 ? "signing 0" : `signing ${number} ${branch}`);
    const payload = encode(new Map<Key, Value>([
      [1, number], [2, previous], [3, publicKey(seed)], [4, contactKey], [5, nextCommitment(WORDS, 0, number)],
    ]));
    const signer = number === 0 ? seed : nextKeySeed(WORDS, 0, number - 1);
    made.push(makeOne(KEY_EVENT, payload, signer, publicKey(signer)));
    previous = readLog(made).last.id;
  }
  return made;
}

describe("key logs", () => {
  test("the words sign the events that follow, and the log verifies", async () => {
    const log = readLog(await events(3));
    strictEqual(log.epoch, 2);
    deepStrictEqual(log.last.signingKey, publicKey(drawn("signing 2 one")));
  });

  test("a conflict names the first event that differs, and a beginning differs nowhere [ID-19]", async () => {
    const [known, seen, beginning] = [await events(3), await events(3, "other"), await events(1)].map(readLog);
    if (known === undefined || seen === undefined || beginning === undefined) throw new Error("no logs");
    strictEqual(firstDifference(known, seen), 1);
    strictEqual(firstDifference(known, beginning), null);
    strictEqual(compareLogs(known, beginning), "outdated");
    strictEqual(compareLogs(beginning, known), "extends");
  });
});

describe("frames to a contact key", () => {
  const content = makeContent({ start: null, introduction: null, signed: bytesUpTo(300), parts: [] });

  test("open with the key they were sealed to, and give what was sealed", async () => {
    const key = await kemPublicOf(CONTACT);
    const frame = readFrame(await sealContact(key, content));
    if (frame.kind !== "contact") throw new Error("another frame");
    const opened = await openContact(frame, CONTACT, key);
    deepStrictEqual(readContent(opened).signed, bytesUpTo(300));
  });

  test("open with no other key, also where they carry its tag", async () => {
    const [key, other] = [await kemPublicOf(CONTACT), await kemPublicOf(drawn("other"))];
    const frame = readFrame(await sealContact(key, content));
    if (frame.kind !== "contact") throw new Error("another frame");
    await rejects(openContact(frame, drawn("other"), other), refused("not-opened"));
    await rejects(openContact(frame, drawn("other"), key), refused("not-opened"));
  });
});

describe("positions", () => {
  test("name the numbers of the rule and no others [REC-5]", () => {
    deepStrictEqual(headNumbers(20), [20, 19, 18, 16, 12, 4, 1]);
    deepStrictEqual(headNumbers(3), [3, 2, 1]);
    deepStrictEqual(headNumbers(1), [1]);
    strictEqual(headNumbers(Number.MAX_SAFE_INTEGER).length <= 56, true);
  });

  test("are verified by the log that they carry, for both who are named [REC-9]", async () => {
    const log = await events(2);
    const { persona, last } = readLog(log);
    const seed = drawn("signing 1 one");
    const line = [true, 0, 0, headNumbers(3).map((number) => [number, drawn(`head ${number}`)] as const), []] as const;
    const signed = makePosition("pcloud-recover", {
      sender: persona, recipient: drawn("peer"), senderEpoch: 1, recipientEpoch: 0,
      key: [1, await kemPublicOf(drawn("receiving"))], event: null, events: log, mailbox: bytesUpTo(16),
      endpoints: ["https://node.example"], lines: [line],
    }, seed, last.signingKey);
    const position = readPosition(signed, "pcloud-recover");
    deepStrictEqual(verifyPosition(position, persona, [drawn("peer")]).persona, persona);
    throws(() => verifyPosition(position, persona, [drawn("somebody else")]), refused("wrong-party"));
    throws(() => verifyPosition(position, drawn("another"), [drawn("peer")]), refused("wrong-party"));
    throws(() => readPosition(signed, "pcloud-recovered"), refused("type-mismatch"));
  });
});

describe("invitations in a stored blob", () => {
  test("open under their own link alone [REL-8]", () => {
    const [signed, key] = [bytesUpTo(1_000), bytesUpTo(16)];
    const link = linkText({ endpoint: "https://h.example", mailbox: bytesUpTo(16), hash: sha256(signed), key });
    const read = readLink(link);
    const blob = sealInvitation(key, signed);
    deepStrictEqual(openInvitation(read.key, read.hash, blob), signed);
    throws(() => openInvitation(read.key, sha256(blob), blob), refused("not-opened"));
    throws(() => openInvitation(bytesUpTo(17).subarray(1), read.hash, blob), refused("not-opened"));
  });
});

describe("cards", () => {
  test("are used until their last moment, and not from it on [ID-32]", () => {
    const { cases } = JSON.parse(specText("vectors/invitation.json")) as {
      cases: readonly { op: string; input: { bytes: string }; expect: { ok: boolean } }[];
    };
    const published = cases.find(({ op, expect }) => op === "card.read" && expect.ok);
    const card = readCard(unhex(published?.input.bytes ?? "") ?? new Uint8Array());
    strictEqual(isCurrent(card, card.fields[6] - 1), true);
    strictEqual(isCurrent(card, card.fields[6]), false);
  });
});

describe("volumes", () => {
  const secret = drawn("volume");
  const nonce = bytesUpTo(12);
  const seed = manifestSeed(WORDS);
  const full: Manifest = { 1: 1, 2: 0, 3: 4_096, 4: 1_798_800_000, 5: 4, 6: 4, 7: null, 8: 0 };
  const node = encode([0, "Anna", "person", 1_798_700_000]);
  const own = (size: number) => encode([1, "x-example/kept", new Uint8Array(size).fill(7)]);
  const end = (last: number, rows: number) => encode([9, last, rows]);

  test("the head of a manifest opens with the words, and each blob has a secret of its own [SEAL-47]", async () => {
    const key = await kemPublicOf(seed);
    const blob = await sealManifest(key, full, secret, nonce);
    const opened = await openManifest(seed, blob);
    deepStrictEqual(readManifest(opened.manifest), full);
    deepStrictEqual(opened.secret, secret);
    notDeepStrictEqual(await sealManifest(key, full, drawn("another"), nonce), blob);
    await rejects(openManifest(drawn("other words"), blob), refused("not-opened"));
  });

  test("rows come back whole where they are longer than a piece [ARCHIVE-3]", async () => {
    const rows = [node, own(100_000), own(1), own(65_000), end(0, 4)];
    const volume = await makeVolume(full, rows, await kemPublicOf(seed), secret, nonce);
    const { manifest, rows: read } = await openVolume(volume, seed);
    deepStrictEqual(manifest, full);
    deepStrictEqual([...read].map(hex), rows.map(hex));
  });

  test("a chain is a full volume and the increments that name the one before [ARCHIVE-11]", async () => {
    const key = await kemPublicOf(seed);
    const first = await makeVolume(full, [node, end(7, 1)], key, secret, nonce);
    const increment: Manifest = { ...full, 5: 5, 7: sha256(first), 8: 7 };
    const second = await makeVolume(increment, [node, own(2), end(9, 2)], key, drawn("second"), nonce);
    const kinds: string[] = [];
    const take = (row: { kind: string }) => void kinds.push(row.kind);
    const before: ChainEnd = await readVolume(null, first, seed, take);
    const after = await readVolume(before, second, seed, take);
    deepStrictEqual(after, { number: 5, base: 4, digest: sha256(second), last: 9, rows: 3 });
    deepStrictEqual(kinds, ["node", "end", "node", "own", "end"]);
    await rejects(readVolume(null, second, seed, take), refused("stale"));
    await rejects(readVolume(before, first, seed, take), refused("stale"));
  });

  test("a byte of a volume that is changed anywhere is refused", async () => {
    const volume = await makeVolume(full, [node, end(0, 1)], await kemPublicOf(seed), secret, nonce);
    for (let place = 0; place < volume.length; place += 397) {
      const changed = volume.slice();
      changed[place] = (changed[place] ?? 0) ^ 1;
      await rejects(async () => [...(await openVolume(changed, seed)).rows], RefusalError, `byte ${place}`);
    }
  });
});

describe("requests on a service line", () => {
  test("are read as they were made", () => {
    const request = { op: 19, number: 3, fields: [drawn("locator"), 0] };
    deepStrictEqual(readCustodyRequest(makeRequest(request)), request);
  });
});

describe("encodings", () => {
  test("every value has one encoding, whatever the order of its keys was", () => {
    const map = new Map<Key, Value>([["aa", 0], ["z", 1.5], [-1, null], [100, [true]], [10, bytesUpTo(3)]]);
    const encoded = encode(map);
    const reversed = encode(new Map([...map].reverse()));
    deepStrictEqual(reversed, encoded);
    deepStrictEqual(encode(decode(encoded, "record")), encoded);
    deepStrictEqual([...(decode(encoded, "record") as ReadonlyMap<Key, Value>).keys()], [10, 100, -1, "z", "aa"]);
  });

  test("what no profile holds is not written", () => {
    for (const value of [2 ** 53, -(2 ** 53), NaN, Infinity, "\ud800"]) throws(() => encode(value), RangeError);
  });

  test("floats take the shortest of three formats and come back [CBOR-13]", () => {
    for (const value of [1.5, -0.25, 5.960464477539063e-8, 65504.5, 100000.5, 1.1, 2 ** -149, 2 ** -1074]) {
      const encoded = encode(value);
      strictEqual(decode(encoded, "record"), value);
      throws(() => decode(encoded), refused("cbor-type"));
    }
    deepStrictEqual([1.5, 65504.5, 1.1].map((value) => encode(value).length), [3, 5, 9]);
  });

  test("no bytes make the reader fail in another way than by a refusal [ERR-16]", () => {
    let state = drawn("bytes");
    for (let round = 0; round < 2_000; round += 1) {
      state = sha256(state);
      const bytes = concat(state, sha256(state)).subarray(0, 1 + (state[0] ?? 0) % 64);
      try {
        decode(bytes, round % 2 === 0 ? "record" : "protocol");
      } catch (error) {
        if (!(error instanceof RefusalError)) throw error;
      }
    }
  });
});
