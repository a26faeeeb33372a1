/** Every operation of `spec/vectors/OPS.md` that this implementation has. */

import type { Operations } from "../arguments.js";
import { FEATURES } from "./features.js";
import { IDENTITY } from "./identity.js";
import { NOTATION } from "./notation.js";

export const OPERATIONS: Operations = { ...NOTATION, ...IDENTITY, ...FEATURES };
