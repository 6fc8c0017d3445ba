import { centsToPixAmount } from '../money.ts';
import { crc16 } from './crc16.ts';
import { BRL_NUMERIC, COUNTRY_BRAZIL, ISPB, LIMITS, NO_TXID, PIX_GUI, SCHEMELESS_URL } from './limits.ts';
import { pixKeyKind } from './pix-key.ts';
import { MAX_VALUE_LENGTH, writeTlv } from './tlv.ts';

/** Who is paid. Name and city are unaccented to printable ASCII and cut to 25 and 15 characters. */
export interface BrCodePayee {
  readonly merchantName: string;
  readonly merchantCity: string;
  /** CEP, at most 10 characters. */
  readonly postalCode?: string | undefined;
  /** ISO 18245, four digits; "0000" (not informed) by default. */
  readonly categoryCode?: string | undefined;
}

export interface BrCodeEncodeError {
  readonly code:
    | 'invalid_key'
    | 'invalid_url'
    | 'invalid_recurrence_url'
    | 'invalid_amount'
    | 'invalid_txid'
    /** Key, info and ISPB share one field of 99 characters. */
    | 'account_too_long'
    | 'invalid_withdrawal_ispb'
    | 'invalid_merchant_name'
    | 'invalid_merchant_city'
    | 'invalid_postal_code'
    | 'invalid_category_code';
  /** English, for the log or the terminal. */
  readonly detail: string;
}

export type BrCodeEncodeResult =
  | { readonly ok: true; readonly brCode: string }
  | { readonly ok: false; readonly error: BrCodeEncodeError };

/**
 * A code that names its key, payable any number of times.
 * @param input.key phone (+55…), CPF, CNPJ, e-mail or EVP, as registered
 * @param input.amountCents absent or positive; the payer types the amount where it is absent
 * @param input.txid 1–25 of `[A-Za-z0-9]`; absent becomes `***`
 * @param input.info free text for the payer; key and info share one field, at most 73 characters together
 * @param input.withdrawalIspb ISPB of the institution that hands out the cash (Pix Saque)
 * @param input.recurrenceUrl location of a Pix Automático recurrence, without `https://`
 */
export function encodeStaticBrCode(
  input: BrCodePayee & {
    readonly key: string;
    readonly amountCents?: number | undefined;
    readonly txid?: string | undefined;
    readonly info?: string | undefined;
    readonly withdrawalIspb?: string | undefined;
    readonly recurrenceUrl?: string | undefined;
  },
): BrCodeEncodeResult {
  const { key, amountCents, txid, withdrawalIspb } = input;
  if (pixKeyKind(key) === null) return refuse('invalid_key', 'not a phone, CPF, CNPJ, e-mail or EVP key');
  if (amountCents !== undefined && !isChargeable(amountCents)) {
    return refuse('invalid_amount', 'cents must be a whole number from 1 to 999999999999');
  }
  if (txid !== undefined && !/^[A-Za-z0-9]{1,25}$/.test(txid)) {
    return refuse('invalid_txid', 'a txid has 1 to 25 letters and digits');
  }
  if (withdrawalIspb !== undefined && !ISPB.test(withdrawalIspb)) {
    return refuse('invalid_withdrawal_ispb', 'an ISPB has 8 digits or capital letters');
  }
  const info = toPrintableAscii(input.info ?? '');
  if (info.length > LIMITS.info) return refuse('account_too_long', `info of ${info.length} characters`);
  const account = [
    writeTlv('00', PIX_GUI),
    writeTlv('01', key),
    info === '' ? '' : writeTlv('02', info),
    withdrawalIspb === undefined ? '' : writeTlv('03', withdrawalIspb),
  ].join('');
  if (account.length > MAX_VALUE_LENGTH) {
    return refuse(
      'account_too_long',
      `key, info and ISPB make ${account.length} of ${MAX_VALUE_LENGTH} characters`,
    );
  }
  const amount = amountCents === undefined ? '' : centsToPixAmount(amountCents);
  return assemble(input, { initiation: '', account, amount, txid: txid ?? NO_TXID });
}

