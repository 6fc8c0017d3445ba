/**
 * Stripe's published example objects (github.com/stripe/openapi, `fixtures3.json`), of each the fields that are read
 * and enough of the others to show that they are passed over.
 */
export const INTENT = {
  id: 'pi_1PgafyB7WZ01zgkWSjxsAJo3',
  object: 'payment_intent',
  amount: 1099,
  amount_capturable: 0,
  amount_details: { tip: {} },
  amount_received: 0,
  automatic_payment_methods: { enabled: true },
  canceled_at: 1234567890,
  cancellation_reason: null,
  capture_method: 'automatic',
  client_secret: 'pi_1PgafyB7WZ01zgkWSjxsAJo3_secret_Dm43xiq1k0ywrRRjDoi8y1gkM',
  created: 1234567890,
  currency: 'usd',
  last_payment_error: { type: 'idempotency_error' },
  latest_charge: null,
  livemode: false,
  metadata: {},
  next_action: { type: 'type' },
  payment_method_types: ['card'],
  status: 'requires_payment_method',
  transfer_data: { destination: { id: 'obj_123', object: 'account' } },
};

export const CHARGE = {
  id: 'ch_1PgafuB7WZ01zgkWXYmPNZs8',
  object: 'charge',
  amount: 100,
  amount_captured: 0,
  amount_refunded: 0,
  balance_transaction: 'txn_1PgaxNB7WZ01zgkWEV3TLf40',
  billing_details: { address: null, email: null, name: 'Jenny Rosen', phone: null },
  captured: false,
  created: 1234567890,
  currency: 'usd',
  disputed: false,
  fraud_details: {},
  livemode: false,
  metadata: {},
  paid: true,
  payment_intent: null,
  refunded: false,
  refunds: {
    data: [],
    has_more: false,
    object: 'list',
    url: '/v1/charges/ch_1PgafuB7WZ01zgkWXYmPNZs8/refunds',
  },
  status: 'succeeded',
};

export const REFUND = {
  id: 're_1Pgc72B7WZ01zgkWqPvrRrPE',
  object: 'refund',
  amount: 100,
  balance_transaction: null,
  charge: 'ch_1PgafuB7WZ01zgkWXYmPNZs8',
  created: 1234567890,
  currency: 'usd',
  destination_details: { card: { type: 'reversal' }, type: 'card' },
  metadata: {},
  payment_intent: null,
  reason: null,
  status: 'succeeded',
};

export const DISPUTE = {
  id: 'dp_1Pgc71B7WZ01zgkWMevJiAUx',
  object: 'dispute',
  amount: 1000,
  balance_transactions: [],
  charge: 'ch_1PgafuB7WZ01zgkWXYmPNZs8',
  created: 1234567890,
  currency: 'usd',
  is_charge_refundable: true,
  livemode: false,
  metadata: {},
  payment_intent: null,
  reason: 'general',
  status: 'warning_needs_response',
};

export const INVOICE = {
  id: 'in_1Pgc6tB7WZ01zgkWu9fdqL6I',
  object: 'invoice',
  amount_due: 1000,
  metadata: {},
  parent: {
    quote_details: { quote: 'quote' },
    subscription_details: { metadata: null, subscription: 'subscription' },
    type: 'quote_details',
  },
  status: 'draft',
  subscription: null,
};

export const SUBSCRIPTION = {
  id: 'sub_1Pgc6rB7WZ01zgkWNy0Cn5nw',
  object: 'subscription',
  customer: 'cus_QXg1o8vcGmoR32',
  latest_invoice: null,
  metadata: {},
  status: 'active',
};

export const CHECKOUT_SESSION = {
  id: 'cs_test_a1YS1URlnyQCN5fUUduORoQ7Pw41PJqDWkIVQCpJPqkfIhd6tVY8XB1OLY',
  object: 'checkout.session',
  client_secret: null,
  metadata: {},
  mode: 'payment',
  payment_intent: 'pi_1PgafyB7WZ01zgkWSjxsAJo3',
  payment_status: 'unpaid',
  subscription: null,
};

/** The envelope of every event, with the object that it speaks of. */
export function eventOf(type: string, object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    id: 'evt_1Pgc76B7WZ01zgkWwyRHS12y',
    object: 'event',
    api_version: null,
    created: 1234567890,
    data: { object },
    livemode: false,
    pending_webhooks: 0,
    request: { id: null, idempotency_key: null },
    type,
  };
}
