import type {
  CardFacts,
  ChargeFacts,
  PayerFacts,
  PaymentMethodKind,
  RecurrenceFacts,
} from '../provider-facts.ts';
import { dayOf, ToldId, ToldNumber, ToldText, told } from '../told.ts';

/** `GetCustomerResponse`, `GetCardResponse`, `GetInvoiceResponse` of pagarme-nodejs-sdk, as far as they are read. */
const Phone = told({ country_code: ToldText, area_code: ToldText, number: ToldText });
const Customer = told({
  id: ToldId,
  name: ToldText,
  email: ToldText,
  document: ToldText,
  phones: told({ mobile_phone: Phone }),
});
const Card = told({
  id: ToldId,
  brand: ToldText,
  last_four_digits: ToldText,
  exp_month: ToldNumber,
  exp_year: ToldNumber,
});
const Cycle = told({ start_at: ToldText, end_at: ToldText });
const Charge = told({
  id: ToldId,
  payment_method: ToldText,
  last_transaction: told({ installments: ToldNumber, card: Card }),
  invoice: told({ subscription_id: ToldId, subscription: told({ id: ToldId }), cycle: Cycle }),
});
const Order = told({ id: ToldId, customer: Customer, charges: Charge.array().optional().catch(undefined) });
const Subscription = told({
  customer: Customer,
  card: Card,
  plan: told({ name: ToldText }),
  start_at: ToldText,
  current_cycle: Cycle,
});
const Invoice = told({ cycle: Cycle });

const METHOD: ReadonlyMap<string, PaymentMethodKind> = new Map<string, PaymentMethodKind>([
  ['pix', 'pix'],
  ['credit_card', 'card'],
  ['debit_card', 'card'],
  ['boleto', 'boleto'],
]);

/**
 * What an order tells beside the money.
 * @param body as it came
 * @param standInCpf of the customer that the shop has set for orders of nobody: it is nobody here, too
 */
export function factsOfOrder(body: unknown, standInCpf: string | undefined): ChargeFacts {
  const order = Order.parse(body);
  const charge = order?.charges?.[0];
  const card = cardOf(charge?.last_transaction?.card);
  const payer = payerOf(order?.customer, standInCpf);
  const agreementId = charge?.invoice?.subscription_id ?? charge?.invoice?.subscription?.id;
  return {
    method: charge?.payment_method === undefined ? undefined : (METHOD.get(charge.payment_method) ?? 'other'),
    installments: charge?.last_transaction?.installments ?? 1,
    orderId: order?.id,
    paymentId: charge?.id,
    payer,
    customerId: payer === undefined ? undefined : order?.customer?.id,
    card,
    subscription:
      agreementId === undefined
        ? undefined
        : {
            agreementId,
            startsOn: dayOf(charge?.invoice?.cycle?.start_at),
            endsOn: dayOf(charge?.invoice?.cycle?.end_at),
          },
    payload: body,
  };
}

export function factsOfSubscription(body: unknown, standInCpf: string | undefined): RecurrenceFacts {
  const subscription = Subscription.parse(body);
  const startedAtMs = Date.parse(subscription?.start_at ?? '');
  const payer = payerOf(subscription?.customer, standInCpf);
  const card = cardOf(subscription?.card);
  return {
    payer,
    customerId: payer === undefined ? undefined : subscription?.customer?.id,
    card: card === undefined ? undefined : { ...card, isSaved: true, isDefault: true },
    plan: subscription?.plan?.name,
    startedAtMs: Number.isNaN(startedAtMs) ? undefined : startedAtMs,
    ...periodOf(subscription?.current_cycle),
  };
}

export function factsOfInvoice(body: unknown): RecurrenceFacts {
  return periodOf(Invoice.parse(body)?.cycle);
}

function periodOf(cycle: ReturnType<typeof Cycle.parse>): RecurrenceFacts {
  return { periodStartsOn: dayOf(cycle?.start_at), periodEndsOn: dayOf(cycle?.end_at) };
}

function payerOf(
  customer: ReturnType<typeof Customer.parse>,
  standInCpf: string | undefined,
): PayerFacts | undefined {
  if (customer === undefined) return undefined;
  const digits = customer.document?.replace(/\D/g, '');
  if (standInCpf !== undefined && digits === standInCpf.replace(/\D/g, '')) return undefined;
  const phone = customer.phones?.mobile_phone;
  return {
    name: customer.name,
    email: customer.email,
    document: customer.document,
    phone:
      phone?.number === undefined
        ? undefined
        : `${phone.country_code ?? ''}${phone.area_code ?? ''}${phone.number}`,
  };
}

function cardOf(card: ReturnType<typeof Card.parse>): CardFacts | undefined {
  if (card === undefined) return undefined;
  const { id, brand, last_four_digits: last4, exp_month: expMonth, exp_year: expYear } = card;
  return { id, brand, last4, expMonth, expYear, isSaved: id !== undefined };
}
