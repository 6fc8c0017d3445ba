import type { Queryable } from '../../db/database.ts';
import type { ImportDeps } from '../import-rows.ts';
import type { Mapping } from '../mapping.ts';
import { adoptCustomers } from './customers.ts';
import { linkSaved } from './links.ts';
import { normaliseAgain } from './normalise.ts';
import { linkProviders } from './providers.ts';
import { linkSessions } from './sessions.ts';
import { linkSubscriptions } from './subscriptions.ts';

/** What follows the reading of rows, in this order; each may be run alone, and again. */
export const STEPS = ['normalise', 'sessions', 'subscriptions', 'customers', 'providers'] as const;
export type Step = (typeof STEPS)[number];

/** @returns how many rows the step changed */
export function runStep(
  deps: ImportDeps,
  step: Step,
  source: string,
  mapping: Mapping,
  onProgress: (done: number) => void,
): Promise<number> {
  switch (step) {
    case 'normalise':
      return normaliseAgain(deps, source, mapping, onProgress);
    case 'sessions':
      return linkSessions(deps, source);
    case 'subscriptions':
      return linkSubscriptions(deps, source);
    case 'customers':
      return adoptCustomers(deps, source, mapping, onProgress);
    case 'providers':
      return linkBoth(deps, source, onProgress);
  }
}

/** Saved cards first: of a payment by one of them it is known whose it is. */
async function linkBoth(
  deps: ImportDeps,
  source: string,
  onProgress: (done: number) => void,
): Promise<number> {
  const saved = await linkSaved(deps, source, onProgress);
  return saved + (await linkProviders(deps, source, (done) => onProgress(saved + done)));
}

/** What each step would still look at. */
export async function pendingOf(database: Queryable, source: string): Promise<Record<Step, number>> {
  const [pending] = await database.query<Record<Step, number>>(
    `SELECT (SELECT count(*) FROM adopted_rows WHERE source = $1 AND state = 'unmapped') AS normalise,
       (SELECT count(*) FROM adopted_sessions WHERE source = $1 AND adopted_id IS NULL) AS sessions,
       (SELECT count(*) FROM adopted_transactions
        WHERE source = $1 AND old_subscription_key IS NOT NULL AND subscription_id IS NULL) AS subscriptions,
       (SELECT count(*) FROM adopted_rows
        WHERE source = $1 AND raw_kept = 'server' AND merchant_id IS NOT NULL) AS customers,
       (SELECT count(*) FROM adopted_transactions
        WHERE source = $1 AND ((customer_id IS NOT NULL AND customer_provider_id IS NULL)
          OR (card IS NOT NULL AND payment_method_id IS NULL)))
       + (SELECT count(*) FROM adopted_links
          WHERE source = $1 AND customer_id IS NOT NULL AND customer_provider_id IS NULL) AS providers`,
    [source],
  );
  if (pending === undefined) throw new Error('a query without a table has a row');
  return pending;
}
