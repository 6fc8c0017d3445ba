import { isValidCpf, normaliseCpf } from '../../../domain/cpf.ts';
import type { ChargeOrder, Rejected } from '../provider.ts';
import type { PagarmeSettings } from './settings.ts';

/** Of `items[].description`. */
const MAX_DESCRIPTION = 255;

/** The body of `POST /orders`. The same order always gives the same body: an idempotency key wants that. */
export function orderBody(
  order: ChargeOrder,
  settings: Pick<PagarmeSettings, 'fallbackCustomer' | 'split'>,
): { readonly kind: 'body'; readonly body: unknown } | Rejected {
  const split = splitRules(order, settings.split);
  if ('kind' in split) return split;
  return {
    kind: 'body',
    body: {
      code: order.txid,
      closed: true,
      items: [
        {
          code: 'ticket',
          amount: order.amountCents,
          quantity: 1,
          description: order.description.slice(0, MAX_DESCRIPTION),
        },
      ],
      customer: customerOf(order, settings.fallbackCustomer),
      payments: [
        {
          payment_method: 'pix',
          amount: order.amountCents,
          pix: { expires_in: order.expiresSeconds },
          ...(split.rules.length === 0 ? {} : { split: split.rules }),
        },
      ],
    },
  };
}

/** A name without a CPF identifies nobody, and somebody's name beside another's CPF would be a lie: both or neither. */
function customerOf({ customer }: ChargeOrder, fallback: PagarmeSettings['fallbackCustomer']): unknown {
  const cpf = customer?.cpf;
  const person =
    customer?.name !== undefined && cpf !== undefined && isValidCpf(cpf)
      ? { name: customer.name.slice(0, 64), document: normaliseCpf(cpf) }
      : { name: fallback.name, document: normaliseCpf(fallback.cpf) };
  return {
    ...person,
    email: customer?.email ?? fallback.email,
    type: 'individual',
    document_type: 'CPF',
    phones: {
      mobile_phone: {
        country_code: fallback.phone.slice(0, 2),
        area_code: fallback.phone.slice(2, 4),
        number: fallback.phone.slice(4),
      },
    },
  };
}

/** The parts of others as flat amounts, and the rest to the merchant, who bears remainders, and losses by default. */
function splitRules(
  order: ChargeOrder,
  settings: PagarmeSettings['split'],
): { readonly rules: readonly unknown[] } | Rejected {
  if (order.split.length === 0) return { rules: [] };
  if (settings === undefined)
    return { kind: 'rejected', code: 'split_not_configured', detail: 'the setting "split" is missing' };
  const others = order.split.reduce((sum, { amountCents }) => sum + amountCents, 0);
  const own = order.amountCents - others;
  if (own < 0 || order.split.some(({ amountCents }) => amountCents <= 0))
    return { kind: 'rejected', code: 'split_mismatch', detail: 'the parts do not add up to the amount' };
  const parts = order.split.map(({ recipientId, amountCents }) => ({
    recipient_id: recipientId,
    amount: amountCents,
    type: 'flat',
    options: {
      liable: settings.partsAreLiable,
      charge_processing_fee: settings.partsPayFees,
      charge_remainder_fee: false,
    },
  }));
  const merchant = {
    recipient_id: settings.merchantRecipientId,
    amount: own,
    type: 'flat',
    options: { liable: true, charge_processing_fee: true, charge_remainder_fee: true },
  };
  return { rules: own === 0 ? parts : [...parts, merchant] };
}
