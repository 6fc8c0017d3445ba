import { pixAmountToCents } from '../money.ts';
import { crc16 } from './crc16.ts';
import { BRL_NUMERIC, COUNTRY_BRAZIL, ISPB, LIMITS, NO_TXID, PIX_GUI, SCHEMELESS_URL } from './limits.ts';
import { readTlv, type TlvField } from './tlv.ts';

interface Common {
  readonly merchant: {
    readonly name: string;
    readonly city: string;
    /** CEP as written, or null. */
    readonly postalCode: string | null;
    /** ISO 18245, "0000" when not informed. */
    readonly categoryCode: string;
  };
  /** Every field, in wire order; the templates that PIX uses are opened. */
  readonly fields: readonly TlvField[];
}

/** A BR Code that holds. URLs are without scheme: `https://` is implied. */
export type BrCode = Common &
  (
    | {
        readonly kind: 'static';
        readonly key: string;
        readonly info: string | null;
        /** ISPB of the institution that hands out cash (Pix Saque), or null. */
        readonly withdrawalIspb: string | null;
        /** Null: the payer types it. */
        readonly amountCents: number | null;
        /** Null when the payee gave none (`***`). */
        readonly txid: string | null;
        readonly recurrenceUrl: string | null;
      }
    | {
        /** Amount and txid are those of the payload behind the URL; fields 54 and 62-05 say nothing here. */
        readonly kind: 'dynamic';
        readonly url: string;
        readonly recurrenceUrl: string | null;
      }
    | { readonly kind: 'rec-only'; readonly recurrenceUrl: string }
  );

export interface BrCodeError {
  readonly code: /** More than 512 characters. */
    | 'too_long'
    /** Does not end in `6304` and four hex digits: cut off, or no BR Code at all. */
    | 'crc_missing'
    | 'crc_mismatch'
    | 'malformed_tlv'
    | 'duplicate_field'
    | 'missing_field'
    | 'invalid_field'
    /** A sound EMV code of another payment scheme. */
    | 'not_pix'
    /** More than one PIX account, or key and URL in one: which of them is to be paid cannot be known. */
    | 'ambiguous';
  /** Ids from the root, as in "26.01"; null when the whole text is meant. */
  readonly field: string | null;
  /** English, for the log or the terminal. */
  readonly detail: string;
}

export type BrCodeResult =
  | { readonly ok: true; readonly value: BrCode }
  | { readonly ok: false; readonly error: BrCodeError };

type Step<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: BrCodeError };

/**
 * Reads a BR Code; never throws. Strict where money is decided (CRC, structure, currency, who is paid), lenient where
 * codes in the field differ from the manual: field 01 is informative, amounts may lack decimals, txids may hold other
 * characters, the CRC may be lower case. Surrounding blanks are not part of a code: the caller trims.
 */
export function parseBrCode(text: string): BrCodeResult {
  if (Array.from(text).length > LIMITS.brCode) {
    return fail('too_long', null, `more than ${LIMITS.brCode} characters`);
  }
  const body = checkCrc(text);
  if (!body.ok) return body;
  const tree = readTree(body.value);
  if (!tree.ok) return tree;
  const fields = tree.value;
  const merchant = readMerchant(fields);
  if (!merchant.ok) return merchant;
  const account = findPixTemplate(fields, 26, 51);
  if (!account.ok) return account;
  if (account.value === null) return fail('not_pix', null, `no ${PIX_GUI} in fields 26 to 51`);
  const recurrence = readRecurrence(fields);
  if (!recurrence.ok) return recurrence;
  const payment = readPayment(fields, account.value, recurrence.value);
  if (!payment.ok) return payment;
  return { ok: true, value: { ...payment.value, merchant: merchant.value, fields } };
}

/** Answers the text with its CRC in upper case, as the tree shows it. */
function checkCrc(text: string): Step<string> {
  const match = /^(.*6304)([0-9a-f]{4})$/is.exec(text);
  if (match === null) return fail('crc_missing', '63', 'the code does not end in 6304 and four hex digits');
  const [, covered = '', found = ''] = match;
  const expected = crc16(covered);
  if (found.toUpperCase() !== expected) {
    return fail('crc_mismatch', '63', `the code is damaged: CRC ${found}, computed ${expected}`);
  }
  return { ok: true, value: covered + expected };
}

function readTree(text: string): Step<TlvField[]> {
  const top = readTlv(text);
  if (!top.ok) return fail(top.code, top.id, `at character ${top.position}`);
  const first = top.fields[0];
  if (first?.id !== '00' || first.value !== '01') {
    return fail('invalid_field', '00', 'the first field must be the payload format indicator 01');
  }
  // The CRC check saw "6304XXXX" at the end; here it must also be a field, and not the tail of another.
  if (top.fields.at(-1)?.id !== '63') return fail('crc_missing', '63', 'the last field is not the CRC');
  const fields: TlvField[] = [];
  for (const field of top.fields) {
    const opened = openTemplate(field);
    if (!opened.ok) return opened;
    fields.push(opened.value);
  }
  return { ok: true, value: fields };
}

/** Opens the templates that PIX uses. Another scheme's template that is not TLV inside stays closed: it is not ours. */
function openTemplate(field: TlvField): Step<TlvField> {
  const id = Number(field.id);
  const schemeTemplate = (id >= 26 && id <= 51) || id >= 80;
  if (!schemeTemplate && id !== 62) return { ok: true, value: field };
  const inner = readTlv(field.value);
  if (inner.ok) return { ok: true, value: { ...field, children: inner.fields } };
  const ours = id === 62 || field.value.toLowerCase().includes(PIX_GUI);
  if (!ours) return { ok: true, value: field };
  return fail(
    inner.code,
    inner.id === null ? field.id : `${field.id}.${inner.id}`,
    `at character ${inner.position} of field ${field.id}`,
  );
}

