/** What an owner can give: values, facts that follow from them, and the records that a pattern stands for (spec 09 §2). */

import { deepEqual, equal } from "node:assert/strict";
import { describe, it } from "node:test";
import { decode } from "../src/encoding/cbor.js";
import { encode } from "../src/encoding/encode.js";
import type { Value } from "../src/encoding/value.js";
import { fieldFor, pathsFor } from "../src/features/own-data.js";
import { data } from "./disclosing.js";

const NOON = Date.UTC(2026, 10, 22, 12) / 1_000;
const ADDRESS = new Map<string, Value>([["addressLocality", "Sagehorn"], ["addressCountry", "DE"], ["postalCode", ""]]);
const OWN = data(3, {
    "profile.name": "Anna",
    "profile.birthDate": "2008-11-22",
    "profile.address.home": ADDRESS,
    "memberships/m1": new Map([["programName", "Bees"]]),
    "receipts/r1": new Map<string, Value>([["seller", "A"], ["price", 5]]),
    "receipts/r2": new Map<string, Value>([["seller", "B"], ["price", 5]]),
    "receipts/r3": "torn",
});

function valueOf(path: string, compared: Value | null = null, now = NOON): unknown {
    const field = fieldFor(OWN, path, now, compared === null ? null : encode(compared));
    return field === undefined ? undefined : decode(field.item);
}

describe("a field of one's own", () => {
    it("is the value in its version, and nothing where there is none", () => {
        equal(valueOf("profile.name"), "Anna");
        equal(fieldFor(OWN, "profile.name", NOON, null)?.version, 3);
        equal(valueOf("profile.email"), undefined);
        equal(valueOf("profile"), undefined);
        equal(valueOf("profile.address"), undefined);
    });

    it("is a fact where one follows, and nothing where the value does not tell it", () => {
        equal(valueOf("profile.birthDate:over-18"), true);
        equal(valueOf("profile.birthDate:over-18", null, NOON - 86_400), false);
        equal(valueOf("profile.birthDate:over-19"), false);
        equal(valueOf("profile.address.home:city"), "Sagehorn");
        equal(valueOf("profile.address.home:country"), "DE");
        equal(valueOf("profile.address.home:postal"), undefined);
        equal(valueOf("memberships/m1:member"), true);
        equal(valueOf("memberships/m2:member"), undefined);
        equal(valueOf("profile.name:equal", "Anna"), true);
        equal(valueOf("profile.name:equal", "Otto"), false);
        equal(valueOf("profile.name:equal"), undefined);
        equal(valueOf("profile.name:over-18"), undefined);
        equal(valueOf("profile.name:none"), undefined);
    });

    const terms: readonly (readonly [Readonly<Record<string, Value>>, true | undefined])[] = [
        [{}, true],
        [{ validFrom: "2026-11-22", validThrough: "2026-11-22" }, true],
        [{ validFrom: "2025", validThrough: "2027-01" }, true],
        [{ validThrough: "2026-11-22T08:00:00Z" }, true],
        [{ validFrom: "2026-11-23" }, undefined],
        [{ validThrough: "2026-11-21" }, undefined],
        [{ validFrom: "2026" }, undefined],
        [{ validThrough: "2026-11" }, undefined],
        [{ validThrough: "soon" }, undefined],
        [{ validFrom: 3 }, undefined],
    ];
    for (const [days, told] of terms)
        it(`${told === true ? "tells" : "does not tell"} of a membership with ${JSON.stringify(days)} on the day`, () => {
            const own = data(1, { "memberships/m1": new Map(Object.entries(days)) });
            const field = fieldFor(own, "memberships/m1:member", NOON, null);
            equal(field === undefined ? undefined : decode(field.item), told);
        });

    it("is no date where the calendar has none", () => {
        for (const born of ["2008-13-01", "2008-02-30", "22.11.2008", "", 2008]) {
            const own = data(1, { "profile.birthDate": born });
            equal(fieldFor(own, "profile.birthDate:over-18", NOON, null), undefined, String(born));
        }
    });
});

describe("a pattern", () => {
    it("stands for the records of its collection, with an example for those that are like it", () => {
        deepEqual(pathsFor(OWN, "receipts/*", null), ["receipts/r1", "receipts/r2", "receipts/r3"]);
        deepEqual(pathsFor(OWN, "receipts/*", encode(new Map([["seller", "B"]]))), ["receipts/r2"]);
        deepEqual(pathsFor(OWN, "receipts/*", encode(new Map([["price", 6]]))), []);
        deepEqual(pathsFor(OWN, "memberships/*:member", null), ["memberships/m1:member"]);
        deepEqual(pathsFor(OWN, "ratings/*", null), []);
    });

    it("is the path itself where it is none for many, also of what is not there", () => {
        deepEqual(pathsFor(OWN, "profile.name", null), ["profile.name"]);
        deepEqual(pathsFor(OWN, "profile.email", null), ["profile.email"]);
    });
});
