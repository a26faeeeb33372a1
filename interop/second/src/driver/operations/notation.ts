/** The operations of chapter 02. */

import { decode } from "../../wire/cbor.js";
import { diagnostic } from "../../wire/diagnostic.js";
import type { Operations } from "../arguments.js";

export const NOTATION: Operations = {
  "cbor.check": (input) => ({
    value: diagnostic(decode(input.bytes("bytes"), input.flag("floats") ? "record" : "protocol")),
  }),
};
