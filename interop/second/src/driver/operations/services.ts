/** The operations of chapters 20 and 22 on service lines. */

import { LOCATORS } from "../../limits.js";
import { refuse } from "../../errors.js";
import { custodyProof, locatorAddress, makeLocator, readCustodyRequest, tokenHash } from "../../services/custody.js";
import { pickupHash, readRelayBack, readRelayRequest, relayAddress, voucherHash } from "../../services/relay.js";
import type { Operations } from "../arguments.js";

export const SERVICES: Operations = {
  "relay.read": (input) => ({ ...readRelayRequest(input.bytes("message")) }),
  "relay.back": (input) => {
    const { kind, ...back } = readRelayBack(input.bytes("message"));
    return back;
  },
  "relay.keep": (input) => ({
    address: relayAddress(input.bytes("mailbox")),
    pickup_hash: pickupHash(input.bytes("pickup")),
    voucher_hash: voucherHash(input.bytes("voucher")),
  }),
  "custody.read": (input) => ({ ...readCustodyRequest(input.bytes("message")) }),
  "locator.make": (input) => {
    const index = input.integer("index");
    if (index < 0 || index >= LOCATORS) refuse("shape");
    const locator = makeLocator(input.bytes("secret", 32), index);
    return { locator, address: locatorAddress(locator) };
  },
  "token.keep": (input) => ({ kept: tokenHash(input.bytes("token")) }),
  "custody.prove": (input) => ({ proof: custodyProof(input.bytes("nonce"), input.bytes("volume")) }),
};
