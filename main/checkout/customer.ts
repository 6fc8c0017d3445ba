import { isValidCpf, normaliseCpf } from '../../domain/cpf.ts';
import { ChargeRequest } from '../../domain/protocol/charges.ts';
import type { PersonalDataBox } from '../../platform/personal-data.ts';

/** What a customer chose to tell of themselves; either part may be absent. */
export type Customer = NonNullable<ChargeRequest['customer']>;

export type CustomerResult =
  | { readonly ok: true; readonly customer: Customer | null }
  | { readonly ok: false; readonly code: 'invalid_cpf' };

/** Null when the customer told nothing. An empty CPF field counts as nothing told. */
export function readCustomer(name: string | undefined, cpfText: string | undefined): CustomerResult {
  const customer: Customer = {};
  if (name !== undefined) customer.name = name;
  if (cpfText !== undefined && cpfText.trim() !== '') {
    const cpf = isValidCpf(cpfText) ? normaliseCpf(cpfText) : null;
    if (cpf === null) return { ok: false, code: 'invalid_cpf' };
    customer.cpf = cpf;
  }
  return { ok: true, customer: Object.keys(customer).length === 0 ? null : customer };
}

/**
 * What was sealed; null when there is nothing, or when it cannot be opened any more (the key file was lost). A
 * customer's own data is a courtesy on charge and paper: its loss must never cost the ticket.
 */
export function openCustomer(personalData: PersonalDataBox, sealed: Uint8Array | null): Customer | null {
  if (sealed === null) return null;
  try {
    return ChargeRequest.shape.customer.parse(personalData.open(sealed)) ?? null;
  } catch {
    return null;
  }
}
