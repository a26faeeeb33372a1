/** The operations of chapters 05 and 06 on headers, answers and positions. */

import { refuse } from "../../errors.js";
import { type Answer, type AnswerType, type Further, isAnswerType, readAnswer } from "../../wire/answer.js";
import { verify } from "../../wire/cose.js";
import { firstId, readHeader } from "../../wire/header.js";
import type { Parties } from "../../wire/parties.js";
import { readPosition, verifyPosition } from "../../wire/position.js";
import type { Arguments, Operations, Result } from "../arguments.js";

export const MESSAGES: Operations = {
  "header.read": (input) => {
    const header = readHeader(input.bytes("bytes"));
    verify(header.object, input.bytes("key"));
    const { first } = header;
    return {
      version: 1,
      ...parties(header),
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
      first: first === null ? null : [first.id, first.generation, first.number, first.highest],
      id: header.id,
      first_id: firstId(header),
    };
  },
  "answer.read": (input) => {
    const typ = input.text("typ");
    if (!isAnswerType(typ)) return refuse("shape");
    const answer = readAnswer(input.bytes("bytes"), typ);
    verify(answer.object, input.bytes("key"));
    const { session, key, id } = answer;
    return { version: 1, ...parties(answer), session, key, ...further(answer), id_of: id };
  },
  "position.read": readAndVerifyPosition,
};

function parties({ sender, recipient, senderEpoch, recipientEpoch }: Parties): Result {
  return { sender, recipient, sender_epoch: senderEpoch, recipient_epoch: recipientEpoch };
}

/** The names that the vectors give to what only answers of one kind have. */
const NAMES: Readonly<Record<AnswerType, readonly string[]>> = {
  "pcloud-receipt": ["number", "id", "refusals"],
  "pcloud-expected": ["number"],
  "pcloud-fork": ["number", "id"],
  "pcloud-busy": [],
  "pcloud-stale": ["events"],
};

function further(answer: Answer): Result {
  const elements: readonly unknown[] = answer.further satisfies Further<AnswerType>;
  return Object.fromEntries(NAMES[answer.typ].map((name, place) => [name, elements[place]]));
}

function readAndVerifyPosition(input: Arguments): Result {
  const typ = input.text("typ");
  if (typ !== "pcloud-recover" && typ !== "pcloud-recovered") return refuse("shape");
  const position = readPosition(input.bytes("bytes"), typ);
  verifyPosition(position);
  const { key, event, events, mailbox, endpoints, lines, id } = position;
  return { version: 1, ...parties(position), session: null, key, event, events, mailbox, endpoints, lines, id };
}
