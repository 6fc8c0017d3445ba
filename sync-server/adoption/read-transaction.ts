import { isSettled } from '../../domain/payment-status.ts';
import { cleanCard, cleanId } from '../unified/clean-facts.ts';
import { readInstant } from './dates.ts';
import { datesOf } from './read-dates.ts';
import { amountOf, currencyOf, moneyBack, stopButPaid } from './read-money.ts';
import type { PayloadFacts } from './read-payload.ts';
import { periodOf } from './read-subscription.ts';
import { installmentsOf, judgeMode, judgeType, methodOf, providerOf, statusOf } from './read-words.ts';
import type { Reading, SessionFacts, TransactionFacts } from './row-facts.ts';
import { isPlainId } from './row-ids.ts';
import { normaliseProvider } from './words.ts';

/** Money is never guessed: where two things of a row contradict each other it stops, and says which. */
export function transactionOf(reading: Reading, payload: PayloadFacts | null): TransactionFacts | null {
  const { get, all, id, keyFor, mapping, note } = reading;
  judgeType(reading);
  judgeMode(reading, payload);
  const provider = providerOf(reading);
  const told = statusOf(reading, payload);
  const currency = currencyOf(reading, payload);
  const dates = datesOf(reading, payload);
  const amountCents = amountOf(reading, told ?? 'SUCCEEDED', payload);
  if (provider === null || told === null || amountCents === null || dates === null) return null;
  const back = moneyBack(reading, told, amountCents, payload);
  const settled = isSettled(back.status);
  if (!settled && get('paidAt') !== null) stopButPaid(reading, told);
  if (settled && dates.paidAtMs === null) note('paid_at_missing');
  const wentBack = back.refundedCents + back.chargedBackCents > 0;
  if (wentBack && dates.refundedAtMs === null) note('refunded_at_missing');
  const routed = get('routedProvider');
  const chargeId = id('chargeId') ?? keyFor(payload?.chargeId ?? null);
  // Another name of the same charge, as the PaymentIntent beside it, brings two rows of it together.
  const other = all('chargeId').find((name) => name !== get('chargeId'));
  return {
    provider,
    routedProvider: routed === null ? null : normaliseProvider(routed, mapping.words),
    status: back.status,
    amountCents,
    currency,
    method: methodOf(reading),
    installments: installmentsOf(reading),
    orderId: id('orderId') ?? keyFor(other ?? payload?.orderId ?? null),
    chargeId,
    createdAtMs: dates.createdAtMs,
    paidAtMs: settled ? (dates.paidAtMs ?? dates.createdAtMs) : null,
    refundedCents: back.refundedCents,
    chargedBackCents: back.chargedBackCents,
    refundedAtMs: wentBack ? (dates.refundedAtMs ?? dates.changedAtMs) : null,
    subscriptionKey: id('subscriptionKey'),
    ...periodOf(reading),
    customerKey: id('customerKey'),
    sessionKey: id('sessionKey'),
    providerCustomerId: providerCustomerOf(reading, payload),
    card:
      payload?.card ??
      cleanCard({
        id: get('methodId') ?? undefined,
        brand: get('cardBrand') ?? undefined,
        last4: get('cardLast4')?.padStart(4, '0'),
      }),
  };
}

/** As the provider calls whoever pays; shops that call them by their e-mail, document or name are many. */
function providerCustomerOf({ get, note }: Reading, payload: PayloadFacts | null): string | null {
  const told = cleanId(get('providerCustomerId') ?? undefined) ?? payload?.customerId ?? null;
  if (told === null || (isPlainId(told) && !/\s/.test(told))) return told;
  note('provider_customer_hidden');
  return null;
}

export function sessionOf(reading: Reading): SessionFacts | null {
  const { get, id, note, options } = reading;
  judgeMode(reading, null);
  const status = statusOf(reading, null);
  const dates = datesOf(reading);
  if (status === null || dates === null) return null;
  const text = get('endedAt');
  const ended = text === null ? null : readInstant(text, options);
  if (text !== null && ended === null) note('date_unreadable');
  return {
    status,
    openedAtMs: dates.createdAtMs,
    endedAtMs: ended ?? dates.paidAtMs,
    transactionKey: id('transactionKey'),
    orderId: id('orderId'),
  };
}
