/** The operations of chapter 04. */

import { refuse } from "../../errors.js";
import { readContent } from "../../wire/content.js";
import { frameNonce, openContact, openFrame, readFrame } from "../../wire/frame.js";
import { checkKemKey, kemPublicOf } from "../../crypto/kem.js";
import { openManifest } from "../../files/archive/manifest.js";
import { pad, unpad } from "../../wire/padding.js";
import { type Founders, openBlock, readBlock, session } from "../../wire/start.js";
import type { Arguments, Operations, Result } from "../arguments.js";

export const SEALING: Operations = {
  "kem.check": (input) => {
    checkKemKey(input.bytes("key"));
    return {};
  },
  pad: (input) => ({ padded: pad(input.bytes("content")) }),
  unpad: (input) => ({ content: unpad(input.bytes("padded")) }),
  "start.open": async (input) => {
    const opened = await openBlock(readBlock(input.bytes("block")), input.bytes("seed", 32), founders(input));
    return { secret: opened.secret, session: opened.id, key: opened.frameKey };
  },
  "frame.open": openSessionFrame,
  "frame.nonce": (input) => ({
    nonce: frameNonce(input.bytes("key"), input.bytes("random"), input.bytes("padded")),
  }),
  "contact.open": async (input) => {
    const frame = readFrame(input.bytes("frame"));
    if (frame.kind !== "contact") return refuse("shape");
    const seed = input.bytes("seed", 32);
    return { content: await openContact(frame, seed, await kemPublicOf(seed)) };
  },
  "content.read": (input) => ({ ...readContent(input.bytes("content")) }),
  "manifest.open": async (input) => ({
    manifest: (await openManifest(input.bytes("seed", 32), input.bytes("blob"))).manifest,
  }),
};

/** Who is given a secret holds that session; who is given a seed knows none, and needs a start block. */
async function openSessionFrame(input: Arguments): Promise<Result> {
  const frame = readFrame(input.bytes("frame"));
  if (frame.kind !== "session") return refuse("unknown-session");
  const secret = input.bytesOrNull("secret");
  if (secret !== null) return { content: openFrame(frame, session(frame.session, secret)) };
  if (frame.block === null) return refuse("unknown-session");
  return { content: openFrame(frame, await openBlock(frame.block, input.bytes("seed", 32), founders(input))) };
}

function founders(input: Arguments): Founders {
  return { sender: input.bytesOrNull("sender"), recipient: input.bytes("recipient") };
}
