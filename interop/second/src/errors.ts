/** Every refusal has one stage and one code (spec 14 §1); the table is `spec/registry/errors.csv`, and a test compares them. */

/** The stages in which a received object is looked at, in their order (spec 14 §1). */
export const STAGES = ["size", "form", "authentic", "order", "gate", "content"] as const;
export type Stage = (typeof STAGES)[number];

/** The stage of each code (spec 14, ERR-2: a code belongs to one stage only). */
export const STAGE_OF = {
  "frame-too-large": "size",
  "content-too-large": "size",
  "cbor-malformed": "form",
  "cbor-not-deterministic": "form",
  "cbor-type": "form",
  "cbor-depth": "form",
  "cbor-items": "form",
  shape: "form",
  "cose-structure": "form",
  "cose-header": "form",
  "type-mismatch": "form",
  "key-encoding": "form",
  "key-small-order": "form",
  "id-text": "form",
  padding: "form",
  "version-unknown": "form",
  "link-text": "form",
  "bad-signature": "authentic",
  "key-mismatch": "authentic",
  "log-invalid": "authentic",
  "not-opened": "authentic",
  "wrong-party": "authentic",
  "start-missing": "authentic",
  "start-mismatch": "authentic",
  "key-spent": "authentic",
  "unknown-session": "authentic",
  expected: "order",
  fork: "order",
  halted: "order",
  stale: "order",
  "epoch-unknown": "order",
  recovering: "order",
  outdated: "order",
  "receipt-unknown": "order",
  "unknown-name": "gate",
  "not-related": "gate",
  paused: "gate",
  closed: "gate",
  crossed: "gate",
  "no-agreement": "gate",
  "unknown-agreement": "gate",
  "agreement-ended": "gate",
  unaffirmed: "gate",
  "terms-forbid": "gate",
  "no-grant": "gate",
  "part-mismatch": "content",
  "part-missing": "content",
  "body-form": "content",
  expired: "content",
  "unknown-thread": "content",
  "not-in-state": "content",
  "not-your-turn": "content",
  "invitation-mismatch": "content",
  "invitation-used": "content",
  "nonce-mismatch": "content",
  "entry-invalid": "content",
  internal: "content",
  "ask-forgotten": "content",
  "proffer-by-organisation": "content",
  "roster-unknown": "content",
  "text-mismatch": "content",
  "counter-invalid": "content",
  "proffer-expired": "content",
  "seal-by-invalid": "content",
  "agreement-signature": "content",
  "seal-late": "content",
  "reference-mismatch": "content",
  "replaces-unknown": "content",
  "replaced-by-unknown": "content",
  withdrawn: "content",
  "not-asked": "content",
  "not-granted": "content",
  "version-order": "content",
  "already-erased": "content",
} as const satisfies Record<string, Stage>;
export type Code = keyof typeof STAGE_OF;

/** A refusal: what was received is not taken, and nothing of it has an effect (spec 14 §1). */
export class RefusalError extends Error {
  readonly stage: Stage;
  readonly code: Code;

  constructor(code: Code) {
    super(`${STAGE_OF[code]}: ${code}`);
    this.name = "RefusalError";
    this.stage = STAGE_OF[code];
    this.code = code;
  }
}

/** Refuses with a code of the registry. */
export function refuse(code: Code): never {
  throw new RefusalError(code);
}

/** What some work gives, or something else where it refuses. */
export function unlessRefused<T, U>(work: () => T, otherwise: U): T | U {
  try {
    return work();
  } catch (error) {
    if (error instanceof RefusalError) return otherwise;
    throw error;
  }
}
