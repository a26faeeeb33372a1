/** The operations of the features: bodies, tables, terms and their policies, claims, items (spec 05, 07 to 09, 18, 20, 22). */

import { refuse } from "../../errors.js";
import { readAgreement } from "../../features/agreement.js";
import { bodyFields, isName, readBody } from "../../features/body.js";
import { claimsOf } from "../../features/claims.js";
import { readExample, readSaid, readToken, readValue, readVouchers } from "../../features/items.js";
import { type Claims, judgeClaims, readMachineForm } from "../../features/policy.js";
import { readRoster } from "../../features/roster.js";
import { type Party, takeRow } from "../../features/table.js";
import { decode } from "../../encoding/cbor.js";
import type { Arguments, Operations, Result } from "../arguments.js";

function partyOf(input: Arguments): Party {
    const by = input.text("by");
    return by === "opener" || by === "other" ? by : refuse("shape");
}

/** Judges claims by a machine form, which is read first, with the bounds that the input names. */
function judged(input: Arguments, read: () => Claims): Result {
    const policy = readMachineForm(input.bytes("machine"));
    const claims = read();
    const bounds = { now: input.integer("now"), agreementUntil: input.integerOrNull("agreement_until") ?? undefined };
    return judgeClaims(policy, claims, bounds).isAllowed ? {} : refuse("terms-forbid");
}

/** The claims of a message whose body stands in the input; a message without claims is none that the operation knows. */
function claimsIn(input: Arguments): Claims {
    return claimsOf(readBody(input.text("name"), input.bytes("body"))) ?? refuse("shape");
}

function nullWhereAbsent(claims: Claims): Result {
    return Object.fromEntries(Object.entries(claims).map(([name, claimed]) => [name, claimed ?? null]));
}

export const FEATURES: Operations = {
    "body.read": (input) => ({ fields: bodyFields(input.text("name"), input.bytes("body")) }),
    "table.step": (input) => {
        const name = input.text("name");
        if (!isName(name)) return refuse("unknown-name");
        const [, , , next] = takeRow(input.text("state"), name, partyOf(input), input.flag("crossing"));
        return { next };
    },
    "machine.read": (input) => {
        readMachineForm(input.bytes("bytes"));
        return { fields: decode(input.bytes("bytes")) };
    },
    "roster.read": (input) => {
        const roster = readRoster(input.bytes("bytes"), input.bytes("key"));
        return { terms: [...roster.terms.keys()], id: roster.id };
    },
    "agreement.read": (input) => {
        const object = readAgreement(input.bytes("bytes"), input.bytes("first_key"), input.bytes("second_key"));
        return { fields: decode(object.payload), id: object.id };
    },
    "policy.judge": (input) =>
        judged(input, () => ({
            action: input.text("action") === "" ? undefined : input.text("action"),
            categories: input.texts("categories"),
            purposes: input.texts("purposes"),
            until: input.integerOrNull("until") ?? undefined,
            onward: input.flag("onward") ? "somebody" : undefined,
            grant: undefined,
        })),
    "claims.read": (input) => nullWhereAbsent(claimsIn(input)),
    "claims.judge": (input) => judged(input, () => claimsIn(input)),
    "said.read": (input) => ({ text: readSaid(input.bytes("item")) }),
    "value.read": (input) => ({ value: readValue(input.text("path"), input.bytes("item")) }),
    "example.read": (input) => ({ example: readExample(input.bytes("item")) }),
    "token.read": (input) => ({ token: readToken(input.bytes("item")) }),
    "vouchers.read": (input) => ({ vouchers: readVouchers(input.bytes("item")) }),
};
