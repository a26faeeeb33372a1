// Made by scripts/spec-data.mjs from the specification; do not edit.
// Categories of places, and the facts derived from them (registry/paths.csv, registry/derivations.csv, spec 09 §2).
export interface Derivation {
  /** The place that the fact is derived from, or one above it; "any" for every place. */
  readonly of: string;
  /** The category that the gate judges; "that of the value" for that of the path without the fact. */
  readonly category: string;
  /** What the item holds: "true or false", or "text". */
  readonly result: string;
}

export const CATEGORIES: ReadonlyMap<string, string> = new Map([
  ["profile.name", "pd:Name"],
  ["profile.birthDate", "pd:BirthDate"],
  ["profile.gender", "pd:Gender"],
  ["profile.image", "pd:Picture"],
  ["profile.nationality", "pd:Nationality"],
  ["profile.knowsLanguage", "pd:Language"],
  ["profile.address", "pd:PhysicalAddress"],
  ["profile.email", "pd:EmailAddress"],
  ["profile.telephone", "pd:TelephoneNumber"],
  ["profile.size", "pd:PhysicalCharacteristic"],
  ["profile.worksFor", "pd:Job"],
  ["documents", "pd:OfficialID"],
  ["finance", "pd:Financial"],
  ["finance.account", "pd:FinancialAccount"],
  ["finance.balance", "pd:FinancialStatus"],
  ["finance.insurance", "pd:Insurance"],
  ["health", "pd:MedicalHealth"],
  ["memberships", "pd:GroupMembership"],
  ["possessions", "pd:PersonalPossession"],
  ["preferences", "pd:Preference"],
  ["policies", "pd:PrivacyPreference"],
  ["interests", "pd:Interest"],
  ["intentions", "pd:Intention"],
  ["ratings", "pd:Opinion"],
  ["receipts", "pd:Purchase"],
  ["reservations", "pd:ServiceConsumptionBehavior"],
  ["viewings", "pd:TVViewingBehavior"],
]);

export const DERIVATIONS: ReadonlyMap<string, Derivation> = new Map([
  ["over", { of: "profile.birthDate", category: "pd:AgeRange", result: "true or false" }],
  ["city", { of: "profile.address", category: "pd:City", result: "text" }],
  ["country", { of: "profile.address", category: "pd:Country", result: "text" }],
  ["postal", { of: "profile.address", category: "pd:PostalCode", result: "text" }],
  ["equal", { of: "any", category: "that of the value", result: "true or false" }],
  ["member", { of: "memberships", category: "pd:GroupMembership", result: "true or false" }],
]);
