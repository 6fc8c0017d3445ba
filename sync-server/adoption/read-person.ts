import { normaliseDocument, normaliseEmail, type Person } from '../../domain/person.ts';
import { cleanPayer } from '../unified/clean-facts.ts';
import type { PayloadFacts } from './read-payload.ts';
import type { Reading } from './row-facts.ts';

/** Whom the columns name; where they name nobody who could be found again, whom the provider does. */
export function personOf({ get, note }: Reading, payload: PayloadFacts | null): Person | null {
  const email = get('email');
  const document = get('document');
  const readEmail = email === null ? null : emailOf(email);
  const readDocument = document === null ? null : documentOf(document);
  if (email !== null && readEmail === null) note('email_unreadable');
  if (document !== null && readDocument === null) note('document_unreadable');
  const name = get('name') ?? undefined;
  const phone = get('phone') ?? undefined;
  const told = cleanPayer({
    name,
    phone,
    email: readEmail ?? undefined,
    document: readDocument ?? undefined,
  });
  return (
    told ??
    cleanPayer({
      ...payload?.payer,
      name: name ?? payload?.payer.name,
      phone: phone ?? payload?.payer.phone,
    })
  );
}

/** `mailto:` and a full stop behind it are no part of an address. */
function emailOf(text: string): string | null {
  return normaliseEmail(text.replace(/^mailto:/i, '').replace(/[.,;]+$/, ''));
}

/**
 * A CPF or CNPJ as spreadsheets damage it: the mark of a text (`'`, `="…"`), a number with decimals, zeros lost in front.
 * Its check digits have to hold.
 */
function documentOf(text: string): string | null {
  const bare = text
    .replace(/^(?:=?"|')|"$/g, '')
    .replace(/^(?:cpf\/cnpj|cpf|cnpj|doc)\s*[:.nº°-]*\s*/i, '')
    .trim();
  const whole = normaliseDocument(bare);
  if (whole !== null) return whole;
  const digits = bare.replace(/[.,]0$/, '');
  if (!/^\d{8,13}$/.test(digits)) return normaliseDocument(digits);
  return normaliseDocument(digits.padStart(digits.length <= 11 ? 11 : 14, '0'));
}
