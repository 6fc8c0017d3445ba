import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CanonicalStatus, isSettled, isStatusChangeAllowed } from '../../domain/payment-status.ts';
import type { Queryable } from '../db/database.ts';
import type { PaymentTransaction } from '../payments/payment-transaction.ts';
import { INTERNATIONAL_FACTORIES, NATIONAL_FACTORIES } from '../providers/registry.ts';
import { ANSWER_EVENTS, OWN_REFUND_EVENTS } from './coverage/events.ts';
import { SESSION_STATUS } from './follow-payment.ts';
import { type CoverageHouse, type Step, startCoverageHouse } from './testing/coverage-house.ts';
import type { Situation } from './testing/provider-answers.ts';

const PROVIDERS = [...NATIONAL_FACTORIES, ...INTERNATIONAL_FACTORIES].map(({ name }) => name);

let house: CoverageHouse;

beforeAll(async () => {
  house = await startCoverageHouse();
});
afterAll(() => house.close());

interface Row extends Record<string, unknown> {
  readonly status: CanonicalStatus;
  readonly amountCents: number;
  readonly paid: boolean;
  readonly captured: boolean;
  readonly disputed: boolean;
  readonly refundedCents: number;
  readonly refunded: boolean;
  readonly routed: string | null;
  readonly method: string | null;
  readonly customerId: string | null;
  readonly customerProviderId: string | null;
  readonly paymentMethodId: string | null;
  readonly sessionStatus: string | null;
  readonly sessionEnded: boolean;
}

/** What has to hold of a payment after whatever was told of it. @returns what does not */
async function broken(db: Queryable, payment: PaymentTransaction, told: Situation): Promise<string[]> {
  const key = [payment.merchantId, payment.transactionId];
  const [row] = await db.query<Row>(
    `SELECT t.status, amount_cents AS "amountCents", paid_at IS NOT NULL AS paid, captured_at IS NOT NULL AS captured,
       disputed_at IS NOT NULL AS disputed, refunded_cents AS "refundedCents", refunded_at IS NOT NULL AS refunded,
       routed_provider AS routed, payment_method AS method, customer_id AS "customerId",
       customer_provider_id AS "customerProviderId", payment_method_id AS "paymentMethodId",
       s.status AS "sessionStatus", s.ended_at IS NOT NULL AS "sessionEnded"
     FROM payment_transactions t LEFT JOIN checkout_sessions s USING (merchant_id, transaction_id)
     WHERE merchant_id = $1 AND transaction_id = $2`,
    key,
  );
  if (row === undefined) return ['the payment is gone'];
  const steps = await db.query<{ from: CanonicalStatus | null; to: CanonicalStatus }>(
    `SELECT from_status AS "from", to_status AS "to" FROM payment_transitions
     WHERE merchant_id = $1 AND transaction_id = $2 ORDER BY position`,
    key,
  );
  const twice = await db.query(
    `SELECT provider, account, customer_id FROM customer_payment_methods
     GROUP BY merchant_id, provider, account, customer_id, brand, last4, exp_month, exp_year HAVING count(*) > 1
     UNION ALL SELECT provider, account, customer_id FROM customer_providers
     GROUP BY merchant_id, provider, account, customer_id HAVING count(*) > 1`,
  );
  const isAnswered = steps.length > 1;
  const isCard = INTERNATIONAL_FACTORIES.some(({ name }) => name === payment.provider);
  const rules: Readonly<Record<string, boolean>> = {
    'a settled payment has its times': row.paid === isSettled(row.status) && row.captured === row.paid,
    'what went back has its time': row.refunded === row.refundedCents > 0,
    'all of it is back': row.status !== 'REFUNDED' || row.refundedCents === row.amountCents,
    'a part of it is back':
      row.status !== 'PARTIALLY_REFUNDED' || (row.refundedCents > 0 && row.refundedCents < row.amountCents),
    'no more is back than came': row.refundedCents <= row.amountCents,
    'a chargeback has its time': row.status !== 'CHARGEBACK' || row.disputed,
    'the session stands as the payment does': row.sessionStatus === SESSION_STATUS[row.status],
    'a session that is over has its time': row.sessionEnded === (row.sessionStatus !== 'open'),
    'it is known where it was routed, and how it is paid': row.routed !== null && row.method !== null,
    'the status is the last step': steps.at(-1)?.to === row.status,
    'each step goes on from the one before': steps.every(
      ({ from }, at) => from === (steps[at - 1]?.to ?? null),
    ),
    'no step contradicts': steps.every(
      ({ from, to }) =>
        from === null || isStatusChangeAllowed(from, to) || isStatusChangeAllowed(from, to, 'dispute_won'),
    ),
    'who pays is linked where it was told':
      !isAnswered || isCard || (row.customerId !== null && row.customerProviderId !== null),
    'the card is linked where it was told':
      !isCard || told.money.length === 0 || (row.paymentMethodId !== null && row.customerId !== null),
    'nothing is linked twice': twice.length === 0,
  };
  return Object.entries(rules).flatMap(([rule, holds]) => (holds ? [] : [rule]));
}

const steps: fc.Arbitrary<Step> = fc.constantFrom(...ANSWER_EVENTS, ...OWN_REFUND_EVENTS);

test('whatever a provider tells in whatever order, links, times and status hold', async () => {
  let checks = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...PROVIDERS), fc.array(steps, { maxLength: 10 }), (provider, walk) =>
      house.walk(provider, walk, async (payment, told) => {
        checks += 1;
        expect(await broken(house.context.db, payment, told)).toEqual([]);
      }),
    ),
    { numRuns: 60 },
  );
  expect(checks).toBeGreaterThan(60);
});

test.each([
  ['a settled payment has its times', 'captured_at = NULL'],
  ['a part of it is back', "status = 'PARTIALLY_REFUNDED'"],
  ['who pays is linked where it was told', 'customer_provider_id = NULL'],
  ['the status is the last step', "status = 'CHARGEBACK'"],
])('twin: %s', async (rule, damage) => {
  await house.walk('bacen-pix', ['charge PENDING', 'exact money'], async (payment, told) => {
    if (told.money.length === 0) return;
    await house.context.db.query(`UPDATE payment_transactions SET ${damage} WHERE transaction_id = $1`, [
      payment.transactionId,
    ]);
    expect(await broken(house.context.db, payment, told)).toContain(rule);
  });
});
