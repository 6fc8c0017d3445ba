import { isValidCpf, normaliseCpf } from '../../domain/cpf.ts';
import type { ChargeRequest } from '../../domain/protocol/charges.ts';

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
