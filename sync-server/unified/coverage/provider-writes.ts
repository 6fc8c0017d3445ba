import type { ProviderName } from '../../providers/registry.ts';

/**
 * What each provider's answer adds beside the case, from the first that tells of money: columns of `payment_transactions`
 * that it fills, and rows that come. A card's row comes with the card, a customer's where the answer says who pays.
 */
export const PROVIDER_WRITES = {
  'bacen-pix': { columns: [], rows: ['customer_providers', 'customers', 'payment_payloads'] },
  pagarme: {
    columns: ['provider_charge_id', 'provider_order_id', 'provider_payment_id'],
    rows: ['customer_providers', 'customers', 'payment_payloads'],
  },
  appmax: {
    columns: ['provider_charge_id', 'provider_order_id'],
    rows: ['customer_providers', 'customers', 'payment_payloads'],
  },
  'open-finance': {
    columns: ['authorisation_url', 'provider_charge_id', 'provider_payment_id'],
    rows: ['customer_providers', 'customers', 'payment_payloads'],
  },
  stripe: {
    columns: ['payment_method_id', 'provider_charge_id', 'provider_payment_id'],
    rows: ['customer_payment_methods', 'customer_providers', 'customers', 'payment_payloads'],
  },
} as const satisfies Record<
  ProviderName,
  { readonly columns: readonly string[]; readonly rows: readonly string[] }
>;

/** Filled by every provider's answer that tells of money. */
export const ALWAYS_FILLED = [
  'charge_created_at',
  'charge_expires_at',
  'customer_id',
  'customer_provider_id',
  'installments',
  'payment_method',
  'provider_status',
  'routed_provider',
] as const;
