import type { ProviderContext } from '../provider-context.ts';
import { type Charge, chargeExpiresAt } from '../store/charges.ts';
import type { Pix } from '../store/pix.ts';
import type { Payable, Payee } from './look-up.ts';

export interface ChargeView {
  readonly txid: string;
  readonly amountCents: number;
  readonly brCode: string;
  /** As the payer's app sees it; `expired` is computed, API Pix still calls such a charge ATIVA. */
  readonly state: 'open' | 'expired' | 'paid' | 'removed';
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly messageToPayer: string | null;
  readonly payments: readonly PaymentView[];
}

export interface PaymentView {
  readonly endToEndId: string;
  readonly amountCents: number;
  readonly paidAt?: number;
  readonly scheduledFor?: number;
  readonly refunds: readonly {
    readonly id: string;
    readonly amountCents: number;
    readonly requestedAt: number;
    /** Null while the bank still works on it. */
    readonly settledAt: number | null;
  }[];
}

/** What the bank page shows for a code: whom, how much, and how far it is. */
export interface PayableView {
  readonly payee: Payee;
  readonly txid: string | null;
  /** Null: the payer types it. */
  readonly amountCents: number | null;
  /** Null for a static code. */
  readonly charge: ChargeView | null;
  /** The bank's clock, epoch ms: countdowns run from it. */
  readonly serverTime: number;
}

export function viewPayable(context: ProviderContext, payable: Payable): PayableView {
  const { payee } = payable;
  const serverTime = context.clock.nowMs();
  if (payable.kind === 'key') {
    return { payee, txid: payable.txid, amountCents: payable.amountCents, charge: null, serverTime };
  }
  const charge = viewCharge(context, payable.charge);
  return { payee, txid: charge.txid, amountCents: charge.amountCents, charge, serverTime };
}

export function viewCharge(context: ProviderContext, charge: Charge): ChargeView {
  const { store, clock } = context;
  const pix = [...store.pix.settledOf(charge.txid), ...store.pix.underWayOf(charge.txid)];
  return {
    txid: charge.txid,
    amountCents: charge.terms.amountCents,
    brCode: charge.brCode,
    state: stateOf(charge, clock.nowMs()),
    createdAt: charge.createdAt,
    expiresAt: chargeExpiresAt(charge),
    messageToPayer: charge.terms.messageToPayer ?? null,
    payments: pix.map((each) => viewPix(context, each)),
  };
}

function stateOf(charge: Charge, nowMs: number): ChargeView['state'] {
  if (charge.status === 'CONCLUIDA') return 'paid';
  if (charge.status === 'REMOVIDA_PELO_USUARIO_RECEBEDOR') return 'removed';
  return chargeExpiresAt(charge) <= nowMs ? 'expired' : 'open';
}

function viewPix({ store }: ProviderContext, pix: Pix): PaymentView {
  const refunds = store.refunds.of(pix.endToEndId);
  return {
    endToEndId: pix.endToEndId,
    amountCents: pix.amountCents,
    ...(pix.settledAt === null ? { scheduledFor: pix.dueAt } : { paidAt: pix.settledAt }),
    refunds: refunds.map(({ id, amountCents, requestedAt, settledAt }) => ({
      id,
      amountCents,
      requestedAt,
      settledAt,
    })),
  };
}
