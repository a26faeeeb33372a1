/** The operations of chapter 07 on what is handed over outside the protocol. */

import { readCard } from "../../wire/card.js";
import { linkText, openInvitation, readInvitation, readLink } from "../../wire/invitation.js";
import type { Operations } from "../arguments.js";

export const CONTACT: Operations = {
  "invitation.read": (input) => {
    const { fields, id } = readInvitation(input.bytes("bytes"));
    return { fields, id };
  },
  "card.read": (input) => {
    const { fields, id } = readCard(input.bytes("bytes"));
    return { fields, id };
  },
  "link.read": (input) => ({ ...readLink(input.text("text")) }),
  "link.make": (input) => ({
    text: linkText({
      endpoint: input.text("endpoint"),
      mailbox: input.bytes("mailbox"),
      hash: input.bytes("hash"),
      key: input.bytes("key"),
    }),
  }),
  "blob.open": (input) => ({
    invitation: openInvitation(input.bytes("key"), input.bytes("hash"), input.bytes("blob")),
  }),
};
