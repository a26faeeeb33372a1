/** The operation of chapter 05 on headers. */

import { verify } from "../../wire/cose.js";
import { type Header, firstIdOf, readHeader } from "../../wire/header.js";
import type { Operations, Result } from "../arguments.js";

function members(header: Header): Result {
  const { first } = header;
  return {
    version: 1,
    sender: header.sender,
    recipient: header.recipient,
    sender_epoch: header.senderEpoch,
    recipient_epoch: header.recipientEpoch,
    name: header.name,
    number: header.number,
    prev: header.prev,
    thread: header.thread,
    time: header.time,
    expiry: header.expiry,
    received_number: header.receivedNumber,
    received_id: header.receivedId,
    agreement: header.agreement,
    parts: header.digests,
    first: first === null ? null : [first.id, first.generation, first.number, first.receivedNumber],
    id: header.id,
    first_id: firstIdOf(header),
  };
}

export const MESSAGES: Operations = {
  "header.read": (input) => {
    const header = readHeader(input.bytes("bytes"));
    verify(header.object, input.bytes("key"));
    return members(header);
  },
};
