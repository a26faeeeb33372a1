/** The operations of chapter 02. */

import { decode } from "../../encoding/cbor.js";
import { type SignedObject, readOne, readTwo, verify } from "../../wire/cose.js";
import { diagnostic } from "../diagnostic.js";
import { refuse } from "../../errors.js";
import type { Operations, Result } from "../arguments.js";

export const NOTATION: Operations = {
  "cbor.check": (input) => ({
    value: diagnostic(decode(input.bytes("bytes"), input.flag("floats") ? "record" : "protocol")),
  }),
  "sign1.read": (input) => verified(readOne(input.bytes("bytes"), input.text("typ")), [input.bytes("key")]),
  "sign2.read": (input) => {
    const keys = input.bytesList("keys");
    if (keys.length !== 2) refuse("shape");
    return verified(readTwo(input.bytes("bytes"), input.text("typ")), keys);
  },
};

function verified(object: SignedObject, keys: readonly Uint8Array[]): Result {
  verify(object, ...keys);
  return { payload: object.payload, id: object.id };
}
