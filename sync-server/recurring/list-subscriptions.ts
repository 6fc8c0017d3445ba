import { maskDocument, maskEmail, maskName } from '../../domain/person.ts';
import type {
  SubscriptionList,
  SubscriptionStatus,
  SubscriptionView,
} from '../../domain/protocol/recurring.ts';
import type { ServerContext } from '../context.ts';
import { readCustomer } from '../customers/read-customer.ts';
import { LOOSE } from './list-recurrences.ts';

export interface SubscriptionFilter {
  readonly status?: SubscriptionStatus | undefined;
  /** True: those that were adopted as another system's own; false: those that a provider runs. */
  readonly native?: boolean | undefined;
  readonly limit: number;
}

interface Row extends Omit<SubscriptionView, 'customer'>, Record<string, unknown> {
  readonly customerId: string | null;
}

const ms = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::bigint`;
const STATUS = 'coalesce(s.native_status, k.status)';
const FROM = `customer_subscriptions s LEFT JOIN recurrences k ON k.merchant_id = s.merchant_id
    AND k.provider = s.provider AND k.kind = 'agreement' AND k.recurrence_id = s.provider_subscription_id
  WHERE s.merchant_id = $1 AND ($2::text IS NULL OR ${STATUS} = $2) AND ($3::boolean IS NULL OR s.is_native = $3)`;
/** Payments by the agreement. */
const CAME = `recurrences q JOIN recurring_receipts r ON r.merchant_id = q.merchant_id AND r.provider = q.provider
    AND r.kind = q.kind AND r.recurrence_id = q.recurrence_id
  WHERE q.merchant_id = s.merchant_id AND q.provider = s.provider AND q.agreement_id = s.provider_subscription_id`;

/** Newest first. Customers are masked: a list shows more people than were asked for. */
export async function listSubscriptions(
  context: Pick<ServerContext, 'db' | 'personalData'>,
  merchantId: string,
  { status = null, native = null, limit }: { [K in keyof SubscriptionFilter]: SubscriptionFilter[K] | null },
): Promise<SubscriptionList> {
  const { db } = context;
  const chosen = [merchantId, status, native];
  const rows = await db.query<Row>(
    `SELECT s.subscription_id AS "subscriptionId", s.is_native AS "isNative", s.provider,
       s.provider_subscription_id AS "agreementId", k.reference, ${STATUS} AS status,
       k.provider_status AS "providerStatus", s.plan, coalesce(s.native_price_cents, k.amount_cents) AS "amountCents",
       coalesce(s.native_currency, k.currency) AS currency, ${ms('s.started_at')} AS "startedAt",
       ${ms('s.trial_ends_at')} AS "trialEndsAt", s.period_starts_on::text AS "periodStartsOn",
       s.period_ends_on::text AS "periodEndsOn", s.customer_id AS "customerId",
       (SELECT count(*)::int FROM ${CAME}) AS payments,
       (SELECT coalesce(sum(r.amount_cents), 0)::bigint FROM ${CAME}) AS "receivedCents",
       (SELECT coalesce(sum(b.amount_cents), 0)::bigint FROM recurring_returns b
        WHERE b.merchant_id = s.merchant_id AND b.status IN ('settled', 'lost')
          AND b.receipt_id IN (SELECT r.receipt_id FROM ${CAME})) AS "returnedCents",
       ${ms('s.first_seen_at')} AS "firstSeenAt"
     FROM ${FROM} ORDER BY s.first_seen_at DESC, s.subscription_id LIMIT $4`,
    [...chosen, limit],
  );
  const [counts] = await db.query<{ total: number; loose: number }>(
    `SELECT (SELECT count(*)::int FROM ${FROM}) AS total,
       (SELECT count(*)::int FROM recurrences k WHERE k.merchant_id = $1 AND ${LOOSE}) AS loose`,
    chosen,
  );
  const subscriptions: SubscriptionView[] = [];
  for (const { customerId, ...row } of rows)
    subscriptions.push({ ...row, customer: await maskedCustomer(context, merchantId, customerId) });
  return { subscriptions, total: counts?.total ?? 0, loose: counts?.loose ?? 0 };
}

async function maskedCustomer(
  context: Pick<ServerContext, 'db' | 'personalData'>,
  merchantId: string,
  customerId: string | null,
): Promise<SubscriptionView['customer']> {
  if (customerId === null) return null;
  const found = await readCustomer(context, context.db, merchantId, customerId);
  if (found === undefined || found.status === 'erased') return null;
  return {
    customerId: found.customerId,
    name: found.name === null ? null : maskName(found.name),
    document: found.document === null ? null : maskDocument(found.document),
    email: found.email === null ? null : maskEmail(found.email),
  };
}
