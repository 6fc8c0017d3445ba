import type {
  AgreementRequest,
  RecurringChargeRequest,
  RecurringOrderResponse,
} from '../../domain/protocol/recurring.ts';
import type { ServerContext } from '../context.ts';
import type { PaymentProvider } from '../providers/provider.ts';
import type { OrderOutcome } from '../providers/recurrence.ts';
import { keepRecurrence } from './keep-recurrence.ts';

export type OrderRefusal =
  | 'unknown_provider'
  | 'unknown_agreement'
  | 'order_conflict'
  | 'under_way'
  | 'provider_rejected'
  | 'provider_unavailable';

export type OrderResult =
  | { readonly ok: true; readonly made: RecurringOrderResponse }
  | { readonly ok: false; readonly code: OrderRefusal; readonly detail: string };

/**
 * Longer than all calls of one order together: until then it may be under way, here, in another process, or at a
 * provider whose answer was lost.
 */
const UNDER_WAY_MS = 60_000;

/** Idempotent by contract. The order is committed before the provider is spoken to: it is looked for ever after. */
export async function orderAgreement(
  context: ServerContext,
  provider: PaymentProvider | undefined,
  merchantId: string,
  { provider: name, ...request }: AgreementRequest,
): Promise<OrderResult> {
  const recurring = provider?.recurring;
  if (recurring === undefined) return refuse('unknown_provider', `${name} makes no agreements`);
  const order = { merchantId, provider: name, kind: 'agreement', reference: request.contract } as const;
  return placeOrder(context, order, (asked) => recurring.createAgreement({ ...request, ...asked }));
}

/** Idempotent by txid. */
export async function orderCharge(
  context: ServerContext,
  provider: PaymentProvider | undefined,
  merchantId: string,
  { provider: name, ...request }: RecurringChargeRequest,
): Promise<OrderResult> {
  const recurring = provider?.recurring;
  if (recurring === undefined) return refuse('unknown_provider', `${name} makes no recurring charges`);
  const agreements = await context.db.query(
    `SELECT 1 FROM recurrences
     WHERE merchant_id = $1 AND provider = $2 AND kind = 'agreement' AND recurrence_id = $3`,
    [merchantId, name, request.agreementId],
  );
  if (agreements.length === 0) return refuse('unknown_agreement', 'the merchant has no such agreement');
  const order = { merchantId, provider: name, kind: 'charge', reference: request.txid } as const;
  return placeOrder(context, order, (asked) => recurring.createCharge({ ...request, ...asked }));
}

interface Order {
  readonly merchantId: string;
  readonly provider: string;
  readonly kind: 'agreement' | 'charge';
  readonly reference: string;
}

interface Asked {
  readonly orderedAtMs: number;
  readonly mayExist: boolean;
}

async function placeOrder(
  context: ServerContext,
  order: Order,
  ask: (asked: Asked) => Promise<OrderOutcome>,
): Promise<OrderResult> {
  const asked = await claimOrder(context, order);
  if ('code' in asked) return { ok: false, ...asked };
  const askedAtMs = context.clock.nowMs();
  const outcome = await ask(asked);
  // Of an answer that was lost nobody knows: it waits, so that the order is not found missing while it is under way.
  if (outcome.kind !== 'unknown')
    await context.db.query(
      `UPDATE recurring_orders SET asked_at = NULL
       WHERE merchant_id = $1 AND provider = $2 AND kind = $3 AND reference = $4`,
      nameOf(order),
    );
  switch (outcome.kind) {
    case 'made': {
      const { recurrence, brCode } = outcome;
      await keepRecurrence(context, { ...order, id: recurrence.id }, recurrence, 'ordered', askedAtMs);
      return { ok: true, made: { id: recurrence.id, status: recurrence.status, brCode } };
    }
    case 'rejected':
      return refuse('provider_rejected', outcome.code);
    case 'not_found':
      return refuse('provider_rejected', 'the provider knows no such agreement');
    case 'unavailable':
    case 'unknown':
      return refuse('provider_unavailable', outcome.detail);
  }
}

async function claimOrder(
  { db, clock }: ServerContext,
  order: Order,
): Promise<Asked | { readonly code: OrderRefusal; readonly detail: string }> {
  const nowMs = clock.nowMs();
  const written = await db.query(
    `INSERT INTO recurring_orders (merchant_id, provider, kind, reference, ordered_at, asked_at)
     VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING RETURNING reference`,
    [...nameOf(order), new Date(nowMs)],
  );
  if (written.length > 0) return { orderedAtMs: nowMs, mayExist: false };
  // One that was asked much later than now was asked before the clock was set back. One that was asked a little later is under
  // way: the other request came to the database first, or its server's clock is ahead.
  const [again] = await db.query<{ orderedAt: Date }>(
    `UPDATE recurring_orders SET asked_at = $5
     WHERE merchant_id = $1 AND provider = $2 AND kind = $3 AND reference = $4
       AND (asked_at IS NULL OR asked_at <= $6 OR asked_at >= $7)
     RETURNING ordered_at AS "orderedAt"`,
    [...nameOf(order), new Date(nowMs), new Date(nowMs - UNDER_WAY_MS), new Date(nowMs + UNDER_WAY_MS)],
  );
  if (again !== undefined) return { orderedAtMs: again.orderedAt.getTime(), mayExist: true };
  const own = await db.query(
    `SELECT 1 FROM recurring_orders
     WHERE merchant_id = $1 AND provider = $2 AND kind = $3 AND reference = $4`,
    nameOf(order),
  );
  return own.length > 0
    ? { code: 'under_way', detail: 'the same order is under way: ask again in a minute' }
    : { code: 'order_conflict', detail: `the ${order.kind} is ordered by another merchant` };
}

function nameOf({ merchantId, provider, kind, reference }: Order): string[] {
  return [merchantId, provider, kind, reference];
}

function refuse(code: OrderRefusal, detail: string): OrderResult {
  return { ok: false, code, detail };
}
