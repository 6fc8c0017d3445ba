import type { Queryable } from '../db/database.ts';
import { FIELD_NAMES, readFields } from './customer-fields.ts';
import { readLeftAddresses } from './left-addresses.ts';
import { openPersonKey, openText, type PersonDeps } from './person-keys.ts';

/** Shorter numbers stand in too much else. */
const MIN_LENGTH = 8;

/**
 * Every word by which a payload carries this person: fields and identifiers, also of the customers merged into them,
 * in the spellings in which they travel. Empty once they are erased.
 */
export async function readWordsOf(
  deps: Pick<PersonDeps, 'personalData'>,
  database: Queryable,
  merchantId: string,
  customerId: string,
): Promise<string[]> {
  const same = await database.query<{ id: string }>(
    'SELECT customer_id AS id FROM customers WHERE merchant_id = $1 AND (customer_id = $2 OR merged_into = $2)',
    [merchantId, customerId],
  );
  const words = new Set<string>();
  for (const { id } of same) {
    const person = { merchantId, customerId: id };
    const box = await openPersonKey(deps, database, person);
    if (box === null) continue;
    const fields = await readFields(database, person, box);
    const identifiers = await database.query<{ sealed: Uint8Array }>(
      'SELECT value_sealed AS sealed FROM customer_identifiers WHERE merchant_id = $1 AND customer_id = $2',
      [merchantId, id],
    );
    const held = [
      ...FIELD_NAMES.flatMap((name) => fields[name] ?? []),
      ...identifiers.map(({ sealed }) => openText(box, sealed)),
      ...(await readLeftAddresses(database, person, box)).map(({ email }) => email),
    ];
    for (const word of held.flatMap(spellings)) if (isTelling(word)) words.add(word);
  }
  // The longest first: what is left of one that held another is no word any more.
  return [...words].sort((a, b) => b.length - a.length);
}

/**
 * A name of one word ("Ana", or whatever else was typed) is none to look for: it may be the name of an event. By the
 * name of its field it was masked when it came.
 */
function isTelling(word: string): boolean {
  return word.length >= MIN_LENGTH && /[\s@\d%]/.test(word);
}

function spellings(word: string): string[] {
  const written = [word, ...documents(word), ...phones(word), ...names(word)];
  return [...new Set(written.flatMap((one) => [one, escaped(one), encodeURIComponent(one)]))];
}

function documents(word: string): string[] {
  const cpf = /^(\d{3})(\d{3})(\d{3})(\d{2})$/.exec(word);
  if (cpf !== null) return [`${cpf[1]}.${cpf[2]}.${cpf[3]}-${cpf[4]}`];
  const cnpj = /^(\w{2})(\w{3})(\w{3})(\d{4})(\d{2})$/.exec(word);
  return cnpj === null ? [] : [`${cnpj[1]}.${cnpj[2]}.${cnpj[3]}/${cnpj[4]}-${cnpj[5]}`];
}

/** A number of Brazil, as people write it: with or without the country's and the area's. */
function phones(word: string): string[] {
  const phone = /^\+?(?:55)?(\d{2})(9?\d{4})(\d{4})$/.exec(word);
  if (phone === null) return [];
  const [, area = '', head = '', tail = ''] = phone;
  return [`${head}-${tail}`, `${head} ${tail}`, `${head}${tail}`, `${area}${head}${tail}`];
}

/** A bank writes names without accents; and people leave the middle ones out. */
function names(word: string): string[] {
  if (/[\d@]/.test(word)) return [];
  const parts = word.split(' ');
  const short = parts.length > 2 ? [`${parts[0]} ${parts.at(-1)}`] : [];
  return [word, ...short].flatMap((name) => [name, name.normalize('NFD').replace(/\p{M}/gu, '')]);
}

/** As it stands inside a JSON text that is a value of another one. */
function escaped(word: string): string {
  return word.replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
