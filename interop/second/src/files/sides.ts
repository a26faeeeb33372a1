/** The two sides of a relationship in a file, and what has to hold between them (spec 19 §3, ARCHIVE-8). */

import { refuse } from "../errors.js";
import { type Answer, readAnswer } from "../wire/answer.js";
import { same } from "../encoding/bytes.js";
import type { Part } from "../wire/content.js";
import { verify } from "../wire/cose.js";
import { checkDigests } from "../wire/header.js";
import { type Invitation, readInvitation } from "../wire/invitation.js";
import { type KeyLog, eventOf } from "../wire/keylog.js";
import { checkParties, readSuccession } from "../wire/succession.js";

/** One side: its log, and the persona under which it was first known (spec 04 §2). */
export interface Side {
  readonly log: KeyLog;
  readonly founding: Uint8Array;
}

/** What a file shows of how the two met. */
export interface Meeting {
  readonly invitation: Invitation | null;
  /** The side that invited; null where the file does not tell. */
  readonly inviting: Side | null;
  /** Whether a verified succession ties the founding persona of the inviting side to the one that it uses now. */
  readonly hasSuccession: boolean;
}

/** Whether a side goes on under another persona than the one it began with. */
export function hasSuccessor(side: Side): boolean {
  return !same(side.founding, side.log.persona);
}

/** Judges personas, invitation and succession (EXPORT-5 to EXPORT-7). The logs of both sides are valid. */
export function readMeeting(
  one: Side, other: Side, invitationSigned: Uint8Array | null, successionSigned: Uint8Array | null,
): Meeting {
  if (same(one.log.persona, other.log.persona)) refuse("wrong-party");
  if (hasSuccessor(one) && hasSuccessor(other)) refuse("wrong-party");
  const changed = [one, other].find(hasSuccessor) ?? null;
  if (invitationSigned === null) {
    if (successionSigned !== null) refuse("shape");
    return { invitation: null, inviting: changed, hasSuccession: false };
  }
  const invitation = readInvitation(invitationSigned);
  const candidates = changed === null ? [one, other] : [changed];
  const inviting = candidates.find((side) => same(side.founding, invitation.log.persona)) ?? refuse("wrong-party");
  if (successionSigned !== null) {
    checkSuccession(successionSigned, invitation, inviting, inviting === one ? other : one);
  }
  return { invitation, inviting, hasSuccession: successionSigned !== null };
}

function checkSuccession(signed: Uint8Array, invitation: Invitation, inviting: Side, other: Side): void {
  const succession = readSuccession(signed);
  if (!hasSuccessor(inviting) || canGrow(invitation.log)) refuse("wrong-party");
  checkParties(succession, invitation.log.persona, inviting.log.persona, other.log.persona);
  const first = eventOf(inviting.log, 0) ?? refuse("log-invalid");
  verify(succession.object, invitation.log.last.signingKey, first.signingKey);
}

/** Whether the persona of a log is no one-time persona (spec 03 §2). */
export function canGrow(log: KeyLog): boolean {
  return eventOf(log, 0)?.next !== null;
}

/** Whether a persona is that of a side, or the one it was first known by. */
export function isPersonaOf(side: Side, persona: Uint8Array): boolean {
  return same(persona, side.log.persona) || same(persona, side.founding);
}

/** Refuses an epoch that a persona of a side never had (EXPORT-8). */
export function checkEpoch(side: Side, persona: Uint8Array, epoch: number): void {
  const last = same(persona, side.log.persona) ? side.log.epoch : 0;
  if (epoch > last) refuse("epoch-unknown");
}

/** Reads and verifies a receipt of the peer for a side of a file (EXPORT-15). */
export function readReceipt(signed: Uint8Array, own: Side, peer: Side, meeting: Meeting): Answer<"pcloud-receipt"> {
  const receipt = readAnswer(signed, "pcloud-receipt");
  const isOfLog = same(receipt.sender, peer.log.persona);
  const founderLog = same(receipt.sender, peer.founding) ? meeting.invitation?.log : undefined;
  const log = isOfLog ? peer.log : founderLog;
  if (log === undefined || !isPersonaOf(own, receipt.recipient)) return refuse("wrong-party");
  checkEpoch(peer, receipt.sender, receipt.senderEpoch);
  checkEpoch(own, receipt.recipient, receipt.recipientEpoch);
  const event = eventOf(log, receipt.senderEpoch) ?? refuse("epoch-unknown");
  verify(receipt.object, event.signingKey);
  return receipt;
}

/**
 * Judges the parts that are held of a message (EXPORT-14): a place for each digest, every part that is there gives
 * its digest, and what has no body has no other part. Throws RefusalError of stage `content`.
 */
export function checkHeldParts(digests: readonly Uint8Array[], parts: readonly Part[], needsBody: boolean): void {
  const isWithoutBody = (parts[0] ?? null) === null;
  if (parts.length < digests.length) refuse("part-missing");
  if (isWithoutBody && (needsBody || parts.some((part) => part !== null))) refuse("part-missing");
  checkDigests(digests, parts);
}
