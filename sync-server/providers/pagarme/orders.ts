import type {
  CancelChargeOutcome,
  ChargeOrder,
  ChargeRef,
  CreateChargeOutcome,
  FetchChargeOutcome,
} from '../provider.ts';
import { factsOfOrder } from './facts.ts';
import { orderBody } from './order-body.ts';
import { badAnswer, type Endpoint, rejected, type SendOutcome, send } from './send.ts';
import type { PagarmeSettings } from './settings.ts';
import { toProviderCharge } from './to-provider-charge.ts';
import { WireOrder, WireOrderList } from './wire.ts';

/** Orders of one code: there is one, or two where a key had lapsed. More are never read. */
const LOOK_UP_SIZE = 10;
/** Where several orders have the code, the one that took money is the one that counts. */
const PAID_ORDER = new Set(['paid', 'canceled']);

/**
 * Never a second order: the txid is the order's code and its idempotency key, and whenever an earlier attempt may have
 * arrived the order is looked up before it is posted again, with the same key.
 */
export async function createOrder(
  endpoint: Endpoint,
  settings: PagarmeSettings,
  order: ChargeOrder,
): Promise<CreateChargeOutcome> {
  const built = orderBody(order, settings);
  if (built.kind === 'rejected') return built;
  if (order.mayExist) {
    const existing = await findByCode(endpoint, order.txid);
    if (existing.kind === 'found') return asOrdered(existing, order);
    if (existing.kind !== 'not_found') return existing;
  }
  const written = await send(endpoint, 'POST', '/orders', {
    idempotencyKey: order.txid,
    body: built.body,
  });
  if (written.kind === 'unavailable') return written;
  if (written.kind === 'problem') return rejected(written);
  const answered = written.kind === 'answer' ? orderRead(written, order.txid, endpoint) : null;
  if (answered?.kind === 'found') return asOrdered(answered, order);
  // Not answered, or not readable: it may be there.
  const found = await findByCode(endpoint, order.txid);
  if (found.kind === 'found') return asOrdered(found, order);
  return {
    kind: 'unknown',
    detail: written.kind === 'unknown' ? written.detail : badAnswer('POST /orders').detail,
  };
}

export async function fetchOrder(endpoint: Endpoint, ref: ChargeRef): Promise<FetchChargeOutcome> {
  if (ref.providerChargeId === null) return withoutWire(await findByCode(endpoint, ref.txid));
  const path = `/orders/${encodeURIComponent(ref.providerChargeId)}`;
  return withoutWire(orderRead(await send(endpoint, 'GET', path), ref.txid, endpoint));
}

/**
 * `DELETE /charges/{id}` withdraws what is not paid, and refunds what is: so the order is read first, and a charge that
 * was paid is left alone. One that is paid between the two is refunded by it; the answer then says so by its amounts.
 */
export async function cancelOrder(endpoint: Endpoint, ref: ChargeRef): Promise<CancelChargeOutcome> {
  const read =
    ref.providerChargeId === null
      ? await findByCode(endpoint, ref.txid)
      : orderRead(
          await send(endpoint, 'GET', `/orders/${encodeURIComponent(ref.providerChargeId)}`),
          ref.txid,
          endpoint,
        );
  if (read.kind !== 'found') return read;
  const [charge] = read.wire.charges ?? [];
  if (charge === undefined || read.charge.status !== 'PENDING') return { kind: 'not_open' };
  const outcome = await send(endpoint, 'DELETE', `/charges/${encodeURIComponent(charge.id)}`, {
    idempotencyKey: `cancel_${ref.txid}`,
    body: { operation_reference: `cancel_${ref.txid}` },
  });
  if (outcome.kind === 'problem')
    return outcome.status === 404 || outcome.status === 412 || outcome.status === 422
      ? { kind: 'not_open' }
      : rejected(outcome);
  if (outcome.kind !== 'answer') return outcome;
  const after = orderRead(
    await send(endpoint, 'GET', `/orders/${encodeURIComponent(read.wire.id)}`),
    ref.txid,
    endpoint,
  );
  if (after.kind !== 'found') return after;
  if (after.charge.status !== 'CANCELED') return { kind: 'not_open' };
  return { kind: 'canceled', charge: { ...after.charge, closedBy: 'us' } };
}

