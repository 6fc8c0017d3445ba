import { parseBrCode } from '../../../domain/br-code.ts';
import type { Clock } from '../../../domain/clock.ts';
import { isValidCpf, normaliseCpf } from '../../../domain/cpf.ts';
import type {
  ChargeOrder,
  ChargeRef,
  CreateChargeOutcome,
  FetchChargeOutcome,
  Rejected,
} from '../provider.ts';
import type { Attempts } from './attempts.ts';
import { factsOfOrder } from './facts.ts';
import type { AppmaxOrder, Customer, Generation, Step } from './generation.ts';
import type { AppmaxSettings } from './settings.ts';
import { toProviderCharge } from './to-provider-charge.ts';

export interface ChargeDeps {
  readonly generation: Generation;
  readonly attempts: Attempts;
  readonly settings: Pick<AppmaxSettings, 'fallbackCustomer' | 'expiresSeconds'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/**
 * Customer, order, Pix: three writes, and no idempotency key for any. Nothing can be paid before the third, which is
 * made once for an order; and an order is asked for once, unless Appmax said that it made none. So there is never a
 * second payment, at the price that a charge whose order was lost stays `unknown`: the customer starts again.
 */
export async function createCharge(deps: ChargeDeps, order: ChargeOrder): Promise<CreateChargeOutcome> {
  const { attempts, generation } = deps;
  if (order.split.length > 0)
    return { kind: 'rejected', code: 'split_not_offered', detail: 'Appmax splits after the payment alone' };
  const customer = customerOf(order, deps.settings.fallbackCustomer);
  const known = attempts.get(order.txid) ?? (order.mayExist ? { kind: 'lost' } : { kind: 'clean' });
  if (known.kind === 'lost')
    return { kind: 'unknown', detail: 'an earlier attempt may have made an order that cannot be looked up' };
  const attempt = known.kind === 'order' ? known : await makeOrder(deps, order, customer);
  if (attempt.kind !== 'order') return attempt;

  const expiresAtMs = deps.clock.nowMs() + order.expiresSeconds * 1000;
  const pix = await generation.createPix({ ...attempt, cpf: customer.cpf, expiresAtMs });
  // The order is remembered: asking again is for its one Pix.
  if (pix.kind === 'problem') return rejected(pix);
  if (pix.kind !== 'done') return pix;
  if (pix.value.brCode === null)
    return {
      kind: 'unknown',
      detail: `order ${attempt.orderId} has a Pix already, and its code is not told again`,
    };
  return asOrdered(deps, order, attempt.orderId, pix.value.brCode.trim());
}

async function makeOrder(
  { generation, attempts }: ChargeDeps,
  order: ChargeOrder,
  customer: Customer,
): Promise<
  | { readonly kind: 'order'; readonly orderId: string; readonly customerId: string }
  | Exclude<CreateChargeOutcome, { kind: 'created' }>
> {
  attempts.set(order.txid, { kind: 'clean' });
  const made = await generation.createCustomer(customer);
  if (made.kind === 'problem') return rejected(made);
  // A customer is no order, and the same e-mail is the same customer: it may be written again.
  if (made.kind !== 'done') return { kind: 'unavailable', detail: `customer: ${made.detail}` };
  const { customerId } = made.value;
  attempts.set(order.txid, { kind: 'lost' });
  const ordered = await generation.createOrder({
    customerId,
    sku: order.txid,
    name: order.description.slice(0, 100) || order.txid,
    amountCents: order.amountCents,
  });
  if (ordered.kind === 'unknown') return ordered;
  if (ordered.kind !== 'done') {
    attempts.set(order.txid, { kind: 'clean' });
    return ordered.kind === 'problem' ? rejected(ordered) : ordered;
  }
  const attempt = { kind: 'order', orderId: ordered.value.orderId, customerId } as const;
  attempts.set(order.txid, attempt);
  return attempt;
}

/** The order is read once, so that the customer is shown what was asked for; a read that fails takes nothing away. */
async function asOrdered(
  { generation, clock, settings }: ChargeDeps,
  order: ChargeOrder,
  orderId: string,
  brCode: string,
): Promise<CreateChargeOutcome> {
  const parsed = parseBrCode(brCode);
  if (!parsed.ok || parsed.value.kind === 'rec-only')
    return leftThere('no_br_code', 'pix_emv is no code that can be paid');
  if (parsed.value.kind === 'static' && parsed.value.amountCents !== order.amountCents) return mismatch();
  const read = await generation.readOrder(orderId);
  if (read.kind === 'done' && read.value.orderId === orderId && read.value.amountCents !== order.amountCents)
    return mismatch();
  const fresh: AppmaxOrder = {
    orderId,
    status: 'pendente',
    amountCents: order.amountCents,
    paidCents: null,
    createdAtMs: clock.nowMs(),
    updatedAtMs: null,
    paidAtMs: null,
  };
  const standInCpf = settings.fallbackCustomer.cpf;
  const made = { brCode, createdAtMs: clock.nowMs(), expiresSeconds: order.expiresSeconds };
  return {
    kind: 'created',
    charge: {
      ...toProviderCharge(fresh, { txid: order.txid, providerChargeId: orderId }, made),
      facts: factsOfOrder(orderId, read.kind === 'done' ? read.value.answer : undefined, standInCpf),
    },
  };
}

function mismatch(): Rejected {
  return leftThere('charge_mismatch', "the provider's charge differs in amount");
}

/** The order is open there, whatever is wrong with it, and Appmax may tell the customer of it. */
function leftThere(code: string, detail: string): Rejected {
  return { kind: 'rejected', code, detail, leavesCharge: true };
}

export async function fetchCharge(deps: ChargeDeps, ref: ChargeRef): Promise<FetchChargeOutcome> {
  const attempt = deps.attempts.get(ref.txid);
  const orderId = ref.providerChargeId ?? (attempt?.kind === 'order' ? attempt.orderId : null);
  if (orderId === null)
    return attempt?.kind === 'clean'
      ? { kind: 'not_found' }
      : {
          kind: 'rejected',
          code: 'order_unknown',
          detail: 'Appmax tells of an order by its own id alone, and no answer has told it',
        };
  const read = await deps.generation.readOrder(orderId);
  const order = orderRead(read, orderId);
  if ('kind' in order) return order;
  const made = {
    brCode: null,
    createdAtMs: deps.clock.nowMs(),
    expiresSeconds: deps.settings.expiresSeconds,
  };
  const facts = factsOfOrder(order.orderId, order.answer, deps.settings.fallbackCustomer.cpf);
  return { kind: 'found', charge: { ...toProviderCharge(order, ref, made), facts } };
}

export function orderRead(
  read: Step<AppmaxOrder>,
  orderId: string,
): AppmaxOrder | Exclude<FetchChargeOutcome, { kind: 'found' }> {
  switch (read.kind) {
    case 'done':
      return read.value.orderId === orderId
        ? read.value
        : { kind: 'unavailable', detail: 'the answer is another order' };
    case 'problem':
      return read.status === 404 ? { kind: 'not_found' } : rejected(read);
    case 'unknown':
    case 'unavailable':
      return { kind: 'unavailable', detail: read.detail };
  }
}

export function rejected(problem: Extract<Step<unknown>, { kind: 'problem' }>): Rejected {
  return { kind: 'rejected', code: `http_${problem.status}`, detail: problem.detail };
}

/** A name without a CPF identifies nobody, and somebody's name beside another's CPF would be a lie: both or neither. */
function customerOf({ customer }: ChargeOrder, fallback: AppmaxSettings['fallbackCustomer']): Customer {
  const email = customer?.email ?? fallback.email;
  const cpf = customer?.cpf;
  const name = customer?.name?.trim();
  if (name === undefined || name === '' || cpf === undefined || !isValidCpf(cpf))
    return { ...fallback, email, cpf: normaliseCpf(fallback.cpf) ?? fallback.cpf };
  const [firstName = name, ...rest] = name.split(/\s+/);
  return {
    firstName: firstName.slice(0, 60),
    lastName: (rest.join(' ') || firstName).slice(0, 60),
    email,
    phone: fallback.phone,
    cpf: normaliseCpf(cpf) ?? cpf,
  };
}
