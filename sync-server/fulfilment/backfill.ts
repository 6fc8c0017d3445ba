import type { BackfillAnswer } from '../../domain/protocol/fulfilment.ts';
import type { ServerContext } from '../context.ts';
import { TEST_KIOSK_ID } from '../integration/test-shop.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';
import { insertFulfilment, MAIL_STAGES } from './fulfilment-row.ts';
import { happen, newStages, type Stages } from './stages.ts';

/** Of one request; the command asks again until none is left. */
const BATCH = 500;

/** Why no message of an old payment goes out. */
export const LONG_AGO = 'paid before this was kept: nobody is written to';

/**
 * Makes the fulfilment of each settled payment that has none: of those that older releases took. Their tickets are
 * followed like any other, and a payment without one shows as a failure.
 * @param sinceMs payments of before it get no messages; null: none gets any
 */
export async function backfill(
  context: ServerContext,
  merchantId: string,
  sinceMs: number | null,
): Promise<BackfillAnswer> {
  const page = await context.db.query<
    TransactionKey & { kioskId: string; paidAt: Date } & Record<string, unknown>
  >(
    `SELECT merchant_id AS "merchantId", transaction_id AS "transactionId", kiosk_id AS "kioskId", paid_at AS "paidAt"
     FROM payment_transactions t
     WHERE merchant_id = $1 AND paid_at IS NOT NULL AND kiosk_id <> $2 AND NOT EXISTS (
       SELECT FROM fulfilments f WHERE f.merchant_id = t.merchant_id AND f.transaction_id = t.transaction_id)
     ORDER BY paid_at, transaction_id LIMIT ${BATCH}`,
    [merchantId, TEST_KIOSK_ID],
  );
  let made = 0;
  let withMessages = 0;
  for (const sale of page) {
    const atMs = context.clock.nowMs();
    const paidAtMs = sale.paidAt.getTime();
    const isWrittenTo = sinceMs !== null && paidAtMs >= sinceMs;
    const stages = isWrittenTo ? newStages() : silentStages(atMs);
    // One transaction each: no sale that goes on waits for a page of them.
    const isNew = await context.db.transaction((transaction) =>
      insertFulfilment(context, transaction, sale, atMs, { stages, paidAtMs }),
    );
    if (!isNew) continue;
    made += 1;
    if (isWrittenTo) withMessages += 1;
  }
  return { made, withMessages, isMore: page.length === BATCH };
}

function silentStages(atMs: number): Stages {
  return MAIL_STAGES.reduce<Stages>(
    (stages, stage) => happen(stages, stage, 'skip', { atMs, detail: LONG_AGO }),
    newStages(),
  );
}
