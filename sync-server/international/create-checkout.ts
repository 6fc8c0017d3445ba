import { STATUS_RANK } from '../../domain/payment-status.ts';
import type { CheckoutRequest, CheckoutResponse } from '../../domain/protocol/checkouts.ts';
import type { KioskPrincipal } from '../access/principal.ts';
import type { ServerContext } from '../context.ts';
import { applyProviderCharge } from '../payments/apply-provider-charge.ts';
import { endInVain, endWithCharge, FIRST_CLAIM, lastAttempt } from '../payments/charge-attempts.ts';
import { findBySession, type PaymentTransaction } from '../payments/payment-transaction.ts';
import type { InternationalProvider, ProviderCharge } from '../providers/provider.ts';
import { type CheckoutRecord, keepClientSecret, readCheckout } from './checkout-record.ts';
import { openCheckout, PROVIDER } from './open-checkout.ts';

export type CheckoutRefusal =
  | 'offer_unknown'
  | 'offer_not_international'
  | 'amount_not_in_catalog'
  | 'txid_conflict'
  | 'charge_closed'
  | 'provider_rejected'
  | 'provider_unavailable';

/** The answer, but for the address of the customer's page, of which the token is told. */
export type MadeCheckout = Omit<CheckoutResponse, 'checkoutUrl'> & { readonly token: string };

export type CheckoutResult =
  | { readonly ok: true; readonly checkout: MadeCheckout }
  | { readonly ok: false; readonly code: CheckoutRefusal; readonly detail: string };

export type CreateCheckout = (kiosk: KioskPrincipal, request: CheckoutRequest) => Promise<CheckoutResult>;

/**
 * Makes the card checkout of a payment session, or answers the one that there is. Nothing here says that it is paid:
 * whatever the provider's answer holds of money is left for the webhook, or for the poller, to read.
 * @param provider null where the configuration names none
 */
export function checkoutCreator(
  context: ServerContext,
  provider: Pick<InternationalProvider, 'createCheckout'> | null,
): CreateCheckout {
  // Retries that come while the first is at the provider share its answer. Between processes the key does the same.
  const underWay = new Map<string, Promise<CheckoutResult>>();

  return async (kiosk, request) => {
    let payment = await findBySession(context.db, kiosk.merchantId, request.sessionId);
    let isRetry = true;
    if (payment === undefined) {
      // Asking again would not help: the totem tells its customer at once.
      if (provider === null) return refuse('provider_rejected', 'no international provider is configured');
      const opened = await openCheckout(context, kiosk, request);
      if (opened.kind === 'refused') return refuse(opened.code, opened.detail);
      isRetry = opened.kind === 'known';
      payment = await findBySession(context.db, kiosk.merchantId, request.sessionId);
      // Nothing was written and the session has no row: another session holds the txid.
      if (payment === undefined) return refuse('txid_conflict', 'the txid belongs to another session');
    }
    if (payment.flow !== 'international') return refuse('txid_conflict', 'the session has a PIX charge');
    const record = await readCheckout(context, payment);
    if (!isSameRequest(payment, record, kiosk, request))
      return refuse('txid_conflict', 'the session has a checkout with other data');
    if (isClosed(context, payment, record))
      return refuse('charge_closed', `the checkout is ${payment.status}`);
    if (isMade(payment, record)) return answer(context, payment, record);
    if (provider === null) return refuse('provider_unavailable', 'no international provider is configured');

    const running = underWay.get(payment.transactionId);
    if (running !== undefined) return running;
    const { transactionId } = payment;
    const started = checkoutAt(context, provider, payment, record, isRetry).finally(() =>
      underWay.delete(transactionId),
    );
    underWay.set(transactionId, started);
    return started;
  };
}

