/** Stripe's objects as this simulator keeps and sends them (API 2026-10-28.endive), times in epoch seconds. */
export const API_VERSION = '2026-10-28.endive';

export interface Intent {
  readonly id: string;
  readonly object: 'payment_intent';
  readonly amount: number;
  amount_received: number;
  readonly allowed_payment_method_types: readonly string[] | null;
  canceled_at: number | null;
  cancellation_reason: string | null;
  readonly capture_method: string;
  readonly client_secret: string;
  readonly created: number;
  readonly currency: string;
  readonly description: string | null;
  last_payment_error: StripeError | null;
  latest_charge: string | null;
  readonly livemode: false;
  readonly metadata: Readonly<Record<string, string>>;
  readonly payment_method_types: readonly string[];
  status: 'requires_payment_method' | 'succeeded' | 'canceled';
}

export interface Charge {
  readonly id: string;
  readonly object: 'charge';
  readonly amount: number;
  readonly amount_captured: number;
  amount_refunded: number;
  readonly balance_transaction: string | null;
  readonly captured: boolean;
  readonly created: number;
  readonly currency: string;
  readonly description: string | null;
  disputed: boolean;
  readonly failure_code: string | null;
  readonly failure_message: string | null;
  readonly livemode: false;
  readonly metadata: Readonly<Record<string, string>>;
  readonly paid: boolean;
  readonly payment_intent: string;
  readonly payment_method_details: { readonly type: 'card'; readonly card: { brand: string; last4: string } };
  refunded: boolean;
  readonly status: 'succeeded' | 'failed';
}

export interface Refund {
  readonly id: string;
  readonly object: 'refund';
  readonly amount: number;
  readonly charge: string;
  readonly created: number;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly payment_intent: string;
  readonly reason: string | null;
  status: 'succeeded' | 'failed';
  failure_reason?: string;
}

export interface Dispute {
  readonly id: string;
  readonly object: 'dispute';
  readonly amount: number;
  readonly charge: string;
  readonly created: number;
  readonly currency: string;
  readonly is_charge_refundable: boolean;
  readonly livemode: false;
  readonly metadata: Readonly<Record<string, string>>;
  readonly payment_intent: string;
  readonly reason: string;
  status: 'needs_response' | 'won' | 'lost';
}

export interface BalanceTransaction {
  readonly id: string;
  readonly object: 'balance_transaction';
  readonly amount: number;
  readonly created: number;
  readonly currency: string;
  readonly fee: number;
  readonly net: number;
  readonly source: string;
  readonly status: 'available';
  readonly type: 'charge';
}

export interface Subscription {
  readonly id: string;
  readonly object: 'subscription';
  readonly created: number;
  readonly currency: string;
  readonly customer: string;
  readonly items: {
    readonly data: readonly {
      readonly quantity: number;
      readonly price: { readonly id: string; readonly nickname: string; readonly unit_amount: number };
      readonly current_period_start: number;
      readonly current_period_end: number;
    }[];
    readonly has_more: false;
  };
  readonly start_date: number;
  readonly status: string;
  readonly trial_end: number | null;
}

export interface Invoice {
  readonly id: string;
  readonly object: 'invoice';
  readonly amount_due: number;
  readonly created: number;
  readonly currency: string;
  readonly due_date: number | null;
  readonly parent: {
    readonly type: 'subscription_details';
    readonly subscription_details: { readonly subscription: string };
  };
  /** Kept here; the API answers a list of it (`billing.ts`). */
  readonly payment: { readonly id: string; readonly payment_intent: string; readonly paid_at: number };
  readonly period_end: number;
  readonly period_start: number;
  readonly status: 'paid';
}

export type StripeObject = Intent | Charge | Refund | Dispute | BalanceTransaction | Subscription | Invoice;

export interface StripeError {
  readonly type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  readonly code?: string;
  readonly decline_code?: string;
  readonly message: string;
  readonly param?: string;
  /** As it is after an attempt that failed. */
  readonly payment_intent?: Intent;
}

/** What a call comes to: one of Stripe's objects or lists, or an error. */
export type StripeAnswer =
  | { readonly status: 200; readonly body: unknown }
  | { readonly status: 400 | 401 | 402 | 404; readonly body: { readonly error: StripeError } };

export function refuse(
  status: 400 | 401 | 404,
  message: string,
  more: Pick<StripeError, 'code' | 'param'> & { readonly type?: StripeError['type'] } = {},
): StripeAnswer {
  return { status, body: { error: { type: 'invalid_request_error', message, ...more } } };
}