/** The order as it was read, kept beside what it means: a failed one says why. */
type OrderRead =
  | (Extract<FetchChargeOutcome, { kind: 'found' }> & { readonly wire: WireOrder })
  | Exclude<FetchChargeOutcome, { kind: 'found' }>;

function withoutWire(read: OrderRead): FetchChargeOutcome {
  return read.kind === 'found' ? { kind: 'found', charge: read.charge } : read;
}

function orderRead(outcome: SendOutcome, txid: string, { standInCpf }: Endpoint): OrderRead {
  if (outcome.kind === 'unavailable') return outcome;
  if (outcome.kind === 'unknown') return { kind: 'unavailable', detail: outcome.detail };
  if (outcome.kind === 'problem') return outcome.status === 404 ? { kind: 'not_found' } : rejected(outcome);
  const wire = WireOrder.safeParse(outcome.body);
  if (!wire.success || wire.data.code !== txid) return badAnswer('/orders');
  return {
    kind: 'found',
    charge: { ...toProviderCharge(wire.data), facts: factsOfOrder(outcome.body, standInCpf) },
    wire: wire.data,
  };
}

/** `GET /orders?code=`, then the order itself: a list leaves out what its items hold. */
async function findByCode(endpoint: Endpoint, txid: string): Promise<OrderRead> {
  const query = new URLSearchParams({ code: txid, size: String(LOOK_UP_SIZE) });
  const outcome = await send(endpoint, 'GET', `/orders?${query}`);
  if (outcome.kind === 'unavailable') return outcome;
  if (outcome.kind === 'unknown') return { kind: 'unavailable', detail: outcome.detail };
  if (outcome.kind === 'problem') return outcome.status === 404 ? { kind: 'not_found' } : rejected(outcome);
  const list = WireOrderList.safeParse(outcome.body);
  if (!list.success) return badAnswer('/orders?code=');
  const ours = list.data.data.filter(({ code }) => code === txid);
  const chosen = ours.find(({ status }) => PAID_ORDER.has(status ?? '')) ?? ours.at(-1);
  if (chosen === undefined) return { kind: 'not_found' };
  return orderRead(await send(endpoint, 'GET', `/orders/${encodeURIComponent(chosen.id)}`), txid, endpoint);
}

/** HTTP 200 may carry a failure; and the answer has to be what was asked for, or the customer would pay something else. */
function asOrdered(
  { charge, wire }: Extract<OrderRead, { kind: 'found' }>,
  order: ChargeOrder,
): CreateChargeOutcome {
  if (charge.status === 'FAILED') return { kind: 'rejected', code: 'order_failed', detail: whyFailed(wire) };
  if (charge.amountCents !== order.amountCents || wire.charges?.[0]?.amount !== order.amountCents)
    return leftThere('charge_mismatch', "the provider's charge differs in amount");
  if (charge.currency !== 'BRL')
    return leftThere('charge_mismatch', "the provider's charge differs in currency");
  if (charge.brCode === null) return leftThere('no_br_code', 'the answer holds no qr_code that can be paid');
  return { kind: 'created', charge };
}

/** The order is open there, whatever is wrong with it, and somebody may yet be told of it and pay. */
function leftThere(code: string, detail: string): CreateChargeOutcome {
  return { kind: 'rejected', code, detail, leavesCharge: true };
}

function whyFailed(wire: WireOrder): string {
  const [charge] = wire.charges ?? [];
  const messages = charge?.last_transaction?.gateway_response?.errors?.flatMap(
    ({ message }) => message ?? [],
  );
  return `the order is ${wire.status}: ${messages?.join('; ') || 'no reason given'}`.slice(0, 300);
}
