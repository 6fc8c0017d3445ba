import type { FulfilmentStage } from '../../domain/fulfilment.ts';
import type { NotificationKind } from '../../domain/protocol/fulfilment.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { type Recipient, recipientsOf } from '../notifications/addresses.ts';
import {
  type Channels,
  type OutgoingMessage,
  SEND_LIMIT_MS,
  type SendOutcome,
} from '../notifications/channel.ts';
import { composeMessage } from '../notifications/messages.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';
import { isDue, lockFulfilment, MAIL_STAGES, type MailStage, saveFulfilment } from './fulfilment-row.ts';
import { observe } from './observe.ts';
import { readContact } from './read-contact.ts';
import { readSale } from './read-sale.ts';
import { noteOutcome, noteSend, sentChannels } from './send-log.ts';
import { failTry, happen, type Stages } from './stages.ts';

/** A send holds its stage for so long; then its process is taken for dead. Twice what a send may take. */
export const CLAIM_MS = 2 * SEND_LIMIT_MS;

const KIND: Record<MailStage, NotificationKind> = {
  notifying: 'payment_received',
  sending_receipt: 'receipt',
};

/** A stage whose messages this process sends now; nobody else does while its time runs. */
interface Claim {
  readonly stage: MailStage;
  readonly message: OutgoingMessage;
  readonly sends: readonly (Recipient & { readonly attempt: number })[];
}

/**
 * Brings a fulfilment on as far as it goes now: what its ticket says, what its time says, and its messages. No lock is
 * held while a message is sent. Safe at any moment and from several processes at once: a death in the midst leaves the
 * stage to whoever comes after its claim, and the message has the same id then.
 */
export async function workOn(context: ServerContext, channels: Channels, key: TransactionKey): Promise<void> {
  for (;;) {
    const claim = await context.db.transaction((transaction) =>
      advance(context, channels, transaction, key, { mayClaim: true }),
    );
    if (claim === null) return;
    const outcomes = await Promise.all(claim.sends.map((send) => sendOne(channels, send, claim.message)));
    await context.db.transaction((transaction) => recordOutcomes(context, transaction, key, claim, outcomes));
  }
}

/**
 * The part of it that sends nothing, in the caller's transaction.
 * @param mayClaim whether the caller sends what is due; else a job is made for it
 * @returns what the caller has to send
 */
export async function advance(
  context: ServerContext,
  channels: Channels,
  transaction: Transaction,
  key: TransactionKey,
  { mayClaim }: { readonly mayClaim: boolean },
): Promise<Claim | null> {
  const before = await lockFulfilment(transaction, key);
  if (before === undefined) return null;
  const sale = await readSale(transaction, key);
  const atMs = context.clock.nowMs();
  let after = observe(before, sale, atMs);
  let claim: Claim | null = null;
  for (const stage of MAIL_STAGES) {
    if (claim !== null || !isDue(after, stage, atMs)) continue;
    const contact = await readContact(context, transaction, key);
    if (contact === null) {
      const begun = happen(after, stage, 'begin', { atMs });
      after = failTry(begun, stage, { atMs, detail: NOT_SENT.unreadable });
      continue;
    }
    const recipients = recipientsOf(channels, contact);
    if (recipients.length === 0) {
      const knows = contact.email !== null || contact.phone !== null;
      const detail = knows ? NOT_SENT.no_channel : NOT_SENT.no_address;
      after = happen(after, stage, 'skip', { atMs, detail });
    } else if (mayClaim) {
      const message = composeMessage(KIND[stage], sale, contact);
      const sent = await sentChannels(transaction, key, message.kind);
      const open = recipients.filter(({ channel }) => !sent.has(channel));
      const sends = await Promise.all(open.map((to) => noteSend(transaction, key, message, to, atMs)));
      after = happen(after, stage, 'begin', { atMs, untilMs: atMs + CLAIM_MS });
      claim = { stage, message, sends };
    }
  }
  await saveFulfilment(context, transaction, key, { before, after, atMs });
  return claim;
}

/** Why a message is not sent. The page words them in Portuguese. */
export const NOT_SENT = {
  no_address: 'no e-mail and no phone is known',
  no_channel: 'no channel is configured for the address',
  unreadable: 'what the customer told was sealed with another key',
} as const;

async function sendOne(
  channels: Channels,
  { channel, address }: Recipient,
  message: OutgoingMessage,
): Promise<SendOutcome> {
  const way = channels[channel];
  return way === undefined ? { ok: false, detail: NOT_SENT.no_channel } : way.send(address, message);
}

async function recordOutcomes(
  context: ServerContext,
  transaction: Transaction,
  key: TransactionKey,
  { stage, message, sends }: Claim,
  outcomes: readonly SendOutcome[],
): Promise<void> {
  const before = await lockFulfilment(transaction, key);
  if (before === undefined) throw new Error(`fulfilment ${key.transactionId} was claimed, and is not there`);
  const atMs = context.clock.nowMs();
  let isReaddressed = false;
  for (const [index, send] of sends.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) continue;
    const isSuperseded = await noteOutcome(transaction, key, message.kind, send, outcome, atMs);
    isReaddressed ||= isSuperseded;
  }
  const problems = outcomes.flatMap((outcome, index) =>
    outcome.ok ? [] : [`${sends[index]?.channel}: ${outcome.detail}`],
  );
  const judged = judge(before, stage, problems, atMs);
  const after = isReaddressed ? happen(judged, stage, 'readdress', { atMs, detail: null }) : judged;
  await saveFulfilment(context, transaction, key, { before, after, atMs });
  if (problems.length > 0)
    transaction.afterCommit(() =>
      context.log.warn({ transactionId: key.transactionId, stage, problems }, 'a message did not go out'),
    );
}

function judge(before: Stages, stage: FulfilmentStage, problems: readonly string[], atMs: number): Stages {
  if (problems.length === 0) return happen(before, stage, 'succeed', { atMs, detail: null });
  return failTry(before, stage, { atMs, detail: problems.join('; ') });
}
