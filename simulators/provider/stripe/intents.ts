import { oweEvent } from './events.ts';
import { amountOf, type FormTree, recordOf, textOf, textsOf } from './form.ts';
import {
  type BalanceTransaction,
  type Charge,
  type Intent,
  type Refund,
  refuse,
  type StripeAnswer,
} from './objects.ts';
import { newStripeId, nowSeconds, type StripeContext } from './stripe-context.ts';

/** Of an expanded list; the whole one is got from the list's own address. */
const EXPANDED_LIST_SIZE = 10;
/** Stripe's search is behind by "under a minute"; here always by one, so that who counts on it is found out. */
export const SEARCH_BEHIND_MS = 60_000;

/** `POST /v1/payment_intents`, for cards alone. */
export function createIntent(context: StripeContext, form: FormTree): StripeAnswer {
  if (form['payment_method_types'] !== undefined)
    return refuse(400, 'The parameter payment_method_types is no longer supported.', {
      code: 'payment_method_types_no_longer_supported',
      param: 'payment_method_types',
    });
  const amount = amountOf(form, 'amount');
  if (amount === undefined) return refuse(400, 'Invalid integer: amount', { param: 'amount' });
  const currency = textOf(form, 'currency');
  if (currency === undefined || !/^[a-z]{3}$/.test(currency))
    return refuse(400, 'Invalid currency', { param: 'currency' });
  const allowed = textsOf(form, 'allowed_payment_method_types');
  if (allowed.length > 0 && form['automatic_payment_methods'] !== undefined)
    return refuse(400, 'allowed_payment_method_types and automatic_payment_methods exclude each other.', {
      code: 'parameters_exclusive',
    });
  const id = newStripeId(context, 'pi');
  const intent: Intent = {
    id,
    object: 'payment_intent',
    amount,
    amount_received: 0,
    allowed_payment_method_types: allowed.length > 0 ? allowed : null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: textOf(form, 'capture_method') ?? 'automatic_async',
    client_secret: newStripeId(context, `${id}_secret`),
    created: nowSeconds(context),
    currency,
    description: textOf(form, 'description') ?? null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    metadata: recordOf(form, 'metadata'),
    payment_method_types: ['card'],
    status: 'requires_payment_method',
  };
  context.store.put(intent, id, context.provider.clock.nowMs());
  oweEvent(context, 'payment_intent.created', intent);
  return { status: 200, body: intent };
}

/** `query=metadata['name']:'value'`, that one clause. */
export function searchIntents(context: StripeContext, query: string): StripeAnswer {
  const clause = /^metadata\['(\w+)'\]:'([\w-]+)'$/.exec(query);
  if (clause === null)
    return refuse(400, 'This simulator searches metadata, by one clause.', { param: 'query' });
  const [, name = '', value = ''] = clause;
  const untilMs = context.provider.clock.nowMs() - SEARCH_BEHIND_MS;
  const data = context.store
    .newest<Intent>('payment_intent', untilMs, MAX_SEARCHED)
    .filter(({ metadata }) => metadata[name] === value)
    .map((intent) => expandIntent(context, intent, []));
  return {
    status: 200,
    body: {
      object: 'search_result',
      data,
      has_more: false,
      next_page: null,
      url: '/v1/payment_intents/search',
    },
  };
}

/** A simulator's shop has not sold more than that when a test looks for one. */
const MAX_SEARCHED = 10_000;

/** The PaymentIntent with what was asked to be expanded; of that, what this product asks for is offered. */
export function expandIntent(
  { store }: StripeContext,
  intent: Intent,
  expand: readonly string[],
): Readonly<Record<string, unknown>> {
  const charge =
    intent.latest_charge === null || !expand.some((path) => path.split('.')[0] === 'latest_charge')
      ? undefined
      : store.get<Charge>('charge', intent.latest_charge);
  if (charge === undefined) return { ...intent };
  const balance =
    charge.balance_transaction === null || !expand.includes('latest_charge.balance_transaction')
      ? undefined
      : store.get<BalanceTransaction>('balance_transaction', charge.balance_transaction);
  const refunds = expand.includes('latest_charge.refunds')
    ? store.of<Refund>('refund', intent.id)
    : undefined;
  return {
    ...intent,
    latest_charge: {
      ...charge,
      ...(balance === undefined ? {} : { balance_transaction: balance }),
      ...(refunds === undefined
        ? {}
        : { refunds: list(refunds, EXPANDED_LIST_SIZE, `/v1/charges/${charge.id}/refunds`) }),
    },
  };
}

/** The first page of what is newest first. */
export function list<T>(items: readonly T[], limit: number, url: string): Readonly<Record<string, unknown>> {
  return { object: 'list', data: items.slice(0, limit), has_more: items.length > limit, url };
}
