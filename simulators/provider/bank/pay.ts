import { z } from 'zod';
import { AmountCents } from '../../../domain/protocol/primitives.ts';
import { newEndToEndId } from '../pix-ids.ts';
import type { ProviderContext } from '../provider-context.ts';
import { settlePix } from '../settlement.ts';
import { type Charge, chargeExpiresAt } from '../store/charges.ts';
import type { Pix } from '../store/pix.ts';
import { type LookUpResult, lookUpCode, lookUpTxid, type Payable } from './look-up.ts';

/** How long after its expiry a late Pix arrives: past any rounding to whole seconds. */
const LATE_BY_MS = 1500;

export const PaymentRequest = z
  .object({
    brCode: z.string().max(1000).optional(),
    txid: z.string().max(35).optional(),
    mode: z.enum(['exact', 'late', 'twice', 'other_amount', 'never']),
    /** Needed by `other_amount`, and where a static code leaves the amount to the payer. */
    amountCents: AmountCents.optional(),
  })
  .refine((request) => (request.brCode === undefined) !== (request.txid === undefined), {
    error: 'give brCode or txid, one of them',
  });
export type PaymentRequest = z.infer<typeof PaymentRequest>;

export interface Payment {
  readonly endToEndId: string;
  readonly amountCents: number;
  /** Epoch ms; one of the two. */
  readonly paidAt?: number;
  readonly scheduledFor?: number;
}

export type PaymentResult =
  | { readonly ok: true; readonly payments: readonly Payment[] }
  | Extract<LookUpResult, { ok: false }>
  | {
      readonly ok: false;
      readonly code:
        | 'charge_already_paid'
        | 'charge_removed'
        /** The payer's app refuses it; `late` is the way to send money all the same. */
        | 'charge_expired'
        | 'never_expires'
        | 'amount_required';
    };

/**
 * The customer pays. `exact` and `other_amount` once, `twice` two Pix on one charge, `late` when the charge has
 * expired (at once where it has), `never` not at all. What is answered as paid or scheduled is on disk.
 */
export function pay(context: ProviderContext, request: PaymentRequest): PaymentResult {
  const found =
    request.brCode === undefined
      ? lookUpTxid(context, request.txid ?? '')
      : lookUpCode(context, request.brCode);
  if (!found.ok) return found;
  const { payable } = found;
  if (request.mode === 'never') return { ok: true, payments: [] };
  const refusal = refusalOf(payable, request.mode, context.clock.nowMs());
  if (refusal !== null) return { ok: false, code: refusal };
  const amountCents = amountOf(payable, request);
  if (amountCents === null) return { ok: false, code: 'amount_required' };

  const dueAt = dueAtOf(payable, request.mode, context.clock.nowMs());
  const count = request.mode === 'twice' ? 2 : 1;
  const payments = context.store.transaction(() =>
    Array.from({ length: count }, () => send(context, payable, amountCents, dueAt)),
  );
  context.wake();
  return { ok: true, payments };
}

type Refusal = Exclude<Extract<PaymentResult, { ok: false }>['code'], LookUpFailure>;
type LookUpFailure = Extract<LookUpResult, { ok: false }>['code'];

function refusalOf(payable: Payable, mode: PaymentRequest['mode'], nowMs: number): Refusal | null {
  if (payable.kind === 'key') return mode === 'late' ? 'never_expires' : null;
  const { charge } = payable;
  if (charge.status === 'CONCLUIDA') return 'charge_already_paid';
  if (charge.status === 'REMOVIDA_PELO_USUARIO_RECEBEDOR') return 'charge_removed';
  return mode !== 'late' && hasExpired(charge, nowMs) ? 'charge_expired' : null;
}

function hasExpired(charge: Charge, nowMs: number): boolean {
  return chargeExpiresAt(charge) <= nowMs;
}

function amountOf(payable: Payable, request: PaymentRequest): number | null {
  if (request.mode === 'other_amount') return request.amountCents ?? null;
  if (payable.kind === 'charge') return payable.charge.terms.amountCents;
  return payable.amountCents ?? request.amountCents ?? null;
}

function dueAtOf(payable: Payable, mode: PaymentRequest['mode'], nowMs: number): number {
  if (mode !== 'late' || payable.kind === 'key') return nowMs;
  return Math.max(nowMs, chargeExpiresAt(payable.charge) + LATE_BY_MS);
}

function send(context: ProviderContext, payable: Payable, amountCents: number, dueAt: number): Payment {
  const { store, clock, randomBytes } = context;
  const target =
    payable.kind === 'charge'
      ? { txid: payable.charge.txid, key: payable.charge.terms.key }
      : { txid: payable.txid, key: payable.key };
  const pix: Pix = {
    endToEndId: newEndToEndId(dueAt, randomBytes),
    ...target,
    amountCents,
    dueAt,
    settledAt: null,
  };
  store.pix.insert(pix);
  if (dueAt > clock.nowMs()) return { endToEndId: pix.endToEndId, amountCents, scheduledFor: dueAt };
  settlePix(context, pix);
  return { endToEndId: pix.endToEndId, amountCents, paidAt: clock.nowMs() };
}
