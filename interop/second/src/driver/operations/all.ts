/** Every operation of `spec/vectors/OPS.md` that this implementation has. */

import type { Operations } from "../arguments.js";
import { CONTACT } from "./contact.js";
import { FEATURES } from "./features.js";
import { FILES } from "./files.js";
import { IDENTITY } from "./identity.js";
import { LEDGER } from "./ledger.js";
import { MESSAGES } from "./messages.js";
import { NOTATION } from "./notation.js";
import { SEALING } from "./sealing.js";
import { SERVICES } from "./services.js";

export const OPERATIONS: Operations = {
  ...NOTATION,
  ...IDENTITY,
  ...SEALING,
  ...MESSAGES,
  ...CONTACT,
  ...SERVICES,
  ...FILES,
  ...FEATURES,
  ...LEDGER,
};
