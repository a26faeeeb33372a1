/** The operations of chapter 03. */

import { refuse } from "../../errors.js";
import { verify } from "../../wire/cose.js";
import { checkKey, publicKey, verifies } from "../../crypto/ed25519.js";
import { didKey, idText, readIdText } from "../../wire/id.js";
import { compareLogs, readLog } from "../../wire/keylog.js";
import { commitment, nextKeySeed } from "../../crypto/nextkey.js";
import { readSuccession } from "../../wire/succession.js";
import type { Operations } from "../arguments.js";

export const IDENTITY: Operations = {
  "key.check": (input) => {
    checkKey(input.bytes("key"));
    return {};
  },
  "ed25519.verify": (input) => {
    const key = input.bytes("key");
    checkKey(key);
    const signature = input.bytes("signature");
    const holds = signature.length === 64 && verifies(key, input.bytes("message"), signature);
    return holds ? {} : refuse("bad-signature");
  },
  "did.key": (input) => ({ did: didKey(publicKey(input.bytes("seed", 32))) }),
  "id.read": (input) => ({ id: readIdText(input.text("text")) }),
  nextkey: (input) => {
    const seed = nextKeySeed(input.bytes("secret", 32), input.integer("generation"), input.integer("index"));
    return { public: publicKey(seed), commitment: commitment(publicKey(seed)) };
  },
  "keylog.read": (input) => {
    const log = readLog(input.bytesList("events"));
    return { persona: log.persona, persona_text: idText(log.persona), epoch: log.epoch, id: log.last.id };
  },
  "keylog.compare": (input) => ({
    relation: compareLogs(readLog(input.bytesList("known")), readLog(input.bytesList("seen"))),
  }),
  "succession.read": (input) => {
    const { object, invitation, successor, peer } = readSuccession(input.bytes("bytes"));
    verify(object, input.bytes("invitation_key"), input.bytes("successor_key"));
    return { invitation, successor, peer, id: object.id };
  },
};