async function checkoutAt(
  context: ServerContext,
  provider: Pick<InternationalProvider, 'createCheckout'>,
  payment: PaymentTransaction,
  record: CheckoutRecord,
  isRetry: boolean,
): Promise<CheckoutResult> {
  const last = isRetry ? await lastAttempt(context.db, payment) : null;
  // Without a clean failure nobody knows what became of it: a process that died, or an answer that was lost.
  const mayExist = last !== null && (last.outcome === null || last.outcome === 'created');
  const outcome = await provider.createCheckout({
    transactionId: payment.transactionId,
    orderId: record.orderId,
    saleId: record.saleId,
    txid: payment.txid,
    amountCents: payment.amountCents,
    currency: payment.currency,
    description: payment.serviceName,
    expiresSeconds: context.config.card.expiresSeconds,
    providerChargeId: payment.providerChargeId,
    mayExist,
  });
  const logged = { transactionId: payment.transactionId, txid: payment.txid };
  if (outcome.kind === 'created') {
    await keepClientSecret(context, payment, outcome.clientSecret);
    await endWithCharge(context, payment);
    await applyProviderCharge(context, payment, asOpened(outcome.charge), 'charge');
    return answerOf(context, payment);
  }
  // There is one provider, and its own key is what keeps two processes apart: nobody takes a claim over.
  await endInVain(context, { payment, claim: FIRST_CLAIM, mayExist }, outcome);
  if (outcome.kind === 'rejected') {
    context.log.error(
      { ...logged, code: outcome.code, detail: outcome.detail },
      'the provider refused a checkout',
    );
    return refuse('provider_rejected', outcome.code);
  }
  context.log.warn({ ...logged, outcome: outcome.kind, detail: outcome.detail }, 'no checkout yet');
  return refuse('provider_unavailable', outcome.detail);
}

/** The answer as far as this route believes it: that there is a charge, and which. */
function asOpened(charge: ProviderCharge): ProviderCharge {
  return { ...charge, status: 'PENDING', receipts: [], refunds: [], disputes: [] };
}

async function answerOf(context: ServerContext, made: PaymentTransaction): Promise<CheckoutResult> {
  const payment = await findBySession(context.db, made.merchantId, made.sessionId);
  if (payment === undefined) throw new Error(`transaction ${made.transactionId} vanished`);
  const record = await readCheckout(context, payment);
  return isClosed(context, payment, record)
    ? refuse('charge_closed', `the checkout is ${payment.status}`)
    : answer(context, payment, record);
}

function isMade(payment: PaymentTransaction, record: CheckoutRecord): boolean {
  return record.clientSecret !== null && payment.providerChargeId !== null;
}

/** A paid checkout is answered like an open one: the kiosk hears of the money by the feed. */
function isClosed({ clock }: ServerContext, payment: PaymentTransaction, record: CheckoutRecord): boolean {
  const rank = STATUS_RANK[payment.status];
  if (payment.cancelRequestedAt !== null || rank === STATUS_RANK.CANCELED) return true;
  return rank < STATUS_RANK.CANCELED && record.expiresAt <= clock.nowMs();
}

function isSameRequest(
  payment: PaymentTransaction,
  record: CheckoutRecord,
  kiosk: KioskPrincipal,
  request: CheckoutRequest,
): boolean {
  return (
    payment.txid === request.txid &&
    payment.kioskId === kiosk.kioskId &&
    payment.unitId === kiosk.unitId &&
    payment.serviceId === request.serviceId &&
    record.offerId === request.offerId &&
    payment.amountCents === request.amountCents &&
    payment.currency === request.currency
  );
}

function answer(
  { clock }: ServerContext,
  payment: PaymentTransaction,
  record: CheckoutRecord,
): CheckoutResult {
  if (payment.providerChargeId === null)
    throw new Error(`transaction ${payment.transactionId} has a checkout without a charge`);
  return {
    ok: true,
    checkout: {
      transactionId: payment.transactionId,
      orderId: record.orderId,
      saleId: record.saleId,
      sessionId: payment.sessionId,
      txid: payment.txid,
      provider: PROVIDER,
      providerChargeId: payment.providerChargeId,
      status: payment.status,
      token: record.token,
      amountCents: payment.amountCents,
      currency: payment.currency,
      expiresAt: record.expiresAt,
      serverTime: clock.nowMs(),
    },
  };
}

function refuse(code: CheckoutRefusal, detail: string): CheckoutResult {
  return { ok: false, code, detail };
}