/**
 * A code that points to a charge at the payee's bank, which holds amount and txid.
 * @param input.url location of the payload, without `https://`, at most 77 characters
 * @param input.recurrenceUrl location of a Pix Automático recurrence: makes the composite code of journey 3
 */
export function encodeDynamicBrCode(
  input: BrCodePayee & { readonly url: string; readonly recurrenceUrl?: string | undefined },
): BrCodeEncodeResult {
  if (!isLocation(input.url)) return refuse('invalid_url', 'host and path, 77 characters at most, no scheme');
  const account = writeTlv('00', PIX_GUI) + writeTlv('25', input.url);
  return assemble(input, { initiation: writeTlv('01', '12'), account, amount: '', txid: NO_TXID });
}

/** A code that asks for consent to a Pix Automático recurrence and for no payment (journey 2). */
export function encodeRecurrenceBrCode(
  input: BrCodePayee & { readonly recurrenceUrl: string },
): BrCodeEncodeResult {
  const account = writeTlv('00', PIX_GUI);
  return assemble(input, { initiation: '', account, amount: '', txid: NO_TXID });
}

function assemble(
  payee: BrCodePayee & { readonly recurrenceUrl?: string | undefined },
  part: {
    readonly initiation: string;
    readonly account: string;
    readonly amount: string;
    readonly txid: string;
  },
): BrCodeEncodeResult {
  const name = toPrintableAscii(payee.merchantName).slice(0, LIMITS.merchantName).trimEnd();
  const city = toPrintableAscii(payee.merchantCity).slice(0, LIMITS.merchantCity).trimEnd();
  const { postalCode = '', categoryCode = '0000', recurrenceUrl } = payee;
  if (name === '') return refuse('invalid_merchant_name', 'no printable ASCII character in the name');
  if (city === '') return refuse('invalid_merchant_city', 'no printable ASCII character in the city');
  if (postalCode.length > LIMITS.postalCode || !/^[ -~]*$/.test(postalCode)) {
    return refuse('invalid_postal_code', 'a CEP has at most 10 characters');
  }
  if (!/^\d{4}$/.test(categoryCode)) return refuse('invalid_category_code', 'an MCC has four digits');
  if (recurrenceUrl !== undefined && !isLocation(recurrenceUrl)) {
    return refuse('invalid_recurrence_url', 'host and path, 77 characters at most, no scheme');
  }
  const text = [
    writeTlv('00', '01'),
    part.initiation,
    writeTlv('26', part.account),
    writeTlv('52', categoryCode),
    writeTlv('53', BRL_NUMERIC),
    part.amount === '' ? '' : writeTlv('54', part.amount),
    writeTlv('58', COUNTRY_BRAZIL),
    writeTlv('59', name),
    writeTlv('60', city),
    postalCode === '' ? '' : writeTlv('61', postalCode),
    writeTlv('62', writeTlv('05', part.txid)),
    recurrenceUrl === undefined
      ? ''
      : writeTlv('80', writeTlv('00', PIX_GUI) + writeTlv('25', recurrenceUrl)),
    '6304',
  ].join('');
  return { ok: true, brCode: text + crc16(text) };
}

/**
 * What every bank app can read: accents dropped, anything else outside 0x20–0x7E removed. Compatibility
 * decomposition, so that "nº" becomes "no" and not "n".
 */
function toPrintableAscii(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[^\x20-\x7e]/g, '')
    .replace(/ {2,}/g, ' ')
    .trim();
}

function isChargeable(cents: number): boolean {
  return Number.isSafeInteger(cents) && cents > 0 && cents <= 999_999_999_999;
}

function isLocation(url: string): boolean {
  return url.length <= LIMITS.url && SCHEMELESS_URL.test(url);
}

function refuse(code: BrCodeEncodeError['code'], detail: string): BrCodeEncodeResult {
  return { ok: false, error: { code, detail } };
}
