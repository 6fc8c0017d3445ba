import { type BrCodeError, parseBrCode } from '../../../domain/br-code.ts';
import { locationIdOf } from '../api-pix/documents.ts';
import type { ProviderContext } from '../provider-context.ts';
import type { Charge } from '../store/charges.ts';

/** What a code, or a txid, asks to be paid. */
export type Payable =
  | { readonly kind: 'charge'; readonly charge: Charge; readonly payee: Payee }
  /** A static code: no charge, no expiry; the amount may be the payer's to type. */
  | {
      readonly kind: 'key';
      readonly key: string;
      readonly txid: string | null;
      readonly amountCents: number | null;
      readonly payee: Payee;
    };

export interface Payee {
  readonly name: string;
  readonly city: string;
}

export type LookUpResult =
  | { readonly ok: true; readonly payable: Payable }
  | { readonly ok: false; readonly code: 'invalid_br_code'; readonly reason: BrCodeError }
  | { readonly ok: false; readonly code: 'unknown_charge' | 'recurrence_only' };

/** Reads a code as a bank app does: the code says where the charge is, the charge says what is due. */
export function lookUpCode({ store }: ProviderContext, brCode: string): LookUpResult {
  // People paste with a line break or a blank around.
  const parsed = parseBrCode(brCode.trim());
  if (!parsed.ok) return { ok: false, code: 'invalid_br_code', reason: parsed.error };
  const code = parsed.value;
  const payee = { name: code.merchant.name, city: code.merchant.city };
  if (code.kind === 'rec-only') return { ok: false, code: 'recurrence_only' };
  if (code.kind === 'static') {
    // "0.00" is written by some generators for an amount that the payer types.
    const amountCents = code.amountCents === 0 ? null : code.amountCents;
    return { ok: true, payable: { kind: 'key', key: code.key, txid: code.txid, amountCents, payee } };
  }
  const locationId = locationIdOf(code.url);
  const charge = locationId === null ? undefined : store.charges.byLocationId(locationId);
  if (charge === undefined) return { ok: false, code: 'unknown_charge' };
  return { ok: true, payable: { kind: 'charge', charge, payee } };
}

export function lookUpTxid(context: ProviderContext, txid: string): LookUpResult {
  const charge = context.store.charges.byTxid(txid);
  return charge === undefined ? { ok: false, code: 'unknown_charge' } : lookUpCode(context, charge.brCode);
}
