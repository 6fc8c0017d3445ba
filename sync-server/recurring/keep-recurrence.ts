import type { RecurrenceStatus } from '../../domain/protocol/recurring.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import type { ProviderRecurrence } from '../providers/recurrence.ts';
import type { RecurrenceHint } from '../providers/webhook-intake.ts';
import { noteSubscription, openSubscription } from '../unified/note-subscription.ts';
import { planReads } from './plan-reads.ts';
import { nextRecurrenceStatus } from './recurrence-status.ts';
import { recordRecurringMoney } from './recurring-money.ts';
import { recordRecurringReturns } from './recurring-returns.ts';
import { lookAgainAtRecurringRefunds } from './send-recurring-refunds.ts';

export interface RecurrenceKey extends RecurrenceHint {
  readonly merchantId: string;
  readonly provider: string;
}

/** `poll`: it was asked about again, as a webhook may be lost. */
export type RecurrenceCause = 'webhook' | 'sweep' | 'ordered' | 'poll';

/** A webhook named it: it stands in the list, whether or not the provider can be asked about it. */
export async function noteRecurrence(
  context: Pick<ServerContext, 'db' | 'clock' | 'randomBytes'>,
  key: RecurrenceKey,
  eventAtMs: number,
): Promise<void> {
  const seenAt = new Date(context.clock.nowMs());
  await context.db.transaction(async (transaction) => {
    await transaction.query(
      `INSERT INTO recurrences AS known (merchant_id, provider, kind, recurrence_id, first_seen_at, last_event_at)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (provider, kind, recurrence_id) DO UPDATE
       SET last_event_at = greatest(known.last_event_at, excluded.last_event_at)
       WHERE known.merchant_id = excluded.merchant_id`,
      [key.merchantId, key.provider, key.kind, key.id, seenAt, new Date(eventAtMs)],
    );
    await openSubscription(context, transaction, key);
  });
}

/**
 * Writes down what the provider answered, and the money that it tells of, in one transaction. Done again, or with an
 * older answer, it changes nothing: a status only rises, and each receipt is posted once.
 * @param readAtMs when the question was asked, this server's clock
 */
export function keepRecurrence(
  context: ServerContext,
  key: RecurrenceKey,
  recurrence: ProviderRecurrence,
  cause: RecurrenceCause,
  readAtMs: number,
): Promise<void> {
  return context.db.transaction(async (transaction) => {
    const atMs = context.clock.nowMs();
    const known = await lockRecurrence(transaction, key, atMs);
    const isNewer = known.readAt === null || readAtMs >= known.readAt.getTime();
    const next = nextRecurrenceStatus(known.status, recurrence.status, isNewer);
    const hasChanged =
      next !== null && (next.status !== known.status || recurrence.providerStatus !== known.providerStatus);
    if (next !== null) {
      await transaction.query(
        `UPDATE recurrences SET status = $5, provider_status = $6, amount_cents = coalesce($7, amount_cents),
           currency = $8, due_on = coalesce($9, due_on), agreement_id = coalesce($10, agreement_id),
           reference = coalesce($11, reference), read_at = greatest(read_at, $12)
         WHERE merchant_id = $1 AND provider = $2 AND kind = $3 AND recurrence_id = $4`,
        [
          ...nameOf(key),
          next.status,
          recurrence.providerStatus,
          recurrence.amountCents,
          recurrence.currency,
          recurrence.dueOn,
          recurrence.agreementId,
          recurrence.reference,
          new Date(readAtMs),
        ],
      );
      if (hasChanged) {
        const step = [known.status, next.status, recurrence.providerStatus, cause, new Date(atMs)];
        await transaction.query(
          `INSERT INTO recurrence_steps
             (merchant_id, provider, kind, recurrence_id, from_status, to_status, provider_status, cause, at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
          [...nameOf(key), ...step],
        );
      }
    }
    if (recurrence.status === null)
      context.log.error(
        { provider: key.provider, kind: key.kind, providerStatus: recurrence.providerStatus },
        'the provider used an unknown status',
      );
    await noteSubscription(context, transaction, key, recurrence, isNewer);
    await recordRecurringMoney(context, transaction, key, recurrence, atMs);
    const isWhole = await recordRecurringReturns(context, transaction, key, recurrence, atMs);
    if (cause === 'webhook') await lookAgainAtRecurringRefunds(context, transaction, key, atMs);
    if (hasChanged || !isWhole)
      await planReads(context, transaction, key, { status: next?.status ?? known.status, isWhole }, atMs);
  });
}

interface KnownRecurrence extends Record<string, unknown> {
  readonly status: RecurrenceStatus | null;
  readonly providerStatus: string | null;
  readonly readAt: Date | null;
}

async function lockRecurrence(
  transaction: Transaction,
  key: RecurrenceKey,
  atMs: number,
): Promise<KnownRecurrence> {
  await transaction.query(
    `INSERT INTO recurrences (merchant_id, provider, kind, recurrence_id, first_seen_at)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [...nameOf(key), new Date(atMs)],
  );
  const [row] = await transaction.query<KnownRecurrence>(
    `SELECT status, provider_status AS "providerStatus", read_at AS "readAt" FROM recurrences
     WHERE merchant_id = $1 AND provider = $2 AND kind = $3 AND recurrence_id = $4 FOR UPDATE`,
    nameOf(key),
  );
  if (row === undefined)
    throw new Error(`${key.kind} ${key.id} of ${key.provider} belongs to another merchant`);
  return row;
}

function nameOf({ merchantId, provider, kind, id }: RecurrenceKey): string[] {
  return [merchantId, provider, kind, id];
}
