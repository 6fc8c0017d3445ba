import type { MoneyTroubles } from '../../domain/protocol/screens.ts';
import type { Queryable } from '../db/database.ts';
import { listRefunds, NEEDS_A_PERSON } from '../payments/list-refunds.ts';
import type { ProviderHealthReport } from '../providers/provider-health.ts';
import { findUnattendedMoney } from '../providers/unattended-money.ts';
import { readRecurringTroubles } from '../recurring/recurring-troubles.ts';
import type { RefusedWebhook } from '../webhooks/refused-webhooks.ts';

const FAILED_SHOWN = 20;

/** What this process knows, and the database does not. */
export interface ProcessFacts {
  readonly providers: readonly ProviderHealthReport[];
  readonly refusedWebhooks: readonly RefusedWebhook[];
}

interface Sums {
  readonly refundsUnderWay: number;
  readonly refundsFailed: number;
  readonly disputesOpen: number;
  readonly disputedCents: number;
  readonly deadLetters: number;
  readonly oldestDeadLetterAt: number | null;
}

/** What of the merchant's money a person has to look after. Dead letters are the whole server's. */
export async function readMoneyTroubles(
  database: Queryable,
  merchantId: string,
  { providers, refusedWebhooks }: ProcessFacts,
): Promise<MoneyTroubles> {
  const [sums] = await database.query<Sums & Record<string, unknown>>(
    `SELECT
       (SELECT count(*)::int FROM refunds WHERE merchant_id = $1 AND status IN ('requested', 'processing'))
         AS "refundsUnderWay",
       (SELECT count(*)::int FROM refunds f WHERE merchant_id = $1 AND ${NEEDS_A_PERSON}) AS "refundsFailed",
       (SELECT count(*)::int FROM disputes WHERE merchant_id = $1 AND status = 'open') AS "disputesOpen",
       (SELECT coalesce(sum(amount_cents), 0)::bigint FROM disputes WHERE merchant_id = $1 AND status = 'open')
         AS "disputedCents",
       (SELECT count(*)::int FROM webhook_inbox WHERE status = 'dead') AS "deadLetters",
       (SELECT (extract(epoch FROM min(received_at)) * 1000)::bigint FROM webhook_inbox WHERE status = 'dead')
         AS "oldestDeadLetterAt"`,
    [merchantId],
  );
  if (sums === undefined) throw new Error('a query without FROM has one row');
  const failed = await listRefunds(database, merchantId, {
    status: 'needs_a_person',
    limit: FAILED_SHOWN,
  });
  const names = providers.map(({ name }) => name);
  return {
    ...sums,
    failedRefunds: failed.refunds,
    providers: providers.map(({ name, status, downSince }) => ({ name, status, downSince })),
    recurring: await readRecurringTroubles(database, merchantId, FAILED_SHOWN),
    unattended: await findUnattendedMoney(database, names, merchantId),
    refusedWebhooks: refusedWebhooks.reduce((sum, { count }) => sum + count, 0),
  };
}
