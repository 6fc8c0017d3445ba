import type {
  NotificationChannel,
  NotificationKind,
  NotificationSend,
} from '../../domain/protocol/fulfilment.ts';
import type { Queryable, Transaction } from '../db/database.ts';
import { maskAddress, type Recipient } from '../notifications/addresses.ts';
import type { OutgoingMessage, SendOutcome } from '../notifications/channel.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';

/** On which channels the message has gone out, to the address that counts now. */
export async function sentChannels(
  transaction: Transaction,
  { merchantId, transactionId }: TransactionKey,
  kind: NotificationKind,
): Promise<ReadonlySet<NotificationChannel>> {
  const rows = await transaction.query<{ channel: NotificationChannel }>(
    `SELECT channel FROM notification_sends
     WHERE merchant_id = $1 AND transaction_id = $2 AND kind = $3 AND outcome = 'sent' AND NOT superseded`,
    [merchantId, transactionId, kind],
  );
  return new Set(rows.map(({ channel }) => channel));
}

/** Before it is sent, with the fulfilment's row locked. @returns the send with its number */
export async function noteSend(
  transaction: Transaction,
  { merchantId, transactionId }: TransactionKey,
  message: Pick<OutgoingMessage, 'id' | 'kind'>,
  to: Recipient,
  atMs: number,
): Promise<Recipient & { readonly attempt: number }> {
  const [row] = await transaction.query<{ attempt: number }>(
    `INSERT INTO notification_sends (merchant_id, transaction_id, kind, channel, attempt, address_masked, message_id,
       started_at)
     SELECT $1, $2, $3, $4, coalesce(max(attempt), 0) + 1, $5, $6, $7 FROM notification_sends
     WHERE merchant_id = $1 AND transaction_id = $2 AND kind = $3 AND channel = $4
     RETURNING attempt`,
    [merchantId, transactionId, message.kind, to.channel, maskAddress(to), message.id, new Date(atMs)],
  );
  if (row === undefined) throw new Error('an aggregate without groups always gives a row');
  return { ...to, attempt: row.attempt };
}

/** What was mailed so far went to an address that another one has replaced: it is sent once more. */
export async function supersedeMails(
  transaction: Transaction,
  { merchantId, transactionId }: TransactionKey,
): Promise<void> {
  await transaction.query(
    `UPDATE notification_sends SET superseded = true
     WHERE merchant_id = $1 AND transaction_id = $2 AND channel = 'email' AND NOT superseded`,
    [merchantId, transactionId],
  );
}

/** @returns whether another address has taken the place of this one meanwhile */
export async function noteOutcome(
  transaction: Transaction,
  { merchantId, transactionId }: TransactionKey,
  kind: NotificationKind,
  { channel, attempt }: { readonly channel: NotificationChannel; readonly attempt: number },
  outcome: SendOutcome,
  atMs: number,
): Promise<boolean> {
  const [row] = await transaction.query<{ superseded: boolean }>(
    `UPDATE notification_sends SET outcome = $6, detail = $7, ended_at = $8
     WHERE merchant_id = $1 AND transaction_id = $2 AND kind = $3 AND channel = $4 AND attempt = $5
     RETURNING superseded`,
    [
      merchantId,
      transactionId,
      kind,
      channel,
      attempt,
      outcome.ok ? 'sent' : 'failed',
      outcome.ok ? null : outcome.detail,
      new Date(atMs),
    ],
  );
  return row?.superseded === true;
}

/** Oldest first. */
export function readSends(
  database: Queryable,
  { merchantId, transactionId }: TransactionKey,
): Promise<NotificationSend[]> {
  return database.query<NotificationSend & Record<string, unknown>>(
    `SELECT kind, channel, attempt, address_masked AS "addressMasked", message_id AS "messageId",
       (extract(epoch FROM started_at) * 1000)::bigint AS "startedAt",
       (extract(epoch FROM ended_at) * 1000)::bigint AS "endedAt", outcome, detail
     FROM notification_sends WHERE merchant_id = $1 AND transaction_id = $2
     ORDER BY started_at, kind, channel, attempt`,
    [merchantId, transactionId],
  );
}