function readMerchant(fields: readonly TlvField[]): Step<Common['merchant']> {
  const checks: readonly (readonly [string, (value: string) => boolean])[] = [
    ['52', (value) => /^\d{4}$/.test(value)],
    ['53', (value) => value === BRL_NUMERIC],
    ['58', (value) => value === COUNTRY_BRAZIL],
    ['59', (value) => fits(value, LIMITS.merchantName)],
    ['60', (value) => fits(value, LIMITS.merchantCity)],
  ];
  for (const [id, holds] of checks) {
    const value = fieldValue(fields, id);
    if (value === null) return fail('missing_field', id, 'a required field is absent');
    if (!holds(value)) return invalid(id);
  }
  const postalCode = fieldValue(fields, '61');
  if (postalCode !== null && !fits(postalCode, LIMITS.postalCode)) return invalid('61');
  return {
    ok: true,
    value: {
      name: fieldValue(fields, '59') ?? '',
      city: fieldValue(fields, '60') ?? '',
      postalCode,
      categoryCode: fieldValue(fields, '52') ?? '',
    },
  };
}

function readRecurrence(fields: readonly TlvField[]): Step<string | null> {
  const template = findPixTemplate(fields, 80, 99);
  if (!template.ok) return template;
  if (template.value === null) return { ok: true, value: null };
  return readUrl(template.value);
}

type Payment =
  | Omit<Extract<BrCode, { kind: 'static' }>, keyof Common>
  | Omit<Extract<BrCode, { kind: 'dynamic' }>, keyof Common>
  | Omit<Extract<BrCode, { kind: 'rec-only' }>, keyof Common>;

function readPayment(
  fields: readonly TlvField[],
  account: TlvField,
  recurrenceUrl: string | null,
): Step<Payment> {
  const key = childOf(account, '01');
  const url = childOf(account, '25');
  if (key !== null && url !== null) return fail('ambiguous', account.id, 'a key and a URL in one account');
  if (url !== null) {
    const location = readUrl(account);
    return location.ok
      ? { ok: true, value: { kind: 'dynamic', url: location.value, recurrenceUrl } }
      : location;
  }
  if (key !== null) return readStatic(fields, account, key, recurrenceUrl);
  if (recurrenceUrl !== null) return { ok: true, value: { kind: 'rec-only', recurrenceUrl } };
  return fail('missing_field', `${account.id}.01`, 'neither a key nor a URL');
}

function readStatic(
  fields: readonly TlvField[],
  account: TlvField,
  key: string,
  recurrenceUrl: string | null,
): Step<Payment> {
  const info = childOf(account, '02');
  const withdrawalIspb = childOf(account, '03');
  const additional = fields.find((field) => field.id === '62');
  const txid = additional === undefined ? null : childOf(additional, '05');
  const amountText = fieldValue(fields, '54');
  const amount = amountText === null ? null : pixAmountToCents(amountText);

  // That key and info are within 77 and 72 follows from the 99 of the template they share.
  if (key === '') return invalid(`${account.id}.01`);
  if (withdrawalIspb !== null && !ISPB.test(withdrawalIspb)) return invalid(`${account.id}.03`);
  if (txid !== null && !fits(txid, LIMITS.txid)) return invalid('62.05');
  if (amount !== null && (!amount.ok || (amountText ?? '').length > LIMITS.amount)) return invalid('54');
  return {
    ok: true,
    value: {
      kind: 'static',
      key,
      info,
      withdrawalIspb,
      amountCents: amount?.ok === true ? amount.cents : null,
      txid: txid === NO_TXID ? null : txid,
      recurrenceUrl,
    },
  };
}

/** The template of a range that carries PIX's identifier: by what it says, not by its id. Null when there is none. */
function findPixTemplate(
  fields: readonly TlvField[],
  firstId: number,
  lastId: number,
): Step<TlvField | null> {
  const found = fields.filter(
    (field) =>
      Number(field.id) >= firstId &&
      Number(field.id) <= lastId &&
      childOf(field, '00')?.toLowerCase() === PIX_GUI,
  );
  const second = found[1];
  if (second !== undefined) return fail('ambiguous', second.id, `a second template says ${PIX_GUI}`);
  return { ok: true, value: found[0] ?? null };
}

function readUrl(template: TlvField): Step<string> {
  const url = childOf(template, '25');
  if (url === null) return fail('missing_field', `${template.id}.25`, 'a required field is absent');
  if (url.length > LIMITS.url || !SCHEMELESS_URL.test(url)) return invalid(`${template.id}.25`);
  return { ok: true, value: url };
}

function fieldValue(fields: readonly TlvField[], id: string): string | null {
  return fields.find((field) => field.id === id)?.value ?? null;
}

function childOf(template: TlvField, id: string): string | null {
  return fieldValue(template.children ?? [], id);
}

function fits(value: string, maxCharacters: number): boolean {
  const { length } = Array.from(value);
  return length >= 1 && length <= maxCharacters;
}

function invalid(field: string): { readonly ok: false; readonly error: BrCodeError } {
  return fail('invalid_field', field, 'the value breaks the rule of its field');
}

function fail(
  code: BrCodeError['code'],
  field: string | null,
  detail: string,
): { readonly ok: false; readonly error: BrCodeError } {
  return { ok: false, error: { code, field, detail } };
}
