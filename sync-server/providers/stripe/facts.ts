import type { CardFacts, ChargeFacts, PaymentMethodKind, RecurrenceFacts } from '../provider-facts.ts';
import { ToldId, ToldNumber, ToldText, told } from '../told.ts';

/** Parts of a PaymentIntent and its charge that no money depends on (API 2026-10-28.endive). */
const Card = told({
  brand: ToldText,
  last4: ToldText,
  exp_month: ToldNumber,
  exp_year: ToldNumber,
  fingerprint: ToldText,
  installments: told({ plan: told({ count: ToldNumber }) }),
});
const Charge = told({
  id: ToldId,
  billing_details: told({ name: ToldText, email: ToldText, phone: ToldText }),
  receipt_email: ToldText,
  payment_method: ToldId,
  payment_method_details: told({ type: ToldText, card: Card }),
});
const Intent = told({
  customer: ToldId,
  receipt_email: ToldText,
  latest_charge: Charge,
  setup_future_usage: ToldText,
});
const Item = told({
  current_period_start: ToldNumber,
  current_period_end: ToldNumber,
  price: told({ nickname: ToldText, lookup_key: ToldText, id: ToldText }),
});
const Subscription = told({
  customer: ToldId,
  start_date: ToldNumber,
  trial_end: ToldNumber,
  default_payment_method: ToldId,
  items: told({ data: Item.array().optional().catch(undefined) }),
});
const Invoice = told({ period_start: ToldNumber, period_end: ToldNumber });

const DAY_MS = 24 * 60 * 60_000;

/** @param intent with its charge expanded, where it has one */
export function factsOfIntent(intent: unknown): ChargeFacts {
  const wire = Intent.parse(intent);
  const charge = wire?.latest_charge;
  const details = charge?.payment_method_details;
  const { name, email, phone } = charge?.billing_details ?? {};
  return {
    method: methodOf(details?.type),
    installments: details?.card?.installments?.plan?.count ?? 1,
    paymentId: charge?.id,
    payer: { name, email: email ?? charge?.receipt_email ?? wire?.receipt_email, phone },
    customerId: wire?.customer,
    card:
      details?.card === undefined
        ? undefined
        : {
            ...cardOf(details.card),
            id: charge?.payment_method,
            isSaved: wire?.customer !== undefined && wire.setup_future_usage !== undefined,
          },
    payload: intent,
  };
}

export function factsOfSubscription(body: unknown): RecurrenceFacts {
  const wire = Subscription.parse(body);
  const item = wire?.items?.data?.[0];
  const price = item?.price;
  return {
    customerId: wire?.customer,
    card:
      wire?.default_payment_method === undefined
        ? undefined
        : { id: wire.default_payment_method, isSaved: true, isDefault: true },
    plan: price?.nickname ?? price?.lookup_key ?? price?.id,
    startedAtMs: inMs(wire?.start_date),
    trialEndsAtMs: inMs(wire?.trial_end),
    ...periodOf(item?.current_period_start, item?.current_period_end),
  };
}

export function factsOfInvoice(body: unknown): RecurrenceFacts {
  const wire = Invoice.parse(body);
  return periodOf(wire?.period_start, wire?.period_end);
}

function methodOf(type: string | undefined): PaymentMethodKind | undefined {
  if (type === undefined) return undefined;
  return type === 'card' || type === 'card_present' ? 'card' : 'other';
}

function cardOf(card: NonNullable<ReturnType<typeof Card.parse>>): CardFacts {
  const { brand, last4, exp_month: expMonth, exp_year: expYear, fingerprint } = card;
  return { brand, last4, expMonth, expYear, fingerprint };
}

/** Stripe's periods end in the moment in which the next begins. */
function periodOf(startSeconds: number | undefined, endSeconds: number | undefined): RecurrenceFacts {
  const endsMs = inMs(endSeconds);
  const startsMs = inMs(startSeconds);
  return {
    periodStartsOn: dayAt(startsMs),
    periodEndsOn: endsMs === undefined ? undefined : dayAt(Math.max(endsMs - DAY_MS, startsMs ?? 0)),
  };
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

function dayAt(atMs: number | undefined): string | undefined {
  const LAST_MS = 253_402_300_799_000;
  return atMs !== undefined && atMs >= 0 && atMs <= LAST_MS
    ? new Date(atMs).toISOString().slice(0, 10)
    : undefined;
}
